//! Imports the challenges of the summer competition. The source had one competition for all years,
//! with one leaderboard; here each year has its own.
//!
//! The source locked a challenge a number of hours after its posting date, regardless of its
//! release; that is kept. A challenge that was locked before its release opens for the same number
//! of hours from its release.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade::sanitize::SafeHtml;

use super::job::{ImportKind, Job, single_line};
use super::source::OldRow;
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::key_stage::KeyStage;

const COLUMNS: [&str; 8] = [
    "title",
    "content",
    "key_stage",
    "date_posted",
    "duration_hours",
    "release_at",
    "is_manually_locked",
    "file_url",
];
/// The length of the summary in lists.
const SUMMARY: usize = 200;
/// The hours that a challenge is open, if its row does not say.
const DEFAULT_HOURS: i64 = 24;

/// A challenge to be added.
struct NewChallenge {
    old_id: i64,
    title: String,
    stage: KeyStage,
    statement: SafeHtml,
    released: i64,
    locked: i64,
}

/// Imports the challenges; also returns the ids of the competitions created for them.
pub(super) async fn import(job: &mut Job<'_>) -> Result<(Line, Vec<i64>), ImportError> {
    let mut line = Line::new("competition challenges");
    let mut years = BTreeMap::<i64, Vec<NewChallenge>>::new();
    for row in job.rows(&mut line, &["summer_challenge"], &COLUMNS).await? {
        if job.was_imported(ImportKind::SummerChallenge, row.id) {
            line.known += 1;
            continue;
        }
        match read(job, &row, &mut line) {
            Ok(new) => years.entry(year_of(new.released)).or_default().push(new),
            Err(why) => line.skip(row.id, why),
        }
    }
    let mut created = Vec::new();
    for (year, challenges) in years {
        let title = format!("Summer competition {year}");
        let exists = job.was_imported(ImportKind::Competition, year);
        let Some(competition) = competition_of_year(job, year, &title, &challenges).await? else {
            let gone = |it: &NewChallenge| line.skip(it.old_id, format!("{title} was deleted here"));
            challenges.iter().for_each(gone);
            continue;
        };
        if !exists {
            created.push(competition);
        }
        for new in challenges {
            line.remark(new.old_id, format!("it is in {title:?}"));
            insert(job, competition, &new).await?;
            line.added += 1;
            job.show_progress(&line);
        }
    }
    job.show_progress(&line);
    Ok((line, created))
}

fn read(job: &Job<'_>, row: &OldRow, line: &mut Line) -> Result<NewChallenge, String> {
    let stage = row.text("key_stage").unwrap_or_default().parse::<KeyStage>();
    let stage = stage.map_err(|error| error.to_string())?;
    let statement = job.clean(row.text("content").unwrap_or_default());
    let statement = statement.map_err(|error| format!("its text cannot be shown: {error}"))?;
    let unreadable = |_| "one of its times cannot be read";
    let posted = row.time("date_posted", job.offset()).map_err(unreadable)?;
    let release = row.time("release_at", job.offset()).map_err(unreadable)?;
    let (posted, released) = match (posted.or(release), release.or(posted)) {
        (Some(posted), Some(released)) => (posted, released),
        _ => {
            line.remark(row.id, "it had no date, and has today's");
            (job.now, job.now)
        }
    };
    let hours =
        row.number("duration_hours").filter(|hours| (1..=100_000).contains(hours)).unwrap_or(DEFAULT_HOURS);
    let mut locked = posted.saturating_add(hours * 3600);
    if locked <= released {
        line.remark(row.id, "it was locked before its release: it opens for the same hours from its release");
        locked = released.saturating_add(hours * 3600);
    }
    if row.flag("is_manually_locked") {
        locked = locked.min(job.now.max(released + 1));
    }
    let mut title = single_line(row.text("title").unwrap_or_default(), 100);
    if title.is_empty() {
        line.remark(row.id, "it had no title");
        title = format!("Challenge {}", row.id);
    }
    if let Some(file) = row.text("file_url") {
        line.remark(row.id, format!("without its file {file:?}: add it by hand"));
    }
    Ok(NewChallenge { old_id: row.id, title, stage, statement, released, locked })
}

fn year_of(seconds: i64) -> i64 {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC).year().into()
}

/// Finds or creates the competition of a year, and extends it to all of these challenges; `None`
/// if it was deleted here.
async fn competition_of_year(
    job: &mut Job<'_>,
    year: i64,
    title: &str,
    challenges: &[NewChallenge],
) -> Result<Option<i64>, ImportError> {
    const INSERT: &str = "INSERT INTO competitions (title, summary, opens_at, closes_at)
        VALUES ($1, 'The summer competition of our former site.', $2, $3) RETURNING id";
    const WIDEN: &str =
        "UPDATE competitions SET opens_at = CASE WHEN opens_at < $2 THEN opens_at ELSE $2 END,
        closes_at = CASE WHEN closes_at > $3 THEN closes_at ELSE $3 END WHERE id = $1";
    let opens = challenges.iter().map(|it| it.released).min().unwrap_or(job.now);
    let closes = challenges.iter().map(|it| it.locked).max().unwrap_or(job.now);
    let here = job.new_id(ImportKind::Competition, year);
    if here.is_none() && job.was_imported(ImportKind::Competition, year) {
        return Ok(None);
    }
    if let Some(id) = here {
        within!(&mut job.tx, link => {
            sqlx::query(WIDEN).bind(id).bind(opens).bind(closes).execute(&mut **link).await?;
        });
        return Ok(Some(id));
    }
    let id: i64 = within!(&mut job.tx, link => {
        sqlx::query_scalar(INSERT).bind(title).bind(opens).bind(closes).fetch_one(&mut **link).await?
    });
    job.record(ImportKind::Competition, year, id).await?;
    Ok(Some(id))
}

async fn insert(job: &mut Job<'_>, competition: i64, new: &NewChallenge) -> Result<(), ImportError> {
    const SQLITE: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, competition_id, id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const POSTGRES: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, competition_id, id)
        OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (id, text) = (job.next_id("challenges").await?, job.statement(SQLITE, POSTGRES));
    within!(&mut job.tx, link => {
        let insert = sqlx::query(text).bind(&new.title).bind(new.stage.name());
        let insert = insert.bind(new.statement.excerpt(SUMMARY)).bind(new.statement.as_str());
        let insert = insert.bind(new.released).bind(new.locked).bind(competition).bind(id);
        insert.execute(&mut **link).await?;
    });
    job.note_id("challenges", id);
    job.record(ImportKind::SummerChallenge, new.old_id, id).await
}
