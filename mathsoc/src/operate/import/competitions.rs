//! The summer competition: its challenges, and who took part. There was one for all years, with one leaderboard; here it is one a
//! year, so that each has its own.
//!
//! There a challenge was locked so many hours after the date it was posted with, whenever it was released: that stays. One that
//! nobody could ever have answered, since it was released later, is open for as many hours from then on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade::sanitize::SafeHtml;

use super::job::{ImportKind, Job, line_of};
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
/// How long the sentences are that a list shows.
const SUMMARY: usize = 200;
/// How long a challenge was open that does not say so.
const HOURS: i64 = 24;

/// A challenge that is new here.
struct New {
    old_id: i64,
    title: String,
    stage: KeyStage,
    statement: SafeHtml,
    released: i64,
    locked: i64,
}

/// Takes the challenges; which competitions were made for them.
pub(super) async fn take(job: &mut Job<'_>) -> Result<(Line, Vec<i64>), ImportError> {
    let mut line = Line::new("competition challenges");
    let mut years = BTreeMap::<i64, Vec<New>>::new();
    for row in job.rows(&mut line, &["summer_challenge"], &COLUMNS).await? {
        if job.knows(ImportKind::SummerChallenge, row.id) {
            line.known += 1;
            continue;
        }
        match read(job, &row, &mut line) {
            Ok(new) => years.entry(year_of(new.released)).or_default().push(new),
            Err(why) => line.leave_out(row.id, why),
        }
    }
    let mut made = Vec::new();
    for (year, challenges) in years {
        let title = format!("Summer competition {year}");
        let known = job.knows(ImportKind::Competition, year);
        let Some(competition) = hold(job, year, &title, &challenges).await? else {
            let gone = |it: &New| line.leave_out(it.old_id, format!("{title} was deleted here"));
            challenges.iter().for_each(gone);
            continue;
        };
        if !known {
            made.push(competition);
        }
        for new in challenges {
            line.remark(new.old_id, format!("it is in {title:?}"));
            insert(job, competition, &new).await?;
            line.added += 1;
            job.step(&line);
        }
    }
    job.step(&line);
    Ok((line, made))
}

fn read(job: &Job<'_>, row: &OldRow, line: &mut Line) -> Result<New, String> {
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
            line.remark(row.id, "it had no date, and has that of today");
            (job.now, job.now)
        }
    };
    let hours = row.number("duration_hours").filter(|hours| (1..=100_000).contains(hours)).unwrap_or(HOURS);
    let mut locked = posted.saturating_add(hours * 3600);
    if locked <= released {
        line.remark(row.id, "it was locked before it was released: it is open as long from then on");
        locked = released.saturating_add(hours * 3600);
    }
    if row.flag("is_manually_locked") {
        locked = locked.min(job.now.max(released + 1));
    }
    let mut title = line_of(row.text("title").unwrap_or_default(), 100);
    if title.is_empty() {
        line.remark(row.id, "it had no title");
        title = format!("Challenge {}", row.id);
    }
    if let Some(file) = row.text("file_url") {
        line.remark(row.id, format!("without its file {file:?}: put it there by hand"));
    }
    Ok(New { old_id: row.id, title, stage, statement, released, locked })
}

fn year_of(seconds: i64) -> i64 {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC).year().into()
}

/// The competition of a year, open for all of these; nothing if it was deleted here.
async fn hold(
    job: &mut Job<'_>,
    year: i64,
    title: &str,
    challenges: &[New],
) -> Result<Option<i64>, ImportError> {
    const INSERT: &str = "INSERT INTO competitions (title, summary, opens_at, closes_at)
        VALUES ($1, 'The summer competition of our former site.', $2, $3) RETURNING id";
    const WIDEN: &str =
        "UPDATE competitions SET opens_at = CASE WHEN opens_at < $2 THEN opens_at ELSE $2 END,
        closes_at = CASE WHEN closes_at > $3 THEN closes_at ELSE $3 END WHERE id = $1";
    let opens = challenges.iter().map(|it| it.released).min().unwrap_or(job.now);
    let closes = challenges.iter().map(|it| it.locked).max().unwrap_or(job.now);
    let here = job.here(ImportKind::Competition, year);
    if here.is_none() && job.knows(ImportKind::Competition, year) {
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
    job.keep(ImportKind::Competition, year, id).await?;
    Ok(Some(id))
}

async fn insert(job: &mut Job<'_>, competition: i64, new: &New) -> Result<(), ImportError> {
    const SQLITE: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, competition_id, id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const POSTGRES: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, competition_id, id)
        OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (id, text) = (job.next_number("challenges").await?, job.text(SQLITE, POSTGRES));
    within!(&mut job.tx, link => {
        let insert = sqlx::query(text).bind(&new.title).bind(new.stage.name());
        let insert = insert.bind(new.statement.excerpt(SUMMARY)).bind(new.statement.as_str());
        let insert = insert.bind(new.released).bind(new.locked).bind(competition).bind(id);
        insert.execute(&mut **link).await?;
    });
    job.gave("challenges", id);
    job.keep(ImportKind::SummerChallenge, new.old_id, id).await
}
