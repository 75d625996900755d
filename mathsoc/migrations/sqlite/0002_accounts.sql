-- Who people are: schools, users with their recovery codes, sessions, remembered browsers, used links.
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

CREATE TABLE sessions (
    id         BLOB    PRIMARY KEY NOT NULL,
    -- A text, since a session is the library's, which does not know our users; empty before the login.
    user_id    TEXT,
    version    INTEGER NOT NULL,
    data       BLOB    NOT NULL,
    made_at    INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    agent      TEXT,
    address    TEXT
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE remember_tokens (
    series        BLOB    PRIMARY KEY NOT NULL,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash    BLOB    NOT NULL,
    -- Still good for a moment after the change: two requests may have left at once.
    previous_hash BLOB,
    changed_at    INTEGER NOT NULL,
    issued_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    agent         TEXT
) STRICT;

CREATE INDEX remember_tokens_by_user ON remember_tokens (user_id);
CREATE INDEX remember_tokens_by_end ON remember_tokens (expires_at);

CREATE TABLE used_links (
    hash       BLOB    PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX used_links_by_end ON used_links (expires_at);
