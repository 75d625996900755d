//! Computes points from the imported answers, in order of time. In a competition, the points
//! awarded there are kept.

use std::collections::BTreeMap;

use super::ImportError;
use super::job::Job;
use super::summer_points::SummerPoints;
use crate::db::scores;
use crate::db::tx::within;
use crate::domain::person::Role;
use crate::domain::scoring::{FIRST, LATER};

/// A solved challenge that is not marked in `progress`.
#[derive(sqlx::FromRow)]
struct Solved {
    challenge_id: i64,
    solved_at: i64,
    user_id: i64,
    role: Role,
}

/// Updates `progress`, and rebuilds the leaderboards.
pub(super) async fn count(job: &mut Job<'_>, summer: &SummerPoints) -> Result<(), ImportError> {
    const SOLVED: &str = "SELECT b.challenge_id, max(s.submitted_at) AS solved_at, s.user_id, u.role
        FROM submissions s JOIN answer_boxes b ON b.id = s.box_id JOIN users u ON u.id = s.user_id
            JOIN progress p ON p.user_id = s.user_id AND p.challenge_id = b.challenge_id
        WHERE s.verdict = 'right' AND s.try IS NOT NULL AND p.solved_at IS NULL
        GROUP BY b.challenge_id, s.user_id, u.role
        HAVING count(*) = (SELECT count(*) FROM answer_boxes every WHERE every.challenge_id = b.challenge_id)";
    const BE_FIRST: &str =
        "UPDATE challenges SET first_solved_at = $2 WHERE id = $1 AND first_solved_at IS NULL";
    const IS_TAKEN: &str = "SELECT count(*) > 0 FROM progress WHERE challenge_id = $1 AND points = $2";
    const SOLVE: &str =
        "UPDATE progress SET solved_at = $3, points = $4 WHERE user_id = $1 AND challenge_id = $2";
    scores::note_begun(&mut job.tx).await?;
    let solved: Vec<Solved> = within!(&mut job.tx, link => {
        sqlx::query_as(SOLVED).fetch_all(&mut **link).await?
    });
    let in_order: BTreeMap<_, _> =
        solved.into_iter().map(|it| ((it.challenge_id, it.solved_at, it.user_id), it.role)).collect();
    for ((challenge, at, user), role) in in_order {
        within!(&mut job.tx, link => {
            let mut points = 0;
            if role == Role::Pupil {
                let first = sqlx::query(BE_FIRST).bind(challenge).bind(at).execute(&mut **link).await?;
                points = match summer.points(user, challenge) {
                    None => i64::from(if first.rows_affected() > 0 { FIRST } else { LATER }),
                    Some(awarded) if awarded >= i64::from(FIRST) => {
                        let is_taken = sqlx::query_scalar(IS_TAKEN).bind(challenge).bind(i64::from(FIRST));
                        let is_taken: bool = is_taken.fetch_one(&mut **link).await?;
                        i64::from(if is_taken { LATER } else { FIRST })
                    }
                    Some(awarded) => awarded.clamp(0, LATER.into()),
                };
            }
            let solve = sqlx::query(SOLVE).bind(user).bind(challenge).bind(at).bind(points);
            solve.execute(&mut **link).await?;
        });
    }
    Ok(scores::rebuild(&mut job.tx).await?)
}
