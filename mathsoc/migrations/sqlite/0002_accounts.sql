-- Who people are: schools, users with their recovery codes, sessions, used links.
-- Times are unix seconds. What is secret is here as a hash, or sealed with SECRET_KEY.

CREATE TABLE schools (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    -- Lower case, without the @; a school without one is joined only through an admin.
    email_domain TEXT    UNIQUE CHECK (email_domain = lower(email_domain))
) STRICT;

CREATE TABLE users (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As it was typed, and as addresses are compared.
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL UNIQUE CHECK (email_key = lower(email)),
    full_name         TEXT    NOT NULL,
    -- A PHC string; without one nobody logs in by password.
    password_hash     TEXT,
    role              TEXT    NOT NULL CHECK (role IN ('pupil', 'admin')),
    school_id         INTEGER REFERENCES schools (id),
    year              INTEGER CHECK (year BETWEEN 7 AND 13),
    key_stage         TEXT    GENERATED ALWAYS AS
        (CASE WHEN year <= 9 THEN 'KS3' WHEN year <= 11 THEN 'KS4' WHEN year <= 13 THEN 'KS5' END) STORED,
    -- Raised by all that must end sessions, remembered browsers and links: a new password, other rights.
    epoch             INTEGER NOT NULL DEFAULT 1,
    email_verified_at INTEGER,
    created_at        INTEGER NOT NULL,
    last_seen_at      INTEGER,
    totp_secret       BLOB,
    -- The last time step whose code was accepted, so that no code passes twice.
    totp_last_step    INTEGER
) STRICT;

CREATE INDEX users_by_school ON users (school_id);

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BLOB    NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT;

-- Sessions, and the remembered browsers of whoever asked for it: both are the library's, which has its own numbers for them.
CREATE TABLE sessions (
    id         BLOB    PRIMARY KEY NOT NULL,
    -- Whose it is, as a text, since the library does not know our users; nobody's before the login.
    user_id    TEXT,
    version    INTEGER NOT NULL,
    data       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE used_links (
    hash       BLOB    PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX used_links_by_end ON used_links (expires_at);
