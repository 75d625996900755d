//! Sessions: data kept between the requests of one visitor, and the account that is signed in.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use palisade::Keyring;
//! use palisade::session::{Session, SessionRejection, Sessions};
//! use tower::ServiceExt;
//!
//! async fn count(session: Session) -> Result<String, SessionRejection> {
//!     let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
//!     session.set("visits", visits).await?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq")?;
//! let app = Router::new().route("/", get(count)).layer(Sessions::new(&keyring));
//!
//! let first = app.clone().oneshot(Request::get("/").body(Body::empty())?).await?;
//! // Over TLS it is `__Host-session=…; Secure`.
//! let set_cookie = first.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.starts_with("session=") && set_cookie.ends_with("HttpOnly; SameSite=Lax"));
//!
//! let cookie = set_cookie.split(';').next().unwrap_or_default();
//! let request = Request::get("/").header("cookie", cookie).body(Body::empty())?;
//! let second = app.oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(second.into_body(), 100).await?, "visit 2");
//! # Ok(())
//! # }
//! ```
//!
//! # How long a session lasts, and what ends it
//!
//! | end | when | change it with |
//! |---|---|---|
//! | idle timeout | 30 minutes (at least 28) after the last request that read the session | [`Sessions::idle_timeout`] |
//! | absolute timeout | 12 hours after it began; reauthentication does not extend it | [`Sessions::absolute_timeout`] |
//! | browser closed | the cookie has no `Max-Age`; browsers that restore tabs keep it | |
//! | log-out | at once, copies of the cookie included | [`Session::log_out`] |
//! | another sign-in in this browser | at once | [`Session::log_in`] |
//! | ended from another session | at once; needs a [store](Sessions::store) | [`Session::end_other`], [`Session::end_others`] |
//! | epoch raised, account removed | at the next request that extracts `SignedIn` | `Account::epoch`, `Account::find` |
//! | remember token stolen | at once for sessions in a store; for those in cookies, raise the epoch | [`SessionEvent::TokenStolen`] |
//! | client changed | not by default: only with [`SessionProtection::Strong`] | [`Sessions::protection`] |
//! | clock set back | if it began, or was last used, more than 5 minutes in the future | |
//! | key removed | when the keyring no longer has the key that sealed the cookie | [`Keyring::previous`](crate::Keyring::previous) |
//!
//! [`Sessions::remember`] signs a browser in again after a timeout, or after it was closed. That
//! sign-in is not a recent authentication. The token lasts as long as the setting says, counted
//! from [`Session::remember`]; log-out ends it.
//!
//! # Store or cookie
//!
//! | | [`Sessions::new`] | `new` + [`revocation_store`](Sessions::revocation_store) | `new` + [`store`](Sessions::store) |
//! |---|---|---|---|
//! | session data | sealed in the cookie | sealed in the cookie | in the store; the cookie has the sealed id |
//! | size | 4,096 bytes, name and attributes included | the same | the store's limit |
//! | log-out is effective | in this process, until it stops | everywhere | everywhere |
//! | list and end other sessions | no | no | yes |
//! | two requests change it at once | the later response wins | the same | both changes are kept |
//! | the store loses its data | cookies of ended sessions work again until a timeout | the same | everyone is signed out |
//! | remember tokens | in this process's memory | in the store | in the store |
//!
//! Stores are in [`store`]: memory, Redis, or an implementation of
//! [`SessionStore`](store::SessionStore).
//!
//! # Signing in
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::{get, post}};
//! use palisade::Keyring;
//! use palisade::session::{AuthProof, OtherSession, Session, SessionEvent, SessionRejection};
//! use palisade::session::{Sessions, SignIn};
//! use palisade::session::store::MemorySessions;
//! use std::time::Duration;
//! use tower::ServiceExt;
//!
//! async fn login(session: Session) -> Result<(), SessionRejection> {
//!     // `Passwords::verify` makes a proof from a password.
//!     let proof = AuthProof::dangerous_allow_unverified("7", 1);
//!     session.log_in(proof).await
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
//! # let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq")?;
//! let sessions = Sessions::new(&keyring)
//!     .store(MemorySessions::new())
//!     .login_path("/login")
//!     .on_event(|event| {
//!         if let SessionEvent::TokenStolen { user } = event {
//!             eprintln!("raise the epoch of account {user}");
//!         }
//!     });
//! let app = Router::new()
//!     .route("/login", post(login))
//!     .route("/account", get(account))
//!     .layer(sessions);
//!
//! let response = app.clone().oneshot(Request::get("/account").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["location"], "/login?next=/account");
//!
//! let response = app.clone().oneshot(Request::post("/login").body(Body::empty())?).await?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! let cookie = set_cookie.split(';').next().unwrap_or_default();
//! let request = Request::get("/account").header("cookie", cookie).body(Body::empty())?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(response.into_body(), 100).await?, "account 7, sessions: 1");
//! # Ok(())
//! # }
//! ```
//!
//! With axum, the extractor `SignedIn` does the first two steps of `account` and loads the
//! account.
//!
//! # What happens, in order
//!
//! The session is read at the first call that needs it, once for each request. Pages that never
//! ask for it neither read a cookie nor send one.
//!
//! 1. The cookie is opened with the keyring. A cookie that no key opens counts as no session.
//! 2. The store is asked for the session, or for the note that a session in a cookie was ended. If
//!    the store is down, the answer is [`SessionRejection::StoreDown`] (503).
//! 3. A session past its idle or absolute timeout counts as no session.
//! 4. If the client's network or `User-Agent` has changed since the sign-in, [`SessionProtection`]
//!    decides: nothing, reauthentication, or the end of the session.
//! 5. Without a sign-in, a remember token that is the latest of its series signs in, and is
//!    replaced. The token before it signs in for one more minute. Any other token of the series is
//!    stolen: the sessions and tokens that the store has of this account end.
//! 6. The time of the last use is written if more than a sixteenth of the idle timeout has passed.
//!
//! When the response leaves, for a session that was asked for:
//!
//! 1. A changed session is saved. A save in a store uses optimistic locking: if another request
//!    was quicker, the changes are applied to its version. A session that another request ended
//!    stays ended.
//! 2. `Set-Cookie` is added if the cookie changes. A cookie of more than 4,096 bytes becomes a 500
//!    whose cause is logged.
//! 3. `Vary: Cookie` is added.
//! 4. `Cache-Control: no-store` is set for a sign-in and after a log-out; `private, no-cache` for
//!    a session with data or a new cookie. A handler's `private` or `no-store` stays, its `public`
//!    does not.
//! 5. After a log-out, `Clear-Site-Data` tells the browser to delete the cookies and storage of
//!    the site.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`idle_timeout`](Sessions::idle_timeout) | 30 minutes | OWASP: 15 to 30 minutes for low risk, 2 to 5 for high value |
//! | [`absolute_timeout`](Sessions::absolute_timeout) | 12 hours | bounds the use of a stolen cookie |
//! | [`cookie_name`](Sessions::cookie_name) | `__Host-session` over TLS, else `session` | with `__Host-`, no other host can set it |
//! | cookie attributes | `Path=/`, `HttpOnly`, `Secure` over TLS | no script can read it |
//! | [`same_site`](Sessions::same_site) | `Lax` | POST requests from other sites come without it |
//! | [`secure`](Sessions::secure) | by the scheme that [`Proxies`](crate::proxy::Proxies) found | plain HTTP works on localhost |
//! | [`protection`](Sessions::protection) | [`Basic`](SessionProtection::Basic) | mobile clients change their network |
//! | [`remember`](Sessions::remember) | off | a long-lived token needs a decision |
//! | [`login_path`](Sessions::login_path) | none: 401 | the library knows no pages of yours |
//! | [`reauth_path`](Sessions::reauth_path) | the login path | |
//! | storage | the cookie | no server to run |
//!
//! # What it does not do
//!
//! - It holds no lock while a handler runs.
//! - It changes no session after the response's headers have left.
//! - It finishes a log-out that has begun even if the client disconnects. A sign-in is then lost,
//!   together with the session before it.
//! - It does not stop the replay of an older cookie of a live session that is stored in cookies.
//!   Keep data that must count once in a database.
//! - It signs in on proof only: check passwords with `palisade::password`, and bound the attempts
//!   with `palisade::rate_limit`.
//!
//! Two session layers on one site need two [cookie names](Sessions::cookie_name); only one may
//! [remember](Sessions::remember). Write the layer inside `Palisade` or `Proxies`: without the
//! scheme the cookie is not `Secure`.
//!
//! # See also
//!
//! [`keyring`](crate::keyring) for key rotation, `palisade::extract::SignedIn` for handlers,
//! [`csrf`](crate::csrf) for tokens that are bound to the session.
//!
//! # References
//!
//! OWASP Session Management Cheat Sheet; RFC 6265bis; Jaspan, Improved Persistent Login Cookie
//! Best Practice.

mod cookie;
mod data;
mod event;
mod handle;
mod login;
mod other_sessions;
mod rejection;
mod remember;
mod request_session;
mod revocation;
mod service;
mod settings;
mod sign_in;
pub mod store;

pub use self::event::SessionEvent;
pub use self::handle::Session;
pub use self::other_sessions::OtherSession;
pub use self::rejection::SessionRejection;
pub use self::service::{SessionFuture, SessionService};
pub use self::settings::{SessionProtection, Sessions};
pub use self::sign_in::SignIn;
pub use crate::core::auth_proof::AuthProof;
