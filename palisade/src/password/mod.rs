//! Passwords: kept as Argon2id, checked off the async threads, so many at once and no more.
//!
//! ```
//! # use palisade::{Passwords, Rejection};
//! # use palisade::password::{Password, StoredCredential};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Rejection> {
//! let passwords = Passwords::new();
//! let hash = passwords.hash(Password::from("correct horse battery staple")).await?;
//! let stored = || Some(StoredCredential { user: "7".into(), epoch: 1, hash: hash.clone() }); // from the database
//!
//! let verified = passwords.verify(Password::from("correct horse battery staple"), stored()).await?;
//! assert_eq!(verified.expect("it is right").proof.user(), "7");
//! assert!(passwords.verify(Password::from("Tr0ub4dor&3"), stored()).await?.is_none());
//! assert!(passwords.verify(Password::from("whatever"), None).await?.is_none(), "nobody, at the same cost");
//! # Ok(())
//! # }
//! ```
//!
//! What passes, in this order:
//! 1. while no more than [`at_once`](Passwords::at_once) are computed and no more than [`queue`](Passwords::queue) wait;
//!    else the answer is 503 with `Retry-After`;
//! 2. a password of up to 1,024 bytes; longer ones are wrong;
//! 3. one whose hash is the stored one: Argon2, or one of Werkzeug's or Django's formats (see [`PasswordHash`]). What is
//!    no hash that we know, or one that would cost too much, is wrong, and logged.
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`cost`](Passwords::cost) | Argon2id, 19 MiB, 2 passes, 1 lane | OWASP |
//! | [`at_once`](Passwords::at_once) | as many as there are processors | each takes its memory and a processor |
//! | [`queue`](Passwords::queue) | 64 | who waits longer than a second or two asks again |
//!
//! A right password whose hash is of another format or of other cost comes with a new hash to store. It is no change of
//! password. Nobody there, a wrong password, and an account that cannot sign in by one, cost the same: one hash of ours. Hashes
//! from elsewhere cost more until they are made anew; [`unknown_like`](Passwords::unknown_like) lets all checks cost as much.
//!
//! A password is taken as it was typed, as UTF-8: neither trimmed nor cut nor normalised. What it does not do: limit how
//! often one may try, which is [`RateLimit`](crate::RateLimit)'s and [`Backoff`](crate::Backoff)'s.
//!
//! References: OWASP Password Storage Cheat Sheet; RFC 9106; NIST SP 800-63B §5.1.1.

mod hash;
mod parsed_hash;
mod plaintext;
mod policy;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use self::hash::PasswordHash;
use self::parsed_hash::Scheme;
pub use self::plaintext::Password;
pub use self::policy::{PasswordPolicy, PasswordRejected};
pub use crate::core::auth_proof::AuthProof;
use crate::core::rejection::{MissingLayer, Rejection, comparable_rejection};

/// Hashes and checks passwords. Cheap to clone; the copies share their bounds.
#[derive(Clone)]
pub struct Passwords(Arc<Bounded>);

#[derive(Clone)]
struct Bounded {
    cost: Argon2Params,
    at_once: usize,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    unknown_like: Option<Arc<Scheme>>,
    computed: Arc<AtomicU64>,
}

/// What one of our own hashes costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Params {
    /// What OWASP writes: 19 MiB, 2 passes, 1 lane.
    pub const OWASP: Self = Self { memory: 19_456, passes: 2, lanes: 1 };

    /// Memory in KiB, from 8,192 (8 MiB) to 262,144 (256 MiB); passes, from 1 to 16; lanes, from 1 to 8.
    ///
    /// # Errors
    /// When a number is out of its range.
    pub const fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, Argon2ParamsError> {
        let fits =
            memory >= 8_192 && memory <= 262_144 && passes >= 1 && passes <= 16 && lanes >= 1 && lanes <= 8;
        if fits { Ok(Self { memory, passes, lanes }) } else { Err(Argon2ParamsError) }
    }

    /// The least that works, for tests.
    ///
    /// # Danger
    /// Passwords kept at this cost are soon guessed by who has the hashes.
    pub const fn dangerous_minimum() -> Self {
        Self { memory: 8, passes: 1, lanes: 1 }
    }
}

/// A cost is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write memory from 8192 to 262144 KiB, passes from 1 to 16 and lanes from 1 to 8; OWASP has 19456, 2 and 1"
)]
pub struct Argon2ParamsError;

/// What is stored of an account.
#[derive(Clone, Debug)]
pub struct StoredCredential {
    /// The account's id.
    pub user: Box<str>,
    /// The account's epoch: see [`AuthProof`].
    pub epoch: u64,
    /// The hash of its password.
    pub hash: PasswordHash,
}

/// The password was right.
#[derive(Debug)]
pub struct VerifiedPassword {
    /// What signs in.
    pub proof: AuthProof,
    /// What to store in place of the hash, if it is of another format or cost than ours.
    pub rehash: Option<PasswordHash>,
}

/// Longer ones are wrong, and cannot be set.
const LONGEST: usize = 1024;

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// Argon2id by OWASP's parameters, as many at once as there are processors.
    pub fn new() -> Self {
        let at_once = available_parallelism().map_or(2, usize::from).min(1024);
        Self(Arc::new(Bounded {
            cost: Argon2Params::OWASP,
            at_once,
            turns: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::default(),
            queue: 64,
            unknown_like: None,
            computed: Arc::default(),
        }))
    }

    /// What a hash costs. Hashes of another cost are made anew when their owners sign in.
    pub fn cost(self, cost: Argon2Params) -> Self {
        self.with(|bounded| bounded.cost = cost)
    }

    /// How many are computed at once, at least one. Each takes its [`Argon2Params`] in memory; a hash from elsewhere up to 256 MiB.
    pub fn at_once(self, many: usize) -> Self {
        let many = many.clamp(1, 1024);
        self.with(|bounded| (bounded.at_once, bounded.turns) = (many, Arc::new(Semaphore::new(many))))
    }

    /// How many may wait for their turn.
    pub fn queue(self, many: usize) -> Self {
        self.with(|bounded| bounded.queue = many)
    }

    /// Lets every check cost as much as one of an account with this hash: while most accounts still have hashes from
    /// elsewhere. A text that is no hash changes nothing, and is logged.
    pub fn unknown_like(self, hash: &PasswordHash) -> Self {
        let like = hash.scheme("(unknown_like)").map(Arc::new);
        self.with(|bounded| bounded.unknown_like = like)
    }

    /// The hash to store for a new password. Whether the password is any good, a [`PasswordPolicy`] says.
    ///
    /// # Errors
    /// [`Rejection::Busy`], when too many wait. A password of more than 1,024 bytes, which no policy lets pass, is a mistake of
    /// the program's.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        if password.bytes().len() > LONGEST {
            return Err(HashingError::TooLong);
        }
        let cost = self.0.cost;
        self.turn(move || Scheme::new(cost, password.bytes()).text()).await
    }

    /// Checks a password against what is stored, or against nothing where there is no such account. Nothing comes back when it
    /// is wrong.
    ///
    /// # Errors
    /// [`Rejection::Busy`], when too many wait.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<StoredCredential>,
    ) -> Result<Option<VerifiedPassword>, HashingError> {
        let (cost, unknown_like) = (self.0.cost, self.0.unknown_like.clone());
        self.turn(move || check(cost, unknown_like.as_deref(), &password, stored)).await
    }

    /// How many were computed so far, for metrics.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// How many are computed just now, for metrics.
    pub fn running(&self) -> usize {
        self.0.at_once - self.0.turns.available_permits()
    }

    /// Runs a job on a thread that may block, in its turn. The turn ends with the job, also when nobody waits for it any more.
    async fn turn<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let turn = match Arc::clone(&self.0.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _waiting = Waiting::new(&self.0.waiting, self.0.queue).ok_or(BUSY)?;
                Arc::clone(&self.0.turns).acquire_owned().await.map_err(|_| BUSY)?
            }
        };
        let computed = Arc::clone(&self.0.computed);
        let job = move || {
            let _turn = turn;
            computed.fetch_add(1, Ordering::Relaxed);
            job()
        };
        tokio::task::spawn_blocking(job).await.map_err(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program is stopping.
            Err(_) => BUSY,
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Bounded)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

const BUSY: HashingError = HashingError::Busy { retry_after: Duration::from_secs(2) };

/// The reason why no hash was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashingError {
    /// 503: too many requests wait for a hash.
    Busy {
        /// The time after which to try again.
        retry_after: Duration,
    },
    /// 500: a new password of more than 1,024 bytes; check it with a `PasswordPolicy` first.
    TooLong,
}

comparable_rejection!(HashingError);

impl From<HashingError> for Rejection {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy { retry_after } => Self::new(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Many people are signing in just now. Please try again in a moment.",
            )
            .with_retry_after(retry_after),
            HashingError::TooLong => MissingLayer(
                "A password of more than 1,024 bytes was to be hashed. Check new passwords with a `PasswordPolicy` before.",
            )
            .into(),
        }
    }
}

fn check(
    cost: Argon2Params,
    unknown_like: Option<&Scheme>,
    password: &Password,
    stored: Option<StoredCredential>,
) -> Option<VerifiedPassword> {
    let fits = password.bytes().len() <= LONGEST;
    let typed = if fits { password.bytes() } else { &[] };
    let known = stored.as_ref().and_then(|stored| stored.hash.scheme(&stored.user));
    let right = known.as_ref().is_some_and(|scheme| scheme.matches(typed)) && fits;
    let ours = known.as_ref().is_some_and(|scheme| scheme.is(cost));
    // Whoever it is, it costs one hash of ours: the check itself, the new hash of a right password, or one for nothing; and
    // where most hashes come from elsewhere, one of those.
    let fresh = (!ours).then(|| Scheme::new(cost, typed));
    if let Some(like) = unknown_like.filter(|_| !known.is_some_and(|scheme| scheme.is_foreign())) {
        like.matches(typed);
    }
    let StoredCredential { user, epoch, .. } = stored.filter(|_| right)?;
    Some(VerifiedPassword { proof: AuthProof::of(user, epoch), rehash: fresh.map(|scheme| scheme.text()) })
}

/// A place in the queue.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize, longest: usize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < longest).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("cost", &self.0.cost)
            .field("queue", &self.0.queue)
            .finish_non_exhaustive()
    }
}
