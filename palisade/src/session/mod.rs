//! Sessions: what the site remembers of a visitor from one request to the next, and who is signed in.
//!
//! ```
//! # use axum::{Router, routing::{get, post}};
//! # use palisade::{Keyring, Session, Sessions};
//! # use palisade::keyring::KeyringError;
//! # use palisade::session::{AuthProof, SessionRejection};
//! async fn count(session: Session) -> Result<String, SessionRejection> {
//!     let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
//!     session.set("visits", visits).await?;
//!     Ok(format!("visit {visits}"))
//! }
//! # async fn check(_: ()) -> Result<AuthProof, SessionRejection> { Ok(AuthProof::dangerous_allow_unverified("7", 1)) }
//! # async fn sign_in(session: Session) -> Result<(), SessionRejection> {
//! # let form = ();
//! let proof = check(form).await?; // by `Passwords::verify`, say
//! session.log_in(proof).await?; // a new session, with a new name
//! # Ok(())
//! # }
//!
//! let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq")?;
//! let app: Router = Router::new().route("/", get(count)).layer(Sessions::new(&keyring));
//! # Ok::<(), KeyringError>(())
//! ```
//!
//! What passes, in this order:
//! 1. a cookie that one of our keys has sealed; anything else is no session, and no error;
//! 2. a session that is neither too long idle, nor too old, nor ended, wherever it was ended;
//! 3. with [`SessionProtection::Basic`], a sign-in from a client that looks as before; from another it is one without a fresh proof;
//!    with [`SessionProtection::Strong`] it is over;
//! 4. where there is no sign-in, a remember token that is the latest of its series signs in, without a fresh proof, and is
//!    replaced. One that was replaced before has been stolen: all that the store keeps of that account is ended.
//!
//! | setting | default | why |
//! |---|---|---|
//! | where | sealed, in the visitor's cookie | nothing to run; [`store`](Sessions::store) keeps it in a store instead |
//! | [`idle`](Sessions::idle_timeout) | 30 minutes | OWASP |
//! | [`absolute`](Sessions::absolute_timeout) | 12 hours | a stolen cookie is worth a day at most |
//! | cookie | `__Host-session`; Secure over TLS, HttpOnly, SameSite=Lax, Path=/ | no other host can set it, no script can read it |
//! | [`protection`](Sessions::protection) | basic | mobile clients change networks |
//! | [`remember`](Sessions::remember) | off | |
//!
//! A store keeps sessions that have something in them; one that a form has begun for its token lies in the cookie until then.
//! A session is read when it is asked for, and written when it has changed: pages that never ask neither read nor send a cookie.
//! Those that ask say `Vary: Cookie`; those of somebody, or with something in the session, or that set a cookie, are kept by no
//! shared cache, even if the handler says `public`. The cookie is read back by whoever has the key only; it holds up to 4 KB sealed, and more
//! is a 500 that says so. Changes made by two requests at once are both kept where the session lies in a store; in a cookie
//! the later answer wins. A session that another request has ended stays ended in both.
//!
//! What it does not do: hold a lock while a handler runs, or change a session after the response's headers have gone. A sign-out
//! that has begun is carried through when the visitor hangs up; a sign-in is then lost, with the session before it. Where
//! sessions lie in cookies, a copy of a cookie brings back what was in it then: what must count once belongs into a database;
//! and of a thief's sessions only the tokens end at once, the rest when the application raises the account's epoch
//! ([`SessionEvent::TokenStolen`]). A clock that is set back by more than five minutes signs out who signed in before.
//! Two layers on one site want two [names](Sessions::cookie); one of them at most may [remember](Sessions::remember).
//!
//! References: OWASP Session Management Cheat Sheet; RFC 6265bis; Jaspan, Improved Persistent Login Cookie Best Practice.

mod cookie;
mod data;
mod event;
mod login;
mod rejection;
mod remember;
mod request_session;
mod revocation;
mod service;
mod sign_in;
pub mod store;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::cookie::Jar;
use self::data::Limits;
pub use self::event::SessionEvent;
pub use self::login::OtherSession;
pub use self::rejection::SessionRejection;
pub use self::request_session::Session;
pub use self::service::{SessionFuture, SessionService};
pub use self::sign_in::SignIn;
use self::store::{MemorySessions, SessionStore};
pub use crate::core::auth_proof::AuthProof;
use crate::core::clock::Clock;
use crate::core::same_site::SameSite;
use crate::keyring::{DerivedKey, Keyring};

/// Sessions: a layer. The page of the module says what passes.
#[derive(Clone)]
pub struct Sessions(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    keys: DerivedKey,
    place: Place,
    store: Arc<dyn SessionStore>,
    limits: Limits,
    remember: Option<Duration>,
    jar: Jar,
    /// Of remember tokens.
    remember_jar: Jar,
    secure: Option<bool>,
    protection: SessionProtection,
    login_path: Option<Box<str>>,
    reauth_path: Option<Box<str>>,
    told: Option<Told>,
    clock: Clock,
}

type Told = Arc<dyn Fn(&SessionEvent<'_>) + Send + Sync>;

/// Where the data of a session are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the cookie. The store remembers those that were ended, and the remember tokens.
    Cookie,
    /// In the store. The cookie has its name.
    Store,
}

/// What becomes of a sign-in whose client has changed its network or its browser's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SessionProtection {
    /// Nothing.
    None,
    /// It stays, and has to prove itself again before anything that asks for a fresh proof.
    #[default]
    Basic,
    /// It is over.
    Strong,
}

impl Sessions {
    /// Sessions sealed into the visitor's cookie. Which ones were ended, and remember tokens, are known to this process alone,
    /// until it stops: with several, or to know it after a restart, name a store: [`revocation_store`](Self::revocation_store).
    pub fn new(keyring: &Keyring) -> Self {
        Self(Arc::new(Settings {
            keys: keyring.derive("session"),
            place: Place::Cookie,
            store: Arc::new(MemorySessions::new()),
            limits: Limits {
                idle: Duration::from_secs(30 * 60),
                absolute: Duration::from_secs(12 * 60 * 60),
            },
            remember: None,
            jar: Jar::new("session", SameSite::Lax),
            remember_jar: Jar::new("remember", SameSite::Lax),
            secure: None,
            protection: SessionProtection::default(),
            login_path: None,
            reauth_path: None,
            told: None,
            clock: Clock::system(),
        }))
    }

    /// Keeps the data in this store; the cookie has the session's name only, sealed. One's sessions can then be listed.
    pub fn store(self, store: impl SessionStore) -> Self {
        self.store_shared(Arc::new(store))
    }

    /// [`store`](Self::store), where others hold the store too.
    pub fn store_shared(self, store: Arc<dyn SessionStore>) -> Self {
        self.with(|settings| (settings.place, settings.store) = (Place::Store, store))
    }

    /// Leaves the data in the cookie, and remembers in this store which sessions were ended, and remember tokens.
    pub fn revocation_store(self, store: impl SessionStore) -> Self {
        self.with(|settings| (settings.place, settings.store) = (Place::Cookie, Arc::new(store)))
    }

    /// How long a session lasts that nobody uses. It is written anew a few times in this span.
    pub fn idle_timeout(self, idle: Duration) -> Self {
        self.with(|settings| settings.limits.idle = idle)
    }

    /// How long a session lasts at most.
    pub fn absolute_timeout(self, absolute: Duration) -> Self {
        self.with(|settings| settings.limits.absolute = absolute)
    }

    /// Lets [`Session::remember`] sign in again for so long after the session is over.
    pub fn remember(self, lasts: Duration) -> Self {
        self.with(|settings| settings.remember = Some(lasts))
    }

    /// The cookie's name, without `__Host-`.
    ///
    /// # Panics
    /// When a cookie cannot be called so: write letters, digits, `-` and `_`.
    pub fn cookie(self, name: &str) -> Self {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(
            !name.is_empty() && name.bytes().all(fits),
            "`{name}` is no name for a cookie: write letters, digits, - and _"
        );
        self.with(|settings| settings.jar = Jar::new(name, settings.jar.same_site))
    }

    /// When browsers send the cookie along with what another site caused.
    pub fn same_site(self, same_site: SameSite) -> Self {
        self.with(|settings| {
            (settings.jar.same_site, settings.remember_jar.same_site) = (same_site, same_site);
        })
    }

    /// Whether the cookie is Secure, whatever the request came over. Where nothing is said it is so over TLS.
    pub fn secure(self, secure: bool) -> Self {
        self.with(|settings| settings.secure = Some(secure))
    }

    /// What becomes of a sign-in whose client has changed.
    pub fn protection(self, protection: SessionProtection) -> Self {
        self.with(|settings| settings.protection = protection)
    }

    /// Where to send people who have to sign in: a path of this site. It is given the page they asked for as `next`. Without
    /// it, and to programs, the answer is 401.
    ///
    /// # Panics
    /// When it is no path of this site.
    pub fn login_path(self, path: &str) -> Self {
        let path = own_path(path);
        self.with(|settings| settings.login_path = Some(path))
    }

    /// Where to send people who are signed in and have to prove it afresh: a path of this site. Without it, where
    /// [`login_path`](Self::login_path) says.
    ///
    /// # Panics
    /// When it is no path of this site.
    pub fn reauth_path(self, path: &str) -> Self {
        let path = own_path(path);
        self.with(|settings| settings.reauth_path = Some(path))
    }

    /// Told when somebody signs in or out, and when a session is ended for a reason of ours: for an audit log.
    pub fn on_event(self, told: impl Fn(&SessionEvent<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.told = Some(Arc::new(told)))
    }

    /// The clock that sessions run out by.
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|settings| settings.clock = clock)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

fn own_path(path: &str) -> Box<str> {
    let fits = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    assert!(fits, "`{path}` is no path of this site: write one such as /login");
    path.into()
}

impl Settings {
    fn now(&self) -> u64 {
        self.clock.now() / 1_000_000
    }

    fn tell(&self, event: &SessionEvent<'_>) {
        event.log();
        if let Some(told) = &self.told {
            told(event);
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { store, limits, protection, .. } = &*self.0;
        f.debug_struct("Sessions")
            .field("store", store)
            .field("idle", &limits.idle)
            .field("absolute", &limits.absolute)
            .field("protection", protection)
            .finish_non_exhaustive()
    }
}
