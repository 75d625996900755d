//! Limits on guessing passwords that lock nobody out.
//!
//! ```
//! use std::net::IpAddr;
//!
//! use palisade::Keyring;
//! use palisade::login_limit::{KnownDevice, KnownDevices, LoginLimit};
//! use palisade::rate_limit::store::MemoryStore;
//! use palisade::rate_limit::{RateLimitKey, RateLimitRejection};
//!
//! /// `right` stands for the check of the password.
//! async fn log_in(
//!     limit: &LoginLimit,
//!     (email, address): (&str, IpAddr),
//!     device: &KnownDevice,
//!     right: bool,
//! ) -> Result<bool, RateLimitRejection> {
//!     let attempt = limit.attempt(RateLimitKey::email(email), address, device).await?;
//!     if right {
//!         attempt.succeeded().await; // and send `device.remember(…)` as `Set-Cookie`
//!     }
//!     Ok(right) // an attempt that is dropped has failed
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = LoginLimit::new("login", MemoryStore::new());
//! let devices = KnownDevices::new(&Keyring::random()); // in production: the keyring of the site
//! let stranger = devices.unknown();
//!
//! let school: IpAddr = "192.0.2.7".parse()?;
//! for pupil in 0..30 {
//!     let email = format!("pupil{pupil}@school.example");
//!     assert_eq!(log_in(&limit, (&email, school), &stranger, true).await, Ok(true));
//! }
//!
//! let guesser: IpAddr = "198.51.100.9".parse()?;
//! let mut refused = false;
//! for _ in 0..10 {
//!     refused = log_in(&limit, ("pupil1@school.example", guesser), &stranger, false).await.is_err();
//! }
//! assert!(refused);
//! assert_eq!(log_in(&limit, ("pupil1@school.example", school), &stranger, true).await, Ok(true));
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! An attempt from a browser that has signed in to the account before ([`KnownDevice`]) counts
//! against that browser's own delays, and against nothing else. Any other attempt passes if, in
//! this order:
//! 1. its client has failed less often than
//!    [`failures_per_client`](LoginLimit::failures_per_client), at all accounts together;
//! 2. the account has room for it: the first three attempts of a client at an account count
//!    against [`first_attempts`](LoginLimit::first_attempts), its further ones against
//!    [`further_attempts`](LoginLimit::further_attempts);
//! 3. no delay of this client at this account is running ([`Backoff`]).
//!
//! An attempt that is refused counts nowhere. A success takes back what its attempt has counted,
//! and deletes the failures of the client, or of the browser, at that account.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`failures_per_client`](LoginLimit::failures_per_client) | 100 per hour, 500 per day | a class of 30 behind one address, each with three mistakes |
//! | [`wide_networks`](LoginLimit::wide_networks) | none; 1,000 per hour in them | a school of 1,000 on its first morning, one mistake each |
//! | [`first_attempts`](LoginLimit::first_attempts) | 6,000 per day | 1,000 addresses with three attempts each still leave room for the owner's new browser |
//! | [`further_attempts`](LoginLimit::further_attempts) | 100 per day | NIST SP 800-63B, section 5.2.2 |
//! | delays of a client at an account | after 3 attempts 1 s, doubling up to 15 min | as [`Backoff`] |
//! | IPv6 prefix | /48 | strangers get a whole /48 for nothing |
//! | during an outage of the store | 503 | see [`on_outage`](LoginLimit::on_outage) |
//!
//! At most 6,100 passwords a day can be tried at one account by any number of strangers: 2.2
//! million a year. A password that [`PasswordPolicy`](crate::password::PasswordPolicy) accepts takes 100 million
//! guesses or more.
//!
//! # What it does not do
//!
//! - It does not know if an account exists: attempts at an unknown one count the same way.
//! - It does not slow the guessing of one common password at many accounts from many addresses
//!   (password spraying). [`PasswordPolicy`](crate::password::PasswordPolicy) refuses common passwords.
//! - A known browser is not signed in by its cookie; it still needs the password.
//!
//! # See also
//!
//! [`Backoff`] for one key alone; [`password`](crate::password) for checking passwords.
//!
//! # References
//!
//! OWASP, Slow Down Online Guessing Attacks with Device Cookies; NIST SP 800-63B section 5.2.2;
//! CWE-307, CWE-645 (lockout that strangers can cause).
//!
//! [`Backoff`]: crate::rate_limit::Backoff

mod attempt;
mod counters;
mod known_devices;
mod limit;

pub use self::attempt::LoginAttempt;
pub use self::known_devices::{KnownDevice, KnownDevices};
pub use self::limit::LoginLimit;
pub use crate::core::peers::PeerListError;
