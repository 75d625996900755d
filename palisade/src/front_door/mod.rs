//! The front door: one value that contains every layer of a site, in the right order.
//!
//! ```
//! use axum::{Router, routing::get};
//! use palisade::Palisade;
//! use palisade::test::Browser;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let routes = Router::new().route("/", get(async || "Hello"));
//! let app = Palisade::development().protect(routes);
//!
//! let mut browser = Browser::new(app); // in a program: `palisade::serve(listener, app).await`
//! let page = browser.get("/").await;
//! assert_eq!(page.text, "Hello");
//! assert!(page.headers.contains_key("content-security-policy"));
//! # }
//! ```
//!
//! # A whole site
//!
//! Say once where the site runs and what it uses. Each group of routes gets the variant that fits
//! it; the groups are merged or nested afterwards:
//!
//! ```
//! use axum::{Router, response::Html, routing::{get, post}};
//! use palisade::proxy::Proxies;
//! use palisade::rate_limit::store::MemoryStore;
//! use palisade::session::store::MemorySessions;
//! use palisade::test::Browser;
//! use palisade::{CsrfToken, Keyring, Palisade, RateLimit, Sessions};
//!
//! async fn form(token: CsrfToken) -> Html<String> {
//!     Html(format!("<form method=\"post\" action=\"/notes\">{}</form>", token.input()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::random();
//! let palisade = Palisade::for_hosts(["example.org"])?
//!     .trusted_proxies(Proxies::hops(1))
//!     .sessions(Sessions::in_store(MemorySessions::new(), &keyring))
//!     .rate_limit(RateLimit::new("site", "300/minute", MemoryStore::new())?);
//!
//! let pages = Router::new().route("/", get(form)).route("/notes", post(async || "saved"));
//! let api = Router::new().route("/notes", post(async || "saved by a program"));
//! let app = palisade.protect(pages).nest("/api", palisade.for_api().protect(api));
//!
//! let mut browser = Browser::new(app).at("https://example.org");
//! browser.get("/").await;
//! assert_eq!(browser.submit("/notes", &[]).await.text, "saved"); // with the token of the form
//! assert_eq!(browser.post("/notes", &[]).await.status, 403); // without
//! assert_eq!(browser.post("/api/notes", &[]).await.text, "saved by a program");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! | layer | does | change it with |
//! |---|---|---|
//! | [`ErrorPages`] | writes the body of every error | [`error_pages`](Palisade::error_pages) |
//! | [`Proxies`] | resolves the client's address and scheme; 500 for an unknown peer | [`trusted_proxies`](Palisade::trusted_proxies) |
//! | [`RequestIds`](crate::request_id::RequestIds) | sends the id of the request, if set | [`request_ids`](Palisade::request_ids) |
//! | [`Hosts`](crate::host::Hosts) | rejects requests for other sites: 400, 421 | [`for_hosts`](Palisade::for_hosts), [`hosts`](Palisade::hosts) |
//! | [`Https`] | redirects plain HTTP: 302, 307; sends HSTS | [`https`](Palisade::https) |
//! | [`Csrf`] | rejects requests that pages of other sites make: 403 | [`cross_origin`](Palisade::cross_origin) |
//! | [`Cookies`], [`SecurityHeaders`] | complete every response, rejections included | [`cookies`](Palisade::cookies), [`headers`](Palisade::headers) |
//! | [`ConcurrencyLimit`] | bounds the requests underway at once, in all and per client: 429, 503 | [`concurrency_limit`](Palisade::concurrency_limit) |
//! | [`Deadline`] | answers 503 after 30 s | [`timeout`](Palisade::timeout) |
//! | [`BodyLimit`] | 1 MiB in 30 s: 408, 413 | [`body_limit`](Palisade::body_limit) |
//! | [`RateLimitLayer`](crate::rate_limit::RateLimitLayer) | counts requests, if set: 429 | [`rate_limit`](Palisade::rate_limit) |
//! | [`Sessions`](crate::Sessions) | the visitor's session, if set | [`sessions`](Palisade::sessions) |
//! | [`CsrfTokens`](crate::CsrfTokens) | requires a token in every form, with sessions: 403 | [`csrf_tokens`](Palisade::csrf_tokens) |
//! | rejected forms | shows a rejected form again, if set | [`rejected_forms`](Palisade::rejected_forms) |
//! | your routes | | layers on the router, inside of [`protect`](Palisade::protect) |
//!
//! The order of the builder's calls does not matter.
//!
//! # Groups
//!
//! | variant | for | differs |
//! |---|---|---|
//! | [`Palisade`] | pages | |
//! | [`for_api`](Palisade::for_api) | programs, with tokens in a header | no cookie is read, no sessions; pages of other sites may send requests; errors are `problem+json` |
//! | [`for_webhooks`](Palisade::for_webhooks) | other services | as `for_api`, without the rate limit |
//! | [`for_probes`](Palisade::for_probes) | health checks | any host, plain HTTP too; no sessions, no concurrency limit |
//! | [`without_sessions`](Palisade::without_sessions) | files | no sessions, no tokens |
//!
//! Protect each router once, then `merge` or `nest` it. Two protected routers around one route
//! are a 500. `merge` keeps the fallback of the router that is merged *in*, so write
//! `api.merge(pages)`: the pages' 404 is then the one for the whole site. `nest` drops the nested
//! fallback: an unprotected outer router would answer unknown paths without headers.
//!
//! # What a wrong wiring does
//!
//! A layer in the wrong place, twice, or without the layer that it needs answers 500 to every
//! request. The log has the line to write, at level `error`; in development the page has it too. A
//! layer never protects less in silence. Two mistakes cannot be found by a layer:
//!
//! - A route that is added after [`protect`](Palisade::protect) is not covered.
//!   [`Browser`](crate::test::Browser) panics for it. [`serve`](mod@crate::serve) logs an error for its
//!   pages, and for POST, PUT, PATCH and DELETE.
//! - The first read of a [`CspNonce`](crate::CspNonce) while the body is streamed comes after the
//!   headers. It is logged at level `error`.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | hosts | none: [`for_hosts`](Palisade::for_hosts) requires them | a forged `Host` would choose the links in letters |
//! | trusted proxies | none | any client can send the headers |
//! | https | redirect; HSTS of one year | OWASP |
//! | cookies | `Secure`, `HttpOnly`, `SameSite=Lax` | every cookie |
//! | headers | [`SecurityHeaders::strict`] | see [`headers`](crate::headers) |
//! | requests underway at once | 1024, of one client 128 | memory; see [`concurrency`](crate::concurrency) |
//! | time until the response | 30 s | a handler that hangs would hold its place |
//! | request body | 1 MiB in 30 s | memory, and slow clients |
//! | error pages | [`ErrorPages::plain`] | a rejection is never an empty page |
//! | rate limit, sessions | off | they need a store and a key |
//! | request ids in responses | off | a header that only operators read |
//!
//! # What it does not do
//!
//! It bounds no connections: [`serve`](mod@crate::serve) does. CORS headers are tower-http's
//! `CorsLayer`: write it outside of `protect`, so that rejections have them too.
//!
//! # See also
//!
//! [`Guards`]: the stateless layers alone, without axum.

#[cfg(feature = "axum")]
mod builder;
mod development;
#[cfg(all(feature = "axum", feature = "session"))]
mod form_recording;
#[cfg(all(feature = "axum", feature = "session"))]
mod form_setting;
#[cfg(feature = "axum")]
mod groups;
mod guards;
#[cfg(feature = "axum")]
mod optional;
#[cfg(all(feature = "axum", feature = "session"))]
mod rejected_forms;
#[cfg(feature = "axum")]
mod stack;

#[cfg(feature = "axum")]
pub use self::builder::Palisade;
pub use self::guards::{Guards, GuardsState};
#[cfg(feature = "axum")]
pub use self::stack::{Adapted, Stack};
#[cfg(all(doc, feature = "axum"))]
use crate::{
    body_limit::BodyLimit, concurrency::ConcurrencyLimit, cookies::Cookies, csrf::Csrf, deadline::Deadline,
    error_page::ErrorPages, headers::SecurityHeaders, https::Https, proxy::Proxies,
};
