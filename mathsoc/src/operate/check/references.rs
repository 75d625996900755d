//! Rows that refer to nothing. The databases see to that, but not for what was written past them.

use sqlx::AssertSqlSafe;

use super::Finding;
use crate::db::Result;
use crate::db::tx::{Tx, within};
use crate::operate::schema::{Reference, Schema};

/// How many are named.
const NAMED: usize = 5;

pub(super) async fn find(tx: &mut Tx) -> Result<Vec<Finding>> {
    const DAMAGE: &str = "PRAGMA integrity_check";
    let mut findings = Vec::new();
    if let Tx::Sqlite(link) = tx {
        let said: Vec<String> = sqlx::query_scalar(DAMAGE).fetch_all(&mut **link).await?;
        let damage = said.into_iter().filter(|line| line != "ok");
        findings.extend(damage.map(|line| Finding::new("M01", format!("the file is damaged: {line}"))));
    }
    for table in Schema::read(tx).await?.tables {
        for Reference { from, table: to_table, to } in &table.references {
            let name = &table.name;
            let lost = format!(
                "SELECT DISTINCT CAST(c.\"{from}\" AS TEXT) FROM \"{name}\" c WHERE c.\"{from}\" IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM \"{to_table}\" p WHERE p.\"{to}\" = c.\"{from}\") LIMIT {}",
                NAMED + 1
            );
            let mut lost: Vec<String> =
                within!(tx, link => sqlx::query_scalar(AssertSqlSafe(lost)).fetch_all(&mut **link).await?);
            if lost.is_empty() {
                continue;
            }
            lost.sort();
            let more = if lost.len() > NAMED { " and more" } else { "" };
            lost.truncate(NAMED);
            let text = format!(
                "{name}.{from} refers to rows of {to_table} that are not there: {}{more}",
                lost.join(", ")
            );
            findings.push(Finding::new("M02", text));
        }
    }
    Ok(findings)
}
