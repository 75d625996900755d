//! The leaderboards, made anew from how far everybody has come.

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
