//! The security layers of a web platform, for axum and any tower service: security headers and CSP,
//! hosts, proxies, HTTPS, CSRF, rate limits, sessions, passwords, uploads, sanitizing, redirects.
//!
//! ```
//! use axum::{Router, routing::get};
//! use palisade::test::Browser;
//! use palisade::{CspNonce, Palisade};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let page = get(async |nonce: CspNonce| format!("<script nonce=\"{nonce}\">…</script>"));
//! let app = Palisade::for_hosts(["example.org"])?.protect(Router::new().route("/", page));
//!
//! let mut browser = Browser::new(app).at("https://example.org"); // in a program: `palisade::serve(listener, app)`
//! let response = browser.get("/").await;
//! assert!(response.headers.contains_key("content-security-policy"));
//! # Ok(())
//! # }
//! ```
//!
//! [`Palisade`] owns the order of the layers: see [`front_door`]. Each layer also works alone, on a
//! `Router` or any tower service. A layer in the wrong place is a 500 that says what to write. Serve
//! with [`serve()`], or with any server that puts a [`PeerAddr`](request::PeerAddr) or axum's
//! `ConnectInfo` into the request's extensions.
//!
//! # Modules by task
//!
//! | task | module | rejects with |
//! |---|---|---|
//! | every layer in the right order, groups for pages and programs | [`front_door`] | 500 for a wrong wiring |
//! | client address and scheme behind proxies (ProxyFix) | [`proxy`] | 500 for an unknown peer |
//! | allowed hosts | [`host`] | 400, 421 |
//! | redirect to https, HSTS | [`https`] | 301, 302, 307, 308 |
//! | security headers, per-page overrides (helmet, Talisman) | [`headers`] | |
//! | Content-Security-Policy: build, parse, lint, nonces | [`csp`] | |
//! | `Secure`, `HttpOnly`, `SameSite` on every cookie | [`cookies`] | |
//! | requests forged by other sites: origin check, tokens | [`csrf`] | 400, 403, 408, 413 |
//! | CSP violations and other browser reports | [`reporting`] | |
//! | request ids in responses, pages and logs | [`request_id`] | |
//! | rate limits, quotas, backoff after failures | [`rate_limit`] | 400, 429, 503 |
//! | guessing passwords, without locking anybody out | [`login_limit`] | 429, 503 |
//! | compression without leaking secrets (BREACH) | [`compression`] | |
//! | size and time of request bodies | [`body_limit`] | 400, 408, 413 |
//! | time of the whole response | [`deadline`] | 503 |
//! | requests underway at once, in all and per client | [`concurrency`] | 429, 503 |
//! | a server that bounds connections, headers and bodies, with TLS, WebSockets and a graceful shutdown | [`serve`](mod@serve) | 400, 431 |
//! | health checks | [`health`] | 503 |
//! | error pages, `problem+json` | [`error_page`] | |
//! | errors of handlers: any error by `?` | [`error`](mod@error) | |
//! | keys that rotate: signing and sealing | [`keyring`] | |
//! | password hashes (Argon2id, Werkzeug, Django), password policy | [`password`] | 503 |
//! | sessions, signing in and out, remember-me, recent authentication | [`session`] | 303, 401, 403, 500, 503 |
//! | bearer tokens, API keys | [`bearer`] | 401 |
//! | signed webhooks (GitHub, Stripe) | [`webhook`] | 403 |
//! | links that expire | [`SignedLinks`](keyring::SignedLinks) | 404, 410 |
//! | HTML that people write | [`sanitize`] | |
//! | HTML in askama, maud and minijinja | [`template`] | |
//! | files that people send | [`upload`] | 400, 408, 413, 415, 422, 503 |
//! | redirects that stay on the site | [`redirect`] | |
//! | extractors and responses for axum | [`extract`] | |
//! | a browser for tests, a suite for session stores | [`test`](mod@test) | |
//!
//! CSRF rejects forged requests with 403; [`CsrfTokens`] adds 400, 408 and 413 for a body that it
//! cannot read. Every rejection is a value in the response: see [`rejection`]. Values that several
//! layers share are in [`request`] and [`clock`]; [`guard`] is the trait behind the stateless
//! layers.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `axum` | yes | [`extract`]; page overrides as return values; the peer from axum's `ConnectInfo` |
//! | `error-page`, `health`, `redirect` | yes | [`error_page`], [`health`], [`redirect`] |
//! | `serve` | yes | [`serve`](mod@serve), [`body_limit`], [`concurrency`], [`deadline`] |
//! | `askama`, `maud` | no | the template engine prints [`SafeHtml`](template::SafeHtml) unescaped: [`template`] |
//! | `bearer`, `webhook` | no | [`bearer`], [`webhook`] |
//! | `csrf` | no | [`CsrfTokens`]: tokens in forms ([`csrf`]'s origin check is always there) |
//! | `keyring`, `password` | no | [`keyring`], [`password`] |
//! | `rate-limit`, `login-limit`, `reporting` | no | [`rate_limit`], [`login_limit`], [`reporting`] |
//! | `sanitize`, `session`, `upload` | no | [`sanitize`], [`session`], [`upload`] |
//! | `redis`, `memcached` | no | counters ([`rate_limit::store`]) and, with Redis, sessions ([`session::store`]) in these servers |
//! | `sqlx-sqlite`, `sqlx-postgres` | no | sessions in the application's own database ([`session::store`]); Rust 1.94 |
//! | `upload-s3` | no | uploads stored in S3 |
//! | `tls` | no | [`serve::Tls`]: the server speaks TLS itself |
//! | `test` | no | [`test::Browser`](mod@test) and the suite of session stores, for the tests of an application |
//! | `full` | no | every feature |
//!
//! Features only add. Without any feature, the rest works on every tower service, for example under
//! hyper alone.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(doctest, feature = "rate-limit", feature = "session", feature = "test"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "bearer")]
pub mod bearer;
#[cfg(feature = "serve")]
pub mod body_limit;
pub mod compression;
#[cfg(feature = "serve")]
pub mod concurrency;
pub mod cookies;
mod core;
pub mod csp;
pub mod csrf;
#[cfg(feature = "serve")]
pub mod deadline;
pub mod error;
#[cfg(feature = "error-page")]
pub mod error_page;
#[cfg(feature = "axum")]
pub mod extract;
pub mod front_door;
#[cfg(all(any(doc, doctest), feature = "full"))]
pub mod guide;
pub mod headers;
#[cfg(feature = "health")]
pub mod health;
pub mod host;
pub mod https;
#[cfg(feature = "keyring")]
pub mod keyring;
#[cfg(feature = "login-limit")]
pub mod login_limit;
#[cfg(feature = "password")]
pub mod password;
pub mod proxy;
#[cfg(feature = "rate-limit")]
pub mod rate_limit;
#[cfg(feature = "redirect")]
pub mod redirect;
#[cfg(feature = "reporting")]
pub mod reporting;
pub mod request_id;
#[cfg(feature = "sanitize")]
pub mod sanitize;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "session")]
pub mod session;
pub mod template;
#[cfg(feature = "test")]
pub mod test;
#[cfg(feature = "upload")]
pub mod upload;
#[cfg(feature = "webhook")]
pub mod webhook;

#[cfg(any(
    feature = "keyring",
    feature = "rate-limit",
    feature = "reporting",
    feature = "tls",
    feature = "webhook"
))]
pub use self::core::clock;
pub use self::core::{guard, rejection, request};
pub use self::csp::{Csp, CspNonce};
#[cfg(feature = "csrf")]
pub use self::csrf::{CsrfToken, CsrfTokens};
pub use self::error::{Error, Result};
#[cfg(feature = "error-page")]
pub use self::error_page::ErrorPages;
#[cfg(all(feature = "axum", feature = "session"))]
pub use self::extract::SignedIn;
#[cfg(feature = "axum")]
pub use self::front_door::Palisade;
pub use self::headers::{PageHeaders, SecurityHeaders};
#[cfg(feature = "keyring")]
pub use self::keyring::Keyring;
#[cfg(feature = "password")]
pub use self::password::Passwords;
#[cfg(feature = "rate-limit")]
pub use self::rate_limit::RateLimit;
#[cfg(feature = "redirect")]
pub use self::redirect::Redirect;
pub use self::rejection::Rejection;
#[cfg(feature = "sanitize")]
pub use self::sanitize::Sanitizer;
#[cfg(feature = "serve")]
pub use self::serve::serve;
#[cfg(feature = "session")]
pub use self::session::{Session, Sessions};
#[cfg(feature = "upload")]
pub use self::upload::Uploads;
