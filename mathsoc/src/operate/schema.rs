//! Which tables and columns there are, asked of the database itself.
//!
//! A backup is made of what is there, so that a new table is saved without anybody having to think of it.
//!
//! | what | is left out |
//! |---|---|
//! | the list of migrations | its newest number is noted instead |
//! | generated columns | they follow from the others |
//! | virtual tables of SQLite, and what belongs to them | they are indexes, and follow from tables |

use std::collections::BTreeMap;

use crate::db::tx::{Tx, within};
use crate::db::{DbError, Result};

/// The tables, each behind those that it refers to.
pub(crate) struct Schema {
    pub(crate) tables: Vec<Table>,
}

/// A table.
pub(crate) struct Table {
    pub(crate) name: String,
    /// Those that can be written to.
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key.
    pub(crate) key: Vec<String>,
    /// Whether the database counts its `id`.
    pub(crate) counts: bool,
    /// What its columns refer to.
    pub(crate) references: Vec<Reference>,
}

/// A column.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// 64 bits.
    Integer,
    /// 64 bits.
    Real,
    Text,
    Bytes,
}

/// A foreign key of one column.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Reference {
    pub(crate) from: String,
    pub(crate) table: String,
    pub(crate) to: String,
}

impl Table {
    /// The column of this name, if it can be written to.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Schema {
    /// Asks the database.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Self> {
        let ask = match tx {
            Tx::Sqlite(_) => &SQLITE,
            Tx::Postgres(_) => &POSTGRES,
        };
        let names: Vec<String> =
            within!(tx, link => sqlx::query_scalar(ask.tables).fetch_all(&mut **link).await?);
        let mut tables = BTreeMap::new();
        for name in names {
            let (rows, references): (Vec<Row>, Vec<Reference>) = within!(tx, link => (
                sqlx::query_as(ask.columns).bind(&name).fetch_all(&mut **link).await?,
                sqlx::query_as(ask.references).bind(&name).fetch_all(&mut **link).await?,
            ));
            tables.insert(name.clone(), Table::new(name, rows, references)?);
        }
        Ok(Self { tables: in_order(tables) })
    }

    /// The table of this name.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    kind: String,
    is_key: bool,
    counts: bool,
}

impl Table {
    fn new(name: String, rows: Vec<Row>, mut references: Vec<Reference>) -> Result<Self> {
        let counts = rows.iter().any(|row| row.counts && row.name == "id");
        let key = rows.iter().filter(|row| row.is_key).map(|row| row.name.clone()).collect();
        let mut columns = Vec::new();
        for row in rows {
            let kind = match row.kind.to_ascii_lowercase().as_str() {
                "integer" | "bigint" => ColumnKind::Integer,
                "real" | "double precision" => ColumnKind::Real,
                "text" => ColumnKind::Text,
                "blob" | "bytea" => ColumnKind::Bytes,
                _ => {
                    return Err(DbError::UnsupportedType {
                        column: format!("{name}.{}", row.name),
                        kind: row.kind,
                    });
                }
            };
            columns.push(Column { name: row.name, kind });
        }
        references.sort_by(|a, b| (&a.from, &a.table).cmp(&(&b.from, &b.table)));
        Ok(Self { name, columns, key, counts, references })
    }
}

/// Each table behind those that it refers to, and by name where that leaves a choice. Tables that refer to each other in a
/// circle come last.
fn in_order(mut tables: BTreeMap<String, Table>) -> Vec<Table> {
    let mut ordered = Vec::with_capacity(tables.len());
    loop {
        let waits = |table: &Table| {
            let mut others = table.references.iter().filter(|reference| reference.table != table.name);
            others.any(|reference| tables.contains_key(&reference.table))
        };
        let Some(next) = tables.values().find(|table| !waits(table)).map(|table| table.name.clone()) else {
            ordered.extend(tables.into_values());
            return ordered;
        };
        ordered.extend(tables.remove(&next));
    }
}

/// How a database is asked for its tables.
struct Questions {
    tables: &'static str,
    columns: &'static str,
    references: &'static str,
}

static SQLITE: Questions = Questions {
    tables: "SELECT name FROM pragma_table_list
        WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> '_sqlx_migrations'",
    columns: "SELECT name, type AS kind, pk > 0 AS is_key,
            (SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE name = $1) AS counts
        FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid",
    references: "SELECT \"from\", \"table\", COALESCE(\"to\", 'id') AS \"to\" FROM pragma_foreign_key_list($1)",
};

static POSTGRES: Questions = Questions {
    tables: "SELECT table_name::text FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'",
    columns: "SELECT c.column_name::text AS name, c.data_type::text AS kind, c.is_identity = 'YES' AS counts,
            EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                WHERE i.indisprimary AND i.indrelid = quote_ident($1)::regclass AND a.attname = c.column_name) AS is_key
        FROM information_schema.columns c
        WHERE c.table_schema = current_schema() AND c.table_name = $1 AND c.is_generated = 'NEVER'
        ORDER BY c.ordinal_position",
    references: "SELECT a.attname::text AS \"from\", p.relname::text AS \"table\", b.attname::text AS \"to\"
        FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.conrelid = quote_ident($1)::regclass",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_behind_those_that_it_refers_to() {
        let table = |name: &str, to: &[&str]| {
            let refer = |to: &&str| Reference { from: "x".into(), table: (*to).into(), to: "id".into() };
            let references = to.iter().map(refer).collect();
            let (columns, key) = (Vec::new(), Vec::new());
            (name.to_owned(), Table { name: name.to_owned(), columns, key, counts: false, references })
        };
        let tables = [
            table("a", &["c", "a"]),
            table("b", &["a", "elsewhere"]),
            table("c", &[]),
            table("x", &["y"]),
            table("y", &["x"]),
        ];
        let order: Vec<_> = in_order(tables.into()).into_iter().map(|table| table.name).collect();
        assert_eq!(order, ["c", "a", "b", "x", "y"]);
    }
}
