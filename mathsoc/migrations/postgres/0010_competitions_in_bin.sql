-- Competitions go into the bin, too. Who is a member of none sees it nowhere, so there it has no members.

ALTER TABLE competitions ADD COLUMN deleted_at BIGINT;

CREATE INDEX competitions_in_bin ON competitions (deleted_at) WHERE deleted_at IS NOT NULL;

DROP VIEW competition_members;

CREATE VIEW competition_members AS
    SELECT s.competition_id, u.id AS user_id
        FROM competition_schools s JOIN users u ON u.school_id = s.school_id
            JOIN competitions c ON c.id = s.competition_id AND c.deleted_at IS NULL WHERE u.role <> 'admin'
    UNION ALL
    SELECT c.id, u.id FROM competitions c JOIN users u ON u.role = 'admin' WHERE c.deleted_at IS NULL;
