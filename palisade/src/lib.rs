//! The security layers of a web platform, for any tower service and first of all for axum.
//!
//! ```
//! use axum::{Router, routing::get};
//! use palisade::{CspNonce, ErrorPages, Palisade};
//! use tower::Layer;
//!
//! let routes = Router::new()
//!     .route("/", get(|nonce: CspNonce| async move { format!("<script nonce=\"{nonce}\">…</script>") }));
//! let app = (ErrorPages::plain(), Palisade::new().hosts(["example.org", "localhost"])?).layer(routes);
//! # fn is_a_service(_: impl tower::Service<http::Request<axum::body::Body>>) {}
//! # is_a_service(app);
//! # Ok::<(), palisade::host::HostsError>(())
//! ```
//!
//! Put them around the router as one, in the order in which a request meets them: no route is without them, and they cost
//! least. `Router::layer` works too, the last one outermost; but what is added later has none of them, and axum puts each
//! on each route, in a box of its own that is copied for every request. Serve with [`serve()`], or with anything that
//! leaves a [`PeerAddr`] in the request's extensions.
//!
//! # Layers
//!
//! | layer | what it does | refuses with |
//! |---|---|---|
//! | [`Palisade`] | the next six, in the right order | |
//! | [`Proxies`] | decides who is asking: address, scheme, host, port, prefix | 500, where nobody can be told apart |
//! | [`Hosts`] | answers for our hosts only | 400, 421 |
//! | [`Https`] | redirects to https; Strict-Transport-Security | 302, 307 (301, 308) |
//! | [`Csrf`] | no page of another site sends a form here | 403 |
//! | [`Cookies`] | Secure, HttpOnly, SameSite on every cookie | |
//! | [`SecurityHeaders`] | CSP with nonces, framing, referrers, isolation, permissions, caching | |
//! | [`PageHeaders`] | what one page wants otherwise; a layer, or returned by a handler | |
//! | [`BodyLimit`] | how large a body a route takes | 413 |
//! | [`Deadline`] | how long an answer may take | 503 |
//! | [`Sessions`] | what is remembered of a visitor, and who is signed in | 303, 401, 403 (503) |
//! | [`CsrfTokens`] | what changes something comes with a token of our own page | 403 (400, 408, 413) |
//! | [`RateLimit`] | so many requests in so long; also a call | 429 (400, 503) |
//! | [`ErrorPages`] | writes the body of every refusal and fault | |
//!
//! [`Health`] is no layer but two services, for a group of their own behind [`Palisade::open`].
//!
//! # What people send
//!
//! | type | what it is |
//! |---|---|
//! | [`SafePath`], [`Next`] | a path on this very site: where a form says to go on |
//! | [`RedirectSites`] | which other sites a redirect may lead to |
//! | [`Redirect`] | the response, made of nothing but those |
//! | [`Sanitizer`] | makes of HTML that somebody wrote the HTML that a page may show |
//! | [`SafeHtml`] | that HTML: what templates print as it is |
//! | [`SafeName`] | the name of a file that somebody sent |
//! | [`Uploads`] | the files themselves: taken in, judged, scanned, kept, served |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `audit` | no | [`audit`]: how a site stands, from what it answered |
//! | `axum` | yes | extractors, [`PageHeaders`] as a return value, the peer from axum's `ConnectInfo` |
//! | `error-page` | yes | [`ErrorPages`] |
//! | `filename` | no | [`SafeName`] |
//! | `report` | no | [`report`]: what browsers report, grouped and explained |
//! | `health` | yes | [`Health`] |
//! | `redirect` | yes | [`Redirect`], [`SafePath`], [`Next`], [`RedirectSites`] |
//! | `sanitize` | no | [`Sanitizer`], [`SafeHtml`] |
//! | `serve` | yes | [`serve()`], [`BodyLimit`], [`Deadline`] |
//! | `ratelimit` | no | [`RateLimit`], and [`store`] with counts in memory |
//! | `redis`, `memcached` | no | counts there |
//! | `session` | no | [`Sessions`], [`SignedIn`]; [`store`] keeps them |
//! | `password` | no | [`Passwords`], [`Policy`] |
//! | `keyring` | no | [`Keyring`]: keys that rotate, one for each purpose; signing and sealing |
//! | `csrf` | no | [`CsrfTokens`], [`CsrfToken`]; the feature `keyring` |
//! | `upload` | no | [`Uploads`], in a folder; the feature `filename` |
//! | `upload-s3` | no | [`Uploads`] in S3 |
//!
//! Features only add. Without any, everything else works on any tower service, under hyper alone for example.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "audit")]
pub mod audit;
#[cfg(feature = "serve")]
pub mod body_limit;
pub mod cookies;
mod core;
pub mod csp;
pub mod csrf;
#[cfg(feature = "serve")]
pub mod deadline;
#[cfg(feature = "error-page")]
pub mod error_page;
#[cfg(feature = "axum")]
pub mod extract;
pub mod front_door;
pub mod headers;
#[cfg(feature = "health")]
pub mod health;
pub mod host;
pub mod https;
#[cfg(feature = "keyring")]
pub mod keyring;
#[cfg(feature = "password")]
pub mod password;
pub mod proxy;
#[cfg(feature = "rate-limit")]
pub mod rate_limit;
#[cfg(feature = "redirect")]
pub mod redirect;
#[cfg(feature = "reporting")]
pub mod reporting;
#[cfg(feature = "sanitize")]
pub mod sanitize;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "upload")]
pub mod upload;

#[cfg(any(feature = "rate-limit", feature = "session", feature = "csrf", feature = "reporting"))]
pub use self::core::clock;
pub use self::core::{guard, rejection, request};
pub use self::csp::{Csp, CspNonce};
#[cfg(feature = "csrf")]
pub use self::csrf::{CsrfToken, CsrfTokens};
#[cfg(feature = "error-page")]
pub use self::error_page::ErrorPages;
#[cfg(all(feature = "axum", feature = "session"))]
pub use self::extract::SignedIn;
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
