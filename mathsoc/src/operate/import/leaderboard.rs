//! The former leaderboards: they are not taken over, since points follow from answers, but compared with what follows. An admin who
//! knows that a sum was right gives the difference as an award: then both are equal.

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
        // Its first form had one entry for everything.
        let stage = row.text("key_stage").and_then(|text| text.parse::<KeyStage>().ok());
        let (points, ids) = there.entry((user, stage.map_or("all", KeyStage::name))).or_default();
        *points = points.saturating_add(row.number("score").unwrap_or(0));
        ids.push(row.id);
    }
    for ((user, board), (before, ids)) in there {
        let Some(here) = at_home(job, &mut line, user, &ids) else { continue };
        let now: Option<i64> = within!(&mut job.tx, link => {
            sqlx::query_scalar(POINTS).bind(here).bind(board).fetch_optional(&mut **link).await?
        });
        judge(&mut line, user, (before, now.unwrap_or(0)), board, &ids);
    }
    job.step(&line);
    Ok(line)
}

/// The same of the summer competition, which had one board for all years.
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
        let Some(here) = at_home(job, &mut line, user, &ids) else { continue };
        let name = job.name().to_owned();
        let now: i64 = within!(&mut job.tx, link => {
            sqlx::query_scalar(POINTS).bind(here).bind(&name).fetch_one(&mut **link).await?
        });
        judge(&mut line, user, (before, now), "summer competitions", &ids);
    }
    job.step(&line);
    Ok(line)
}

/// What the user is here; where there is none, the entries are left out.
fn at_home(job: &Job<'_>, line: &mut Line, user: i64, ids: &[i64]) -> Option<i64> {
    let here = job.here(ImportKind::User, user);
    if here.is_none() {
        ids.iter().for_each(|id| line.leave_out(*id, format!("its user {user} is not here")));
    }
    here
}

fn judge(line: &mut Line, user: i64, (before, now): (i64, i64), board: &str, ids: &[i64]) {
    if now == before {
        line.known += ids.len();
        return;
    }
    let text = format!("user {user} had {before} points there, and has {now} here ({board})");
    ids.iter().for_each(|id| line.leave_out(*id, text.clone()));
}
