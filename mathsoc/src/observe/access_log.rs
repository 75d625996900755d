//! The access log: one line per request with method, path, status, duration and client. Also feeds
//! the metrics.
//!
//! Query strings are left out, because they may contain personal data. Health checks are logged at
//! `debug`, everything else at `info`. The request id is the one that error pages show.

use std::time::Instant;

use http::{Method, Request, Response, Uri};
use palisade::Rejection;
use palisade::guard::{Guard, GuardService};
use palisade::request::RequestContext;
use tower::Layer;

use crate::links;
use crate::observe::traffic::Traffic;

/// The layer, outside of all layers that may reject, so that every request is logged.
#[derive(Clone, Debug)]
pub(crate) struct AccessLog(pub Traffic);

/// The start of a request.
pub(crate) struct RequestStart {
    began: Instant,
    context: RequestContext,
    method: Method,
    uri: Uri,
}

impl Guard for AccessLog {
    type State = RequestStart;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestStart {
        RequestStart {
            began: Instant::now(),
            context: RequestContext::begin(request.extensions_mut()),
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    fn check<B>(&self, _: &Request<B>, _: &RequestStart) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, start: &RequestStart, response: &mut Response<B>) {
        self.0.answered(response.status(), response.extensions().get());
        let RequestStart { began, context, method, uri } = start;
        let request_id = context.request_id();
        let (path, status, ms) =
            (links::without_token(uri.path()), response.status().as_u16(), began.elapsed().as_millis());
        let client = context.client().map(|client| client.ip().to_string()).unwrap_or_default();
        if matches!(path, "/healthz" | "/readyz") {
            tracing::debug!(%method, path, status, ms, client, %request_id, "request");
        } else {
            tracing::info!(%method, path, status, ms, client, %request_id, "request");
        }
    }
}

impl<S> Layer<S> for AccessLog {
    type Service = GuardService<Self, S>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(self.clone(), inner)
    }
}
