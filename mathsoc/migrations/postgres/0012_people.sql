-- What admins look through: people by their names, answers by their days.

CREATE INDEX users_by_name ON users (lower(full_name), id);
CREATE INDEX submissions_by_time ON submissions (submitted_at);
