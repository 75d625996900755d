-- What was taken over from another site, and what it became here: so that taking over again adds only what is new, and does not
-- bring back what has been deleted since.

CREATE TABLE imported (
    -- Which site it was: the name given to the import.
    source TEXT   NOT NULL,
    kind   TEXT   NOT NULL,
    old_id BIGINT NOT NULL,
    -- No reference, since it stays when the row goes.
    new_id BIGINT NOT NULL,
    PRIMARY KEY (source, kind, old_id)
);
