//! The database that is taken over, of whatever age: every value as a text, columns that are missing as nothing.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::time::{self, TimeError};
use super::{ImportError, Offset};
use crate::db::tx::{Tx, within};
use crate::db::{Db, Url};

/// A database of the Flask site; only read, and as it was at the first look.
pub(super) struct Source {
    tx: Tx,
    /// The columns of each table.
    tables: HashMap<String, Vec<String>>,
}

impl Source {
    /// Opens it.
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

    /// The rows of the first of these tables that is there, the earliest id first; nothing if none is.
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
        // Both are ours, or the database's own: nothing that anybody has typed in.
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

/// A row as it was.
#[derive(Default)]
pub(super) struct OldRow {
    /// Its number.
    pub(super) id: i64,
    values: BTreeMap<&'static str, String>,
    /// A column with something that is no text.
    broken: Option<&'static str>,
}

impl OldRow {
    fn put(&mut self, name: &'static str, text: Option<String>) {
        let Some(text) = text else { return };
        if name == "id" {
            self.id = text.parse().unwrap_or(0);
        } else {
            // No database of ours keeps this character, and nobody has typed it.
            self.values.insert(name, text.replace('\0', ""));
        }
    }

    /// Why nothing can be made of the row, if so.
    pub(super) fn trouble(&self) -> Option<String> {
        match self.broken {
            Some(column) => Some(format!("its {column} cannot be read as a text")),
            None if self.id <= 0 => Some("it has no number".to_owned()),
            None => None,
        }
    }

    /// What is in the column, without blanks around it; nothing where there is nothing.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The number in the column.
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        self.text(column).and_then(|text| text.parse().ok())
    }

    /// Whether the column says yes.
    pub(super) fn flag(&self, column: &str) -> bool {
        self.text(column)
            .is_some_and(|text| ["1", "t", "true", "yes"].contains(&text.to_ascii_lowercase().as_str()))
    }

    /// The time in the column, in unix seconds.
    pub(super) fn time(&self, column: &str, offset: Offset) -> Result<Option<i64>, TimeError> {
        self.text(column).map(|text| time::seconds(text, offset)).transpose()
    }
}
