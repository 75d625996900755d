//! Reads and writes the rows of any table as JSON objects.
//!
//! Table and column names come from the database itself (see [`schema`](super::schema)) and are
//! quoted; values are bound as parameters.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row as _};

use super::schema::{Column, ColumnKind, Table};
use crate::db::tx::{Tx, within};
use crate::db::{DbError, Result};

/// A row: values by column name. Bytes are base64.
pub(crate) type Row = Map<String, Value>;

/// Calls `each` with every row of a table, ordered by its primary key.
pub(crate) async fn read<E: From<DbError>>(
    tx: &mut Tx,
    table: &Table,
    mut each: impl FnMut(Row) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let columns = quoted(table.columns.iter().map(|column| &column.name));
    let order = if table.key.is_empty() { columns.clone() } else { quoted(&table.key) };
    let select = format!("SELECT {columns} FROM \"{}\" ORDER BY {order}", table.name);
    within!(tx, link => {
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(&mut **link);
        while let Some(row) = rows.try_next().await.map_err(DbError::from)? {
            let mut values = Row::new();
            for (index, Column { name, kind }) in table.columns.iter().enumerate() {
                let value = match kind {
                    ColumnKind::Integer => row.try_get::<Option<i64>, _>(index).map(Value::from),
                    ColumnKind::Real => row.try_get::<Option<f64>, _>(index).map(Value::from),
                    ColumnKind::Text => row.try_get::<Option<String>, _>(index).map(Value::from),
                    ColumnKind::Bytes => {
                        row.try_get::<Option<Vec<u8>>, _>(index).map(|it| it.map(|it| STANDARD.encode(it)).into())
                    }
                };
                values.insert(name.clone(), value.map_err(DbError::from)?);
            }
            each(values)?;
        }
    });
    Ok(())
}

/// Inserts rows with these columns, with their original ids.
pub(crate) async fn write(tx: &mut Tx, table: &Table, columns: &[&Column], rows: Vec<Row>) -> Result<()> {
    let names = quoted(columns.iter().map(|column| &column.name));
    let values = (1..=columns.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let overriding = match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => "OVERRIDING SYSTEM VALUE ",
    };
    let insert: Arc<str> =
        format!("INSERT INTO \"{}\" ({names}) {overriding}VALUES ({values})", table.name).into();
    within!(tx, link => {
        for mut row in rows {
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for column in columns {
                let value = row.remove(&column.name).unwrap_or(Value::Null);
                query = match column.kind {
                    ColumnKind::Integer => query.bind(typed(column, value, |it| it.as_i64())?),
                    ColumnKind::Real => query.bind(typed(column, value, |it| it.as_f64())?),
                    ColumnKind::Text => query.bind(typed(column, value, |it| it.as_str().map(str::to_owned))?),
                    ColumnKind::Bytes => query.bind(typed(column, value, |it| STANDARD.decode(it.as_str()?).ok())?),
                };
            }
            query.execute(&mut **link).await?;
        }
    });
    Ok(())
}

fn typed<T>(column: &Column, value: Value, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>> {
    if value.is_null() {
        return Ok(None);
    }
    let read = read(&value);
    let wrong =
        || sqlx::Error::Decode(format!("a value has the wrong type for column {}", column.name).into());
    read.map(Some).ok_or_else(|| wrong().into())
}

/// Returns the number of rows.
pub(crate) async fn count(tx: &mut Tx, table: &Table) -> Result<i64> {
    let count = format!("SELECT count(*) FROM \"{}\"", table.name);
    Ok(within!(tx, link => sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut **link).await?))
}

/// Deletes all rows.
pub(crate) async fn clear(tx: &mut Tx, table: &Table) -> Result<()> {
    let delete = format!("DELETE FROM \"{}\"", table.name);
    within!(tx, link => sqlx::query(AssertSqlSafe(delete)).execute(&mut **link).await.map(drop)?);
    Ok(())
}

/// Returns the highest id ever assigned, for a table whose ids the database counts.
pub(crate) async fn last_id(tx: &mut Tx, table: &str) -> Result<Option<i64>> {
    const SQLITE: &str = "SELECT seq FROM sqlite_sequence WHERE name = $1";
    const POSTGRES: &str =
        "SELECT pg_sequence_last_value(pg_get_serial_sequence(quote_ident($1), 'id')::regclass)";
    Ok(match tx {
        Tx::Sqlite(link) => sqlx::query_scalar(SQLITE).bind(table).fetch_optional(&mut **link).await?,
        Tx::Postgres(link) => sqlx::query_scalar(POSTGRES).bind(table).fetch_one(&mut **link).await?,
    })
}

/// Moves the counter above every id ever assigned, so that no id is reused.
pub(crate) async fn continue_after(tx: &mut Tx, table: &str, last_id: Option<i64>) -> Result<()> {
    const EXISTS: &str = "SELECT count(*) > 0 FROM sqlite_sequence WHERE name = $1";
    const INSERT: &str = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
    const RAISE: &str = "UPDATE sqlite_sequence SET seq = max(seq, $2) WHERE name = $1";
    const SET: &str = "SELECT setval(pg_get_serial_sequence(quote_ident($1), 'id')::regclass, $2)";
    let highest = format!("SELECT max(id) FROM \"{table}\"");
    let highest: Option<i64> =
        within!(tx, link => sqlx::query_scalar(AssertSqlSafe(highest)).fetch_one(&mut **link).await?);
    let Some(last) = last_id.max(highest).filter(|last| *last > 0) else { return Ok(()) };
    match tx {
        Tx::Sqlite(link) => {
            let exists: bool = sqlx::query_scalar(EXISTS).bind(table).fetch_one(&mut **link).await?;
            let update = sqlx::query(if exists { RAISE } else { INSERT });
            update.bind(table).bind(last).execute(&mut **link).await?;
        }
        Tx::Postgres(link) => {
            sqlx::query(SET).bind(table).bind(last).execute(&mut **link).await?;
        }
    }
    Ok(())
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
