//! What browsers report of the site, in groups: every process of the site adds to the same ones.

use palisade::reporting::{Disposition, ReportGroup};

use super::admin_log::{Action, Actor, INSERT};
use super::{Db, Result, on};
use crate::domain::clock::now;

/// How many groups are kept: anybody can make up reports.
const MOST: i64 = 1_000;
/// How many groups are shown.
const SHOWN: i64 = 100;
/// Microseconds in a second.
const SECOND: u64 = 1_000_000;

/// The reports of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hour {
    /// When it began; unix seconds.
    pub since: i64,
    /// Of how many browsers stopped something.
    pub stopped: i64,
    /// How many there were.
    pub reported: i64,
}

/// A group that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReport {
    /// Its number, by which it can be forgotten.
    pub id: i64,
    /// What it says.
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

/// Adds groups to those that are kept. What would be one group too many counts in its hour only.
///
/// # Errors
/// When the database gives no answer.
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
        let (reported, first_seen) = (number(group.count), number(group.first_seen / SECOND));
        let last_seen = number(group.last_seen / SECOND);
        let stopped = if group.disposition == Disposition::Enforced { reported } else { 0 };
        on!(db, pool => {
            let add = sqlx::query(ADD).bind(group.kind.name()).bind(group.disposition.name());
            let add = add.bind(&group.directive).bind(&group.blocked).bind(&group.page).bind(&group.location);
            add.bind(reported).bind(first_seen).bind(last_seen).bind(MOST).execute(pool).await?;
            let hour = sqlx::query(ADD_HOUR).bind(last_seen / 3600 * 3600).bind(stopped).bind(reported);
            hour.execute(pool).await?;
        });
    }
    Ok(())
}

/// The hundred groups with the most reports.
///
/// # Errors
/// When the database gives no answer.
pub async fn most(db: &Db) -> Result<Vec<StoredReport>> {
    const LIST: &str =
        "SELECT id, kind, disposition, directive, blocked, page, place, reported, first_seen, last_seen
        FROM reports ORDER BY reported DESC, last_seen DESC, id LIMIT $1";
    let kept: Vec<ReportRow> = on!(db, pool => sqlx::query_as(LIST).bind(SHOWN).fetch_all(pool).await)?;
    // What a newer version of the program has kept, this one may not know.
    Ok(kept.into_iter().filter_map(ReportRow::known).collect())
}

/// How many there were from then on, hour by hour.
///
/// # Errors
/// When the database gives no answer.
pub async fn hours(db: &Db, since: i64) -> Result<Vec<Hour>> {
    const LIST: &str =
        "SELECT since, stopped, reported FROM report_hours WHERE since >= $1 ORDER BY since LIMIT 1000";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(since).fetch_all(pool).await)?)
}

/// Forgets a group; false where it is not there any more. What is reported from then on begins a new one.
///
/// # Errors
/// When the database gives no answer.
pub async fn forget(db: &Db, by: &Actor, id: i64) -> Result<bool> {
    const DELETE: &str =
        "DELETE FROM reports WHERE id = $1 RETURNING id, kind, disposition, directive, blocked, page,
        place, reported, first_seen, last_seen";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let kept: Option<ReportRow> = sqlx::query_as(DELETE).bind(id).fetch_optional(&mut *tx).await?;
        let Some(kept) = kept else { return Ok(false) };
        let count = kept.reported;
        let subject = kept.known().map_or_else(|| "of another version".to_owned(), |it| it.group.description());
        let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Forgot.name());
        let line = line.bind("report").bind(id).bind(subject).bind(counted(count, "report"));
        line.execute(&mut *tx).await?;
        tx.commit().await?;
    });
    Ok(true)
}

/// Forgets every group, but not how many reports there were by hour; how many groups there were.
///
/// # Errors
/// When the database gives no answer.
pub async fn forget_all(db: &Db, by: &Actor) -> Result<u64> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let groups = sqlx::query("DELETE FROM reports").execute(&mut *tx).await?.rows_affected();
        if groups > 0 {
            let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Forgot.name());
            let line = line.bind("reports").bind(None::<i64>).bind("all of them").bind(counted(number(groups), "group"));
            line.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(groups)
    })
}

impl ReportRow {
    fn known(self) -> Option<StoredReport> {
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

/// So many, in words: `1 report`, `2 reports`.
fn counted(count: i64, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
