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
//! | setting | default | why |
//! |---|---|---|
//! | [`timeout`](RedisSessions::timeout), for each question, from its sending | 50 ms | a page may take 100 ms; Redis takes 1 ms |
//! | circuit breaker | open after 3 failures in a row, for 500 ms at first, doubling up to 30 s | one lost packet is no outage; a restart takes seconds |
//! | questions underway, requests that wait | 128, 4,096 | see [`RedisConnection`] |
//!
//! A server that gives no answer in time is [`StoreError::Down`]: the session layer answers 503.
//! While the circuit breaker is open, it does so at once and without asking the server. Counters of
//! rate limits on the same [`RedisConnection`] share the breaker.
//!
//! # Keys
//!
//! | key | type | content |
//! |---|---|---|
//! | `palisade:<namespace>:session:<id>` | hash | version, account, bytes; a script compares the version and saves |
//! | `palisade:<namespace>:sessions-of:<account>` | sorted set | the ids of an account's sessions by expiry |
//!
//! All keys expire. The sorted set lives as long as its longest session. It loses the id of a
//! session that ends, and expired ids at each write.
//!
//! Ending all sessions of an account takes one round trip, and two for each thousand sessions.
//!
//! # Security
//!
//! Set `maxmemory-policy noeviction`. A server that evicts keys when it is full signs people out,
//! and forgets which sessions in cookies have ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, Script, ScriptInvocation};
use tokio::task::JoinSet;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::circuit_breaker::BreakerSettings;
use crate::core::namespace::Namespace;
use crate::core::redis_connection::{RedisConnection, RedisLink};
use crate::core::redis_servers::OpenConnection;
use crate::core::server_call::{ANSWER_TIMEOUT, CallBounds, CallGuard};
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
    guard: Arc<CallGuard>,
}

/// Saves a record if the version is the expected one. Returns 1 if it did so, and the account
/// before.
const SAVE: &str = "
local old = redis.call('HMGET', KEYS[1], 'v', 'u')
if (old[1] or '') ~= ARGV[1] then return {0, ''} end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'u', ARGV[3], 'b', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {1, old[2] or ''}";

/// Deletes a record and returns its account.
const DELETE: &str = "
local user = redis.call('HGET', KEYS[1], 'u')
redis.call('DEL', KEYS[1])
return user or ''";

/// The number of records that one question reads, each of up to 64 KiB.
const READ_BATCH: usize = 100;
/// The number of records that one question deletes, which takes the server about a millisecond.
const DELETE_BATCH: usize = 1000;

type Fields = (Option<u64>, Option<String>, Option<Vec<u8>>);

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
            delete: Script::new(DELETE),
            index: Script::new(INDEX),
            guard: guard(ANSWER_TIMEOUT),
        })
    }

    /// Sets the time in which the server must answer a question, counted from its sending. Opening a
    /// connection is part of the first question.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { guard: guard(timeout), ..self }
    }

    async fn call<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.link.call(&self.guard, script).await
    }

    async fn command<T: FromRedisValue>(&self, command: redis::Cmd) -> Result<T, StoreError> {
        command_on(&self.link, &self.guard, command).await
    }

    fn key(&self, id: SessionId) -> Vec<u8> {
        [format!("palisade:{}:session:", self.namespace).as_bytes(), id.bytes()].concat()
    }

    fn user_key(&self, user: &str) -> String {
        format!("palisade:{}:sessions-of:{user}", self.namespace)
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let fields: Fields = self.call(self.load.prepare_invoke().key(self.key(id))).await?;
        Ok(record(fields))
    }

    /// Reads these records in one round trip; in a cluster, in one round trip to each server.
    async fn read_batch(&self, ids: &[SessionId]) -> Result<Vec<Option<SessionRecord>>, StoreError> {
        let read = |id: &SessionId| redis::cmd("HMGET").arg(self.key(*id)).arg(&["v", "u", "b"]).take();
        if !self.link.is_cluster() {
            let mut pipeline = redis::pipe();
            for id in ids {
                pipeline.add_command(read(id));
            }
            let question = async |connection: &mut OpenConnection| match connection {
                OpenConnection::Single(single) => pipeline.query_async(single).await,
                OpenConnection::Cluster(cluster) => pipeline.query_async(cluster).await,
            };
            let found: Vec<Fields> = self.link.ask(&self.guard, question).await?;
            return Ok(found.into_iter().map(record).collect());
        }
        let mut reads = JoinSet::new();
        for (index, id) in ids.iter().enumerate() {
            let (link, guard, command) = (Arc::clone(&self.link), Arc::clone(&self.guard), read(id));
            reads.spawn(async move { (index, command_on::<Fields>(&link, &guard, command).await) });
        }
        let mut found = vec![None; ids.len()];
        while let Some(Ok((index, fields))) = reads.join_next().await {
            found[index] = record(fields?);
        }
        Ok(found)
    }

    /// Returns the ids in the index of an account.
    async fn ids_of(&self, user: &str) -> Result<Vec<SessionId>, StoreError> {
        let command = redis::cmd("ZRANGE").arg(self.user_key(user)).arg(0).arg(-1).take();
        let ids: Vec<Vec<u8>> = self.command(command).await?;
        Ok(ids.into_iter().filter_map(|id| Some(SessionId::from_bytes(id.try_into().ok()?))).collect())
    }

    /// Removes sessions from the index of an account.
    async fn remove_from_index(&self, user: &str, ids: &[SessionId]) -> Result<(), StoreError> {
        let ids: Vec<&[u8]> = ids.iter().map(|id| &id.bytes()[..]).collect();
        let command = redis::cmd("ZREM").arg(self.user_key(user)).arg(ids).take();
        self.command::<u64>(command).await.map(drop)
    }
}

fn guard(timeout: Duration) -> Arc<CallGuard> {
    let breaker = BreakerSettings::DEFAULT;
    Arc::new(CallGuard::new(CallBounds { store: "redis", timeout, breaker, observer: None }))
}

fn record((version, user, bytes): Fields) -> Option<SessionRecord> {
    let user = user.filter(|user| !user.is_empty());
    Some(SessionRecord { version: version?, user, bytes: bytes.unwrap_or_default() })
}

/// Sends a command, to each server that has one of its keys.
async fn command_on<T: FromRedisValue>(
    link: &Arc<RedisLink>,
    guard: &CallGuard,
    command: redis::Cmd,
) -> Result<T, StoreError> {
    link.ask(guard, async |connection| match connection {
        OpenConnection::Single(single) => command.query_async(single).await,
        OpenConnection::Cluster(cluster) => command.query_async(cluster).await,
    })
    .await
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
                let _: u64 = self.call(call.key(self.user_key(user)).arg(&id.bytes()[..]).arg(ttl)).await?;
            }
            let mut call = self.save.prepare_invoke();
            call.key(self.key(id)).arg(expected.map(|version| version.to_string()).unwrap_or_default());
            let user = record.user.unwrap_or_default();
            call.arg(record.version).arg(&user).arg(record.bytes).arg(ttl);
            let (saved, user_before): (bool, String) = self.call(&call).await?;
            if !user_before.is_empty() && user_before != user {
                self.remove_from_index(&user_before, &[id]).await?;
            }
            Ok(if saved { SaveOutcome::Saved } else { SaveOutcome::Conflict })
        }))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move {
            let user: String = self.call(self.delete.prepare_invoke().key(self.key(id))).await?;
            if user.is_empty() { Ok(()) } else { self.remove_from_index(&user, &[id]).await }
        }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(async move {
            let ids = self.ids_of(user).await?;
            let mut found = Vec::with_capacity(ids.len());
            for batch in ids.chunks(READ_BATCH) {
                let records = self.read_batch(batch).await?;
                found.extend(batch.iter().zip(records).filter_map(|(id, record)| {
                    Some((*id, record.filter(|record| record.user.as_deref() == Some(user))?))
                }));
            }
            Ok(found)
        }))
    }

    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            let mut ids = self.ids_of(user).await?;
            ids.retain(|id| !except.contains(id));
            for batch in ids.chunks(DELETE_BATCH) {
                let keys: Vec<Vec<u8>> = batch.iter().map(|id| self.key(*id)).collect();
                let _: u64 = self.command(redis::cmd("UNLINK").arg(keys).take()).await?;
                self.remove_from_index(user, batch).await?;
            }
            Ok(())
        }))
    }

    fn name(&self) -> &'static str {
        "redis"
    }
}
