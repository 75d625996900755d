//! Where sessions are kept: in this program's memory, in Redis, or in a store of your own.
//!
//! ```
//! # use std::time::Duration;
//! # use palisade::session::store::{MemorySessions, SaveOutcome, SessionId, SessionRecord, SessionStore};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (store, id, day) = (MemorySessions::new(), SessionId::random(), Duration::from_secs(86_400));
//! let kept = |version| SessionRecord { version, user: Some("7".into()), bytes: b"sealed".to_vec() };
//! assert_eq!(store.save(id, None, kept(1), day).await?, SaveOutcome::Saved);
//! assert_eq!(store.save(id, Some(1), kept(2), day).await?, SaveOutcome::Saved);
//! assert_eq!(store.save(id, Some(1), kept(2), day).await?, SaveOutcome::Conflict, "somebody was quicker");
//! store.end(id).await?;
//! assert_eq!(store.save(id, Some(2), kept(3), day).await?, SaveOutcome::Conflict, "what has ended stays so");
//! # Ok(())
//! # }
//! ```
//!
//! What a store promises, and one suite of tests checks on each:
//!
//! 1. Saving replaces just the version that was read, in one atomic step: two that read the same cannot both save, and what
//!    has ended is not revived.
//! 2. What has run out is not found, and leaves by itself.
//! 3. The sessions of an account are found by it.
//! 4. A store that cannot be reached is an error, soon.
//!
//! The bytes are the session's own business. The name of a session in a store opens nothing: the visitor's cookie holds it
//! sealed, and who reads the store cannot seal.

pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;

use std::fmt;
use std::time::Duration;

pub use self::memory::MemorySessions;
#[cfg(feature = "redis")]
pub use self::redis::RedisSessions;
pub use crate::core::store_reply::{StoreError, StoreReply, StoreReplyFuture};

/// The name of a session: 128 random bits. It is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// A name that nobody else has.
    pub fn random() -> Self {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).expect("the operating system's random generator works");
        Self(bits)
    }

    /// The name of these bytes, as a store has kept them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store to keep.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(hidden)")
    }
}

/// What is kept of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// One more at each saving.
    pub version: u64,
    /// The account that is signed in, if one is.
    pub user: Option<String>,
    /// The rest.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("version", &self.version).finish_non_exhaustive()
    }
}

/// What became of a saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is kept.
    Saved,
    /// It is not: the version was saved over, or has ended.
    Conflict,
}

/// What keeps sessions. [The module's page](self) says what it promises.
pub trait SessionStore: Send + Sync + fmt::Debug + 'static {
    /// What is kept under this name, unless it has run out.
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>>;

    /// Keeps it for so long: where nothing is kept yet if `before` is nothing, else in place of that version.
    fn save(
        &self,
        id: SessionId,
        before: Option<u64>,
        kept: SessionRecord,
        lasts: Duration,
    ) -> StoreReply<'_, SaveOutcome>;

    /// Forgets it.
    fn end(&self, id: SessionId) -> StoreReply<'_, ()>;

    /// All that is kept for this account.
    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>>;

    /// What the store is called in logs.
    fn name(&self) -> &'static str;
}
