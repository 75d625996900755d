//! Compression that reveals no secret: the rule that tells which responses may be compressed.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, http::header::SET_COOKIE, routing::get};
//! use palisade::compression;
//! use tower::ServiceExt;
//! use tower_http::compression::{CompressionLayer, predicate::{DefaultPredicate, Predicate}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let compress = CompressionLayer::new()
//!     .compress_when(DefaultPredicate::new().and(compression::is_safe));
//! let app = Router::new()
//!     .route("/news", get(|| async { "news ".repeat(100) }))
//!     .route("/login", get(|| async { ([(SET_COOKIE, "session=1")], "news ".repeat(100)) }))
//!     .layer(compress);
//!
//! let get = |path| Request::get(path).header("accept-encoding", "gzip").body(Body::empty());
//! let news = app.clone().oneshot(get("/news")?).await?;
//! assert_eq!(news.headers()["content-encoding"], "gzip");
//! let login = app.oneshot(get("/login")?).await?;
//! assert!(!login.headers().contains_key("content-encoding"));
//! # Ok(())
//! # }
//! ```
//!
//! The length of a compressed page reveals whether a text that an attacker controls repeats a
//! secret of the same page (BREACH). So these responses stay uncompressed:
//!
//! | response | why |
//! |---|---|
//! | with `Set-Cookie` | a cookie is a secret, and the response belongs to one visitor |
//! | `Cache-Control` with `no-store`, or [`PageHeaders::no_store`] | the page contains a secret |
//! | with `Accept-Ranges` or `Content-Range` | byte ranges refer to the uncompressed file |
//!
//! Pages with a CSP nonce or a CSRF token are compressed, although they are personal
//! (`Cache-Control: private, no-cache`): both differ in every response, so their length reveals
//! nothing.
//!
//! [`PageHeaders::no_store`]: crate::PageHeaders::no_store
//!
//! # What it does not do
//!
//! - It does not compress. Put the predicate into tower-http's `CompressionLayer`, and that layer
//!   outside of all layers of this library: inside of them, no session cookie is set yet.
//! - It does not recognise a secret in the body, such as an API key on the account page. Return
//!   [`PageHeaders::no_store`] with such a page.
//! - It does not look at sizes and content types: that is tower-http's `DefaultPredicate`.
//!
//! References: breachattack.com; CVE-2013-3587; RFC 9110 section 14.

use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version};

use crate::headers::PageHeaders;

/// Returns `true` if a response with this head may be compressed. The arguments are those of
/// tower-http's `Predicate`. See the [module page](self).
///
/// ```
/// use http::{HeaderMap, Response};
/// use palisade::compression::is_safe;
///
/// let (mut head, ()) = Response::new(()).into_parts();
/// assert!(is_safe(head.status, head.version, &head.headers, &head.extensions));
/// head.headers.insert("cache-control", "private, no-store".parse()?);
/// assert!(!is_safe(head.status, head.version, &head.headers, &head.extensions));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[doc(alias("BREACH", "CRIME", "gzip"))]
pub fn is_safe(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    // The layer may stand inside of the one that turns `PageHeaders` into headers.
    let page = extensions.get::<PageHeaders>();
    !page.is_some_and(PageHeaders::forbids_storing)
        && !headers.contains_key(SET_COOKIE)
        && !headers.contains_key(ACCEPT_RANGES)
        && !headers.contains_key(CONTENT_RANGE)
        && !headers.get_all(CACHE_CONTROL).iter().any(is_no_store)
}

fn is_no_store(value: &HeaderValue) -> bool {
    let mut directives = value.as_bytes().split(|byte| *byte == b',');
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-store"))
}
