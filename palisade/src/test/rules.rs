//! The rules by which browsers treat URLs and responses.

use axum::body::Body;
use http::Response;
use http::header::LOCATION;
use url::Url;

/// Returns the target of a redirect, if it is on the same host.
pub(super) fn next_url(response: &Response<Body>, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    let mut next = url.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()?;
    next.set_fragment(None);
    (next.host() == url.host()).then_some(next)
}

/// Returns `true` for URLs that get `Sec-Fetch-*` headers.
pub(super) fn is_trustworthy(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https"
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
