//! Used one-time links, stored as hashes until the links expire.

use super::{Db, Result, on};

/// Marks a link as used. Returns `false` if it was used before. Of two concurrent calls only one
/// succeeds, because it is a single statement.
pub async fn take(db: &Db, hash: &[u8; 32], expires_at: i64) -> Result<bool> {
    const TAKE: &str =
        "INSERT INTO used_links (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    let done = on!(db, pool => {
        sqlx::query(TAKE).bind(&hash[..]).bind(expires_at).execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Returns `true` if a link was used.
pub async fn is_taken(db: &Db, hash: &[u8; 32]) -> Result<bool> {
    const COUNT: &str = "SELECT count(*) FROM used_links WHERE hash = $1";
    let count: i64 = on!(db, pool => sqlx::query_scalar(COUNT).bind(&hash[..]).fetch_one(pool).await)?;
    Ok(count > 0)
}
