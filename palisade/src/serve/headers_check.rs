//! Finds responses without protection: their routes were added after the front door.
//!
//! A page without headers counts, and every response to a method that changes something: no layer has
//! checked its origin. Files and JSON for GET may be left out on purpose.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, StatusCode};

use crate::core::media_type::has_type;
use crate::core::request_context::{LayerMark, RequestContext};

/// The pages of one server.
#[derive(Debug, Default)]
pub(super) struct HeadersCheck {
    /// `true` once a response had security headers: the application uses them.
    in_use: AtomicBool,
    /// The first unprotected response, until it is known that the application uses the headers.
    unprotected: OnceLock<Box<str>>,
    logged: AtomicBool,
}

/// One request, whose response is not known yet.
#[derive(Debug)]
pub(super) struct UncheckedHeaders {
    context: RequestContext,
    target: Option<PathAndQuery>,
    changes: bool,
}

impl HeadersCheck {
    /// Starts the check of a request; returns `None` once an error has been logged.
    pub(super) fn begin<B>(
        &self,
        request: &Request<B>,
        context: &RequestContext,
    ) -> Option<UncheckedHeaders> {
        let is_open = !self.logged.load(Ordering::Relaxed);
        is_open.then(|| UncheckedHeaders {
            context: context.clone(),
            target: request.uri().path_and_query().cloned(),
            changes: !matches!(
                *request.method(),
                Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
            ),
        })
    }

    /// Judges the response.
    pub(super) fn end(&self, request: UncheckedHeaders, status: StatusCode, response: &HeaderMap) {
        let UncheckedHeaders { context, target, changes } = request;
        if context.has_entered(LayerMark::HeadersSent) {
            // Read first: a write by every request would move the cache line between processors.
            if self.in_use.load(Ordering::Relaxed) || self.in_use.swap(true, Ordering::Relaxed) {
                return;
            }
        } else {
            // A route that is not there, or not for this method, has done nothing.
            let done = !matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
            let is_unprotected = has_type(response, b"text/html") || changes && done;
            if !is_unprotected {
                return;
            }
            self.unprotected.get_or_init(|| target.as_ref().map_or("", PathAndQuery::path).into());
        }
        self.log();
    }

    /// Logs the first unprotected response, once others are known to be protected.
    fn log(&self) {
        if let Some(path) = self.unprotected.get()
            && self.in_use.load(Ordering::Relaxed)
            && !self.logged.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                path,
                "a route is not protected: it was added after `protect`. Write `palisade.protect(router)` after the \
                 last `.route(..)` and `.fallback(..)`"
            );
        }
    }
}
