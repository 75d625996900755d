//! Password hashes: Argon2id, computed outside the async threads, with a bound on concurrency.
//!
//! ```
//! use palisade::password::{AuthProof, HashingError, NewPassword, Password, Passwords};
//! use palisade::password::{StoredCredential, VerifiedPassword};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), HashingError> {
//! let passwords = Passwords::new();
//! let new: NewPassword = passwords.hash(Password::from("correct horse battery staple")).await?;
//! let proof: AuthProof = new.proof(7); // signs account 7 in, after its registration
//! let stored = || Some(StoredCredential::new(7, new.hash.clone())); // from the database
//!
//! let verified: Option<VerifiedPassword> =
//!     passwords.verify(Password::from("correct horse battery staple"), stored()).await?;
//! let verified = verified.expect("the password is right"); // its proof is for `Session::log_in`
//! assert_eq!((verified.proof.user(), verified.proof.epoch()), ("7", proof.epoch()));
//!
//! assert!(passwords.verify(Password::from("Tr0ub4dor&3"), stored()).await?.is_none());
//! assert!(passwords.verify(Password::from("anything"), None).await?.is_none(), "no account, same cost");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! [`Passwords::verify`]:
//!
//! 1. Waits for a free slot. If [`max_queued`](Passwords::max_queued) others wait already, it
//!    fails with [`HashingError::Busy`] (503 with `Retry-After`).
//! 2. Rejects passwords of more than 1,024 bytes.
//! 3. Parses the stored hash: Argon2, or a format of Werkzeug or Django, see [`PasswordHash`]. No
//!    password matches an unknown format, or a hash that is too expensive to verify; both are
//!    logged.
//! 4. Hashes the password and compares in constant time.
//! 5. For a right password whose hash has another format or other parameters, returns a new hash
//!    to store ([`VerifiedPassword::rehash`]). The password has not changed, so the epoch stays.
//!
//! The epoch of an account changes with its password, which ends its sessions. Without a column for
//! it, [`PasswordHash::epoch`] derives one from the stored hash.
//!
//! [`Passwords::hash`] waits in the same way. Check a new password with a [`PasswordPolicy`]
//! first.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`params`](Passwords::params) | Argon2id, 19 MiB, 2 passes, 1 lane | OWASP's recommendation |
//! | [`max_concurrent`](Passwords::max_concurrent) | the number of processors, up to 1,024 | each takes its memory and a processor |
//! | [`max_queued`](Passwords::max_queued) | 64 | a longer wait is answered with 503 |
//! | [`PasswordPolicy`] | 8 characters to 128 bytes, not common, hard to guess | NIST SP 800-63B |
//!
//! # Security
//!
//! A wrong password, an unknown account and an account without a password cost one hash of this
//! library. Response times therefore don't reveal which accounts exist. Hashes of other programs
//! cost more until they are replaced; [`equalize_timing`](Passwords::equalize_timing) makes all
//! checks cost as much.
//!
//! A password is used as typed, as UTF-8: not trimmed, not cut, not normalised.
//!
//! The memory of a hash goes back to the operating system when it is done, so a burst of sign-ins
//! takes [`max_concurrent`](Passwords::max_concurrent) times 19 MiB, and nothing afterwards.
//!
//! # What it does not do
//!
//! It does not limit attempts: use [`rate_limit`](crate::rate_limit) with its quotas and
//! backoff. It does not ask a service for breached passwords.
//!
//! # See also
//!
//! [`session`](crate::session) signs in with the [`AuthProof`].
//!
//! # References
//!
//! OWASP Password Storage Cheat Sheet; RFC 9106; NIST SP 800-63B §5.1.1.

mod error;
mod hash;
mod hasher;
mod params;
mod parsed_hash;
mod plaintext;
mod policy;

pub use self::error::HashingError;
pub use self::hash::PasswordHash;
pub use self::hasher::{NewPassword, Passwords, StoredCredential, VerifiedPassword};
pub use self::params::{Argon2Params, Argon2ParamsError};
pub use self::plaintext::Password;
pub use self::policy::{PasswordPolicy, PasswordRejected};
pub use crate::core::auth_proof::AuthProof;
