-- What members answer, what came of it, and the boards that follow from it.
-- Times are unix seconds.

-- From then on the challenge takes no more answers, and shows its own.
ALTER TABLE challenges ADD COLUMN locked_at INTEGER;
-- Whether anybody has ever solved it: it stays when the first one's account goes, so that nobody is first again.
ALTER TABLE challenges ADD COLUMN first_solved_at INTEGER;

-- How strict the box is, as the crate `answers` writes it; exact where it is empty.
ALTER TABLE answer_boxes ADD COLUMN rules TEXT NOT NULL DEFAULT '';

-- Every answer that counted, as it was given. Three tries a box, and nothing after the right one, whoever counts.
CREATE TABLE submissions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    box_id       INTEGER NOT NULL REFERENCES answer_boxes (id) ON DELETE CASCADE,
    try          INTEGER NOT NULL CHECK (try BETWEEN 1 AND 3),
    given        TEXT    NOT NULL CHECK (length(given) <= 1000),
    verdict      TEXT    NOT NULL CHECK (verdict IN ('right', 'wrong')),
    -- The sentence that the pupil was told besides.
    hint         TEXT,
    submitted_at INTEGER NOT NULL,
    UNIQUE (user_id, box_id, try)
) STRICT;

CREATE INDEX submissions_by_box ON submissions (box_id);
CREATE UNIQUE INDEX submissions_once_right ON submissions (user_id, box_id) WHERE verdict = 'right';

-- How far somebody has come with a challenge: its row is held while an answer is counted.
CREATE TABLE progress (
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    challenge_id INTEGER NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
    solved_at    INTEGER,
    points       INTEGER NOT NULL DEFAULT 0 CHECK (points IN (0, 1, 3)),
    PRIMARY KEY (user_id, challenge_id)
) STRICT;

CREATE INDEX progress_by_challenge ON progress (challenge_id);
CREATE UNIQUE INDEX progress_one_first ON progress (challenge_id) WHERE points = 3;

-- The leaderboards: the sums of the points in `progress`, kept in the same transactions.
CREATE TABLE scores (
    board   TEXT    NOT NULL CHECK (board IN ('all', 'KS3', 'KS4', 'KS5')),
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    points  INTEGER NOT NULL,
    solved  INTEGER NOT NULL,
    PRIMARY KEY (board, user_id)
) STRICT;

CREATE INDEX scores_by_points ON scores (board, points DESC, user_id);
CREATE INDEX scores_by_user ON scores (user_id);
