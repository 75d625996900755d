-- What admins do, and the bin where what they delete lies for a minute.
-- Times are unix seconds.

-- Every action. Names are as they were then: a line stays readable when the admin or the subject has gone.
CREATE TABLE admin_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    admin_id   INTEGER REFERENCES users (id) ON DELETE SET NULL,
    admin_name TEXT NOT NULL,
    action     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject_id INTEGER,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;

CREATE INDEX admin_log_by_admin ON admin_log (admin_id);
CREATE INDEX admin_log_by_subject ON admin_log (kind, subject_id);

-- Deleted, and not shown anywhere; for a minute it can be put back, then it goes for good.
ALTER TABLE announcements ADD COLUMN deleted_at INTEGER;
ALTER TABLE articles ADD COLUMN deleted_at INTEGER;
ALTER TABLE challenges ADD COLUMN deleted_at INTEGER;
ALTER TABLE schools ADD COLUMN deleted_at INTEGER;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;

CREATE INDEX announcements_in_bin ON announcements (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX articles_in_bin ON articles (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX challenges_in_bin ON challenges (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX schools_in_bin ON schools (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX users_in_bin ON users (deleted_at) WHERE deleted_at IS NOT NULL;
