//! Takes over the database of the Flask site: its accounts, its content, and what its members have answered.
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
//! What holds:
//! 1. all happens in one transaction: it is there in the end, or nothing is. A dry run is the same, undone at its end;
//! 2. what became of each row is kept in `imported`. Taken over again, only new rows are added: nothing twice, and nothing that
//!    was deleted here since;
//! 3. every row read is added, here already, or left out with a reason. A broken row ends nothing;
//! 4. the other database is only read, all of it as it was at one moment, whatever the age of its tables.
//!
//! | what | how it is taken |
//! |---|---|
//! | passwords | the hashes as they are, and made anew at the next login; none where anybody could log in with `admin123` |
//! | e-mail addresses | as shown to be theirs, since they were what people logged in with; of two that differ in capitals the first |
//! | addresses of challenges and articles | with their numbers, where those are higher than any that was ever given here |
//! | HTML | cleaned by `Sanitizer::rich` |
//! | answers | what the pupil was told stays, right or wrong; three for each box, of which a right one is the last |
//! | points | by our rules from the answers, never from the former leaderboard: the report says where the two differ |
//! | the summer competition | one for each year, with its challenges, answers and schools; points as they were given for solving |
//! | times | as UTC, or as far ahead of it as [`Options::offset`] says, unless they say themselves |
//!
//! | newsletters | with their PDFs from [`Options::files`], judged as if somebody sent them; those whose PDF is not there are left out, and
//! taken the next time |
//!
//! What it does not do: the files of challenges and articles are left out. A table's importer is one file here.

mod announcements;
mod articles;
mod boxes;
mod challenges;
mod competitions;
mod given;
mod job;
mod leaderboard;
mod newsletters;
mod points;
mod report;
mod round;
mod schools;
mod source;
mod submissions;
mod time;
mod users;

use palisade::password::HashingError;
use palisade::upload::UploadRejection;
use std::path::PathBuf;

use self::given::Given;
use self::job::Job;
pub use self::report::{Line, Remark, Report};
use self::round::Round;
pub use self::time::{Offset, OffsetError};
use palisade::Uploads;

use crate::db::{Db, DbError, Url};

/// How to take over.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the other site is called: rows are known again by this name and their number.
    pub name: String,
    /// Whether to change nothing.
    pub dry_run: bool,
    /// How far ahead of UTC the clock was where times do not say so.
    pub offset: Offset,
    /// Where its files are.
    pub files: Option<Files>,
}

/// The files of the former site, and where they go.
#[derive(Clone, Debug)]
pub struct Files {
    /// Its folder of uploads.
    pub from: PathBuf,
    /// What takes them in here.
    pub uploads: Uploads,
}

impl Default for Options {
    fn default() -> Self {
        Self { name: "flask".to_owned(), dry_run: false, offset: Offset::default(), files: None }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Which rows.
    pub what: &'static str,
    /// How many of them are done.
    pub done: usize,
    /// How many there are.
    pub of: usize,
}

/// Takes over what is new.
///
/// # Errors
/// When the other database is none of the Flask site or cannot be read, or ours gives no answer. Nothing is changed then.
pub async fn run(
    db: &Db,
    from: &Url,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, ImportError> {
    let mut job = Job::begin(db, from, options, progress).await?;
    let taken = take(&mut job).await;
    let kept = std::mem::take(&mut job.kept);
    let taken = match taken {
        Ok(lines) => job.end().await.map(|()| lines),
        Err(error) => Err(error),
    };
    if let (Err(_), Some(files)) = (&taken, &options.files) {
        for id in kept {
            // Why it was not, is logged; `mathsoc check` finds what is left.
            drop(files.uploads.remove(id).await);
        }
    }
    Ok(Report { lines: taken? })
}

async fn take(job: &mut Job<'_>) -> Result<Vec<Line>, ImportError> {
    let mut lines = vec![
        schools::take(job).await?,
        users::take(job).await?,
        challenges::take(job).await?,
        boxes::take(job, Round::Year).await?,
        submissions::take(job, Round::Year).await?,
    ];
    let (summer, given) = summer(job).await?;
    points::count(job, &given).await?;
    given.place(job).await?;
    lines.push(leaderboard::compare(job).await?);
    lines.extend(articles::take(job).await?);
    lines.push(announcements::take(job).await?);
    lines.extend(summer);
    lines.push(leaderboard::compare_summer(job).await?);
    // Most sites never held a competition.
    lines.retain(|line| line.read > 0 || !line.what.starts_with("competition"));
    Ok(lines)
}

/// The summer competition, and what it had given.
async fn summer(job: &mut Job<'_>) -> Result<([Line; 3], Given), ImportError> {
    let (challenges, made) = competitions::take(job).await?;
    let boxes = boxes::take(job, Round::Summer).await?;
    let given = Given::read(job, made).await?;
    let answers = submissions::take(job, Round::Summer).await?;
    given.invite(job).await?;
    Ok(([challenges, boxes, answers], given))
}

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The other database gives no answer.
    #[error("the database to take over cannot be read")]
    Source(#[source] DbError),
    /// It has other tables.
    #[error("this is no database of the Flask site: it has no tables named users and challenge")]
    Theirs,
    /// It is one of ours.
    #[error("this is a database of this program: move it by `mathsoc backup` and `mathsoc restore`")]
    Ours,
    /// The name is that of another site.
    #[error(
        "this seems to be another site than the one that was taken over as {name:?}: none of its accounts is the same. Give \
         it a name of its own with --as"
    )]
    OtherSite {
        /// The name.
        name: String,
    },
    /// A password could not be tried.
    #[error("a password could not be tried: {}", palisade::Rejection::from(*.0).message())]
    Password(HashingError),
    /// Files cannot be checked or kept.
    #[error("the files of the former site cannot be taken in: {}", .0.message())]
    Files(UploadRejection),
    /// Our database gives no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
