-- What visitors read: announcements, challenges with their answer boxes, articles.
-- AUTOINCREMENT, because an id is part of a public address and must not come back for another row.
-- Times are unix seconds.

CREATE TABLE announcements (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;

CREATE INDEX announcements_by_time ON announcements (published_at, id);

CREATE TABLE challenges (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    title       TEXT    NOT NULL,
    key_stage   TEXT    NOT NULL CHECK (key_stage IN ('KS3', 'KS4', 'KS5')),
    summary     TEXT    NOT NULL,
    statement   TEXT    NOT NULL,
    released_at INTEGER NOT NULL
) STRICT;

CREATE INDEX challenges_by_time ON challenges (released_at, id);

CREATE TABLE answer_boxes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    challenge_id INTEGER NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    label        TEXT    NOT NULL,
    answer       TEXT    NOT NULL,
    UNIQUE (challenge_id, position)
) STRICT;

CREATE TABLE articles (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    title        TEXT    NOT NULL,
    author       TEXT    NOT NULL,
    teaser       TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;

CREATE INDEX articles_by_time ON articles (published_at, id);
