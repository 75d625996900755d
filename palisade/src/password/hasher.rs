//! Hashes and verifies passwords on blocking threads, with a bound on concurrency and queue.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::error::HashingError;
use super::hash::PasswordHash;
use super::params::Argon2Params;
use super::parsed_hash::ParsedHash;
use super::plaintext::Password;
use crate::core::auth_proof::AuthProof;

/// Hashes and verifies passwords. Cloning is cheap; the clones share their bounds. The
/// [module page](crate::password) has an example.
#[doc(alias = "Argon2")]
#[doc(alias = "bcrypt")]
#[doc(alias = "check_password_hash")]
#[doc(alias = "generate_password_hash")]
#[derive(Clone)]
#[must_use]
pub struct Passwords(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    params: Argon2Params,
    max_concurrent: usize,
    slots: Arc<Semaphore>,
    queued: Arc<AtomicUsize>,
    max_queued: usize,
    equalize_timing: Option<Arc<ParsedHash>>,
    computed: Arc<AtomicU64>,
}

/// The stored credential of an account: the input of [`Passwords::verify`].
///
/// ```
/// use palisade::password::StoredCredential;
///
/// let hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"; // from the database
/// let stored = StoredCredential::new(7, hash);
/// assert_eq!((&*stored.user, stored.epoch), ("7", stored.hash.epoch()));
/// // An account whose epoch is a column:
/// let stored = StoredCredential { epoch: 3, ..stored };
/// # assert_eq!(stored.epoch, 3);
/// ```
#[derive(Clone, Debug)]
pub struct StoredCredential {
    /// The id of the account.
    pub user: Box<str>,
    /// The account's epoch: a number that each change of the password changes.
    pub epoch: u64,
    /// The hash of the account's password.
    pub hash: PasswordHash,
}

impl StoredCredential {
    /// Makes the credential of an account whose epoch is [that of its hash](PasswordHash::epoch).
    pub fn new(user: impl ToString, hash: impl Into<PasswordHash>) -> Self {
        let hash = hash.into();
        Self { user: user.to_string().into(), epoch: hash.epoch(), hash }
    }
}

/// A new password: the result of [`Passwords::hash`].
///
/// Store the hash. The account's owner has just set the password, so it also proves who they are:
/// [`proof`](Self::proof) signs them in after a registration, and keeps them signed in after a
/// change.
///
/// ```
/// use palisade::password::{NewPassword, Password, Passwords};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), palisade::password::HashingError> {
/// let new: NewPassword = Passwords::new().hash(Password::from("correct horse battery staple")).await?;
/// // Store `new.hash`, then sign the account in or call `Session::password_changed`.
/// assert_eq!(new.proof(7).epoch(), new.hash.epoch());
/// assert_eq!(new.proof_with_epoch(7, 3).epoch(), 3); // an account whose epoch is a column
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct NewPassword {
    /// The hash to store.
    pub hash: PasswordHash,
}

impl NewPassword {
    /// Returns the proof for the account that has got this password. The epoch is [that of the
    /// hash](PasswordHash::epoch).
    pub fn proof(&self, user: impl ToString) -> AuthProof {
        self.proof_with_epoch(user, self.hash.epoch())
    }

    /// Returns the proof for an account whose epoch is a column: the epoch after the change.
    pub fn proof_with_epoch(&self, user: impl ToString, epoch: u64) -> AuthProof {
        AuthProof::of(user, epoch)
    }
}

/// The result of a right password.
#[derive(Debug)]
pub struct VerifiedPassword {
    /// The proof that signs the account in.
    pub proof: AuthProof,
    /// The hash to store instead of the old one, if that has another format or other parameters.
    pub rehash: Option<PasswordHash>,
}

/// The maximum length of a password: longer ones are wrong, and cannot be set.
const MAX_PASSWORD_BYTES: usize = 1024;

const BUSY: HashingError = HashingError::Busy { retry_after: Duration::from_secs(2) };

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// Uses Argon2id with OWASP's parameters, one hash per processor at the same time.
    pub fn new() -> Self {
        let max_concurrent = available_parallelism().map_or(2, usize::from).min(1024);
        Self(Arc::new(Settings {
            params: Argon2Params::OWASP,
            max_concurrent,
            slots: Arc::new(Semaphore::new(max_concurrent)),
            queued: Arc::default(),
            max_queued: 64,
            equalize_timing: None,
            computed: Arc::default(),
        }))
    }

    /// Sets the parameters of new hashes. Hashes with other parameters are replaced at the next
    /// sign-in.
    pub fn params(self, params: Argon2Params) -> Self {
        self.with(|settings| settings.params = params)
    }

    /// Sets the number of hashes that are computed at the same time, from 1 to 1,024.
    ///
    /// Each takes the memory of its [`Argon2Params`]; a hash of another program takes up to 256
    /// MiB.
    pub fn max_concurrent(self, hashes: usize) -> Self {
        let hashes = hashes.clamp(1, 1024);
        self.with(|settings| {
            (settings.max_concurrent, settings.slots) = (hashes, Arc::new(Semaphore::new(hashes)));
        })
    }

    /// Sets the number of calls that may wait. Further calls fail with [`HashingError::Busy`].
    pub fn max_queued(self, calls: usize) -> Self {
        self.with(|settings| settings.max_queued = calls)
    }

    /// Makes every check cost as much as one of an account with this hash.
    ///
    /// Use it while most accounts still have hashes of another program. An invalid hash changes
    /// nothing, and is logged.
    #[doc(alias = "user enumeration")]
    #[doc(alias = "harden_runtime")]
    pub fn equalize_timing(self, hash: &PasswordHash) -> Self {
        let parsed = hash.parse("(equalize_timing)").map(Arc::new);
        self.with(|settings| settings.equalize_timing = parsed)
    }

    /// Hashes a new password, for storage. Check it with a
    /// [`PasswordPolicy`](super::PasswordPolicy) first. The result signs the account in, too.
    ///
    /// # Errors
    /// [`HashingError::Busy`] if too many calls wait; [`HashingError::TooLong`] for more than
    /// 1,024 bytes.
    pub async fn hash(&self, password: Password) -> Result<NewPassword, HashingError> {
        if password.bytes().len() > MAX_PASSWORD_BYTES {
            return Err(HashingError::TooLong);
        }
        let params = self.0.params;
        let hash = self.run(move || ParsedHash::new(params, password.bytes()).text().into()).await?;
        Ok(NewPassword { hash })
    }

    /// Verifies a password against the stored credential, `None` for an unknown account. Returns
    /// `None` if the password is wrong.
    ///
    /// # Errors
    /// [`HashingError::Busy`] if too many calls wait.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<StoredCredential>,
    ) -> Result<Option<VerifiedPassword>, HashingError> {
        let (params, equalize_timing) = (self.0.params, self.0.equalize_timing.clone());
        self.run(move || check(params, equalize_timing.as_deref(), &password, stored)).await
    }

    /// Returns the number of finished and running computations, for metrics.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Returns the number of running computations, for metrics.
    pub fn running(&self) -> usize {
        self.0.max_concurrent - self.0.slots.available_permits()
    }

    /// Runs a job on a blocking thread, in a slot. The job keeps its slot to its end, even if the
    /// caller has gone.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let slot = match Arc::clone(&self.0.slots).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let _queued = Queued::enter(&self.0.queued, self.0.max_queued).ok_or(BUSY)?;
                Arc::clone(&self.0.slots).acquire_owned().await.map_err(|_| BUSY)?
            }
        };
        let computed = Arc::clone(&self.0.computed);
        let job = move || {
            let _slot = slot;
            computed.fetch_add(1, Ordering::Relaxed);
            job()
        };
        tokio::task::spawn_blocking(job).await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => BUSY,
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

fn check(
    params: Argon2Params,
    equalize_timing: Option<&ParsedHash>,
    password: &Password,
    stored: Option<StoredCredential>,
) -> Option<VerifiedPassword> {
    let short_enough = password.bytes().len() <= MAX_PASSWORD_BYTES;
    let typed = if short_enough { password.bytes() } else { &[] };
    let parsed = stored.as_ref().and_then(|stored| stored.hash.parse(&stored.user));
    let right = parsed.as_ref().is_some_and(|hash| hash.matches(typed)) && short_enough;
    let up_to_date = parsed.as_ref().is_some_and(|hash| hash.is_made_with(params));
    // Equal cost for every account: one hash of ours. It is the check itself, the rehash of a
    // right password, or computed for nothing. Against foreign hashes, one of those is added.
    let fresh = (!up_to_date).then(|| match &parsed {
        Some(hash) => hash.again(params, typed),
        None => ParsedHash::new(params, typed),
    });
    if let Some(foreign) = equalize_timing.filter(|_| !parsed.as_ref().is_some_and(|hash| hash.is_foreign()))
    {
        foreign.matches(typed);
    }
    let StoredCredential { user, epoch, .. } = stored.filter(|_| right)?;
    let rehash = fresh.map(|hash| hash.text().into());
    Some(VerifiedPassword { proof: AuthProof::of(user, epoch), rehash })
}

/// A call in the queue; it leaves when it is dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn enter(queued: &'a AtomicUsize, max: usize) -> Option<Self> {
        let call = Self(queued);
        (queued.fetch_add(1, Ordering::SeqCst) < max).then_some(call)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("params", &self.0.params)
            .field("max_queued", &self.0.max_queued)
            .finish_non_exhaustive()
    }
}
