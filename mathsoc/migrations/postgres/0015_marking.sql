-- Marking that can be repaired. Times are unix seconds.

-- An answer keeps its number among the tries, or has none: a teacher gave its try back, or it came after one that is right
-- by the present key.
ALTER TABLE submissions ALTER COLUMN try DROP NOT NULL;
-- A teacher's ruling, which outlives every change of the key: the answer is right, or it uses up no try while it is wrong.
ALTER TABLE submissions ADD COLUMN ruling TEXT CHECK (ruling IN ('accepted', 'returned'));
DROP INDEX submissions_once_right;
CREATE UNIQUE INDEX submissions_once_right ON submissions (user_id, box_id) WHERE verdict = 'right' AND try IS NOT NULL;

-- Answers that are right besides the key of their box.
CREATE TABLE accepted_answers (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    box_id BIGINT NOT NULL REFERENCES answer_boxes (id) ON DELETE CASCADE,
    answer TEXT   NOT NULL CHECK (length(answer) <= 1000),
    UNIQUE (box_id, answer)
);

-- Raised by all that changes what is right, or where points count, so that no answer is stored with a verdict of before.
ALTER TABLE challenges ADD COLUMN key_version BIGINT NOT NULL DEFAULT 1;

-- Closed by hand since then; `locked_at` is the time that was set ahead.
ALTER TABLE challenges ADD COLUMN closed_at BIGINT;
