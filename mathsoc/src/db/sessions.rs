//! A session store in the site's own database: sessions survive a restart without another server.
//!
//! It is the library's [`SqlSessions`] on the table `sessions`, with the read cache in
//! front of it. [`delete_expired`](super::retention::delete_expired) removes expired rows.

use std::fmt;
use std::time::Duration;

use palisade::session::store::{
    SaveOutcome, SessionId, SessionRecord, SessionStore, SqlSessions, StoreError, StoreReply,
};

use super::request_reads::RequestReads;
use super::{Db, DbError};

/// A [`SessionStore`] in the database.
#[derive(Clone)]
pub struct DbSessions {
    db: Db,
    table: SqlSessions,
}

impl DbSessions {
    pub fn new(db: Db) -> Self {
        let table = match &db {
            Db::Sqlite(pool, _) => SqlSessions::sqlite(pool.clone()),
            Db::Postgres(pool, _) => SqlSessions::postgres(pool.clone()),
        };
        Self { db, table: table.table("sessions").expect("a valid name") }
    }
}

impl SessionStore for DbSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(async move {
            self.db.cached(|tables| &tables.sessions, id, async || self.table.load(id).await).await
        }))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        lifetime: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        RequestReads::forget();
        self.table.save(id, expected, record, lifetime)
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        RequestReads::forget();
        self.table.delete(id)
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        self.table.of_user(user)
    }

    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        RequestReads::forget();
        self.table.delete_of_user(user, except)
    }

    fn name(&self) -> &'static str {
        self.table.name()
    }
}

impl fmt::Debug for DbSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbSessions").finish_non_exhaustive()
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        let reason = match error {
            DbError::Query(error) => error.to_string(),
            other => other.to_string(),
        };
        Self::Down { store: "database", reason }
    }
}
