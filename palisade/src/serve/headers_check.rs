//! Finds pages without security headers: routes that were added after the front door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request};

use crate::core::request_context::{LayerMark, RequestContext};

/// The pages of one server.
#[derive(Debug, Default)]
pub(super) struct HeadersCheck {
    /// `true` once a response had security headers: the application uses them.
    in_use: AtomicBool,
    logged: AtomicBool,
}

/// One request, whose response is not known yet.
#[derive(Debug)]
pub(super) struct UncheckedHeaders {
    check: Arc<HeadersCheck>,
    context: RequestContext,
    target: Option<PathAndQuery>,
}

impl HeadersCheck {
    /// Starts the check of a request; returns `None` once an error has been logged.
    pub(super) fn begin<B>(self: &Arc<Self>, request: &mut Request<B>) -> Option<UncheckedHeaders> {
        let is_open = !self.logged.load(Ordering::Relaxed);
        is_open.then(|| UncheckedHeaders {
            check: Arc::clone(self),
            context: RequestContext::begin(request.extensions_mut()),
            target: request.uri().path_and_query().cloned(),
        })
    }
}

impl UncheckedHeaders {
    /// Logs the first page that has no security headers while other responses have them.
    pub(super) fn check(self, response: &HeaderMap) {
        let Self { check, context, target } = self;
        if context.has_entered(LayerMark::HeadersSent) {
            check.in_use.store(true, Ordering::Relaxed);
        } else if check.in_use.load(Ordering::Relaxed)
            && has_type(response, b"text/html")
            && !check.logged.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                path = target.as_ref().map(PathAndQuery::path),
                "a page has no security headers: its route was added after `protect`. Write \
                 `palisade.protect(router)` after the last `.route(..)` and `.fallback(..)`"
            );
        }
    }
}

/// Returns `true` if the response's media type begins so.
pub(super) fn has_type(headers: &HeaderMap, media_type: &[u8]) -> bool {
    let value = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    value
        .and_then(|value| value.get(..media_type.len()))
        .is_some_and(|start| start.eq_ignore_ascii_case(media_type))
}
