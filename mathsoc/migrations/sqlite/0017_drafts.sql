-- Texts that were typed into a form and not sent yet. Times are unix seconds.

CREATE TABLE drafts (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The path and query of the form.
    path       TEXT    NOT NULL,
    -- JSON: names and texts.
    form       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, path)
) STRICT;

CREATE INDEX drafts_by_time ON drafts (updated_at);
