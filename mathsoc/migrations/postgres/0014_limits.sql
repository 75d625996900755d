-- Whom the rate limits refuse, and whom somebody lets in again. Times are unix seconds.

-- Callers that were refused in the last two days.
CREATE TABLE refusals (
    limit_name TEXT NOT NULL,
    caller     TEXT NOT NULL,
    account    TEXT NOT NULL,
    refused    BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (limit_name, caller, account)
);
CREATE INDEX refusals_by_account ON refusals (account);
CREATE INDEX refusals_by_time ON refusals (last_at);

-- Callers whose counts every process resets.
CREATE TABLE releases (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    caller     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    applied_at BIGINT
);
