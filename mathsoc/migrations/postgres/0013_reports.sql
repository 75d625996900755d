-- What browsers report of the site: what the policy stopped, and the like. Times are unix seconds.

-- Reports that say the same.
CREATE TABLE reports (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        TEXT NOT NULL,
    disposition TEXT NOT NULL,
    directive   TEXT NOT NULL,
    blocked     TEXT NOT NULL,
    page        TEXT NOT NULL,
    place       TEXT,
    reported    BIGINT NOT NULL,
    first_seen  BIGINT NOT NULL,
    last_seen   BIGINT NOT NULL,
    UNIQUE (kind, disposition, directive, blocked, page)
);

-- How many there were, hour by hour.
CREATE TABLE report_hours (
    since    BIGINT PRIMARY KEY,
    stopped  BIGINT NOT NULL,
    reported BIGINT NOT NULL
);
