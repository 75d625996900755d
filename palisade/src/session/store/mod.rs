//! Session stores: memory, Redis, SQLite, PostgreSQL, or an implementation of your own.
//!
//! ```
//! use palisade::session::store::{MemorySessions, SaveOutcome, SessionId, SessionRecord, SessionStore};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::session::store::StoreError> {
//! let (store, id, day) = (MemorySessions::new(), SessionId::random(), Duration::from_secs(86_400));
//! let record = |version| SessionRecord { version, user: Some("7".into()), bytes: b"content".to_vec() };
//! assert_eq!(store.save(id, None, record(1), day).await?, SaveOutcome::Saved);
//! assert_eq!(store.save(id, Some(1), record(2), day).await?, SaveOutcome::Saved);
//! assert_eq!(store.save(id, Some(1), record(2), day).await?, SaveOutcome::Conflict, "1 is outdated");
//! store.delete(id).await?;
//! assert_eq!(store.save(id, Some(2), record(3), day).await?, SaveOutcome::Conflict, "it was deleted");
//! # Ok(())
//! # }
//! ```
//!
//! # Stores
//!
//! | store | shared by processes | survives a restart |
//! |---|---|---|
//! | [`MemorySessions`] | no | no |
//! | [`RedisSessions`] (feature `redis`) | yes | as Redis is configured |
//! | `SqlSessions`: SQLite (feature `sqlx-sqlite`), PostgreSQL (feature `sqlx-postgres`) | yes | yes |
//! | a [`SessionStore`] of your own, such as another database | yes | yes |
//!
//! Several sites may share a server: each has a namespace in Redis, and a table in a database.
//!
//! # The contract
//!
//! 1. [`save`](SessionStore::save) is a compare-and-swap: one atomic step that replaces the
//!    expected version only. Of two writers that read the same version, one gets
//!    [`SaveOutcome::Conflict`]. A deleted record is not revived.
//! 2. Expired records are not found, and are removed without a call.
//! 3. [`of_user`](SessionStore::of_user) finds the records of an account, and
//!    [`delete_of_user`](SessionStore::delete_of_user) deletes them.
//! 4. A store that cannot be reached returns [`StoreError::Down`] within seconds, and never waits
//!    for long. The session layer then answers 503. It adds no timeout and no circuit breaker of
//!    its own; [`RedisSessions`] has both.
//!
//! The content of [`SessionRecord::bytes`] belongs to the session layer. A reader of the store
//! cannot take over a session: the cookie has the id sealed, which needs the key.
//!
//! # A store of your own
//!
//! `palisade::test::session_store::check(store)` (feature `test`) checks the contract.
//!
//! ```
//! use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, StoreError, StoreReply};
//! use std::{sync::Arc, time::Duration};
//!
//! #[derive(Debug)]
//! struct ReadOnly;
//!
//! impl SessionStore for ReadOnly {
//!     fn load(&self, _: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
//!         StoreReply::Ready(Ok(None)) // a store that waits returns `StoreReply::Pending(Box::pin(…))`
//!     }
//!     fn save(&self, _: SessionId, _: Option<u64>, _: SessionRecord, _: Duration) -> StoreReply<'_, SaveOutcome> {
//!         StoreReply::Ready(Err(StoreError::Down { store: "read-only", reason: "maintenance".into() }))
//!     }
//!     fn delete(&self, _: SessionId) -> StoreReply<'_, ()> {
//!         StoreReply::Ready(Ok(()))
//!     }
//!     fn of_user<'a>(&'a self, _: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
//!         StoreReply::Pending(Box::pin(async { Ok(Vec::new()) }))
//!     }
//!     fn name(&self) -> &'static str {
//!         "read-only"
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let shared: Arc<dyn SessionStore> = Arc::new(ReadOnly); // an `Arc` is a store too
//! assert_eq!((shared.name(), shared.of_user("7").await?.len()), ("read-only", 0));
//! # Ok(())
//! # }
//! ```

pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "sqlx-sqlite", feature = "sqlx-postgres"))]
pub mod sql;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::memory::MemorySessions;
#[cfg(feature = "redis")]
pub use self::redis::RedisSessions;
#[cfg(any(feature = "sqlx-sqlite", feature = "sqlx-postgres"))]
pub use self::sql::SqlSessions;
#[cfg(feature = "redis")]
pub use crate::core::redis_connection::RedisConnection;
pub use crate::core::store_reply::{QueuedReply, StoreError, StoreReply, StoreReplyFuture};

/// The id of a session: 128 random bits. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Returns a new random id.
    pub fn random() -> Self {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).expect("the operating system has a random generator");
        Self(bits)
    }

    /// Returns the id of these bytes, which a store has kept.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for a store to keep.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(hidden)")
    }
}

/// The stored form of a session, of an ended session in a cookie, or of a remember token.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The version for optimistic locking; each save increases it.
    pub version: u64,
    /// The account that is signed in.
    pub user: Option<String>,
    /// The content, for the session layer only.
    pub bytes: Vec<u8>,
}

impl SessionRecord {
    /// The first byte of the mark of an ended session that was signed in.
    pub(super) const ENDED_SIGN_IN: u8 = b'e';
    /// The first byte of an account's generation.
    pub(super) const GENERATION: u8 = b'g';

    /// Returns `true` if an account's security depends on the record: a session that is signed in, a
    /// remember token, the mark that such a session has ended.
    fn is_of_account(&self) -> bool {
        let kind = self.bytes.first();
        self.user.is_some() || kind == Some(&Self::ENDED_SIGN_IN) || kind == Some(&Self::GENERATION)
    }
}

impl fmt::Debug for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRecord").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The outcome of [`SessionStore::save`].
#[doc(alias = "optimistic locking")]
#[doc(alias = "compare-and-swap")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The record was saved.
    Saved,
    /// Nothing was saved: the store has another version, or the record was deleted or has expired.
    Conflict,
}

/// A store for sessions. Its contract is on the [module page](crate::session::store).
pub trait SessionStore: Send + Sync + fmt::Debug + 'static {
    /// Returns the record with this id, unless it has expired.
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>>;

    /// Saves a record that expires after `ttl`, if the store has the `expected` version; `None`
    /// expects that there is no record.
    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome>;

    /// Deletes the record with this id, if there is one.
    fn delete(&self, id: SessionId) -> StoreReply<'_, ()>;

    /// Returns the records of this account that have not expired.
    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>>;

    /// Deletes the records of this account, except these ids.
    ///
    /// It finds and deletes them one by one, unless the store has a better way. Write one if an
    /// account may have many: ending 10,000 sessions must not take 10,000 round trips.
    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            for (id, _) in self.of_user(user).await? {
                if !except.contains(&id) {
                    self.delete(id).await?;
                }
            }
            Ok(())
        }))
    }

    /// The name of the store in logs.
    fn name(&self) -> &'static str;
}

impl<T: SessionStore + ?Sized> SessionStore for Arc<T> {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        (**self).load(id)
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        (**self).save(id, expected, record, ttl)
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        (**self).delete(id)
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        (**self).of_user(user)
    }

    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        (**self).delete_of_user(user, except)
    }

    fn name(&self) -> &'static str {
        (**self).name()
    }
}
