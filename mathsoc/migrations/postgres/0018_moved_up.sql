-- When a pupil was last moved up to the next year, in unix seconds: nobody moves up twice in one.

ALTER TABLE users ADD COLUMN moved_up_at BIGINT;
