-- Competitions: challenges against the clock for the schools that are invited, with boards of their own; and a counter by which
-- whoever watches a board knows that it has changed. Times are unix seconds.

CREATE TABLE competitions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    title     TEXT    NOT NULL,
    -- What it is about, plain text.
    summary   TEXT    NOT NULL,
    opens_at  INTEGER NOT NULL,
    -- From then on its challenges take no more answers, and show their own.
    closes_at INTEGER NOT NULL,
    CHECK (opens_at < closes_at)
) STRICT;

CREATE INDEX competitions_by_time ON competitions (opens_at, id);

CREATE TABLE competition_schools (
    competition_id INTEGER NOT NULL REFERENCES competitions (id) ON DELETE CASCADE,
    school_id      INTEGER NOT NULL REFERENCES schools (id) ON DELETE CASCADE,
    PRIMARY KEY (competition_id, school_id)
) STRICT;

CREATE INDEX competition_schools_by_school ON competition_schools (school_id);

-- Who may see a competition: the pupils of invited schools, and admins.
CREATE VIEW competition_members AS
    SELECT s.competition_id, u.id AS user_id
        FROM competition_schools s JOIN users u ON u.school_id = s.school_id WHERE u.role <> 'admin'
    UNION ALL
    SELECT c.id, u.id FROM competitions c JOIN users u ON u.role = 'admin';

-- A challenge belongs to one competition or to none. A competition that still has challenges cannot be deleted: they would
-- be everybody's.
ALTER TABLE challenges ADD COLUMN competition_id INTEGER REFERENCES competitions (id);
CREATE INDEX challenges_by_competition ON challenges (competition_id, released_at, id);

-- The boards of competitions are kept with the others. The school is the one that the pupil belonged to when the first points
-- came.
CREATE TABLE all_scores (
    board          TEXT    NOT NULL,
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    points         INTEGER NOT NULL,
    solved         INTEGER NOT NULL,
    competition_id INTEGER REFERENCES competitions (id) ON DELETE CASCADE,
    school_id      INTEGER REFERENCES schools (id) ON DELETE SET NULL,
    PRIMARY KEY (board, user_id),
    CHECK (CASE WHEN competition_id IS NULL THEN board IN ('all', 'KS3', 'KS4', 'KS5')
        ELSE board = 'competition-' || competition_id END)
) STRICT;

INSERT INTO all_scores (board, user_id, points, solved) SELECT board, user_id, points, solved FROM scores;
DROP TABLE scores;
ALTER TABLE all_scores RENAME TO scores;

CREATE INDEX scores_by_points ON scores (board, points DESC, user_id);
CREATE INDEX scores_by_user ON scores (user_id);
CREATE INDEX scores_by_competition ON scores (competition_id, school_id, points, solved);
CREATE INDEX scores_by_school ON scores (school_id);

-- The pupils of a class: the same school and year.
CREATE INDEX users_by_class ON users (school_id, year);

-- How often each board has changed: `all`, a key stage, or `competition-` and its number.
CREATE TABLE board_changes (
    board   TEXT    PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL
) STRICT;
