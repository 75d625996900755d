//! The settings of the session layer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::data::Timeouts;
use super::event::SessionEvent;
use super::store::{MemorySessions, SessionStore};
use super::touch::Touches;
use crate::core::clock::Clock;
use crate::core::cookie::CookieConfig;
use crate::core::same_site::SameSite;
use crate::keyring::{DerivedKey, Keyring, SEAL_BYTES};

/// The session layer. The [module page](crate::session) says how long a session lasts and what
/// ends it.
///
/// ```
/// use palisade::Keyring;
/// use palisade::session::{SessionProtection, Sessions, store::MemorySessions};
/// use std::{sync::Arc, time::Duration};
///
/// let keyring = Keyring::random();
/// let store = Arc::new(MemorySessions::new());
/// let sessions = Sessions::in_store(Arc::clone(&store), &keyring) // a store, or a shared one
///     .idle_timeout(Duration::from_secs(15 * 60))
///     .absolute_timeout(Duration::from_secs(8 * 60 * 60))
///     .protection(SessionProtection::Strong)
///     .login_path("/login")
///     .reauth_path("/login/confirm")
///     .cookie_path("/forum") // another application of this host has the other paths
///     .cookie_domain("example.org") // the hosts below it get the cookie too
///     .namespace("staging"); // production has the same key
/// assert!(format!("{sessions:?}").contains("idle: 900s"));
/// ```
#[doc(alias("SessionLayer", "SessionManagerLayer"))]
#[doc(alias = "LoginManager")]
#[doc(alias = "remember me")]
#[derive(Clone)]
#[must_use]
pub struct Sessions(pub(super) Arc<Settings>);

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) keys: DerivedKey,
    #[cfg(feature = "axum")]
    csrf_keys: DerivedKey,
    pub(super) storage: Storage,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) touches: Touches,
    pub(super) timeouts: Timeouts,
    pub(super) remember: Option<Duration>,
    pub(super) cookie: CookieConfig,
    pub(super) remember_cookie: CookieConfig,
    pub(super) secure: Option<bool>,
    pub(super) protection: SessionProtection,
    pub(super) login_path: Option<Box<str>>,
    pub(super) reauth_path: Option<Box<str>>,
    namespace: Box<str>,
    /// The context that the cookie is sealed in. It differs by storage, cookie name and namespace, so
    /// that a cookie of one configuration does not open in another.
    pub(super) seal_context: Box<[u8]>,
    listener: Option<EventListener>,
    clock: Clock,
}

/// The largest session in a store. Larger data belongs in a database: a session is read and written
/// as a whole.
const MAX_STORED_BYTES: usize = 64 << 10;

type EventListener = Arc<dyn Fn(&SessionEvent<'_>) + Send + Sync>;

/// The place of the session data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// The cookie. The store has ended sessions and remember tokens.
    Cookie,
    /// The store. The cookie has the session's id.
    Store,
}

/// The reaction to a client whose network or `User-Agent` has changed since the sign-in.
///
/// The network is the first 24 bits of an IPv4 address, or the first 48 of an IPv6 address.
///
/// ```
/// use palisade::session::SessionProtection;
///
/// assert_eq!(SessionProtection::default(), SessionProtection::Basic);
/// ```
#[doc(alias = "session_protection")]
#[doc(alias = "session hijacking")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SessionProtection {
    /// Ignores the change.
    None,
    /// Keeps the sign-in, but no longer counts it as recent authentication.
    #[default]
    Basic,
    /// Ends the session.
    Strong,
}

/// Sessions in the visitor's cookie, before it is said where their end is noted: the result of
/// [`Sessions::in_cookie`].
///
/// ```
/// use palisade::Keyring;
/// use palisade::session::{CookieSessions, Sessions, store::MemorySessions};
///
/// let keyring = Keyring::random();
/// let cookies: CookieSessions = Sessions::in_cookie(&keyring);
/// // A store that all processes share, such as `RedisSessions`:
/// let sessions: Sessions = cookies.ended_in(MemorySessions::new());
/// // One process, for development and tests:
/// let forgetful: Sessions = Sessions::in_cookie(&keyring).dangerous_forgets_on_restart();
/// assert!(format!("{sessions:?} {forgetful:?}").contains("MemorySessions"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is no layer yet: say `.ended_in(store)`"]
pub struct CookieSessions {
    keyring: Keyring,
}

impl CookieSessions {
    /// Notes ended sessions in this store, and keeps remember tokens in it. Accepts an `Arc` too.
    #[doc(alias = "revocation")]
    #[doc(alias = "denylist")]
    pub fn ended_in(self, store: impl SessionStore) -> Sessions {
        Sessions::keep(Storage::Cookie, Arc::new(store), &self.keyring)
    }

    /// Notes ended sessions in this process's memory, and keeps remember tokens in it.
    ///
    /// # Security
    /// A copy of the cookie signs in again after a log-out when the process restarts, or when
    /// another process answers. Remember tokens are lost at a restart.
    pub fn dangerous_forgets_on_restart(self) -> Sessions {
        self.ended_in(MemorySessions::new())
    }
}

impl Sessions {
    /// Makes a layer that keeps session data in a store. The cookie has the sealed id only.
    ///
    /// Accepts an `Arc` of a store too. Everything on the [module page](crate::session) works:
    /// sessions of any process end at once, and an account's sessions can be listed.
    pub fn in_store(store: impl SessionStore, keyring: &Keyring) -> Self {
        Self::keep(Storage::Store, Arc::new(store), keyring)
    }

    /// Begins a layer that keeps session data sealed in the visitor's cookie.
    ///
    /// A cookie cannot be taken back. The next call says where the layer notes which sessions have
    /// ended: [`CookieSessions::ended_in`], or
    /// [`CookieSessions::dangerous_forgets_on_restart`].
    pub fn in_cookie(keyring: &Keyring) -> CookieSessions {
        CookieSessions { keyring: keyring.clone() }
    }

    fn keep(storage: Storage, store: Arc<dyn SessionStore>, keyring: &Keyring) -> Self {
        Self(Arc::new(Settings {
            keys: keyring.derive("session"),
            #[cfg(feature = "axum")]
            csrf_keys: keyring.derive("csrf"),
            storage,
            store,
            touches: Touches::default(),
            timeouts: Timeouts::default(),
            remember: None,
            cookie: CookieConfig::new("session"),
            remember_cookie: CookieConfig::new("remember"),
            secure: None,
            protection: SessionProtection::default(),
            login_path: None,
            reauth_path: None,
            namespace: Box::default(),
            seal_context: Box::default(),
            listener: None,
            clock: Clock::system(),
        }))
        .with(|_| ())
    }

    /// Sets the time after which an unused session ends. A session in use is written again up to
    /// 16 times in this span.
    #[doc(alias = "inactivity")]
    pub fn idle_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.timeouts.idle = timeout)
    }

    /// Sets the time after which every session ends, counted from its start.
    #[doc(alias = "SESSION_COOKIE_AGE")]
    #[doc(alias = "PERMANENT_SESSION_LIFETIME")]
    pub fn absolute_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.timeouts.absolute = timeout)
    }

    /// Allows [`Session::remember`](super::Session::remember), and sets the lifetime of its
    /// tokens, which is also the `Max-Age` of the cookie `remember`.
    #[doc(alias = "REMEMBER_COOKIE_DURATION")]
    pub fn remember(self, lifetime: Duration) -> Self {
        self.with(|settings| settings.remember = Some(lifetime))
    }

    /// Sets the name of the cookie. `__Host-` is put before it if the cookie is `Secure`.
    ///
    /// Two applications under one host, each in a path of its own, need two names: cookies with
    /// `__Host-` have `Path=/`.
    ///
    /// # Panics
    /// If the name is empty, or has other characters than letters, digits, `-` and `_`.
    #[doc(alias = "SESSION_COOKIE_NAME")]
    pub fn cookie_name(self, name: &str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(
            !name.is_empty() && name.bytes().all(allowed),
            "`{name}` is not a valid cookie name: write letters, digits, - and _"
        );
        self.with(|settings| settings.cookie = settings.cookie.clone().named(name))
    }

    /// Sends the session cookie and the remember cookie to this domain and all hosts below it, such
    /// as `example.org`. The default is the site's own host.
    ///
    /// The cookies then have the prefix `__Secure-`: browsers accept `__Host-` without a domain
    /// only.
    ///
    /// # Panics
    /// If the text is not a domain of at least two labels.
    ///
    /// # Security
    /// Every host below the domain receives the cookies and can use them. It can also set cookies
    /// for this site, and so sign a visitor in as another account.
    #[doc(alias = "SESSION_COOKIE_DOMAIN")]
    pub fn cookie_domain(self, domain: &str) -> Self {
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        assert!(
            domain.contains('.') && domain.split('.').all(is_label),
            "`{domain}` is not a domain: write one such as example.org, without a dot in front"
        );
        self.with_cookies(|cookie| cookie.domain(domain))
    }

    /// Sends the session cookie and the remember cookie to this path and the paths below it only,
    /// such as `/forum`. Use it for two applications on one host.
    ///
    /// The cookies then have the prefix `__Secure-`: browsers accept `__Host-` for `/` only.
    ///
    /// # Panics
    /// If the path is not a path on this site, or has a query.
    ///
    /// # Security
    /// A path is no boundary: scripts of one application can read the pages of the other.
    #[doc(alias = "SESSION_COOKIE_PATH")]
    pub fn cookie_path(self, path: &str) -> Self {
        let path = own_path(path);
        assert!(!path.contains([';', '?', '#']), "`{path}` is not a cookie path: write one such as /forum");
        self.with_cookies(|cookie| cookie.path(&path))
    }

    /// Names the site, so that sessions of another site with the same keys do not open here.
    ///
    /// Set it if two sites share a key, such as staging and production. A key of its own for each
    /// site is better.
    #[doc(alias = "salt")]
    pub fn namespace(self, site: &str) -> Self {
        self.with(|settings| settings.namespace = site.into())
    }

    /// Sets the `SameSite` attribute of the session cookie and of the remember cookie.
    pub fn same_site(self, same_site: SameSite) -> Self {
        self.with_cookies(|cookie| cookie.same_site(same_site))
    }

    /// Sets or clears the `Secure` attribute for every request. Without this setting, cookies are
    /// `Secure` if the request came over TLS.
    pub fn secure(self, secure: bool) -> Self {
        self.with(|settings| settings.secure = Some(secure))
    }

    /// Sets the reaction to a client that has changed since the sign-in.
    pub fn protection(self, protection: SessionProtection) -> Self {
        self.with(|settings| settings.protection = protection)
    }

    /// Sets the page that visitors without a sign-in are redirected to: a path on this site. The
    /// page that they asked for is added as `next`.
    ///
    /// Without a login path the response is 401. [`ErrorPages`](crate::ErrorPages) answers 401 to
    /// programs, and adds `HX-Redirect` for htmx.
    ///
    /// # Panics
    /// If the path is not a path on this site.
    #[doc(alias = "login_view")]
    #[doc(alias = "LOGIN_URL")]
    pub fn login_path(self, path: &str) -> Self {
        let path = own_path(path);
        self.with(|settings| settings.login_path = Some(path))
    }

    /// Sets the page that signed-in visitors are redirected to for recent authentication: a path
    /// on this site. Without it, the [`login_path`](Self::login_path) is used.
    ///
    /// # Panics
    /// If the path is not a path on this site.
    #[doc(alias = "refresh_view")]
    #[doc(alias = "step-up authentication")]
    pub fn reauth_path(self, path: &str) -> Self {
        let path = own_path(path);
        self.with(|settings| settings.reauth_path = Some(path))
    }

    /// Sets a function that is called with each [`SessionEvent`], for an audit log.
    pub fn on_event(self, listener: impl Fn(&SessionEvent<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.listener = Some(Arc::new(listener)))
    }

    /// Sets the clock that timeouts are measured with.
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|settings| settings.clock = clock)
    }

    #[cfg(feature = "axum")]
    pub(crate) fn csrf_keys(&self) -> &DerivedKey {
        &self.0.csrf_keys
    }

    fn with_cookies(self, change: impl Fn(CookieConfig) -> CookieConfig) -> Self {
        self.with(|settings| {
            settings.cookie = change(settings.cookie.clone());
            settings.remember_cookie = change(settings.remember_cookie.clone());
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let settings = Arc::make_mut(&mut self.0);
        change(settings);
        settings.seal_context = settings.make_seal_context();
        self
    }
}

fn own_path(path: &str) -> Box<str> {
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    assert!(is_own, "`{path}` is not a path on this site: write one such as /login");
    path.into()
}

impl Settings {
    /// Returns the seconds since the Unix epoch.
    pub(super) fn now(&self) -> u64 {
        self.now_micros() / 1_000_000
    }

    /// Returns the microseconds since the Unix epoch.
    pub(super) fn now_micros(&self) -> u64 {
        self.clock.now()
    }

    /// Logs an event and calls the application's listener.
    pub(super) fn emit(&self, event: &SessionEvent<'_>) {
        event.log();
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }

    fn make_seal_context(&self) -> Box<[u8]> {
        let content = if self.storage == Storage::Cookie { "record" } else { "name" };
        let space = if self.namespace.is_empty() { "" } else { " " };
        [content, " ", self.cookie.name(), space, &self.namespace].concat().into_bytes().into()
    }

    /// Returns the largest size of session data, in bytes.
    pub(super) fn max_data_bytes(&self, secure: bool) -> usize {
        if self.storage == Storage::Store {
            return MAX_STORED_BYTES;
        }
        // Base64 has four characters for three bytes. The session's id has 16.
        (self.cookie.max_value_bytes(secure) / 4 * 3).saturating_sub(SEAL_BYTES + 16)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { store, timeouts, protection, .. } = &*self.0;
        f.debug_struct("Sessions")
            .field("store", store)
            .field("idle", &timeouts.idle)
            .field("absolute", &timeouts.absolute)
            .field("protection", protection)
            .finish_non_exhaustive()
    }
}
