//! A session store in the site's own database: sessions survive a restart without another server.
//!
//! It fulfils the contract of [`SessionStore`]: writes use optimistic locking, an ended session is
//! not revived, and an expired session is not found.
//! [`delete_expired`](super::retention::delete_expired) removes expired rows.

use std::fmt;
use std::time::Duration;

use palisade::rate_limit::store::{StoreError, StoreReply};
use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore};

use super::{Db, Result, on};
use crate::domain::clock::now;

/// A [`SessionStore`] in the database.
#[derive(Clone)]
pub struct DbSessions(Db);

impl DbSessions {
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>> {
        const ONE: &str = "SELECT version, user_id, data FROM sessions WHERE id = $1 AND expires_at > $2";
        let read = async || {
            let row: Option<SessionRow> = on!(&self.0, pool => {
                sqlx::query_as(ONE).bind(&id.bytes()[..]).bind(now()).fetch_optional(pool).await
            })?;
            Ok(row.map(SessionRow::read))
        };
        self.0.cached(|tables| &tables.sessions, id, read).await
    }

    async fn write(
        &self,
        id: SessionId,
        before: Option<u64>,
        record: SessionRecord,
        lifetime: Duration,
    ) -> Result<SaveOutcome> {
        const INSERT: &str = "INSERT INTO sessions (id, user_id, version, data, expires_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE
            SET user_id = $2, version = $3, data = $4, expires_at = $5 WHERE sessions.expires_at <= $6";
        const REPLACE: &str = "UPDATE sessions SET user_id = $2, version = $3, data = $4, expires_at = $5
            WHERE id = $1 AND expires_at > $6 AND version = $7";
        let now = now();
        // Rounds up to whole seconds. The session checks its exact expiry itself.
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
        let sql = if before.is_some() { REPLACE } else { INSERT };
        let saved = on!(&self.0, pool => {
            let query = sqlx::query(sql).bind(&id.bytes()[..]).bind(record.user).bind(stored_version(record.version));
            let query = query.bind(record.bytes).bind(now.saturating_add(lifetime)).bind(now);
            let query = match before {
                Some(before) => query.bind(stored_version(before)),
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
        let rows: Vec<UserSessionRow> =
            on!(&self.0, pool => sqlx::query_as(LIST).bind(user).bind(now()).fetch_all(pool).await)?;
        let record =
            |row: UserSessionRow| Some((SessionId::from_bytes(row.id.try_into().ok()?), row.session.read()));
        Ok(rows.into_iter().filter_map(record).collect())
    }
}

impl SessionStore for DbSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(async move { self.read(id).await.map_err(store_error) }))
    }

    fn save(
        &self,
        id: SessionId,
        before: Option<u64>,
        record: SessionRecord,
        lifetime: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(async move {
            self.write(id, before, record, lifetime).await.map_err(store_error)
        }))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move { self.remove(id).await.map_err(store_error) }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(async move { self.list(user).await.map_err(store_error) }))
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
struct SessionRow {
    version: i64,
    user_id: Option<String>,
    data: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct UserSessionRow {
    id: Vec<u8>,
    #[sqlx(flatten)]
    session: SessionRow,
}

impl SessionRow {
    fn read(self) -> SessionRecord {
        SessionRecord { version: self.version.unsigned_abs(), user: self.user_id, bytes: self.data }
    }
}

/// Versions start at 1 and grow by one with each write, so they never reach the maximum.
fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn store_error(error: super::DbError) -> StoreError {
    let reason = match error {
        super::DbError::Query(error) => error.to_string(),
        other => other.to_string(),
    };
    StoreError::Down { store: NAME, reason }
}
