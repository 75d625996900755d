-- Points that admins give by hand, or take. Times are unix seconds.

CREATE TABLE awards (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Where they count: as if for a challenge of this key stage, or in this competition.
    key_stage      TEXT    CHECK (key_stage IN ('KS3', 'KS4', 'KS5')),
    competition_id INTEGER REFERENCES competitions (id) ON DELETE CASCADE,
    points         INTEGER NOT NULL CHECK (points <> 0 AND points BETWEEN -1000 AND 1000),
    -- The pupil reads it.
    reason         TEXT    NOT NULL,
    awarded_at     INTEGER NOT NULL,
    deleted_at     INTEGER,
    CHECK ((key_stage IS NULL) <> (competition_id IS NULL))
) STRICT;

CREATE INDEX awards_by_time ON awards (awarded_at, id);
CREATE INDEX awards_by_user ON awards (user_id);
CREATE INDEX awards_by_competition ON awards (competition_id);
CREATE INDEX awards_in_bin ON awards (deleted_at) WHERE deleted_at IS NOT NULL;
