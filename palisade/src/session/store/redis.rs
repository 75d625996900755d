//! Keeping sessions in Redis or Valkey, so that several programs share them and a restart forgets none.
//!
//! ```
//! # use palisade::session::store::RedisSessions;
//! let store = RedisSessions::new("redis://localhost:6379/0")?;
//! # Ok::<(), palisade::rate_limit::store::StoreError>(())
//! ```
//!
//! A session is a hash of version, account and bytes, saved by one script that compares the version. The sessions of an
//! account are a sorted set of their names by the time at which they run out; it lives as long as the longest of them, and
//! loses those that have run out when it is written. A server that evicts keys when it is full (`maxmemory-policy`) signs people
//! out, and forgets which sessions in cookies were ended: let it refuse instead (`noeviction`). Addresses are those of [`RedisStore`](super::RedisStore).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::redis_connection::RedisConnection;
use crate::core::store_reply::{StoreError, StoreReply};

/// Keeps sessions in Redis or Valkey. [Its page](self) says how.
pub struct RedisSessions {
    link: Arc<RedisConnection>,
    load: Script,
    save: Script,
    end: Script,
    index: Script,
    list: Script,
}

/// Saves where the version is the one that was read.
const SAVE: &str = "
local version = redis.call('HGET', KEYS[1], 'v')
if (version or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'u', ARGV[3], 'b', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1";

/// Notes a session of an account until it runs out.
const INDEX: &str = "
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1";

impl RedisSessions {
    /// The store at this address. It connects when it is first asked.
    ///
    /// # Errors
    /// [`StoreError::Uri`] when the address cannot be read.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        Ok(Self {
            link: Arc::new(RedisConnection::new(uri)?),
            load: Script::new("return redis.call('HMGET', KEYS[1], 'v', 'u', 'b')"),
            save: Script::new(SAVE),
            end: Script::new("return redis.call('DEL', KEYS[1])"),
            index: Script::new(INDEX),
            list: Script::new("return redis.call('ZRANGE', KEYS[1], 0, -1)"),
        })
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        type Fields = (Option<u64>, Option<String>, Option<Vec<u8>>);
        let (version, user, bytes): Fields = self.link.call(self.load.prepare_invoke().key(key(id))).await?;
        let kept = |version| SessionRecord {
            version,
            user: user.filter(|user| !user.is_empty()),
            bytes: bytes.unwrap_or_default(),
        };
        Ok(version.map(kept))
    }
}

fn key(id: SessionId) -> Vec<u8> {
    [&b"palisade:session:"[..], id.bytes()].concat()
}

fn user_key(user: &str) -> String {
    format!("palisade:sessions-of:{user}")
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
        before: Option<u64>,
        kept: SessionRecord,
        lasts: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(async move {
            let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52);
            // Noted before it is kept: a session that nobody can find could not be ended from elsewhere.
            if let Some(user) = &kept.user {
                let mut call = self.index.prepare_invoke();
                let _: u64 = self.link.call(call.key(user_key(user)).arg(&id.bytes()[..]).arg(lasts)).await?;
            }
            let mut call = self.save.prepare_invoke();
            call.key(key(id)).arg(before.map(|version| version.to_string()).unwrap_or_default());
            call.arg(kept.version).arg(kept.user.unwrap_or_default()).arg(kept.bytes).arg(lasts);
            let saved: bool = self.link.call(&call).await?;
            Ok(if saved { SaveOutcome::Saved } else { SaveOutcome::Conflict })
        }))
    }

    fn end(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move {
            let _: u64 = self.link.call(self.end.prepare_invoke().key(key(id))).await?;
            Ok(())
        }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(async move {
            let names: Vec<Vec<u8>> = self.link.call(self.list.prepare_invoke().key(user_key(user))).await?;
            let mut found = Vec::new();
            for name in names.into_iter().filter_map(|name| name.try_into().ok()) {
                let id = SessionId::from_bytes(name);
                if let Some(kept) = self.read(id).await?.filter(|kept| kept.user.as_deref() == Some(user)) {
                    found.push((id, kept));
                }
            }
            Ok(found)
        }))
    }

    fn name(&self) -> &'static str {
        "redis"
    }
}
