//! What browsers report of the site, in groups: every process of the site adds to the same ones.

use palisade::report::{Disposition, Group};

use super::{Db, Result, on};

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

#[derive(sqlx::FromRow)]
struct Kept {
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
pub async fn add(db: &Db, groups: &[Group]) -> Result<()> {
    const ADD: &str = "INSERT INTO reports
        (kind, disposition, directive, blocked, page, place, reported, first_seen, last_seen)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE (SELECT count(*) FROM reports) < $10 OR EXISTS
        (SELECT 1 FROM reports WHERE kind = $1 AND disposition = $2 AND directive = $3 AND blocked = $4 AND page = $5)
        ON CONFLICT (kind, disposition, directive, blocked, page) DO UPDATE SET
        place = coalesce(excluded.place, reports.place), reported = reports.reported + excluded.reported,
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
            let add = add.bind(&group.directive).bind(&group.blocked).bind(&group.page).bind(&group.place);
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
pub async fn most(db: &Db) -> Result<Vec<Group>> {
    const LIST: &str =
        "SELECT kind, disposition, directive, blocked, page, place, reported, first_seen, last_seen
        FROM reports ORDER BY reported DESC, last_seen DESC, id LIMIT $1";
    let kept: Vec<Kept> = on!(db, pool => sqlx::query_as(LIST).bind(SHOWN).fetch_all(pool).await)?;
    // What a newer version of the program has kept, this one may not know.
    Ok(kept.into_iter().filter_map(Kept::group).collect())
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

impl Kept {
    fn group(self) -> Option<Group> {
        let kind = self.kind.parse().ok()?;
        let mut group = Group::new(kind, &self.directive, &self.blocked, &self.page);
        group.disposition = self.disposition.parse().ok()?;
        group.place = self.place;
        group.count = self.reported.unsigned_abs();
        group.first_seen = self.first_seen.unsigned_abs() * SECOND;
        group.last_seen = self.last_seen.unsigned_abs() * SECOND;
        Some(group)
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
