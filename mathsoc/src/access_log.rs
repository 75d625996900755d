//! One line per request: what was asked, what came of it, how long it took, and who asked; and one more for the metrics.
//!
//! Queries are left out, since they may hold what is nobody's business. Health checks are logged at `debug`, all else
//! at `info`. The request id is the one that an error page shows.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use palisade::{Exchange, Refusal, RequestId};

use crate::links;
use crate::metrics::Traffic;

/// A layer, by [`axum::middleware::from_fn_with_state`]: the outermost, so that nothing escapes it.
pub async fn record(State(traffic): State<Traffic>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let request_id = RequestId::random();
    request.extensions_mut().insert(request_id);
    let exchange = Exchange::begin(request.extensions_mut());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = next.run(request).await;
    traffic.answered(response.status(), response.extensions().get::<Refusal>());

    let (path, status, ms) =
        (links::without_token(uri.path()), response.status().as_u16(), began.elapsed().as_millis());
    let client = exchange.client().map(|client| client.ip().to_string()).unwrap_or_default();
    if matches!(path, "/healthz" | "/readyz") {
        tracing::debug!(%method, path, status, ms, client, %request_id, "request");
    } else {
        tracing::info!(%method, path, status, ms, client, %request_id, "request");
    }
    response
}
