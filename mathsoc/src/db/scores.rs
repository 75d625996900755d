//! What follows from answers, made anew: who has begun a challenge, and the leaderboards.

use super::Result;
use super::tx::{Tx, within};

/// What should stand in `scores`: a line for each board and each pupil with points.
macro_rules! due {
    () => {
        "SELECT 'all' AS board, p.user_id, CAST(sum(p.points) AS BIGINT) AS points, count(*) AS solved,
                CAST(NULL AS BIGINT) AS competition_id
            FROM progress p JOIN challenges c ON c.id = p.challenge_id
            WHERE p.points > 0 AND c.competition_id IS NULL GROUP BY p.user_id
        UNION ALL
        SELECT c.key_stage, p.user_id, CAST(sum(p.points) AS BIGINT), count(*), NULL
            FROM progress p JOIN challenges c ON c.id = p.challenge_id
            WHERE p.points > 0 AND c.competition_id IS NULL GROUP BY c.key_stage, p.user_id
        UNION ALL
        SELECT 'competition-' || c.competition_id, p.user_id, CAST(sum(p.points) AS BIGINT), count(*), c.competition_id
            FROM progress p JOIN challenges c ON c.id = p.challenge_id
            WHERE p.points > 0 AND c.competition_id IS NOT NULL GROUP BY c.competition_id, p.user_id"
    };
}
pub(super) use due;

/// Notes whose answers are not noted in `progress`.
pub(super) async fn note_begun(tx: &mut Tx) -> Result<()> {
    const NOTE: &str = "INSERT INTO progress (user_id, challenge_id)
        SELECT DISTINCT s.user_id, b.challenge_id FROM submissions s JOIN answer_boxes b ON b.id = s.box_id WHERE true
        ON CONFLICT (user_id, challenge_id) DO NOTHING";
    within!(tx, link => {
        sqlx::query(NOTE).execute(&mut **link).await?;
    });
    Ok(())
}

/// Makes all boards anew. A line of a competition keeps its school.
pub(super) async fn rebuild(tx: &mut Tx) -> Result<()> {
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
