-- Marking that can be repaired. Times are unix seconds.

-- An answer keeps its number among the tries, or has none: a teacher gave its try back, or it came after one that is right
-- by the present key. SQLite cannot drop NOT NULL, so the table is made again; its numbers go on where they were.
CREATE TABLE marked_submissions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    box_id       INTEGER NOT NULL REFERENCES answer_boxes (id) ON DELETE CASCADE,
    try          INTEGER CHECK (try BETWEEN 1 AND 3),
    given        TEXT    NOT NULL CHECK (length(given) <= 1000),
    verdict      TEXT    NOT NULL CHECK (verdict IN ('right', 'wrong')),
    -- The sentence that the pupil was told besides.
    hint         TEXT,
    submitted_at INTEGER NOT NULL,
    -- A teacher's ruling, which outlives every change of the key: the answer is right, or it uses up no try while it is wrong.
    ruling       TEXT    CHECK (ruling IN ('accepted', 'returned')),
    UNIQUE (user_id, box_id, try)
) STRICT;

INSERT INTO marked_submissions (id, user_id, box_id, try, given, verdict, hint, submitted_at)
    SELECT id, user_id, box_id, try, given, verdict, hint, submitted_at FROM submissions;
DELETE FROM sqlite_sequence WHERE name = 'marked_submissions';
INSERT INTO sqlite_sequence (name, seq) SELECT 'marked_submissions', seq FROM sqlite_sequence WHERE name = 'submissions';
DROP TABLE submissions;
ALTER TABLE marked_submissions RENAME TO submissions;

CREATE INDEX submissions_by_box ON submissions (box_id);
CREATE INDEX submissions_by_time ON submissions (submitted_at);
CREATE UNIQUE INDEX submissions_once_right ON submissions (user_id, box_id) WHERE verdict = 'right' AND try IS NOT NULL;

-- Answers that are right besides the key of their box.
CREATE TABLE accepted_answers (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    box_id INTEGER NOT NULL REFERENCES answer_boxes (id) ON DELETE CASCADE,
    answer TEXT    NOT NULL CHECK (length(answer) <= 1000),
    UNIQUE (box_id, answer)
) STRICT;

-- Raised by all that changes what is right, or where points count, so that no answer is stored with a verdict of before.
ALTER TABLE challenges ADD COLUMN key_version INTEGER NOT NULL DEFAULT 1;

-- Closed by hand since then; `locked_at` is the time that was set ahead.
ALTER TABLE challenges ADD COLUMN closed_at INTEGER;
