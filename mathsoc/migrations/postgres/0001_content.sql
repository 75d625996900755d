-- What visitors read: announcements, challenges with their answer boxes, articles.
-- Times are unix seconds.

CREATE TABLE announcements (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE INDEX announcements_by_time ON announcements (published_at, id);

CREATE TABLE challenges (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title       TEXT   NOT NULL,
    key_stage   TEXT   NOT NULL CHECK (key_stage IN ('KS3', 'KS4', 'KS5')),
    summary     TEXT   NOT NULL,
    statement   TEXT   NOT NULL,
    released_at BIGINT NOT NULL
);

CREATE INDEX challenges_by_time ON challenges (released_at, id);

CREATE TABLE answer_boxes (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    challenge_id BIGINT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
    position     BIGINT NOT NULL,
    label        TEXT   NOT NULL,
    answer       TEXT   NOT NULL,
    UNIQUE (challenge_id, position)
);

CREATE TABLE articles (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        TEXT   NOT NULL,
    author       TEXT   NOT NULL,
    teaser       TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE INDEX articles_by_time ON articles (published_at, id);
