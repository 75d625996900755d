//! Compresses pages, except where that would leak a secret: see [`palisade::compression`].
//!
//! Static files are compressed at build time (`build.rs`).

use http::{Extensions, HeaderMap, StatusCode, Version};
use palisade::compression::is_safe;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate};

/// The predicate that decides whether a response is compressed.
pub type Compressible = And<DefaultPredicate, fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool>;

pub fn pages() -> CompressionLayer<Compressible> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_safe as _))
}
