//! Compares the old leaderboards with the computed points. They are not imported. If an old sum
//! was right, an admin grants the difference as an award; the next comparison then matches.

use std::collections::BTreeMap;

use super::job::{ImportKind, Job};
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::key_stage::KeyStage;

pub(super) async fn compare(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const POINTS: &str = "SELECT points FROM scores WHERE user_id = $1 AND board = $2";
    let mut line = Line::new("leaderboard entries");
    let mut there = BTreeMap::<_, (i64, Vec<i64>)>::new();
    for row in job.rows(&mut line, &["leaderboard_entry"], &["user_id", "score", "key_stage"]).await? {
        let user = row.number("user_id").unwrap_or(0);
        // Early schemas had one entry for all key stages.
        let stage = row.text("key_stage").and_then(|text| text.parse::<KeyStage>().ok());
        let (points, ids) = there.entry((user, stage.map_or("all", KeyStage::name))).or_default();
        *points = points.saturating_add(row.number("score").unwrap_or(0));
        ids.push(row.id);
    }
    for ((user, board), (before, ids)) in there {
        let Some(here) = imported_user(job, &mut line, user, &ids) else { continue };
        let now: Option<i64> = within!(&mut job.tx, link => {
            sqlx::query_scalar(POINTS).bind(here).bind(board).fetch_optional(&mut **link).await?
        });
        record_difference(&mut line, user, (before, now.unwrap_or(0)), board, &ids);
    }
    job.show_progress(&line);
    Ok(line)
}

/// Compares the summer competition, which had one board for all years.
pub(super) async fn compare_summer(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const POINTS: &str = "SELECT CAST(COALESCE(sum(s.points), 0) AS BIGINT) FROM scores s
        JOIN imported i ON i.new_id = s.competition_id AND i.kind = 'competition' AND i.source = $2
        WHERE s.user_id = $1";
    let mut line = Line::new("competition entries");
    let mut there = BTreeMap::<_, (i64, Vec<i64>)>::new();
    for row in job.rows(&mut line, &["summer_leaderboard"], &["user_id", "score"]).await? {
        let (points, ids) = there.entry(row.number("user_id").unwrap_or(0)).or_default();
        *points = points.saturating_add(row.number("score").unwrap_or(0));
        ids.push(row.id);
    }
    for (user, (before, ids)) in there {
        let Some(here) = imported_user(job, &mut line, user, &ids) else { continue };
        let name = job.name().to_owned();
        let now: i64 = within!(&mut job.tx, link => {
            sqlx::query_scalar(POINTS).bind(here).bind(&name).fetch_one(&mut **link).await?
        });
        record_difference(&mut line, user, (before, now), "summer competitions", &ids);
    }
    job.show_progress(&line);
    Ok(line)
}

/// Returns the user's id here; if there is none, skips the entries.
fn imported_user(job: &Job<'_>, line: &mut Line, user: i64, ids: &[i64]) -> Option<i64> {
    let here = job.new_id(ImportKind::User, user);
    if here.is_none() {
        ids.iter().for_each(|id| line.skip(*id, format!("its user {user} is not here")));
    }
    here
}

fn record_difference(line: &mut Line, user: i64, (before, now): (i64, i64), board: &str, ids: &[i64]) {
    if now == before {
        line.known += ids.len();
        return;
    }
    let text = format!("user {user} had {before} points there, and has {now} here ({board})");
    ids.iter().for_each(|id| line.skip(*id, text.clone()));
}
