//! What every importer works with: both databases, and what is known of earlier times.

use std::collections::HashMap;

use palisade::sanitize::{SafeHtml, SanitizeError};
use palisade::upload::UploadId;
use palisade::{Passwords, Sanitizer};

use super::source::{OldRow, Source};
use super::{Files, ImportError, Line, Offset, Options, Progress};
use crate::db::tx::{Tx, within};
use crate::db::{Db, Url};
use crate::domain::clock::now;
use crate::operate::dump;

/// What rows become here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ImportKind {
    School,
    User,
    Challenge,
    AnswerBox,
    Submission,
    Article,
    Newsletter,
    Announcement,
    /// Of a year: its number is the year.
    Competition,
    SummerChallenge,
    SummerBox,
    SummerSubmission,
}

impl ImportKind {
    const ALL: [Self; 12] = [
        Self::School,
        Self::User,
        Self::Challenge,
        Self::AnswerBox,
        Self::Submission,
        Self::Article,
        Self::Newsletter,
        Self::Announcement,
        Self::Competition,
        Self::SummerChallenge,
        Self::SummerBox,
        Self::SummerSubmission,
    ];

    /// As it stands in `imported`.
    fn name(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::User => "user",
            Self::Challenge => "challenge",
            Self::AnswerBox => "box",
            Self::Submission => "submission",
            Self::Article => "article",
            Self::Newsletter => "newsletter",
            Self::Announcement => "announcement",
            Self::Competition => "competition",
            Self::SummerChallenge => "summer challenge",
            Self::SummerBox => "summer box",
            Self::SummerSubmission => "summer submission",
        }
    }

    /// What was taken over from a site, and whether it is still there.
    fn known(self) -> &'static str {
        macro_rules! known {
            ($table:literal) => {
                concat!(
                    "SELECT i.old_id, i.new_id, t.id IS NOT NULL FROM imported i LEFT JOIN ",
                    $table,
                    " t ON t.id = i.new_id WHERE i.source = $1 AND i.kind = $2"
                )
            };
        }
        match self {
            Self::School => known!("schools"),
            Self::User => known!("users"),
            Self::Challenge | Self::SummerChallenge => known!("challenges"),
            Self::AnswerBox | Self::SummerBox => known!("answer_boxes"),
            Self::Submission | Self::SummerSubmission => known!("submissions"),
            Self::Article => known!("articles"),
            Self::Newsletter => known!("newsletters"),
            Self::Announcement => known!("announcements"),
            Self::Competition => known!("competitions"),
        }
    }
}

/// What a row has become.
#[derive(Clone, Copy, Debug)]
struct ImportedRow {
    new_id: i64,
    is_there: bool,
}

/// What every importer works with.
pub(super) struct Job<'a> {
    pub(super) source: Source,
    pub(super) tx: Tx,
    pub(super) passwords: Passwords,
    pub(super) now: i64,
    /// The files that were kept for it: they go where it is undone.
    pub(super) kept: Vec<UploadId>,
    options: &'a Options,
    known: HashMap<(ImportKind, i64), ImportedRow>,
    /// The highest number ever given, of tables whose rows keep theirs.
    numbers: HashMap<&'static str, i64>,
    sanitizer: Sanitizer,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl<'a> Job<'a> {
    /// Opens the other database, and begins to write in ours.
    pub(super) async fn begin(
        db: &Db,
        from: &Url,
        options: &'a Options,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, ImportError> {
        let source = Source::open(from).await?;
        let mut tx = Tx::writing(db).await?;
        let mut known = HashMap::new();
        for kind in ImportKind::ALL {
            let rows: Vec<(i64, i64, bool)> = within!(&mut tx, link => {
                sqlx::query_as(kind.known()).bind(&options.name).bind(kind.name()).fetch_all(&mut **link).await?
            });
            let rows = rows.into_iter();
            known.extend(rows.map(|(old, new_id, is_there)| ((kind, old), ImportedRow { new_id, is_there })));
        }
        let (passwords, sanitizer) = (Passwords::new(), Sanitizer::rich());
        Ok(Self {
            source,
            tx,
            passwords,
            now: now(),
            kept: Vec::new(),
            options,
            known,
            numbers: HashMap::new(),
            sanitizer,
            progress,
        })
    }

    /// Makes it last, unless it is a dry run.
    pub(super) async fn end(mut self) -> Result<(), ImportError> {
        if self.options.dry_run {
            return Ok(self.tx.rollback().await?);
        }
        for table in self.numbers.keys() {
            dump::continue_after(&mut self.tx, table, None).await?;
        }
        Ok(self.tx.commit().await?)
    }

    /// The rows of the first of these tables that is there; those of which nothing can be made are left out.
    pub(super) async fn rows(
        &mut self,
        line: &mut Line,
        tables: &[&'static str],
        columns: &[&'static str],
    ) -> Result<Vec<OldRow>, ImportError> {
        let rows = self.source.rows(tables, columns).await?.unwrap_or_default();
        line.read = rows.len();
        let mut whole = Vec::with_capacity(rows.len());
        for row in rows {
            match row.trouble() {
                Some(trouble) => line.leave_out(row.id, trouble),
                None => whole.push(row),
            }
        }
        Ok(whole)
    }

    /// Says how far it is.
    pub(super) fn step(&mut self, line: &Line) {
        let done = line.added + line.known + line.left_out.len();
        (self.progress)(Progress { what: line.what, done, of: line.read });
    }

    /// Whether the row was taken over before.
    pub(super) fn knows(&self, kind: ImportKind, old_id: i64) -> bool {
        self.known.contains_key(&(kind, old_id))
    }

    /// What the row has become; nothing if it was left out, or is no longer there.
    pub(super) fn here(&self, kind: ImportKind, old_id: i64) -> Option<i64> {
        self.known.get(&(kind, old_id)).filter(|known| known.is_there).map(|known| known.new_id)
    }

    /// Keeps what a row has become.
    pub(super) async fn keep(
        &mut self,
        kind: ImportKind,
        old_id: i64,
        new_id: i64,
    ) -> Result<(), ImportError> {
        const KEEP: &str = "INSERT INTO imported (source, kind, old_id, new_id) VALUES ($1, $2, $3, $4)";
        within!(&mut self.tx, link => {
            let keep = sqlx::query(KEEP).bind(&self.options.name).bind(kind.name());
            keep.bind(old_id).bind(new_id).execute(&mut **link).await?;
        });
        self.known.insert((kind, old_id), ImportedRow { new_id, is_there: true });
        Ok(())
    }

    /// The name of the other site.
    pub(super) fn name(&self) -> &str {
        &self.options.name
    }

    /// Its files, and whether to keep them.
    pub(super) fn files(&self) -> Option<(&'a Files, bool)> {
        self.options.files.as_ref().map(|files| (files, !self.options.dry_run))
    }

    /// How far ahead of UTC its clock was.
    pub(super) fn offset(&self) -> Offset {
        self.options.offset
    }

    /// The number that a row keeps here, so that its address stays: its own, if it is higher than any that was ever given. In
    /// the order of the old numbers.
    pub(super) async fn number(
        &mut self,
        table: &'static str,
        old_id: i64,
    ) -> Result<Option<i64>, ImportError> {
        Ok((old_id > self.last_number(table).await?).then_some(old_id))
    }

    /// The number after all that were ever given. The database is not asked for one, since where a row keeps its number,
    /// it would not know.
    pub(super) async fn next_number(&mut self, table: &'static str) -> Result<i64, ImportError> {
        Ok(self.last_number(table).await? + 1)
    }

    async fn last_number(&mut self, table: &'static str) -> Result<i64, ImportError> {
        if let Some(last) = self.numbers.get(table) {
            return Ok(*last);
        }
        let last = dump::last_id(&mut self.tx, table).await?.unwrap_or(0);
        self.numbers.insert(table, last);
        Ok(last)
    }

    /// Notes that a number was given.
    pub(super) fn gave(&mut self, table: &'static str, id: i64) {
        let last = self.numbers.entry(table).or_default();
        *last = id.max(*last);
    }

    /// Whichever text is meant for our database: only the numbers of rows are given in two ways.
    pub(super) fn text(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.tx {
            Tx::Sqlite(_) => sqlite,
            Tx::Postgres(_) => postgres,
        }
    }

    /// What may be shown of a text that somebody wrote there.
    pub(super) fn clean(&self, html: &str) -> Result<SafeHtml, SanitizeError> {
        self.sanitizer.clean(html)
    }
}

/// The text on one line, with at most so many characters.
pub(super) fn line_of(text: &str, most: usize) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(most).collect()
}
