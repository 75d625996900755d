-- Newsletters: a text, the PDF that is printed, or both. Times are unix seconds.

CREATE TABLE newsletters (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    title        TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    -- Rich text, or empty.
    body         TEXT    NOT NULL,
    -- None as well after the scanner has found something in it. Nobody sees a newsletter that has neither.
    file_id      TEXT    REFERENCES files (id) ON DELETE SET NULL,
    published_at INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE INDEX newsletters_by_time ON newsletters (published_at, id);
CREATE INDEX newsletters_by_file ON newsletters (file_id);
CREATE INDEX newsletters_in_bin ON newsletters (deleted_at) WHERE deleted_at IS NOT NULL;
