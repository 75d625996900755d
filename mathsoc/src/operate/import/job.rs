//! The state of an import: both databases, and the rows imported earlier.

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

/// The kind of an imported row.
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
    /// A competition; its old id is the year.
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

    /// The value in `imported`.
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

    /// The query for rows imported from a source, with their new ids and whether these rows still
    /// exist.
    fn imported_rows(self) -> &'static str {
        macro_rules! imported_from {
            ($table:literal) => {
                concat!(
                    "SELECT i.old_id, i.new_id, t.id IS NOT NULL FROM imported i LEFT JOIN ",
                    $table,
                    " t ON t.id = i.new_id WHERE i.source = $1 AND i.kind = $2"
                )
            };
        }
        match self {
            Self::School => imported_from!("schools"),
            Self::User => imported_from!("users"),
            Self::Challenge | Self::SummerChallenge => imported_from!("challenges"),
            Self::AnswerBox | Self::SummerBox => imported_from!("answer_boxes"),
            Self::Submission | Self::SummerSubmission => imported_from!("submissions"),
            Self::Article => imported_from!("articles"),
            Self::Newsletter => imported_from!("newsletters"),
            Self::Announcement => imported_from!("announcements"),
            Self::Competition => imported_from!("competitions"),
        }
    }
}

/// A row that was imported earlier.
#[derive(Clone, Copy, Debug)]
struct ImportedRow {
    new_id: i64,
    exists: bool,
}

/// The state of an import.
pub(super) struct Job<'a> {
    pub(super) source: Source,
    pub(super) tx: Tx,
    pub(super) passwords: Passwords,
    pub(super) now: i64,
    /// Files stored by this import; removed again if it fails.
    pub(super) stored: Vec<UploadId>,
    options: &'a Options,
    imported: HashMap<(ImportKind, i64), ImportedRow>,
    /// The highest id ever assigned, of tables whose rows keep their old ids.
    last_ids: HashMap<&'static str, i64>,
    sanitizer: Sanitizer,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl<'a> Job<'a> {
    /// Opens the source, and starts the transaction.
    pub(super) async fn begin(
        db: &Db,
        from: &Url,
        options: &'a Options,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, ImportError> {
        let source = Source::open(from).await?;
        let mut tx = Tx::writing(db).await?;
        let mut imported = HashMap::new();
        for kind in ImportKind::ALL {
            let rows: Vec<(i64, i64, bool)> = within!(&mut tx, link => {
                sqlx::query_as(kind.imported_rows()).bind(&options.name).bind(kind.name()).fetch_all(&mut **link).await?
            });
            let rows = rows.into_iter();
            imported.extend(rows.map(|(old, new_id, exists)| ((kind, old), ImportedRow { new_id, exists })));
        }
        let (passwords, sanitizer) = (Passwords::new(), Sanitizer::rich());
        Ok(Self {
            source,
            tx,
            passwords,
            now: now(),
            stored: Vec::new(),
            options,
            imported,
            last_ids: HashMap::new(),
            sanitizer,
            progress,
        })
    }

    /// Commits, or rolls back a dry run.
    pub(super) async fn end(mut self) -> Result<(), ImportError> {
        if self.options.dry_run {
            return Ok(self.tx.rollback().await?);
        }
        for table in self.last_ids.keys() {
            dump::continue_after(&mut self.tx, table, None).await?;
        }
        Ok(self.tx.commit().await?)
    }

    /// Returns the rows of the first of these tables that exists; skips malformed ones.
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
            match row.defect() {
                Some(defect) => line.skip(row.id, defect),
                None => whole.push(row),
            }
        }
        Ok(whole)
    }

    /// Reports the progress.
    pub(super) fn show_progress(&mut self, line: &Line) {
        let done = line.added + line.known + line.left_out.len();
        (self.progress)(Progress { what: line.what, done, of: line.read });
    }

    /// Returns `true` if the row was imported earlier.
    pub(super) fn was_imported(&self, kind: ImportKind, old_id: i64) -> bool {
        self.imported.contains_key(&(kind, old_id))
    }

    /// Returns the new id of a row; `None` if it was skipped, or deleted here since.
    pub(super) fn new_id(&self, kind: ImportKind, old_id: i64) -> Option<i64> {
        self.imported.get(&(kind, old_id)).filter(|row| row.exists).map(|row| row.new_id)
    }

    /// Records the new id of a row.
    pub(super) async fn record(
        &mut self,
        kind: ImportKind,
        old_id: i64,
        new_id: i64,
    ) -> Result<(), ImportError> {
        const RECORD: &str = "INSERT INTO imported (source, kind, old_id, new_id) VALUES ($1, $2, $3, $4)";
        within!(&mut self.tx, link => {
            let record = sqlx::query(RECORD).bind(&self.options.name).bind(kind.name());
            record.bind(old_id).bind(new_id).execute(&mut **link).await?;
        });
        self.imported.insert((kind, old_id), ImportedRow { new_id, exists: true });
        Ok(())
    }

    /// The name of the source.
    pub(super) fn name(&self) -> &str {
        &self.options.name
    }

    /// The source's uploads, and whether to store them.
    pub(super) fn files(&self) -> Option<(&'a Files, bool)> {
        self.options.files.as_ref().map(|files| (files, !self.options.dry_run))
    }

    /// The UTC offset of the source's clock.
    pub(super) fn offset(&self) -> Offset {
        self.options.offset
    }

    /// Returns the old id if the row can keep it, so that its URL stays valid: if it is higher
    /// than every id assigned here. Call it in the order of the old ids.
    pub(super) async fn reusable_id(
        &mut self,
        table: &'static str,
        old_id: i64,
    ) -> Result<Option<i64>, ImportError> {
        Ok((old_id > self.last_id(table).await?).then_some(old_id))
    }

    /// Returns the id after all that were assigned. The database's own counter does not count the
    /// ids that rows keep.
    pub(super) async fn next_id(&mut self, table: &'static str) -> Result<i64, ImportError> {
        Ok(self.last_id(table).await? + 1)
    }

    async fn last_id(&mut self, table: &'static str) -> Result<i64, ImportError> {
        if let Some(last) = self.last_ids.get(table) {
            return Ok(*last);
        }
        let last = dump::last_id(&mut self.tx, table).await?.unwrap_or(0);
        self.last_ids.insert(table, last);
        Ok(last)
    }

    /// Records an assigned id.
    pub(super) fn note_id(&mut self, table: &'static str, id: i64) {
        let last = self.last_ids.entry(table).or_default();
        *last = id.max(*last);
    }

    /// Returns the statement for this database. Only inserts with explicit ids differ.
    pub(super) fn statement(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.tx {
            Tx::Sqlite(_) => sqlite,
            Tx::Postgres(_) => postgres,
        }
    }

    /// Sanitizes HTML of the source.
    pub(super) fn clean(&self, html: &str) -> Result<SafeHtml, SanitizeError> {
        self.sanitizer.clean(html)
    }
}

/// Joins the text to one line of at most `most` characters.
pub(super) fn single_line(text: &str, most: usize) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(most).collect()
}
