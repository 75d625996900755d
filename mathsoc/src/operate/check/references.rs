//! Finds dangling foreign keys, which arise when rows are written without the constraints, and
//! damage to the SQLite file.

use sqlx::AssertSqlSafe;

use super::Finding;
use crate::db::Result;
use crate::db::tx::{Tx, within};
use crate::operate::schema::{Reference, Schema};

/// The most values listed in one finding.
const MAX_LISTED: usize = 5;

pub(super) async fn find(tx: &mut Tx) -> Result<Vec<Finding>> {
    const DAMAGE: &str = "PRAGMA integrity_check";
    let mut findings = Vec::new();
    if let Tx::Sqlite(link) = tx {
        let lines: Vec<String> = sqlx::query_scalar(DAMAGE).fetch_all(&mut **link).await?;
        let damage = lines.into_iter().filter(|line| line != "ok");
        findings.extend(damage.map(|line| Finding::new("M01", format!("the file is damaged: {line}"))));
    }
    for table in Schema::read(tx).await?.tables {
        for Reference { from, table: to_table, to } in &table.references {
            let name = &table.name;
            let lost = format!(
                "SELECT DISTINCT CAST(c.\"{from}\" AS TEXT) FROM \"{name}\" c WHERE c.\"{from}\" IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM \"{to_table}\" p WHERE p.\"{to}\" = c.\"{from}\") LIMIT {}",
                MAX_LISTED + 1
            );
            let mut lost: Vec<String> =
                within!(tx, link => sqlx::query_scalar(AssertSqlSafe(lost)).fetch_all(&mut **link).await?);
            if lost.is_empty() {
                continue;
            }
            lost.sort();
            let more = if lost.len() > MAX_LISTED { " and more" } else { "" };
            lost.truncate(MAX_LISTED);
            let text =
                format!("{name}.{from} refers to missing rows of {to_table}: {}{more}", lost.join(", "));
            findings.push(Finding::new("M02", text));
        }
    }
    Ok(findings)
}
