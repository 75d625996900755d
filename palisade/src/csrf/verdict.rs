//! The origin check: the verdict on the page that made a request, from the request's headers.

use http::header::{ORIGIN, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Request};

use super::origin::Origin;
use crate::core::request_context::RequestContext;

/// The verdict of the origin check. It stands in the request's extensions, where the token check
/// reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OriginVerdict {
    /// A page of this site or of a trusted origin made the request.
    Verified,
    /// The request has neither `Sec-Fetch-Site` nor `Origin`: a program or a very old browser.
    NoEvidence,
    /// A page of another site made the request.
    CrossSite,
    /// No layer has resolved the client, so this site's own origin is unknown.
    UnknownClient,
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) fn judge_origin<B>(
    request: &Request<B>,
    context: &RequestContext,
    trusted: &[Origin],
) -> OriginVerdict {
    let Some(client) = context.client() else { return OriginVerdict::UnknownClient };
    let fetch_site = SingleHeader::of(request, &SEC_FETCH_SITE);
    let origin = SingleHeader::of(request, &ORIGIN);
    let origin_is = |accepted: &dyn Fn(&Origin) -> bool| match &origin {
        SingleHeader::Text(text) => Origin::parse(text).is_some_and(|origin| accepted(&origin)),
        SingleHeader::Missing | SingleHeader::Invalid => false,
    };
    if !trusted.is_empty() && origin_is(&|origin| trusted.contains(origin)) {
        return OriginVerdict::Verified;
    }
    match (fetch_site, &origin) {
        (SingleHeader::Text("same-origin" | "none"), _) => OriginVerdict::Verified,
        (SingleHeader::Text(_) | SingleHeader::Invalid, _) => OriginVerdict::CrossSite,
        (SingleHeader::Missing, SingleHeader::Missing) => OriginVerdict::NoEvidence,
        (SingleHeader::Missing, _) if origin_is(&|origin| origin.is_own(request, client)) => {
            OriginVerdict::Verified
        }
        (SingleHeader::Missing, _) => OriginVerdict::CrossSite,
    }
}

/// Logs what was compared: a proxy that changes the host or its port makes every form cross-site.
pub(super) fn log_cross_site<B>(request: &Request<B>, context: &RequestContext) {
    let Some(client) = context.client() else { return };
    let header = |name| request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let own = client.authority(request).map_or_else(
        |error| error.to_string(),
        |host| format!("{}://{}:{}", client.scheme().as_str(), host.host(), client.port(host)),
    );
    let (origin, fetch_site) = (header(ORIGIN), header(SEC_FETCH_SITE));
    tracing::info!(origin, fetch_site, own, "a page of another site made the request");
}

/// Returns `true` for unsafe methods, and for WebSockets: they open with a GET, to which browsers
/// apply no same-origin policy.
pub(super) fn changes_state<B>(request: &Request<B>) -> bool {
    let opens_a_websocket = || {
        let mut lines = request.headers().get_all(UPGRADE).iter();
        lines.any(|line| {
            line.as_bytes().split(|byte| *byte == b',').any(|protocol| {
                let protocol = protocol.trim_ascii();
                protocol.len() >= 9 && protocol[..9].eq_ignore_ascii_case(b"websocket")
            })
        })
    };
    !is_safe(request.method()) || opens_a_websocket()
}

/// Returns `true` for safe methods, and for CONNECT: it opens a WebSocket over HTTP/2, to which a
/// page can add no token. As for one that opens by `Upgrade`, the origin check decides.
#[cfg(feature = "csrf")]
pub(super) fn needs_no_token(method: &Method) -> bool {
    is_safe(method) || *method == Method::CONNECT
}

/// Returns `true` for methods that must not change anything.
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The value of a header that may occur once.
#[derive(Clone, Copy)]
enum SingleHeader<'a> {
    Missing,
    Text(&'a str),
    /// More than one line, or not text.
    Invalid,
}

impl<'a> SingleHeader<'a> {
    fn of<B>(request: &'a Request<B>, name: &HeaderName) -> Self {
        let mut lines = request.headers().get_all(name).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::Missing,
            (Some(line), None) => line.to_str().map_or(Self::Invalid, Self::Text),
            (Some(_), Some(_)) => Self::Invalid,
        }
    }
}
