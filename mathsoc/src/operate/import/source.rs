//! Reads the source database, in any version of its schema. Every value is a text; a missing
//! column reads as empty.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::time::{self, TimeError};
use super::{ImportError, Offset};
use crate::db::tx::{Tx, within};
use crate::db::{Db, Url};

/// A consistent snapshot of a database of the Flask site; read-only.
pub(super) struct Source {
    tx: Tx,
    /// The columns of each table.
    tables: HashMap<String, Vec<String>>,
}

impl Source {
    pub(super) async fn open(url: &Url) -> Result<Self, ImportError> {
        const SQLITE: &str =
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
        const POSTGRES: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns
            WHERE table_schema = current_schema()";
        let db = Db::connect_to_read(url).await.map_err(ImportError::Source)?;
        let mut tx = Tx::snapshot(&db).await.map_err(ImportError::Source)?;
        let columns: sqlx::Result<Vec<(String, String)>> = match &mut tx {
            Tx::Sqlite(link) => sqlx::query_as(SQLITE).fetch_all(&mut **link).await,
            Tx::Postgres(link) => sqlx::query_as(POSTGRES).fetch_all(&mut **link).await,
        };
        let mut tables = HashMap::<_, Vec<_>>::new();
        for (table, column) in columns.map_err(|error| ImportError::Source(error.into()))? {
            tables.entry(table).or_default().push(column);
        }
        if tables.contains_key("_sqlx_migrations") {
            return Err(ImportError::Ours);
        }
        let is_theirs = ["users", "user"].iter().any(|name| tables.contains_key(*name));
        if is_theirs && tables.contains_key("challenge") {
            Ok(Self { tx, tables })
        } else {
            Err(ImportError::Theirs)
        }
    }

    /// Returns the rows of the first of these tables that exists, ordered by id; `None` if none
    /// exists.
    pub(super) async fn rows(
        &mut self,
        names: &[&'static str],
        wanted: &[&'static str],
    ) -> Result<Option<Vec<OldRow>>, ImportError> {
        let numbered = |name: &&str| {
            self.tables
                .get_key_value(*name)
                .filter(|(_, columns)| columns.iter().any(|column| column == "id"))
        };
        let Some((table, columns)) = names.iter().find_map(numbered) else { return Ok(None) };
        let there = |name: &&&'static str| columns.iter().any(|column| column == **name);
        let wanted: Vec<_> = ["id"].iter().chain(wanted).filter(there).copied().collect();
        // All names are constants, or come from the database's own catalogue.
        let texts: Vec<_> = wanted.iter().map(|name| format!("CAST(\"{name}\" AS TEXT)")).collect();
        let select = format!("SELECT {} FROM \"{table}\" ORDER BY \"id\"", texts.join(", "));
        let mut rows = Vec::new();
        let read: sqlx::Result<()> = async {
            within!(&mut self.tx, link => {
                let mut found = sqlx::query(AssertSqlSafe(select)).fetch(&mut **link);
                while let Some(row) = found.try_next().await? {
                    let mut old = OldRow::default();
                    for (index, name) in wanted.iter().enumerate() {
                        match row.try_get::<Option<String>, _>(index) {
                            Ok(text) => old.put(name, text),
                            Err(_) => old.broken = Some(name),
                        }
                    }
                    rows.push(old);
                }
            });
            Ok(())
        }
        .await;
        read.map_err(|error| ImportError::Source(error.into()))?;
        Ok(Some(rows))
    }
}

/// The highest id that is taken over: 2⁵³ − 1, the highest that JavaScript and JSON keep exactly.
const MAX_ID: i64 = (1 << 53) - 1;

/// A row of the source.
#[derive(Default)]
pub(super) struct OldRow {
    pub(super) id: i64,
    values: BTreeMap<&'static str, String>,
    /// A column whose value is not a text.
    broken: Option<&'static str>,
}

impl OldRow {
    fn put(&mut self, name: &'static str, text: Option<String>) {
        let Some(text) = text else { return };
        if name == "id" {
            self.id = text.parse().unwrap_or(0);
        } else {
            // PostgreSQL cannot store NUL in a text.
            self.values.insert(name, text.replace('\0', ""));
        }
    }

    /// Returns the reason why the row is malformed, if it is.
    pub(super) fn defect(&self) -> Option<String> {
        match self.broken {
            Some(column) => Some(format!("its {column} cannot be read as a text")),
            None if self.id <= 0 => Some("it has no id".to_owned()),
            None if self.id > MAX_ID => {
                Some(format!("its id is over {MAX_ID}, which no new row could follow"))
            }
            None => None,
        }
    }

    /// Returns the trimmed text of the column; `None` if it is empty or missing.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns the column as a number.
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        self.text(column).and_then(|text| text.parse().ok())
    }

    /// Returns `true` if the column is true in any notation.
    pub(super) fn flag(&self, column: &str) -> bool {
        self.text(column)
            .is_some_and(|text| ["1", "t", "true", "yes"].contains(&text.to_ascii_lowercase().as_str()))
    }

    /// Returns the time in the column, in unix seconds.
    pub(super) fn time(&self, column: &str, offset: Offset) -> Result<Option<i64>, TimeError> {
        self.text(column).map(|text| time::seconds(text, offset)).transpose()
    }
}
