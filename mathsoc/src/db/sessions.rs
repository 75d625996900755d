//! Sessions in the site's own database: nothing more to run, and they outlive a restart.
//!
//! It keeps what every [`SessionStore`] promises: of those who read the same version one can save, what has ended is not
//! revived, what has run out is not found. [`delete_expired`](super::retention::delete_expired) removes what has run out.

use std::fmt;
use std::time::Duration;

use palisade::rate_limit::store::{StoreError, StoreReply};
use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore};

use super::{Db, Result, on};
use crate::domain::clock::now;

/// Keeps sessions in the database.
#[derive(Clone)]
pub struct DbSessions(Db);

impl DbSessions {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>> {
        const ONE: &str = "SELECT version, user_id, data FROM sessions WHERE id = $1 AND expires_at > $2";
        let read = async || {
            let row: Option<Row> = on!(&self.0, pool => {
                sqlx::query_as(ONE).bind(&id.bytes()[..]).bind(now()).fetch_optional(pool).await
            })?;
            Ok(row.map(Row::read))
        };
        self.0.cached(|tables| &tables.sessions, id, read).await
    }

    async fn write(
        &self,
        id: SessionId,
        before: Option<u64>,
        kept: SessionRecord,
        lasts: Duration,
    ) -> Result<SaveOutcome> {
        const INSERT: &str = "INSERT INTO sessions (id, user_id, version, data, expires_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE
            SET user_id = $2, version = $3, data = $4, expires_at = $5 WHERE sessions.expires_at <= $6";
        const REPLACE: &str = "UPDATE sessions SET user_id = $2, version = $3, data = $4, expires_at = $5
            WHERE id = $1 AND expires_at > $6 AND version = $7";
        let now = now();
        // Whole seconds, and never too few: the session itself knows its time better.
        let lasts = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
        let sql = if before.is_some() { REPLACE } else { INSERT };
        let saved = on!(&self.0, pool => {
            let query = sqlx::query(sql).bind(&id.bytes()[..]).bind(kept.user).bind(stored(kept.version));
            let query = query.bind(kept.bytes).bind(now.saturating_add(lasts)).bind(now);
            let query = match before {
                Some(before) => query.bind(stored(before)),
                None => query,
            };
            query.execute(pool).await.map(|it| it.rows_affected())
        })?;
        Ok(if saved > 0 { SaveOutcome::Saved } else { SaveOutcome::Conflict })
    }

    async fn remove(&self, id: SessionId) -> Result<()> {
        const DELETE: &str = "DELETE FROM sessions WHERE id = $1";
        on!(&self.0, pool => sqlx::query(DELETE).bind(&id.bytes()[..]).execute(pool).await.map(drop))?;
        Ok(())
    }

    async fn list(&self, user: &str) -> Result<Vec<(SessionId, SessionRecord)>> {
        const LIST: &str =
            "SELECT id, version, user_id, data FROM sessions WHERE user_id = $1 AND expires_at > $2";
        let rows: Vec<Listed> =
            on!(&self.0, pool => sqlx::query_as(LIST).bind(user).bind(now()).fetch_all(pool).await)?;
        let named = |row: Listed| Some((SessionId::from_bytes(row.id.try_into().ok()?), row.kept.read()));
        Ok(rows.into_iter().filter_map(named).collect())
    }
}

impl SessionStore for DbSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(async move { self.read(id).await.map_err(down) }))
    }

    fn save(
        &self,
        id: SessionId,
        before: Option<u64>,
        kept: SessionRecord,
        lasts: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(async move { self.write(id, before, kept, lasts).await.map_err(down) }))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move { self.remove(id).await.map_err(down) }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(async move { self.list(user).await.map_err(down) }))
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

impl fmt::Debug for DbSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbSessions").finish_non_exhaustive()
    }
}

const NAME: &str = "database";

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    user_id: Option<String>,
    data: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Listed {
    id: Vec<u8>,
    #[sqlx(flatten)]
    kept: Row,
}

impl Row {
    fn read(self) -> SessionRecord {
        SessionRecord { version: self.version.unsigned_abs(), user: self.user_id, bytes: self.data }
    }
}

/// Versions count from 1 up, one a saving: they never come near the end.
fn stored(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn down(error: super::DbError) -> StoreError {
    let reason = match error {
        super::DbError::Query(error) => error.to_string(),
        other => other.to_string(),
    };
    StoreError::Down { store: NAME, reason }
}
