//! The former leaderboard: it is not taken over, since points follow from answers, but compared with what follows. An admin who knows
//! that a sum was right gives the difference as an award: then both are equal.

use std::collections::BTreeMap;

use super::job::{Job, Kind};
use super::{ImportError, Line};
use crate::db::challenges::KeyStage;
use crate::db::tx::within;

pub(super) async fn compare(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const POINTS: &str = "SELECT points FROM scores WHERE user_id = $1 AND board = $2";
    let mut line = Line::new("leaderboard entries");
    let mut there = BTreeMap::<_, (i64, Vec<i64>)>::new();
    for row in job.rows(&mut line, &["leaderboard_entry"], &["user_id", "score", "key_stage"]).await? {
        let user = row.number("user_id").unwrap_or(0);
        // Its first form had one entry for everything.
        let stage = row.text("key_stage").and_then(|text| text.parse::<KeyStage>().ok());
        let (points, ids) = there.entry((user, stage.map_or("all", KeyStage::name))).or_default();
        *points = points.saturating_add(row.number("score").unwrap_or(0));
        ids.push(row.id);
    }
    for ((user, board), (before, ids)) in there {
        let Some(here) = job.here(Kind::User, user) else {
            ids.into_iter().for_each(|id| line.leave_out(id, format!("its user {user} is not here")));
            continue;
        };
        let now: Option<i64> = within!(&mut job.tx, link => {
            sqlx::query_scalar(POINTS).bind(here).bind(board).fetch_optional(&mut **link).await?
        });
        let now = now.unwrap_or(0);
        if now == before {
            line.known += ids.len();
        } else {
            let text = format!("user {user} had {before} points there, and has {now} here ({board})");
            ids.into_iter().for_each(|id| line.leave_out(id, text.clone()));
        }
    }
    job.step(&line);
    Ok(line)
}
