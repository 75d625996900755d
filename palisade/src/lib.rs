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
//! # Ok::<(), palisade::HostsError>(())
//! ```
//!
//! Put them around the router as one, in the order in which a request meets them: no route is without them, and they cost
//! least. `Router::layer` works too, the last one outermost; but what is added later has none of them, and axum puts each
//! on each route, in a box of its own that is copied for every request. Serve with [`serve()`], or with anything that
//! leaves a [`Peer`] in the request's extensions.
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

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(any(feature = "error-page", feature = "session"))]
mod accept;
mod authority;
mod binding;
#[cfg(feature = "serve")]
mod body_limit;
mod client;
#[cfg(any(feature = "ratelimit", feature = "csrf", feature = "report"))]
mod clock;
mod cookies;
mod csrf;
#[cfg(feature = "serve")]
mod deadline;
#[cfg(feature = "error-page")]
mod error_page;
mod exchange;
#[cfg(feature = "axum")]
mod extract;
mod fault;
mod file_fault;
#[cfg(feature = "filename")]
mod filename;
mod guard;
mod headers;
#[cfg(feature = "health")]
mod health;
mod host;
mod https;
#[cfg(feature = "keyring")]
mod keyring;
mod nonce;
mod palisade;
#[cfg(feature = "password")]
mod password;
#[cfg(any(feature = "session", feature = "password"))]
mod proof;
mod proxy;
mod quota;
#[cfg(feature = "ratelimit")]
mod ratelimit;
#[cfg(feature = "redirect")]
mod redirect;
mod refusal;
#[cfg(feature = "report")]
pub mod report;
mod request_id;
#[cfg(any(feature = "redirect", feature = "sanitize"))]
mod safe_path;
mod same_site;
#[cfg(feature = "sanitize")]
mod sanitize;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "session")]
mod session;
#[cfg(feature = "ratelimit")]
pub mod store;
#[cfg(feature = "serve")]
mod terms;
#[cfg(feature = "upload")]
mod upload;

pub use authority::{Authority, AuthorityError};
pub use binding::Binding;
#[cfg(feature = "serve")]
pub use body_limit::{BodyLimit, LimitedBody};
pub use client::{Client, ClientIp, Peer, Scheme};
#[cfg(any(feature = "ratelimit", feature = "csrf", feature = "report"))]
pub use clock::{Clock, Hand};
pub use cookies::Cookies;
pub use csrf::{Csrf, TrustError};
#[cfg(feature = "csrf")]
pub use csrf::{CsrfToken, CsrfTokens, CsrfTokensFuture, FieldError, PeekedBody, WithCsrfTokens};
#[cfg(feature = "serve")]
pub use deadline::{Deadline, DeadlineFuture, WithDeadline};
#[cfg(feature = "error-page")]
pub use error_page::{ErrorPage, ErrorPages, ErrorPagesFuture, WithErrorPages};
pub use exchange::Exchange;
#[cfg(all(feature = "axum", feature = "session"))]
pub use extract::{Account, SignedIn};
pub use fault::Fault;
pub use file_fault::FileFault;
#[cfg(feature = "filename")]
pub use filename::SafeName;
pub use guard::{Guard, GuardFuture, Guarded};
pub use headers::{
    CacheControl, ClearSiteData, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, DownloadOptions,
    EmbedderPolicy, FrameOptions, OpenerPolicy, OriginAgentCluster, PageHeaders, ReferrerPolicy,
    ReportingEndpoints, ReportingEndpointsError, ReportsTo, ResourcePolicy, SecurityHeaders, XssProtection,
    csp, permissions,
};
#[cfg(feature = "health")]
pub use health::{Health, Live, Ready};
pub use host::{Hosts, HostsError};
pub use https::{Hsts, HstsError, Https, HttpsHostError};
#[cfg(feature = "keyring")]
pub use keyring::{Keyring, KeyringError, Keys, Opened, Weakness};
pub use nonce::CspNonce;
pub use palisade::Palisade;
#[cfg(feature = "password")]
pub use password::{Cost, CostError, Password, PasswordHash, Passwords, Policy, Stored, Verified, Weak};
#[cfg(any(feature = "session", feature = "password"))]
pub use proof::Proof;
pub use proxy::{Hops, Proxies, ProxiesError};
pub use quota::{Quota, QuotaError, Quotas, Unit};
#[cfg(feature = "ratelimit")]
pub use quota::{Strategy, StrategyError};
#[cfg(feature = "ratelimit")]
pub use ratelimit::{
    Attempt, Backoff, Breach, Counted, Counts, Key, Metrics, RateGate, RateGateFuture, RateLimit, RetryAfter,
    SteadyStore, Unkeyed, WhenDown, WithRateGate,
};
#[cfg(feature = "redirect")]
pub use redirect::{Next, Redirect, RedirectSites, RedirectSitesError, SafeRedirect, SafeRedirectError};
pub use refusal::{Refusal, TokenFault};
pub use request_id::RequestId;
#[cfg(any(feature = "redirect", feature = "sanitize"))]
pub use safe_path::{SafePath, SafePathError};
pub use same_site::SameSite;
#[cfg(feature = "sanitize")]
pub use sanitize::{SafeHtml, SanitizeError, Sanitizer};
#[cfg(feature = "serve")]
pub use serve::{Serve, Serving, serve};
#[cfg(feature = "session")]
pub use session::{
    Elsewhere, Protection, Session, SessionEvent, Sessions, SessionsFuture, SignIn, WithSessions,
};
#[cfg(feature = "ratelimit")]
pub use store::Store;
#[cfg(feature = "upload")]
pub use upload::{
    Clamd, ClamdError, Digest, Incoming, Kept, Kind, Kinds, Listed, Pictures, Received, Unscanned, Upload,
    UploadBody, UploadId, UploadParseError, Uploads, UploadsError,
};
