//! SQL access to tables without the program.

use mathsoc::db::Db;
use sqlx::{AssertSqlSafe, Row};

/// Runs statements.
pub(crate) async fn run(db: &Db, sql: &str) {
    match db {
        Db::Sqlite(pool, _) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap()),
        Db::Postgres(pool, _) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap()),
    }
}

/// Returns each row as its values with spaces between them; the query must cast them to text.
pub(crate) async fn texts(db: &Db, sql: &str) -> Vec<String> {
    macro_rules! read {
        ($pool:expr) => {{
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all($pool).await.unwrap();
            let row = |row| texts_of(row, |row, index| Row::get::<Option<String>, _>(row, index));
            rows.iter().map(row).collect()
        }};
    }
    match db {
        Db::Sqlite(pool, _) => read!(pool),
        Db::Postgres(pool, _) => read!(pool),
    }
}

fn texts_of<R: Row>(row: &R, get: impl Fn(&R, usize) -> Option<String>) -> String {
    let values: Vec<_> = (0..row.len()).map(|index| get(row, index).unwrap_or("NULL".to_owned())).collect();
    values.join(" ")
}

/// Returns these columns of a table.
pub(crate) async fn table(db: &Db, name: &str, columns: &[&str]) -> Vec<String> {
    let columns: Vec<_> = columns.iter().map(|name| format!("CAST({name} AS TEXT)")).collect();
    texts(db, &format!("SELECT {} FROM {name} ORDER BY 1, 2", columns.join(", "))).await
}

/// Returns the number of rows of a table.
pub(crate) async fn count(db: &Db, name: &str) -> i64 {
    texts(db, &format!("SELECT CAST(count(*) AS TEXT) FROM {name}")).await[0].parse().unwrap()
}
