//! What follows from answers, made anew: who has begun a challenge, and the leaderboards.

use super::Result;
use super::tx::{Tx, within};

/// What should stand in `scores`: a line for each board and each pupil with points.
macro_rules! due {
    () => {
        "SELECT 'all' AS board, user_id, CAST(sum(points) AS BIGINT) AS points, count(*) AS solved
            FROM progress WHERE points > 0 GROUP BY user_id
        UNION ALL
        SELECT c.key_stage, p.user_id, CAST(sum(p.points) AS BIGINT), count(*)
            FROM progress p JOIN challenges c ON c.id = p.challenge_id WHERE p.points > 0
            GROUP BY c.key_stage, p.user_id"
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

/// Makes all boards anew.
pub(super) async fn rebuild(tx: &mut Tx) -> Result<()> {
    const CLEAR: &str = "DELETE FROM scores";
    const FILL: &str = concat!("INSERT INTO scores (board, user_id, points, solved) ", due!());
    within!(tx, link => {
        sqlx::query(CLEAR).execute(&mut **link).await?;
        sqlx::query(FILL).execute(&mut **link).await?;
    });
    Ok(())
}
