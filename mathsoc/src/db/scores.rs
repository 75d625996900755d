//! The stored leaderboards (`scores`): incremental updates, and a rebuild from answers and awards.
//!
//! A row holds the points of a member on a board and the number of solved challenges. Points can
//! be negative after points were taken away; no page shows such a row. A row with neither points
//! nor solved challenges is deleted.

use super::Result;
use super::tx::{Tx, within};

/// Selects the rows that `scores` should have: one for each board and each pupil with points or
/// awards that count there.
macro_rules! due {
    () => {
        "SELECT board, user_id, CAST(sum(points) AS BIGINT) AS points, CAST(sum(solved) AS BIGINT) AS solved, competition_id
        FROM (SELECT 'all' AS board, p.user_id, p.points, 1 AS solved, CAST(NULL AS BIGINT) AS competition_id
            FROM progress p JOIN challenges c ON c.id = p.challenge_id WHERE p.points > 0 AND c.competition_id IS NULL
        UNION ALL
        SELECT c.key_stage, p.user_id, p.points, 1, NULL
            FROM progress p JOIN challenges c ON c.id = p.challenge_id WHERE p.points > 0 AND c.competition_id IS NULL
        UNION ALL
        SELECT 'competition-' || c.competition_id, p.user_id, p.points, 1, c.competition_id
            FROM progress p JOIN challenges c ON c.id = p.challenge_id WHERE p.points > 0 AND c.competition_id IS NOT NULL
        UNION ALL
        SELECT 'all', user_id, points, 0, NULL FROM awards WHERE deleted_at IS NULL AND competition_id IS NULL
        UNION ALL
        SELECT key_stage, user_id, points, 0, NULL FROM awards WHERE deleted_at IS NULL AND competition_id IS NULL
        UNION ALL
        SELECT 'competition-' || competition_id, user_id, points, 0, competition_id
            FROM awards WHERE deleted_at IS NULL AND competition_id IS NOT NULL) counted
        GROUP BY board, user_id, competition_id HAVING sum(points) <> 0 OR sum(solved) > 0"
    };
}
pub(crate) use due;

/// Adds points and solved challenges to a row. Parameters: board, user, points, competition,
/// solved.
pub(crate) const ADD: &str = "INSERT INTO scores (board, user_id, points, competition_id, solved, school_id)
    VALUES ($1, $2, $3, $4, $5, CASE WHEN $4 IS NOT NULL THEN (SELECT school_id FROM users WHERE id = $2) END)
    ON CONFLICT (board, user_id) DO UPDATE
        SET points = scores.points + excluded.points, solved = scores.solved + excluded.solved";

/// Deletes a row that has become empty. Parameters: board, user.
pub(crate) const CLEAR: &str =
    "DELETE FROM scores WHERE board = $1 AND user_id = $2 AND points = 0 AND solved = 0";

/// Adds the missing rows of `progress` for stored answers.
pub(crate) async fn note_begun(tx: &mut Tx) -> Result<()> {
    const NOTE: &str = "INSERT INTO progress (user_id, challenge_id)
        SELECT DISTINCT s.user_id, b.challenge_id FROM submissions s JOIN answer_boxes b ON b.id = s.box_id WHERE true
        ON CONFLICT (user_id, challenge_id) DO NOTHING";
    within!(tx, link => {
        sqlx::query(NOTE).execute(&mut **link).await?;
    });
    Ok(())
}

/// Rebuilds all boards. Rows of competitions keep their school.
pub(crate) async fn rebuild(tx: &mut Tx) -> Result<()> {
    const CLEAR: &str = concat!(
        "DELETE FROM scores WHERE NOT EXISTS (SELECT 1 FROM (",
        due!(),
        ") due WHERE due.board = scores.board AND due.user_id = scores.user_id)"
    );
    const FILL: &str = concat!(
        "INSERT INTO scores (board, user_id, points, solved, competition_id, school_id)
            SELECT due.board, due.user_id, due.points, due.solved, due.competition_id,
                CASE WHEN due.competition_id IS NOT NULL THEN u.school_id END
            FROM (",
        due!(),
        ") due JOIN users u ON u.id = due.user_id WHERE true
            ON CONFLICT (board, user_id) DO UPDATE SET points = excluded.points, solved = excluded.solved"
    );
    const TELL: &str = "UPDATE board_changes SET version = version + 1";
    within!(tx, link => {
        sqlx::query(CLEAR).execute(&mut **link).await?;
        sqlx::query(FILL).execute(&mut **link).await?;
        sqlx::query(TELL).execute(&mut **link).await?;
    });
    Ok(())
}
