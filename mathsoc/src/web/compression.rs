//! Pages go out compressed, except where a secret and a stranger's words could meet (BREACH).
//!
//! The length of a compressed page tells whether what a stranger put into it repeats something that is there. So a
//! response that sets a cookie, or that nobody may keep (`Cache-Control: no-store`, what
//! [`PageHeaders::no_store`](palisade::PageHeaders::no_store) says), goes out as it is. A nonce is no such secret: the
//! next response has another.
//!
//! Static files come compressed already (`build.rs`). Reference: breachattack.com, CVE-2013-3587.

use http::header::{ACCEPT_RANGES, CACHE_CONTROL, SET_COOKIE};
use http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate};

/// What decides whether a response is compressed.
pub type Compressible = And<DefaultPredicate, fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool>;

/// The layer that compresses pages.
pub fn pages() -> CompressionLayer<Compressible> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(nothing_personal as _))
}

fn nothing_personal(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kept_by_nobody =
        |value: &http::HeaderValue| value.as_bytes().windows(8).any(|word| word == b"no-store");
    // Of what comes in ranges, every byte counts.
    !headers.contains_key(ACCEPT_RANGES)
        && !headers.contains_key(SET_COOKIE)
        && !headers.get_all(CACHE_CONTROL).iter().any(kept_by_nobody)
}
