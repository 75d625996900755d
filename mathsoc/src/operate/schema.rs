//! Reads the tables and columns from the database itself.
//!
//! A backup is made from this schema, so that a new table is saved without further code.
//!
//! | left out | reason |
//! |---|---|
//! | the table of migrations | the manifest stores the newest migration |
//! | generated columns | the database computes them |
//! | virtual tables of SQLite and their shadow tables | they are indexes of other tables |

use std::collections::BTreeMap;

use crate::db::tx::{Tx, within};
use crate::db::{DbError, Result};

/// The tables; each after the tables that it references.
pub(crate) struct Schema {
    pub(crate) tables: Vec<Table>,
}

pub(crate) struct Table {
    pub(crate) name: String,
    /// The columns that can be written.
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key.
    pub(crate) key: Vec<String>,
    /// `true` if the database assigns its `id` from a counter.
    pub(crate) has_id_counter: bool,
    /// The foreign keys.
    pub(crate) references: Vec<Reference>,
}

pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

/// The type of a column.
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
    /// Returns the column of this name, if it can be written.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Schema {
    /// Reads the schema.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Self> {
        let queries = match tx {
            Tx::Sqlite(_) => &SQLITE,
            Tx::Postgres(_) => &POSTGRES,
        };
        let names: Vec<String> =
            within!(tx, link => sqlx::query_scalar(queries.tables).fetch_all(&mut **link).await?);
        let mut tables = BTreeMap::new();
        for name in names {
            let (rows, references): (Vec<ColumnRow>, Vec<Reference>) = within!(tx, link => (
                sqlx::query_as(queries.columns).bind(&name).fetch_all(&mut **link).await?,
                sqlx::query_as(queries.references).bind(&name).fetch_all(&mut **link).await?,
            ));
            tables.insert(name.clone(), Table::new(name, rows, references)?);
        }
        Ok(Self { tables: in_order(tables) })
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

#[derive(sqlx::FromRow)]
struct ColumnRow {
    name: String,
    kind: String,
    is_key: bool,
    has_counter: bool,
}

impl Table {
    fn new(name: String, rows: Vec<ColumnRow>, mut references: Vec<Reference>) -> Result<Self> {
        let has_id_counter = rows.iter().any(|row| row.has_counter && row.name == "id");
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
        Ok(Self { name, columns, key, has_id_counter, references })
    }
}

/// Sorts the tables topologically: each after the tables that it references, otherwise by name.
/// Tables in a cycle of references come last.
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

/// The queries that read the schema.
struct SchemaQueries {
    tables: &'static str,
    columns: &'static str,
    references: &'static str,
}

static SQLITE: SchemaQueries = SchemaQueries {
    tables: "SELECT name FROM pragma_table_list
        WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> '_sqlx_migrations'",
    columns: "SELECT name, type AS kind, pk > 0 AS is_key,
            (SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE name = $1) AS has_counter
        FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid",
    references: "SELECT \"from\", \"table\", COALESCE(\"to\", 'id') AS \"to\" FROM pragma_foreign_key_list($1)",
};

static POSTGRES: SchemaQueries = SchemaQueries {
    tables: "SELECT table_name::text FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'",
    columns: "SELECT c.column_name::text AS name, c.data_type::text AS kind, c.is_identity = 'YES' AS has_counter,
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
    fn tables_come_after_the_tables_they_reference() {
        let table = |name: &str, to: &[&str]| {
            let refer = |to: &&str| Reference { from: "x".into(), table: (*to).into(), to: "id".into() };
            let references = to.iter().map(refer).collect();
            let (columns, key) = (Vec::new(), Vec::new());
            (
                name.to_owned(),
                Table { name: name.to_owned(), columns, key, has_id_counter: false, references },
            )
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
