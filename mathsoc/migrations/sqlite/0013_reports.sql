-- What browsers report of the site: what the policy stopped, and the like. Times are unix seconds.

-- Reports that say the same.
CREATE TABLE reports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    disposition TEXT NOT NULL,
    directive   TEXT NOT NULL,
    blocked     TEXT NOT NULL,
    page        TEXT NOT NULL,
    place       TEXT,
    reported    INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    UNIQUE (kind, disposition, directive, blocked, page)
) STRICT;

-- How many there were, hour by hour.
CREATE TABLE report_hours (
    since    INTEGER PRIMARY KEY,
    stopped  INTEGER NOT NULL,
    reported INTEGER NOT NULL
) STRICT;
