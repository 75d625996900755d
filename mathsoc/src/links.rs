//! Single-use links that expire: to make an account, to choose a new password, to set up the site.
//!
//! ```no_run
//! # use mathsoc::{db::users::User, links::{LinkError, Links}};
//! # async fn example(links: &Links, ada: &User) -> Result<(), LinkError> {
//! use mathsoc::links::Purpose;
//!
//! let path = links.issue(Purpose::ResetPassword, ada); // /password_reset/qmd6…: for the letter
//! let token = path.rsplit('/').next().unwrap_or_default();
//! links.look(Purpose::ResetPassword, token).await?; // before the form is shown
//! let link = links.consume(Purpose::ResetPassword, token).await?; // when it is submitted
//! assert_eq!(link.user_id, ada.id);
//! # Ok(())
//! # }
//! ```
//!
//! A link is accepted if, in this order:
//! 1. it was sealed by this site for this purpose: no one can read or change a token;
//! 2. it has not expired: after two hours, or after a week for the welcome link of an account
//!    that an admin created;
//! 3. the account's epoch has not changed since the link was issued. A new password or other
//!    rights invalidate its links. The set-up link is accepted while the site has no admin;
//! 4. it has not been used. Using it is one SQL statement, so of two concurrent requests only one
//!    succeeds, on any number of machines.
//!
//! | choice | why |
//! |---|---|
//! | `look` and `consume` | mail scanners open every link; only a submitted form uses it |
//! | only hashes of used links are stored | the database holds no usable token |
//! | a registration is in its link, and nowhere else | a stranger's form makes no account, and takes no address |
//! | this module builds the path | the letter and the route cannot differ |
//!
//! It does not hide the link from other sites and caches. The routes send
//! `Referrer-Policy: no-referrer` and `Cache-Control: no-store`.
//!
//! References: OWASP Forgot Password Cheat Sheet.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::Keyring;
use palisade::clock::Clock;
use palisade::keyring::{DerivedKey, SignedLinkRejection, SignedLinks};
use palisade::redirect::SafePath;
use sha2::{Digest, Sha256};

use crate::db::users::{self, User};
use crate::db::{Db, DbError, used_links};
use crate::domain::clock;

/// The lifetime of a link, in seconds: twice the time of the quota of letters to one mailbox, so
/// that whoever gets no further letter has a link that works.
pub const LIFETIME: i64 = 2 * 60 * 60;
/// The lifetime of a welcome link, in seconds. Its recipient did not ask for it, so it may stay
/// unread for days.
pub const WELCOME_LIFETIME: i64 = 7 * 24 * 60 * 60;

/// The purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To choose a new password without knowing the old one.
    ResetPassword,
    /// To create the first admin.
    SetUp,
    /// To choose the first password of an account that an admin created.
    Welcome,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::ResetPassword, Self::SetUp, Self::Welcome];

    /// The path of the page, without the token.
    pub fn path(self) -> &'static str {
        match self {
            Self::ResetPassword => "/password_reset/",
            Self::SetUp => "/setup/",
            Self::Welcome => "/welcome/",
        }
    }

    fn key_name(self) -> &'static str {
        match self {
            Self::ResetPassword => "link to reset a password",
            Self::SetUp => "link to set up the site",
            Self::Welcome => "link to choose a first password",
        }
    }

    fn lifetime(self) -> i64 {
        match self {
            Self::ResetPassword | Self::SetUp => LIFETIME,
            Self::Welcome => WELCOME_LIFETIME,
        }
    }
}

/// Issues and checks links; cheap to clone.
#[derive(Clone, Debug)]
pub struct Links {
    keys: [DerivedKey; 3],
    registrations: SignedLinks,
    db: Db,
    clock: Clock,
}

/// The path of the page that makes the account of a registration, without the token.
pub const REGISTRATION_PATH: &str = "/verify_email/";

/// What a visitor has typed to get an account. Its link goes to the address.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Registration {
    pub email: String,
    pub full_name: String,
    pub year: String,
    /// The page to go on to.
    pub next: Option<SafePath>,
}

/// A valid link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The account that the link is for; 0 in a link that sets up the site.
    pub user_id: i64,
    /// The account's epoch. An action authorised by the link requires that it is unchanged.
    pub epoch: u64,
    /// Unix seconds.
    pub expires_at: i64,
    id: [u8; 16],
}

/// The length of the plaintext: three numbers of 8 bytes each, and an id.
const LENGTH: usize = 8 + 8 + 8 + 16;

impl Links {
    /// Seals with the keyring, and records used links in the database.
    pub fn new(keyring: &Keyring, db: Db) -> Self {
        let keys = Purpose::ALL.map(|it| keyring.derive(it.key_name()));
        let registrations = SignedLinks::new(keyring, "link to make an account");
        Self { keys, registrations, db, clock: Clock::system() }
    }

    /// Uses this clock instead of the system's.
    pub fn clock(self, clock: Clock) -> Self {
        Self { registrations: self.registrations.clock(clock.clone()), clock, ..self }
    }

    /// Returns the path of a link that makes the account of this registration.
    pub fn issue_registration(&self, registration: &Registration) -> String {
        let text = serde_json::to_string(registration).expect("all keys are field names");
        let lifetime = Duration::from_secs(LIFETIME.unsigned_abs());
        format!("{REGISTRATION_PATH}{}", self.registrations.issue(&text, lifetime))
    }

    /// Returns the registration of a link. It can be opened until it expires; the address has an
    /// account after its first use.
    ///
    /// # Errors
    /// If the link is incomplete or has expired.
    pub fn registration(&self, token: &str) -> Result<Registration, LinkError> {
        let text = self.registrations.open(token).map_err(|error| match error {
            SignedLinkRejection::Expired => LinkError::Expired,
            _ => LinkError::Unknown,
        })?;
        serde_json::from_str(&text).map_err(|_| LinkError::Unknown)
    }

    /// Returns the path of a new link for this account.
    pub fn issue(&self, purpose: Purpose, user: &User) -> String {
        self.seal(purpose, user.id, user.epoch)
    }

    /// Returns the path of a new link that lets the first admin set up the site.
    pub fn issue_set_up(&self) -> String {
        self.seal(Purpose::SetUp, 0, 0)
    }

    /// Checks the link without using it.
    pub async fn look(&self, purpose: Purpose, token: &str) -> Result<Link, LinkError> {
        let link = self.open(purpose, token)?;
        if used_links::is_taken(&self.db, &link.hash()).await? {
            return Err(LinkError::Used);
        }
        self.check_current(purpose, &link).await?;
        Ok(link)
    }

    /// Marks the link as used and returns it; a second call fails with [`LinkError::Used`].
    /// Validate the rest of the form first.
    pub async fn consume(&self, purpose: Purpose, token: &str) -> Result<Link, LinkError> {
        let link = self.open(purpose, token)?;
        self.check_current(purpose, &link).await?;
        if used_links::take(&self.db, &link.hash(), link.expires_at).await? {
            Ok(link)
        } else {
            Err(LinkError::Used)
        }
    }

    fn seal(&self, purpose: Purpose, user_id: i64, epoch: u64) -> String {
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("the operating system's random generator works");
        let expires_at = self.now() + purpose.lifetime();
        let numbers = [user_id.to_be_bytes(), epoch.to_be_bytes(), expires_at.to_be_bytes()];
        let bytes = [numbers.as_flattened(), &id[..]].concat();
        let sealed = self.keys[purpose as usize].seal(&bytes, b"");
        format!("{}{}", purpose.path(), URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open(&self, purpose: Purpose, token: &str) -> Result<Link, LinkError> {
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkError::Unknown)?;
        let opened = self.keys[purpose as usize].open(&sealed, b"").ok_or(LinkError::Unknown)?;
        let bytes: &[u8; LENGTH] = opened.bytes().try_into().map_err(|_| LinkError::Unknown)?;
        let (numbers, id) = bytes.split_at(LENGTH - 16);
        let number = |at: usize| numbers[at * 8..at * 8 + 8].try_into().expect("eight bytes of an array");
        let link = Link {
            user_id: i64::from_be_bytes(number(0)),
            epoch: u64::from_be_bytes(number(1)),
            expires_at: i64::from_be_bytes(number(2)),
            id: id.try_into().expect("the last sixteen bytes"),
        };
        let expired = if purpose == Purpose::Welcome { LinkError::OldWelcome } else { LinkError::Expired };
        if link.expires_at <= self.now() { Err(expired) } else { Ok(link) }
    }

    async fn check_current(&self, purpose: Purpose, link: &Link) -> Result<(), LinkError> {
        let is_current = match purpose {
            Purpose::SetUp => !users::has_admin(&self.db).await?,
            Purpose::ResetPassword | Purpose::Welcome => {
                users::by_id(&self.db, link.user_id).await?.is_some_and(|user| user.epoch == link.epoch)
            }
        };
        if is_current { Ok(()) } else { Err(LinkError::Outdated) }
    }

    fn now(&self) -> i64 {
        clock::seconds(&self.clock)
    }
}

impl Link {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.id).into()
    }
}

/// Returns the path without its token, for the log: a reader of the log must not find a usable
/// link.
pub fn without_token(path: &str) -> &str {
    let starts = Purpose::ALL.iter().map(|it| it.path()).chain([REGISTRATION_PATH]);
    starts.into_iter().find(|start| path.starts_with(start)).unwrap_or(path)
}

/// A reason why a link is rejected, worded for the person who opened it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The token was not sealed by this site, or for another purpose.
    #[error("This link is not complete. Copy all of it from the letter, or ask for a new one.")]
    Unknown,
    /// The link is older than two hours.
    #[error("This link is older than two hours. Ask for a new one.")]
    Expired,
    /// The welcome link is older than a week.
    #[error(
        "This link is older than a week. Ask for a new password instead: we send you another link at once."
    )]
    OldWelcome,
    /// The link has been used.
    #[error("This link has been used. Ask for a new one if you need it.")]
    Used,
    /// The account has changed since the link was issued, or was deleted. For a set-up link: the
    /// site has an admin.
    #[error("Your account has changed since this link was made. Ask for a new one.")]
    Outdated,
    /// A database query failed.
    #[error(transparent)]
    Db(#[from] DbError),
}
