//! Browsers in which somebody has signed in to an account: a sealed cookie.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::core::client::{Client, Scheme};
use crate::core::clock::Clock;
use crate::core::cookie::{CookieConfig, CookieHeaders};
use crate::keyring::{DerivedKey, Keyring};
use crate::rate_limit::RateLimitKey;

/// Reads and writes the cookie of browsers in which somebody has signed in before.
///
/// ```
/// use http::header::COOKIE;
/// use http::{HeaderMap, HeaderValue};
/// use palisade::Keyring;
/// use palisade::login_limit::KnownDevices;
/// use palisade::rate_limit::RateLimitKey;
/// use palisade::request::{Client, Scheme};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let devices = KnownDevices::new(&Keyring::random()); // in production: the keyring of the site
/// let client = Client::direct("192.0.2.7:40000".parse()?, Scheme::Https);
/// let (ada, bob) = (RateLimitKey::email("ada@example.org"), RateLimitKey::email("bob@example.org"));
///
/// let device = devices.read(&HeaderMap::new(), &client);
/// assert!(!device.knows(&ada));
/// let set_cookie = device.remember(&ada); // after Ada has signed in
/// assert!(set_cookie.to_str()?.starts_with("__Host-device="));
///
/// let mut headers = HeaderMap::new();
/// let cookie = set_cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
/// headers.insert(COOKIE, HeaderValue::try_from(cookie)?);
/// let device = devices.read(&headers, &client);
/// assert!(device.knows(&ada) && !device.knows(&bob));
/// # Ok(())
/// # }
/// ```
///
/// The cookie proves nothing but that somebody has signed in with this browser: it only decides
/// which counters an attempt is counted at. It names no account in clear, holds the last eight of
/// the browser, and lasts for 400 days, which is as long as browsers keep a cookie.
///
/// `Session::log_out` (feature `session`) makes the browser delete every cookie of the site,
/// this one too, by `Clear-Site-Data`. To keep the browser known, let the response to the log-out
/// have a `Clear-Site-Data: "storage"` of its own.
#[derive(Clone)]
#[doc(alias = "device cookie")]
#[must_use]
pub struct KnownDevices(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    key: DerivedKey,
    cookie: CookieConfig,
    clock: Clock,
}

/// The number of accounts that a browser remembers; the oldest is forgotten first.
const MAX_ACCOUNTS: usize = 8;
const VERSION: u8 = 1;
const ID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
/// What browsers keep a cookie for at the longest, in seconds: RFC 6265bis, section 5.5.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;
const MICROSECONDS: u64 = 1_000_000;
const CONTEXT: &[u8] = b"known device";

impl KnownDevices {
    /// Uses the cookie `__Host-device`, or `device` over plain HTTP.
    pub fn new(keyring: &Keyring) -> Self {
        Self(Arc::new(Settings {
            key: keyring.derive("known device"),
            cookie: CookieConfig::new("device"),
            clock: Clock::system(),
        }))
    }

    /// Sets the cookie's name, without a prefix.
    ///
    /// # Panics
    /// If the name is not a token of RFC 9110.
    pub fn cookie_name(self, name: &str) -> Self {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert!(!name.is_empty() && name.bytes().all(is_token), "`{name}` is not the name of a cookie");
        self.with(|settings| settings.cookie = settings.cookie.clone().named(name))
    }

    /// Uses this clock instead of the system's.
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|settings| settings.clock = clock)
    }

    /// Reads the cookie of a request. A cookie that is missing, changed, expired or sealed by
    /// another key is an unknown browser.
    pub fn read(&self, headers: &HeaderMap, client: &Client) -> KnownDevice {
        let (secure, headers) = (client.scheme() == Scheme::Https, CookieHeaders::of(headers));
        let found = self.0.cookie.find(&headers, secure).find_map(|value| self.0.open(value));
        let (id, accounts) = found.map_or((None, Vec::new()), |(id, accounts)| (Some(id), accounts));
        KnownDevice { devices: self.clone(), secure, id, accounts }
    }

    /// A browser without the cookie, for attempts that come without a request.
    pub fn unknown(&self) -> KnownDevice {
        KnownDevice { devices: self.clone(), secure: true, id: None, accounts: Vec::new() }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

type Id = [u8; ID_BYTES];
type Tag = [u8; TAG_BYTES];

impl Settings {
    fn open(&self, value: &[u8]) -> Option<(Id, Vec<Tag>)> {
        let bytes = self.key.open(&URL_SAFE_NO_PAD.decode(value).ok()?, CONTEXT)?.into_bytes();
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (sealed_at, rest) = rest.split_first_chunk::<TIME_BYTES>()?;
        let (id, tags) = rest.split_first_chunk::<ID_BYTES>()?;
        let age = self.clock.now().saturating_sub(u64::from_be_bytes(*sealed_at));
        (age < MAX_AGE * MICROSECONDS).then(|| (*id, tags.as_chunks::<TAG_BYTES>().0.to_vec()))
    }

    fn seal(&self, id: &Id, accounts: &[Tag]) -> String {
        let now = self.clock.now().to_be_bytes();
        let bytes = [&[VERSION][..], &now, id, accounts.as_flattened()].concat();
        URL_SAFE_NO_PAD.encode(self.key.seal(&bytes, CONTEXT))
    }
}

/// A browser, as its cookie describes it. See [`KnownDevices`].
#[derive(Clone)]
#[must_use]
pub struct KnownDevice {
    devices: KnownDevices,
    secure: bool,
    id: Option<Id>,
    /// The accounts of this browser, the last one first.
    accounts: Vec<Tag>,
}

impl KnownDevice {
    /// Returns `true` if somebody has signed in to this account in this browser.
    #[must_use]
    pub fn knows(&self, account: &RateLimitKey) -> bool {
        self.id_at(account).is_some()
    }

    /// Returns the `Set-Cookie` value after a sign-in to this account: the browser is known there
    /// from now on.
    #[must_use]
    pub fn remember(&self, account: &RateLimitKey) -> HeaderValue {
        let (settings, tag) = (&self.devices.0, tag(account));
        let id = self.id.unwrap_or_else(|| {
            let mut id = [0; ID_BYTES];
            getrandom::fill(&mut id).expect("the operating system has a random generator");
            id
        });
        let others = self.accounts.iter().filter(|known| **known != tag).copied();
        let accounts: Vec<Tag> = [tag].into_iter().chain(others).take(MAX_ACCOUNTS).collect();
        settings.cookie.set(&settings.seal(&id, &accounts), self.secure, Some(MAX_AGE))
    }

    /// Returns the browser's id, if it is known at this account.
    pub(super) fn id_at(&self, account: &RateLimitKey) -> Option<&Id> {
        self.id.as_ref().filter(|_| self.accounts.contains(&tag(account)))
    }
}

fn tag(account: &RateLimitKey) -> Tag {
    let digest = Sha256::digest(account.caller(None, 128));
    *digest.first_chunk().expect("SHA-256 has 32 bytes")
}

impl fmt::Debug for KnownDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownDevices").field("cookie", &self.0.cookie.name()).finish_non_exhaustive()
    }
}

impl fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownDevice").field("accounts", &self.accounts.len()).finish_non_exhaustive()
    }
}
