//! Browser reports (CSP and others) in groups; every process of the site adds to the same groups.

use palisade::reporting::{Disposition, ReportGroup};

use super::admin_log::{Action, Actor, INSERT};
use super::{Db, Result, on};
use crate::domain::clock::now;

/// The maximum number of groups. Reports are unauthenticated, so anyone can invent them.
const MAX_GROUPS: i64 = 1_000;
/// The number of groups that the page shows.
const SHOWN_GROUPS: i64 = 100;
/// Microseconds in a second.
const SECOND: u64 = 1_000_000;

/// The numbers of reports in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hour {
    /// The start of the hour; Unix seconds.
    pub since: i64,
    /// The number of reports where the browser blocked something.
    pub stopped: i64,
    /// The number of all reports.
    pub reported: i64,
}

/// A stored group of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReport {
    /// The id by which an admin removes it.
    pub id: i64,
    pub group: ReportGroup,
}

#[derive(sqlx::FromRow)]
struct ReportRow {
    id: i64,
    kind: String,
    disposition: String,
    directive: String,
    blocked: String,
    page: String,
    place: Option<String>,
    reported: i64,
    first_seen: i64,
    last_seen: i64,
}

/// Adds groups to the stored ones. A new group above the limit counts in its hour only.
pub async fn add(db: &Db, groups: &[ReportGroup]) -> Result<()> {
    const ADD: &str = "INSERT INTO reports
        (kind, disposition, directive, blocked, page, place, reported, first_seen, last_seen)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE (SELECT count(*) FROM reports) < $10 OR EXISTS
        (SELECT 1 FROM reports WHERE kind = $1 AND disposition = $2 AND directive = $3 AND blocked = $4 AND page = $5)
        ON CONFLICT (kind, disposition, directive, blocked, page) DO UPDATE SET
        place = coalesce(excluded.place, reports.place), reported = reports.reported + excluded.reported,
        first_seen = CASE WHEN excluded.first_seen < reports.first_seen THEN excluded.first_seen ELSE reports.first_seen END,
        last_seen = CASE WHEN excluded.last_seen > reports.last_seen THEN excluded.last_seen ELSE reports.last_seen END";
    const ADD_HOUR: &str = "INSERT INTO report_hours (since, stopped, reported) VALUES ($1, $2, $3)
        ON CONFLICT (since) DO UPDATE SET stopped = report_hours.stopped + excluded.stopped,
        reported = report_hours.reported + excluded.reported";
    for group in groups {
        let (reported, first_seen) = (to_i64(group.count), to_i64(group.first_seen / SECOND));
        let last_seen = to_i64(group.last_seen / SECOND);
        let stopped = if group.disposition == Disposition::Enforced { reported } else { 0 };
        on!(db, pool => {
            let add = sqlx::query(ADD).bind(group.kind.name()).bind(group.disposition.name());
            let add = add.bind(&group.directive).bind(&group.blocked).bind(&group.page).bind(&group.location);
            add.bind(reported).bind(first_seen).bind(last_seen).bind(MAX_GROUPS).execute(pool).await?;
            let hour = sqlx::query(ADD_HOUR).bind(last_seen / 3600 * 3600).bind(stopped).bind(reported);
            hour.execute(pool).await?;
        });
    }
    Ok(())
}

/// Returns the hundred groups with the most reports.
pub async fn most(db: &Db) -> Result<Vec<StoredReport>> {
    const LIST: &str =
        "SELECT id, kind, disposition, directive, blocked, page, place, reported, first_seen, last_seen
        FROM reports ORDER BY reported DESC, last_seen DESC, id LIMIT $1";
    let rows: Vec<ReportRow> =
        on!(db, pool => sqlx::query_as(LIST).bind(SHOWN_GROUPS).fetch_all(pool).await)?;
    // Skips rows of a newer version of the program with values that this version does not know.
    Ok(rows.into_iter().filter_map(ReportRow::parse).collect())
}

/// Returns the numbers of reports for each hour since `since`.
pub async fn hours(db: &Db, since: i64) -> Result<Vec<Hour>> {
    const LIST: &str =
        "SELECT since, stopped, reported FROM report_hours WHERE since >= $1 ORDER BY since LIMIT 1000";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(since).fetch_all(pool).await)?)
}

/// Removes a group. Returns `false` if it does not exist. A later report creates it again.
pub async fn forget(db: &Db, by: &Actor, id: i64) -> Result<bool> {
    const DELETE: &str =
        "DELETE FROM reports WHERE id = $1 RETURNING id, kind, disposition, directive, blocked, page,
        place, reported, first_seen, last_seen";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let row: Option<ReportRow> = sqlx::query_as(DELETE).bind(id).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(false) };
        let count = row.reported;
        let subject = row.parse().map_or_else(|| "of another version".to_owned(), |it| it.group.description());
        let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Forgot.name());
        let line = line.bind("report").bind(id).bind(subject).bind(with_noun(count, "report"));
        line.execute(&mut *tx).await?;
        tx.commit().await?;
    });
    Ok(true)
}

/// Removes all groups but keeps the numbers by hour. Returns the number of groups.
pub async fn forget_all(db: &Db, by: &Actor) -> Result<u64> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let groups = sqlx::query("DELETE FROM reports").execute(&mut *tx).await?.rows_affected();
        if groups > 0 {
            let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Forgot.name());
            let line = line.bind("reports").bind(None::<i64>).bind("all of them").bind(with_noun(to_i64(groups), "group"));
            line.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(groups)
    })
}

impl ReportRow {
    fn parse(self) -> Option<StoredReport> {
        let id = self.id;
        Some(StoredReport { id, group: self.group()? })
    }

    fn group(self) -> Option<ReportGroup> {
        let kind = self.kind.parse().ok()?;
        let mut group = ReportGroup::new(kind, &self.directive, &self.blocked, &self.page);
        group.disposition = self.disposition.parse().ok()?;
        group.location = self.place;
        group.count = self.reported.unsigned_abs();
        group.first_seen = self.first_seen.unsigned_abs() * SECOND;
        group.last_seen = self.last_seen.unsigned_abs() * SECOND;
        Some(group)
    }
}

/// Returns a number with its noun: `1 report`, `2 reports`.
fn with_noun(count: i64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
