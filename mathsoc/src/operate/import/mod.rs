//! Imports the database of the Flask site: accounts, content, answers.
//!
//! ```no_run
//! # async fn example(db: &mathsoc::db::Db) -> Result<(), Box<dyn std::error::Error>> {
//! use mathsoc::operate::import::{self, Options};
//!
//! let from = "sqlite:///srv/maths-soc/app.db".parse()?;
//! let options = Options { dry_run: true, ..Options::default() };
//! let report = import::run(db, &from, &options, &mut |_| {}).await?;
//! print!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! Rules:
//! 1. The import is one transaction, all or nothing. A dry run is the same transaction, rolled
//!    back.
//! 2. `imported` records the new id of each row. A second import adds only rows that are new at
//!    the source: nothing twice, and nothing that was deleted here.
//! 3. Each row is added, known already, or skipped with a reason. A broken row does not end the
//!    import.
//! 4. The source is only read, from a consistent snapshot. Older schemas are accepted.
//!
//! | data | import |
//! |---|---|
//! | passwords | hashes are kept; an admin's `admin123` is removed |
//! | e-mail addresses | count as verified; of two that differ in case only, the first |
//! | ids of challenges and articles | kept, if higher than every id assigned here |
//! | HTML | cleaned by `Sanitizer::rich` |
//! | answers | verdicts are kept; three per box, of which a right one is the last |
//! | points | computed from the answers; the report lists differences to the old leaderboard |
//! | the summer competition | one a year, with challenges, answers, schools and points |
//! | times | UTC, or [`Options::offset`], unless they have an offset |
//! | newsletters | with PDFs from [`Options::files`]; without its PDF, skipped for now |
//!
//! It does not import the files of challenges and articles. Each table is imported by one
//! file of this module.

mod announcements;
mod articles;
mod boxes;
mod challenges;
mod competitions;

mod job;
mod leaderboard;
mod newsletters;
mod points;
mod report;
mod round;
mod schools;
mod source;
mod submissions;
mod summer_points;
mod time;
mod users;

use palisade::password::HashingError;
use palisade::upload::UploadRejection;
use std::path::PathBuf;

use self::job::Job;
pub use self::report::{Line, Remark, Report};
use self::round::Round;
use self::summer_points::SummerPoints;
pub use self::time::{Offset, OffsetError};
use palisade::Uploads;

use crate::db::{Db, DbError, Url};

/// The options of an import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the source. Rows are recognised by this name and their old id.
    pub name: String,
    /// `true` to roll back at the end.
    pub dry_run: bool,
    /// The UTC offset of times that have none.
    pub offset: Offset,
    /// The source's uploads.
    pub files: Option<Files>,
}

/// The uploads of the source, and their destination.
#[derive(Clone, Debug)]
pub struct Files {
    /// The source's folder of uploads.
    pub from: PathBuf,
    /// The destination.
    pub uploads: Uploads,
}

impl Default for Options {
    fn default() -> Self {
        Self { name: "flask".to_owned(), dry_run: false, offset: Offset::default(), files: None }
    }
}

/// The progress of one table.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The name of the rows.
    pub what: &'static str,
    /// The number of processed rows.
    pub done: usize,
    /// The number of rows in total.
    pub of: usize,
}

/// Imports the rows that are new at the source.
pub async fn run(
    db: &Db,
    from: &Url,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, ImportError> {
    let mut job = Job::begin(db, from, options, progress).await?;
    let imported = import_all(&mut job).await;
    let stored = std::mem::take(&mut job.stored);
    let imported = match imported {
        Ok(lines) => job.end().await.map(|()| lines),
        Err(error) => Err(error),
    };
    if let (Err(_), Some(files)) = (&imported, &options.files) {
        for id in stored {
            // A failure is logged, and `mathsoc check` finds the file.
            drop(files.uploads.remove(id).await);
        }
    }
    Ok(Report { lines: imported? })
}

async fn import_all(job: &mut Job<'_>) -> Result<Vec<Line>, ImportError> {
    let mut lines = vec![
        schools::import(job).await?,
        users::import(job).await?,
        challenges::import(job).await?,
        boxes::import(job, Round::Year).await?,
        submissions::import(job, Round::Year).await?,
    ];
    let (summer, summer_points) = summer(job).await?;
    points::count(job, &summer_points).await?;
    summer_points.assign_schools(job).await?;
    lines.push(leaderboard::compare(job).await?);
    lines.extend(articles::import(job).await?);
    lines.push(announcements::import(job).await?);
    lines.extend(summer);
    lines.push(leaderboard::compare_summer(job).await?);
    // Most sites never had a competition.
    lines.retain(|line| line.read > 0 || !line.what.starts_with("competition"));
    Ok(lines)
}

/// Imports the summer competition, and reads the points that it awarded.
async fn summer(job: &mut Job<'_>) -> Result<([Line; 3], SummerPoints), ImportError> {
    let (challenges, created) = competitions::import(job).await?;
    let boxes = boxes::import(job, Round::Summer).await?;
    let points = SummerPoints::read(job, created).await?;
    let answers = submissions::import(job, Round::Summer).await?;
    points.invite(job).await?;
    Ok(([challenges, boxes, answers], points))
}

/// A reason why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The source does not answer.
    #[error("the database of the Flask site cannot be read")]
    Source(#[source] DbError),
    /// The source has other tables.
    #[error("this is not a database of the Flask site: it has no tables users and challenge")]
    Theirs,
    /// The source is a database of this program.
    #[error("this is a database of this program: move it with `mathsoc backup` and `mathsoc restore`")]
    Ours,
    /// The name belongs to another source.
    #[error(
        "this seems to be another site than the one imported as {name:?}: they share no account. Give it another name \
            with --as"
    )]
    OtherSite { name: String },
    /// A password hash could not be checked.
    #[error("a password hash could not be checked: {}", palisade::Rejection::from(*.0).message())]
    Password(HashingError),
    /// A file could not be checked or stored.
    #[error("the files of the Flask site cannot be stored: {}", .0.message())]
    Files(UploadRejection),
    /// This site's database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
