-- Files that were uploaded, and what they are used by. The bytes lie where UPLOAD_FOLDER or UPLOAD_STORE_URI say, under the id.
-- Times are unix seconds.

CREATE TABLE files (
    id             TEXT    PRIMARY KEY CHECK (length(id) = 32),
    name           TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    size           BIGINT NOT NULL,
    sha256         TEXT    NOT NULL CHECK (length(sha256) = 64),
    -- Of pictures, in pixels.
    width          BIGINT,
    height         BIGINT,
    uploaded_by    BIGINT REFERENCES users (id) ON DELETE SET NULL,
    uploaded_at    BIGINT NOT NULL,
    -- Since when it waits for the scanner, and is shown to nobody.
    quarantined_at BIGINT
);

CREATE INDEX files_by_uploader ON files (uploaded_by);
CREATE INDEX files_in_quarantine ON files (quarantined_at) WHERE quarantined_at IS NOT NULL;

-- Whoever may see one of these may see the file. The kinds are those of `subject::Kind`.
CREATE TABLE file_uses (
    file_id    TEXT    NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    subject_id BIGINT NOT NULL,
    PRIMARY KEY (file_id, kind, subject_id)
);

CREATE INDEX file_uses_by_subject ON file_uses (kind, subject_id);
