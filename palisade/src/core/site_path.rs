//! Paths of the site: as the server sees them, and as browsers see them.
//!
//! `Router::nest` removes the beginning of a path for the routes inside, and a proxy that serves
//! the site under a prefix removes the prefix. Whatever is sent to a browser needs both.

#[cfg(feature = "redirect")]
use http::header::LOCATION;
#[cfg(feature = "redirect")]
use http::{HeaderValue, Response};
use http::{Request, Uri};

#[cfg(feature = "redirect")]
use super::client::Client;

/// Returns the request's URI as this server received it, before `Router::nest` has removed a part.
pub(crate) fn original_uri<B>(request: &Request<B>) -> &Uri {
    #[cfg(feature = "axum")]
    if let Some(uri) = super::axum_compat::original_uri(request.extensions()) {
        return uri;
    }
    request.uri()
}

/// Marks a response whose `Location` is a path of this site that still lacks the proxy's prefix.
#[cfg(feature = "redirect")]
#[derive(Clone, Copy)]
pub(crate) struct SiteLocation;

/// Adds the proxy's prefix to a marked `Location`.
#[cfg(feature = "redirect")]
pub(crate) fn add_prefix<B>(client: &Client, response: &mut Response<B>) {
    if response.extensions_mut().remove::<SiteLocation>().is_none() || client.prefix().is_empty() {
        return;
    }
    let Some(path) = response.headers().get(LOCATION).and_then(|location| location.to_str().ok()) else {
        return;
    };
    if let Ok(location) = HeaderValue::try_from(client.path(path)) {
        response.headers_mut().insert(LOCATION, location);
    }
}
