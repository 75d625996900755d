-- Forms that lose nothing, and challenges that are not finished.

-- Raised by every change, so that a save over a newer one is noticed.
ALTER TABLE announcements ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE articles ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE awards ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE challenges ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE competitions ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE newsletters ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE schools ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- A draft is seen by admins alone, whatever its hour.
ALTER TABLE challenges ADD COLUMN is_draft BIGINT NOT NULL DEFAULT 0 CHECK (is_draft IN (0, 1));

-- Plain text with formulas, and rich text; empty where there is none.
ALTER TABLE challenges ADD COLUMN hint TEXT NOT NULL DEFAULT '';
-- The number of wrong answers in a box from which the pupil sees the hint; with 0, only once the challenge is closed.
ALTER TABLE challenges ADD COLUMN hint_after BIGINT NOT NULL DEFAULT 1 CHECK (hint_after BETWEEN 0 AND 2);
ALTER TABLE challenges ADD COLUMN solution TEXT NOT NULL DEFAULT '';
-- 1: a pupil who has nothing left to answer sees the solution, too; 0: only once the challenge is closed.
ALTER TABLE challenges ADD COLUMN solution_when_done BIGINT NOT NULL DEFAULT 0 CHECK (solution_when_done IN (0, 1));
