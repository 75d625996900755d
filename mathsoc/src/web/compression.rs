//! Compresses pages, except where that would leak a secret (BREACH).
//!
//! The length of a compressed page reveals whether attacker-controlled text repeats a secret of
//! the page. So a response is not compressed if it sets a cookie, or if it is `Cache-Control:
//! no-store`, as with [`PageHeaders::no_store`](palisade::PageHeaders::no_store). A nonce is not
//! such a secret: it changes with each response.
//!
//! Static files are compressed at build time (`build.rs`). Reference: breachattack.com,
//! CVE-2013-3587.

use http::header::{ACCEPT_RANGES, CACHE_CONTROL, SET_COOKIE};
use http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate};

/// The predicate that decides whether a response is compressed.
pub type Compressible = And<DefaultPredicate, fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool>;

pub fn pages() -> CompressionLayer<Compressible> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(has_no_secret as _))
}

fn has_no_secret(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let is_no_store = |value: &http::HeaderValue| value.as_bytes().windows(8).any(|word| word == b"no-store");
    // Byte ranges refer to the uncompressed file.
    !headers.contains_key(ACCEPT_RANGES)
        && !headers.contains_key(SET_COOKIE)
        && !headers.get_all(CACHE_CONTROL).iter().any(is_no_store)
}
