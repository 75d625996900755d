//! The places where a layer has to know that axum may be around or inside: the peer's address, the
//! URI before nesting, its own body limit, and the errors that it wraps.

use std::net::SocketAddr;

#[cfg(feature = "csrf")]
use axum::BoxError;
use axum::extract::connect_info::MockConnectInfo;
use axum::extract::{ConnectInfo, OriginalUri};
use http::{Extensions, Uri};

/// Returns the peer's address that axum's server, or `MockConnectInfo` in a test, has set.
pub(crate) fn connect_info(extensions: &Extensions) -> Option<SocketAddr> {
    let real = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    real.or_else(|| extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0))
}

/// Returns the request's URI before `Router::nest` has removed a part of it.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<OriginalUri>().map(|uri| &uri.0)
}

/// Sets axum's own body limit too; its extractors stop at 2 MB otherwise.
#[cfg(feature = "serve")]
pub(crate) fn limit_body<B>(request: &mut http::Request<B>, bytes: u64) {
    axum::extract::DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(request);
}

/// Returns the cause of a body's error without axum's wrapper.
#[cfg(feature = "csrf")]
pub(crate) fn unwrapped(error: BoxError) -> BoxError {
    error.downcast::<axum::Error>().map_or_else(|error| error, |wrapped| wrapped.into_inner())
}
