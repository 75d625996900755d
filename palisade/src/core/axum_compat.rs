//! The places where a layer has to know that axum may be inside: its own body limit, the errors
//! that it wraps, and the route that it has matched.

#[cfg(feature = "csrf")]
use axum::BoxError;

/// Returns the template of the route, such as `/articles/{id}`, inside of a router.
pub(crate) fn route(extensions: &http::Extensions) -> Option<&str> {
    extensions.get().map(axum::extract::MatchedPath::as_str)
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
