//! Links that have been used, by the hash of their id, until they would no longer pass anyway.

use super::{Db, Result, on};

/// Uses a link; `false` when it has been used. One statement, so that of two who come at once only one passes.
///
/// # Errors
/// When the database gives no answer.
pub async fn take(db: &Db, hash: &[u8; 32], expires_at: i64) -> Result<bool> {
    const TAKE: &str =
        "INSERT INTO used_links (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    let done = on!(db, pool => {
        sqlx::query(TAKE).bind(&hash[..]).bind(expires_at).execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Whether a link has been used.
///
/// # Errors
/// When the database gives no answer.
pub async fn is_taken(db: &Db, hash: &[u8; 32]) -> Result<bool> {
    const COUNT: &str = "SELECT count(*) FROM used_links WHERE hash = $1";
    let count: i64 = on!(db, pool => sqlx::query_scalar(COUNT).bind(&hash[..]).fetch_one(pool).await)?;
    Ok(count > 0)
}
