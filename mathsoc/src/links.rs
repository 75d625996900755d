//! Links that stand for somebody, once and not for long: to verify an address, to choose a new password, to set up the site.
//!
//! ```no_run
//! # async fn example(links: &mathsoc::links::Links, ada: &mathsoc::db::users::User) -> Result<(), mathsoc::links::LinkError> {
//! use mathsoc::links::Purpose;
//!
//! let path = links.issue(Purpose::ResetPassword, ada);             // /password_reset/qmd6…: goes into a letter
//! let token = path.rsplit('/').next().unwrap_or_default();
//! links.look(Purpose::ResetPassword, token).await?;                // shows the form
//! let link = links.consume(Purpose::ResetPassword, token).await?;  // the form was sent; from now on the link is used
//! assert_eq!(link.user_id, ada.id);
//! # Ok(())
//! # }
//! ```
//!
//! What passes:
//! 1. what we sealed, for this purpose: nobody can read or change it;
//! 2. within 30 minutes; within a week what welcomes somebody for whom an admin made the account;
//! 3. while the account has the epoch that it had then: a new password or other rights end its links. To set up the site:
//!    while there is no admin;
//! 4. once. Using is one statement in the database, so that of two at once only one passes, on however many machines.
//!
//! | choice | why |
//! |---|---|
//! | `look` and `consume` | programs that check mail open every link; only a form that is sent uses it |
//! | only used links are kept, as hashes, until they would end anyway | nothing that waits in the database can be stolen |
//! | the path is made here | the letter and the page cannot differ |
//!
//! What it does not do: hide the link from other sites and caches. Its pages are sent with `Referrer-Policy: no-referrer` and
//! `Cache-Control: no-store`.
//!
//! References: OWASP Forgot Password Cheat Sheet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::Keyring;
use palisade::clock::Clock;
use palisade::keyring::DerivedKey;
use sha2::{Digest, Sha256};

use crate::db::users::{self, User};
use crate::db::{Db, DbError, used_links};
use crate::domain::clock;

/// How long a link works, in seconds.
pub const LIFETIME: i64 = 30 * 60;
/// How long one works for which nobody has asked, so that it may lie in a mailbox for a while.
pub const WELCOME_LIFETIME: i64 = 7 * 24 * 60 * 60;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show that an address is one's own.
    VerifyAddress,
    /// To choose a new password without knowing the old one.
    ResetPassword,
    /// To make the first admin.
    SetUp,
    /// To choose the first password of an account that an admin made.
    Welcome,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::VerifyAddress, Self::ResetPassword, Self::SetUp, Self::Welcome];

    /// The path of its page, but for the token.
    pub fn path(self) -> &'static str {
        match self {
            Self::VerifyAddress => "/verify_email/",
            Self::ResetPassword => "/password_reset/",
            Self::SetUp => "/setup/",
            Self::Welcome => "/welcome/",
        }
    }

    fn key_name(self) -> &'static str {
        match self {
            Self::VerifyAddress => "link to verify an address",
            Self::ResetPassword => "link to reset a password",
            Self::SetUp => "link to set up the site",
            Self::Welcome => "link to choose a first password",
        }
    }

    fn lifetime(self) -> i64 {
        match self {
            Self::VerifyAddress | Self::ResetPassword | Self::SetUp => LIFETIME,
            Self::Welcome => WELCOME_LIFETIME,
        }
    }
}

/// Makes and takes links; cheap to clone.
#[derive(Clone, Debug)]
pub struct Links {
    keys: [DerivedKey; 4],
    db: Db,
    clock: Clock,
}

/// A link that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whom it stands for; 0 in a link that sets up the site.
    pub user_id: i64,
    /// The epoch of their account: what is done in the link's name is done only while it is the same.
    pub epoch: u64,
    /// Unix seconds.
    pub expires_at: i64,
    id: [u8; 16],
}

/// Two numbers and a time of 8 bytes each, and an id.
const LENGTH: usize = 8 + 8 + 8 + 16;

impl Links {
    /// Seals with the keyring, and notes used links in the database.
    pub fn new(keyring: &Keyring, db: Db) -> Self {
        Self { keys: Purpose::ALL.map(|it| keyring.derive(it.key_name())), db, clock: Clock::system() }
    }

    /// Takes the time from this clock.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The path of a link for this account.
    pub fn issue(&self, purpose: Purpose, user: &User) -> String {
        self.seal(purpose, user.id, user.epoch)
    }

    /// The path of the link by which the first admin sets up the site.
    pub fn issue_set_up(&self) -> String {
        self.seal(Purpose::SetUp, 0, 0)
    }

    /// Whether the link would pass, without using it.
    ///
    /// # Errors
    /// Why it does not pass, or that the database gives no answer.
    pub async fn look(&self, purpose: Purpose, token: &str) -> Result<Link, LinkError> {
        let link = self.open(purpose, token)?;
        if used_links::is_taken(&self.db, &link.hash()).await? {
            return Err(LinkError::Used);
        }
        self.holds(purpose, &link).await?;
        Ok(link)
    }

    /// Uses the link: it passes now, and never again. What else the form needs is checked before.
    ///
    /// # Errors
    /// Why it does not pass, or that the database gives no answer.
    pub async fn consume(&self, purpose: Purpose, token: &str) -> Result<Link, LinkError> {
        let link = self.open(purpose, token)?;
        self.holds(purpose, &link).await?;
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

    async fn holds(&self, purpose: Purpose, link: &Link) -> Result<(), LinkError> {
        let holds = match purpose {
            Purpose::SetUp => !users::has_admin(&self.db).await?,
            Purpose::VerifyAddress | Purpose::ResetPassword | Purpose::Welcome => {
                users::by_id(&self.db, link.user_id).await?.is_some_and(|user| user.epoch == link.epoch)
            }
        };
        if holds { Ok(()) } else { Err(LinkError::Outdated) }
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

/// The path as a log may have it: who reads the log must not find a link that still works.
pub fn without_token(path: &str) -> &str {
    Purpose::ALL.iter().map(|it| it.path()).find(|start| path.starts_with(start)).unwrap_or(path)
}

/// Why a link does not pass, in words for whoever opened it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// We did not make it, or not for this.
    #[error("This link is not complete. Copy all of it from the letter, or ask for a new one.")]
    Unknown,
    /// It is too late.
    #[error("This link is older than 30 minutes. Ask for a new one.")]
    Expired,
    /// It has lain in the mailbox for too long.
    #[error(
        "This link is older than a week. Ask for a new password instead: we send you another link at once."
    )]
    OldWelcome,
    /// Somebody used it.
    #[error("This link has been used. Ask for a new one if you need it.")]
    Used,
    /// The account has changed since, or is gone.
    #[error("Your account has changed since this link was made. Ask for a new one.")]
    Outdated,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}
