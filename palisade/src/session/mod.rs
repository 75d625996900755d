//! Sessions: data kept between the requests of one visitor, and the account that is signed in.
//!
//! ```
//! use axum::{Router, routing::get};
//! use palisade::session::store::MemorySessions;
//! use palisade::session::{Session, SessionRejection, Sessions};
//! use palisade::test::Browser;
//! use palisade::{Keyring, Palisade};
//!
//! async fn count(session: Session) -> Result<String, SessionRejection> {
//!     let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
//!     session.set("visits", visits).await?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::host::HostsError> {
//! let keyring = Keyring::random();
//! let sessions = Sessions::in_store(MemorySessions::new(), &keyring);
//! let palisade = Palisade::for_hosts(["example.org"])?.sessions(sessions);
//! let app = palisade.protect(Router::new().route("/", get(count)));
//!
//! let mut browser = Browser::new(app).at("https://example.org");
//! let first = browser.get("/").await;
//! let set_cookie = first.header("set-cookie").unwrap_or_default();
//! assert!(set_cookie.starts_with("__Host-session="));
//! assert!(set_cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
//! assert_eq!(browser.get("/").await.text, "visit 2");
//! # Ok(())
//! # }
//! ```
//!
//! # How long a session lasts, and what ends it
//!
//! | end | when | change it with |
//! |---|---|---|
//! | idle timeout | 30 minutes after the last request that read the session; up to 2 minutes earlier, because the time of use is written at most every sixteenth of the timeout | [`Sessions::idle_timeout`] |
//! | absolute timeout | 12 hours after it began; [reauthentication](Session::reauthenticate), which proves the password again, does not extend it | [`Sessions::absolute_timeout`] |
//! | browser closed | the cookie has no `Max-Age`; browsers that restore tabs keep it | |
//! | log-out | at once, copies of the cookie included; with [`dangerous_forgets_on_restart`](CookieSessions::dangerous_forgets_on_restart), in this process only and until it restarts | [`Session::log_out`] |
//! | another sign-in in this browser | at once | [`Session::log_in`] |
//! | ended from another session | at once | [`Session::end_others`], [`Session::end_other`] |
//! | epoch changed, account removed | at the next request that extracts [`SignedIn`](crate::SignedIn) | [`Account::epoch`], [`Account::find`] |
//! | [remember token](Session::remember) stolen | at once, with all sessions of the account | [`SessionEvent::TokenStolen`] |
//! | client changed | not by default: only with [`SessionProtection::Strong`] | [`Sessions::protection`] |
//! | clock set back | if it began, or was last used, more than 5 minutes in the future | |
//! | key removed | when the keyring no longer has the key that sealed the cookie | [`Keyring::previous`](crate::Keyring::previous) |
//!
//! The *epoch* is a number of the account, [`Account::epoch`], that a new password changes. A
//! session keeps the epoch of its sign-in, and ends when the account has another. Without a column
//! for it, use the epoch of the stored hash, `PasswordHash::epoch` (feature `password`).
//!
//! [`Sessions::remember`] signs a browser in again after a timeout, or after it was closed. That
//! sign-in is not a recent authentication. The token lasts as long as the setting says, counted
//! from [`Session::remember`]; log-out ends it. Each use replaces the token. The tokens that
//! replace each other in one browser are a *series*.
//!
//! [`Account::epoch`]: crate::extract::Account::epoch
//! [`Account::find`]: crate::extract::Account::find
//!
//! # Store or cookie
//!
//! | promise | [`in_store`](Sessions::in_store), memory | [`in_store`](Sessions::in_store), Redis or SQL | [`in_cookie`](Sessions::in_cookie), [`ended_in`](CookieSessions::ended_in) Redis or SQL | `in_cookie`, [`dangerous_forgets_on_restart`](CookieSessions::dangerous_forgets_on_restart) |
//! |---|---|---|---|---|
//! | a session survives a restart | no | yes | yes | yes |
//! | log-out ends copies of the cookie | yes | yes | yes | yes |
//! | … in every process, and after a restart | yes | yes | yes | no |
//! | [`end_others`](Session::end_others) | yes | yes | yes | yes |
//! | … in every process, and after a restart | yes | yes | yes | no |
//! | [`account_sessions`](Session::account_sessions), [`end_other`](Session::end_other) | yes | yes | error | error |
//! | a stolen remember token ends the thief's session | yes | yes | yes | yes |
//! | remember tokens survive a restart | no | yes | yes | no |
//! | two requests change it at once: both changes are kept | yes | yes | no | no |
//! | more than 4,096 bytes, up to 64 KB | yes | yes | error | error |
//!
//! A test runs each promise in each place and compares this table. With sessions in memory, each
//! process has sessions of its own. If a store loses its data, visitors of `in_store` are signed
//! out; with `ended_in`, cookies of ended sessions work again until a timeout.
//!
//! Stores are in [`store`]: memory, Redis, SQL, or an implementation of
//! [`SessionStore`](store::SessionStore).
//!
//! # Signing in
//!
//! ```
//! use axum::{Router, body::Body, extract::State, http::Request, routing::{get, post}};
//! use palisade::password::{Password, PasswordHash, Passwords, StoredCredential};
//! use palisade::{Keyring, Rejection};
//! use palisade::session::{AuthProof, OtherSession, Session, SessionEvent, SessionRejection};
//! use palisade::session::{Sessions, SignIn};
//! use palisade::session::store::MemorySessions;
//! use std::time::Duration;
//! use tower::ServiceExt;
//!
//! #[derive(Clone)]
//! struct Site {
//!     passwords: Passwords,
//!     hash: PasswordHash, // in a real site, each account's hash is in the database
//! }
//!
//! async fn login(
//!     State(site): State<Site>,
//!     session: Session,
//!     password: String,
//! ) -> Result<(), Rejection> {
//!     let stored = StoredCredential::new(7, site.hash); // ids are numbers, texts, UUIDs, …
//!     let verified = site.passwords.verify(Password::from(&*password), Some(stored)).await?;
//!     let verified = verified.ok_or_else(|| Rejection::from(session.sign_in_required()))?;
//!     let proof: AuthProof = verified.proof; // only a right password gives one
//!     Ok(session.log_in(proof).await?)
//! }
//!
//! async fn account(session: Session) -> Result<String, SessionRejection> {
//!     let sign_in: Option<SignIn> = session.sign_in().await?;
//!     let Some(sign_in) = sign_in else { return Err(session.sign_in_required()) };
//!     session.require_recent_auth(Duration::from_secs(600)).await?;
//!     let sessions: Vec<OtherSession> = session.account_sessions().await?;
//!     Ok(format!("account {}, sessions: {}", sign_in.user, sessions.len()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let keyring = Keyring::random();
//! let sessions = Sessions::in_store(MemorySessions::new(), &keyring)
//!     .secure(true) // `Palisade` would know by the scheme of the request
//!     .login_path("/login")
//!     .on_event(|event| {
//!         if let SessionEvent::TokenStolen { user } = event {
//!             eprintln!("write to the owner of account {user}");
//!         }
//!     });
//! let passwords = Passwords::new();
//! let hash = passwords.hash(Password::from("correct horse battery staple")).await?.hash;
//! let app = Router::new()
//!     .route("/login", post(login))
//!     .route("/account", get(account))
//!     .with_state(Site { passwords, hash })
//!     .layer(sessions);
//!
//! let response = app.clone().oneshot(Request::get("/account").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["location"], "/login?next=/account");
//!
//! let right_password = Request::post("/login").body(Body::from("correct horse battery staple"))?;
//! let response = app.clone().oneshot(right_password).await?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! let cookie = set_cookie.split(';').next().unwrap_or_default();
//! let request = Request::get("/account").header("cookie", cookie).body(Body::empty())?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(response.into_body(), 100).await?, "account 7, sessions: 1");
//! # Ok(())
//! # }
//! ```
//!
//! With axum, the extractor [`SignedIn`](crate::SignedIn) does the first two steps of `account`
//! and loads the account.
//!
//! # Registering, and changing a password
//!
//! No step can be forgotten: the epoch comes from the stored hash, and
//! [`password_changed`](Session::password_changed) keeps this browser signed in and ends the others.
//!
//! ```
//! use axum::extract::State;
//! use palisade::extract::{Account, SignedIn};
//! use palisade::password::{NewPassword, Password, PasswordHash, Passwords};
//! use palisade::rejection::InternalError;
//! use palisade::{Rejection, Session};
//!
//! # #[derive(Clone)]
//! # struct Site { passwords: Passwords }
//! # impl Site {
//! #     async fn insert(&self, _: &PasswordHash) -> i64 { 7 }
//! #     async fn update(&self, _: i64, _: &PasswordHash) {}
//! #     async fn find(&self, _: i64) -> Option<User> { None }
//! # }
//! struct User {
//!     id: i64,
//!     hash: PasswordHash,
//! }
//!
//! impl Account<Site> for User {
//!     async fn find(id: &str, site: &Site) -> Result<Option<Self>, InternalError> {
//!         let Ok(id) = id.parse() else { return Ok(None) };
//!         Ok(site.find(id).await)
//!     }
//!     fn epoch(&self) -> u64 {
//!         self.hash.epoch()
//!     }
//! }
//!
//! async fn register(State(site): State<Site>, session: Session, password: String) -> Result<(), Rejection> {
//!     let new: NewPassword = site.passwords.hash(Password::from(password)).await?;
//!     let id = site.insert(&new.hash).await;
//!     Ok(session.log_in(new.proof(id)).await?)
//! }
//!
//! async fn change_password(
//!     State(site): State<Site>,
//!     user: SignedIn<User>, // ask for the old password, or `user.require_recent_auth(…)`
//!     password: String,
//! ) -> Result<(), Rejection> {
//!     let new = site.passwords.hash(Password::from(password)).await?;
//!     site.update(user.id, &new.hash).await;
//!     Ok(user.session().password_changed(new.proof(user.id)).await?)
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::password::HashingError> {
//! # let new = Passwords::new().hash(Password::from("correct horse battery staple")).await?;
//! # assert_eq!(new.proof(7).epoch(), User { id: 7, hash: new.hash.clone() }.epoch());
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! The session is read at the first call that needs it, once for each request. Pages that never
//! ask for it neither read a cookie nor send one.
//!
//! 1. The cookie is opened with the keyring. A cookie that no key opens counts as no session.
//! 2. The store is asked for the session, or for the note that a session in a cookie was ended,
//!    alone or with all sessions of its account. If the store is down, the answer is
//!    [`SessionRejection::StoreDown`] (503).
//! 3. A session past its idle or absolute timeout counts as no session.
//! 4. If the client's network or `User-Agent` has changed since the sign-in, [`SessionProtection`]
//!    decides: nothing, reauthentication, or the end of the session.
//! 5. Without a sign-in, a remember token that is the latest of its series signs in, and is
//!    replaced. For one minute after that, the replaced token still signs in, because the browser
//!    may have sent several requests at once. After that minute, it counts as stolen, and older
//!    tokens of the series do so at once: all sessions and tokens of this account end.
//! 6. The time of the last use is written if more than a sixteenth of the idle timeout has passed.
//!    A store that is slow or down does not delay or fail the response for it.
//!
//! When the response leaves, for a session that was asked for:
//!
//! 1. A sign-in is discarded if the status is 5xx: the handler has failed. The session before it has
//!    ended all the same. Other changes are saved.
//! 2. A changed session is saved. A save in a store uses optimistic locking: if another request
//!    was quicker, the changes are applied to its version. A session that another request ended
//!    stays ended.
//! 3. `Set-Cookie` is added if the cookie changes. A cookie of more than 4,096 bytes becomes a 500
//!    whose cause is logged; [`Session::set`] rejects such values before.
//! 4. `Vary: Cookie` is added.
//! 5. `Cache-Control: no-store` is set for a sign-in and after a log-out; `private, no-cache` for
//!    a session with data or a new cookie. A handler's `private` or `no-store` stays, its `public`
//!    does not.
//! 6. After a log-out, `Clear-Site-Data: "cookies", "storage"` tells the browser to delete the
//!    cookies of the site and of its other hosts, and the storage of this origin. If the same
//!    request has started another session, the header has `"storage"` only.
//!
//! If the store fails while a session is written, the handler's response is discarded and the
//! visitor gets a 503 ([`SessionRejection::StoreDown`]). The handler has run: what it has written
//! to a database stays.
//!
//! [`RedisSessions`](store::RedisSessions) waits 50 ms for each reply, and has a circuit breaker as
//! [rate limits](crate::rate_limit::FallbackStore) have: while Redis gives no answers, the 503
//! comes at once.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`idle_timeout`](Sessions::idle_timeout) | 30 minutes | OWASP: 15 to 30 minutes for low risk, 2 to 5 for high value |
//! | [`absolute_timeout`](Sessions::absolute_timeout) | 12 hours | bounds the use of a stolen cookie |
//! | [`cookie_name`](Sessions::cookie_name) | `__Host-session` over TLS, else `session` | with `__Host-`, no other host can set it |
//! | cookie attributes | `Path=/`, no `Domain`, `HttpOnly`, `Secure` over TLS | no script and no other host can read it; see [`cookie_domain`](Sessions::cookie_domain), [`cookie_path`](Sessions::cookie_path) |
//! | [`namespace`](Sessions::namespace) | none | each site has a key of its own |
//! | size | 4,096 bytes for the whole cookie; 64 KB in a store | browsers drop larger cookies; a session is read and written as a whole |
//! | form | binary; each value is JSON, parsed when asked for | a sign-in is read without parsing; records in JSON, from earlier versions, are read too |
//! | compression | none | the length of a cookie would reveal secrets next to a visitor's text (CRIME) |
//! | remember cookie | `__Host-remember` over TLS, else `remember`; the same attributes, and `Max-Age` | it outlives the browser |
//! | [`same_site`](Sessions::same_site) | `Lax`, for the session and the remember cookie | POST requests from other sites come without them |
//! | [`secure`](Sessions::secure) | by the scheme that [`Proxies`](crate::proxy::Proxies) found | plain HTTP works on localhost |
//! | [`protection`](Sessions::protection) | [`Basic`](SessionProtection::Basic) | mobile clients change their network |
//! | [`remember`](Sessions::remember) | off | a long-lived token needs a decision |
//! | [`login_path`](Sessions::login_path) | none: 401 | the library knows no pages of yours |
//! | [`reauth_path`](Sessions::reauth_path) | the login path | |
//!
//! # What it does not do
//!
//! - It holds no lock while a handler runs.
//! - It changes no session after the response's headers have left.
//! - It finishes a log-out that has begun even if the client disconnects. A sign-in is then lost,
//!   together with the session before it.
//! - It does not stop the replay of an older cookie of a live session that is stored in cookies.
//!   Keep data that must count once in a database.
//! - It signs in on proof only: check passwords with [`password`](crate::password), and bound the
//!   attempts with [`rate_limit`](crate::rate_limit).
//!
//! Two session layers on one site need two [cookie names](Sessions::cookie_name); only one may
//! [remember](Sessions::remember). CSRF tokens belong to the nearest one. Write the layer inside
//! [`Palisade`](crate::Palisade) or [`Proxies`](crate::proxy::Proxies): it answers 500 if it does
//! not know the scheme.
//!
//! # See also
//!
//! [`keyring`](crate::keyring) for key rotation, [`SignedIn`](crate::extract::SignedIn) for
//! handlers, [`csrf`](crate::csrf) for tokens that are bound to the session.
//!
//! # References
//!
//! OWASP Session Management Cheat Sheet; RFC 6265bis; Jaspan, Improved Persistent Login Cookie
//! Best Practice.

mod data;
mod event;
mod generation;
mod handle;
mod login;
mod other_sessions;
mod record;
mod rejection;
mod remember;
mod request_session;
mod revocation;
mod service;
mod settings;
mod sign_in;
pub mod store;
mod touch;

pub use self::event::SessionEvent;
pub use self::handle::Session;
pub use self::other_sessions::OtherSession;
pub use self::rejection::SessionRejection;
pub use self::service::{SessionFuture, SessionService};
pub use self::settings::{CookieSessions, SessionProtection, Sessions};
pub use self::sign_in::SignIn;
pub use crate::core::auth_proof::AuthProof;
