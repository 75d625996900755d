//! Sessions in Redis or Valkey: shared by processes, kept over restarts.
//!
//! ```
//! use palisade::session::store::{RedisSessions, StoreError};
//!
//! let store = RedisSessions::new("redis://localhost:6379/0?namespace=forum")?; // connects at the first use
//! assert!(matches!(RedisSessions::new("http://localhost"), Err(StoreError::Uri(_))));
//! # Ok::<(), StoreError>(())
//! ```
//!
//! # Addresses
//!
//! `redis://host:6379/0`, `rediss://…` for TLS, `redis+unix:///path`,
//! `redis+sentinel://host,host/name`, `redis+cluster://host,host`, each with `?namespace=forum`.
//! The namespace names the site. It is required, and a part of every key: sites with namespaces of
//! their own share a server, and neither lists nor ends the other's sessions.
//!
//! [`RedisSessions::on`] takes a [`RedisConnection`] that the counters of
//! [`rate_limit`](crate::rate_limit::store) use too.
//!
//! # Timeouts
//!
//! Opening a connection and each reply may take one second. After that, the call fails with
//! [`StoreError::Down`]. There is no circuit breaker: while the server is down, each request that
//! reads a session tries it again.
//!
//! # Keys
//!
//! | key | type | content |
//! |---|---|---|
//! | `palisade:<namespace>:session:<id>` | hash | version, account, bytes; a script compares the version and saves |
//! | `palisade:<namespace>:sessions-of:<account>` | sorted set | the ids of an account's sessions by expiry |
//!
//! All keys expire. The sorted set lives as long as its longest session, and loses expired ids at
//! each write.
//!
//! # Security
//!
//! Set `maxmemory-policy noeviction`. A server that evicts keys when it is full signs people out,
//! and forgets which sessions in cookies have ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::namespace::Namespace;
use crate::core::redis_connection::{RedisConnection, RedisLink};
use crate::core::store_reply::{StoreError, StoreReply};

/// A session store in Redis or Valkey. The [module page](crate::session::store::redis) has an
/// example.
#[doc(alias = "RedisStore")]
#[doc(alias = "Valkey")]
pub struct RedisSessions {
    link: Arc<RedisLink>,
    namespace: Namespace,
    load: Script,
    save: Script,
    delete: Script,
    index: Script,
    list: Script,
}

/// Saves a record if the version is the expected one.
const SAVE: &str = "
local version = redis.call('HGET', KEYS[1], 'v')
if (version or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'u', ARGV[3], 'b', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1";

/// Adds a session to the account's index until it expires.
const INDEX: &str = "
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1";

impl RedisSessions {
    /// Returns the store at this address. It connects at the first use.
    ///
    /// # Errors
    /// [`StoreError::Uri`] if the address is not a Redis address, [`StoreError::Namespace`] if it
    /// has no namespace.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        Self::on(&RedisConnection::new(uri)?)
    }

    /// Returns a store on a connection that other stores may share.
    ///
    /// # Errors
    /// [`StoreError::Namespace`] if the connection has no namespace.
    pub fn on(connection: &RedisConnection) -> Result<Self, StoreError> {
        let (link, namespace) = connection.parts()?;
        Ok(Self {
            link,
            namespace,
            load: Script::new("return redis.call('HMGET', KEYS[1], 'v', 'u', 'b')"),
            save: Script::new(SAVE),
            delete: Script::new("return redis.call('DEL', KEYS[1])"),
            index: Script::new(INDEX),
            list: Script::new("return redis.call('ZRANGE', KEYS[1], 0, -1)"),
        })
    }

    fn key(&self, id: SessionId) -> Vec<u8> {
        [format!("palisade:{}:session:", self.namespace).as_bytes(), id.bytes()].concat()
    }

    fn user_key(&self, user: &str) -> String {
        format!("palisade:{}:sessions-of:{user}", self.namespace)
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        type Fields = (Option<u64>, Option<String>, Option<Vec<u8>>);
        let (version, user, bytes): Fields =
            self.link.call(self.load.prepare_invoke().key(self.key(id))).await?;
        let record = |version| SessionRecord {
            version,
            user: user.filter(|user| !user.is_empty()),
            bytes: bytes.unwrap_or_default(),
        };
        Ok(version.map(record))
    }
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessions").finish_non_exhaustive()
    }
}

impl SessionStore for RedisSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(self.read(id)))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(async move {
            let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52);
            // The index is written first: a session outside the index could not be ended from
            // another one.
            if let Some(user) = &record.user {
                let mut call = self.index.prepare_invoke();
                let _: u64 =
                    self.link.call(call.key(self.user_key(user)).arg(&id.bytes()[..]).arg(ttl)).await?;
            }
            let mut call = self.save.prepare_invoke();
            call.key(self.key(id)).arg(expected.map(|version| version.to_string()).unwrap_or_default());
            call.arg(record.version).arg(record.user.unwrap_or_default()).arg(record.bytes).arg(ttl);
            let saved: bool = self.link.call(&call).await?;
            Ok(if saved { SaveOutcome::Saved } else { SaveOutcome::Conflict })
        }))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move {
            let _: u64 = self.link.call(self.delete.prepare_invoke().key(self.key(id))).await?;
            Ok(())
        }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(async move {
            let ids: Vec<Vec<u8>> =
                self.link.call(self.list.prepare_invoke().key(self.user_key(user))).await?;
            let mut found = Vec::new();
            for bytes in ids.into_iter().filter_map(|bytes| bytes.try_into().ok()) {
                let id = SessionId::from_bytes(bytes);
                let record = self.read(id).await?;
                if let Some(record) = record.filter(|record| record.user.as_deref() == Some(user)) {
                    found.push((id, record));
                }
            }
            Ok(found)
        }))
    }

    fn name(&self) -> &'static str {
        "redis"
    }
}
