-- Competitions: challenges against the clock for the schools that are invited, with boards of their own; and a counter by which
-- whoever watches a board knows that it has changed. Times are unix seconds.

CREATE TABLE competitions (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title     TEXT   NOT NULL,
    -- What it is about, plain text.
    summary   TEXT   NOT NULL,
    opens_at  BIGINT NOT NULL,
    -- From then on its challenges take no more answers, and show their own.
    closes_at BIGINT NOT NULL,
    CHECK (opens_at < closes_at)
);

CREATE INDEX competitions_by_time ON competitions (opens_at, id);

CREATE TABLE competition_schools (
    competition_id BIGINT NOT NULL REFERENCES competitions (id) ON DELETE CASCADE,
    school_id      BIGINT NOT NULL REFERENCES schools (id) ON DELETE CASCADE,
    PRIMARY KEY (competition_id, school_id)
);

CREATE INDEX competition_schools_by_school ON competition_schools (school_id);

-- Who may see a competition: the pupils of invited schools, and admins.
CREATE VIEW competition_members AS
    SELECT s.competition_id, u.id AS user_id
        FROM competition_schools s JOIN users u ON u.school_id = s.school_id WHERE u.role <> 'admin'
    UNION ALL
    SELECT c.id, u.id FROM competitions c JOIN users u ON u.role = 'admin';

-- A challenge belongs to one competition or to none. A competition that still has challenges cannot be deleted: they would
-- be everybody's.
ALTER TABLE challenges ADD COLUMN competition_id BIGINT REFERENCES competitions (id);
CREATE INDEX challenges_by_competition ON challenges (competition_id, released_at, id);

-- The boards of competitions are kept with the others. The school is the one that the pupil belonged to when the first points
-- came.
ALTER TABLE scores ADD COLUMN competition_id BIGINT REFERENCES competitions (id) ON DELETE CASCADE;
ALTER TABLE scores ADD COLUMN school_id BIGINT REFERENCES schools (id) ON DELETE SET NULL;
ALTER TABLE scores DROP CONSTRAINT scores_board_check;
ALTER TABLE scores ADD CONSTRAINT scores_board_check CHECK
    (CASE WHEN competition_id IS NULL THEN board IN ('all', 'KS3', 'KS4', 'KS5')
        ELSE board = 'competition-' || competition_id END);

CREATE INDEX scores_by_competition ON scores (competition_id, school_id, points, solved);
CREATE INDEX scores_by_school ON scores (school_id);

-- The pupils of a class: the same school and year.
CREATE INDEX users_by_class ON users (school_id, year);

-- How often each board has changed: `all`, a key stage, or `competition-` and its number.
CREATE TABLE board_changes (
    board   TEXT   PRIMARY KEY,
    version BIGINT NOT NULL
);
