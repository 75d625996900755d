//! One line per request: what was asked, what came of it, how long it took, and who asked; and one more for the metrics.
//!
//! Queries are left out, since they may hold what is nobody's business. Health checks are logged at `debug`, all else
//! at `info`. The request id is the one that an error page shows.

use std::time::Instant;

use http::{Method, Request, Response, Uri};
use palisade::Rejection;
use palisade::guard::{Guard, GuardService};
use palisade::request::{RequestContext, RequestId};
use tower::Layer;

use crate::links;
use crate::observe::traffic::Traffic;

/// The layer: outside of all that may refuse, so that nothing escapes it.
#[derive(Clone, Debug)]
pub(crate) struct AccessLog(pub Traffic);

/// What is known when a request comes.
pub(crate) struct RequestStart {
    began: Instant,
    request_id: RequestId,
    exchange: RequestContext,
    method: Method,
    uri: Uri,
}

impl Guard for AccessLog {
    type State = RequestStart;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestStart {
        let (began, request_id) = (Instant::now(), RequestId::random());
        request.extensions_mut().insert(request_id);
        let exchange = RequestContext::begin(request.extensions_mut());
        RequestStart {
            began,
            request_id,
            exchange,
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    fn check<B>(&self, _: &Request<B>, _: &RequestStart) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, asked: &RequestStart, response: &mut Response<B>) {
        self.0.answered(response.status(), response.extensions().get());
        let RequestStart { began, request_id, exchange, method, uri } = asked;
        let (path, status, ms) =
            (links::without_token(uri.path()), response.status().as_u16(), began.elapsed().as_millis());
        let client = exchange.client().map(|client| client.ip().to_string()).unwrap_or_default();
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
