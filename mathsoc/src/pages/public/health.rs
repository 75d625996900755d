//! `/healthz` and `/readyz`: liveness and readiness probes.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, StatusCode};
use palisade::health::Health;
use tower::ServiceExt;

use crate::observe::logging;
use crate::state::App;

/// `GET /healthz`: returns 200 while the process runs.
pub(crate) async fn live(request: Request) -> Result<impl IntoResponse, Infallible> {
    Health::new().liveness().oneshot(request).await
}

/// `GET /readyz`: returns 200 while the database answers.
///
/// With `READY_NEEDS_STORE`, the rate limit store has to answer too. The response names the parts
/// that are degraded, with status 200: pages can be read, and the load balancer must not take the
/// only machine away because of its log.
pub(crate) async fn ready(State(app): State<App>, request: Request) -> Result<Response, Infallible> {
    let method = request.method().clone();
    let response = app.ready.clone().oneshot(request).await?.map(Body::new);
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let parts = [("log", logging::status().is_degraded), ("storage", app.storage.is_failing())];
    let degraded: Vec<_> = parts.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
    Ok(if degraded.is_empty() { response } else { name_degraded(response, &method, &degraded) })
}

fn name_degraded(response: Response, method: &Method, degraded: &[&str]) -> Response {
    let parts: String = degraded.iter().map(|name| format!(", \"{name}\": \"degraded\"")).collect();
    let text = format!("{{\"status\": \"ready\"{parts}}}");
    let (mut head, _) = response.into_parts();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(text) };
    Response::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_each_degraded_part() {
        let response = name_degraded(Response::new(Body::empty()), &Method::GET, &["log", "storage"]);
        assert_eq!(response.status(), 200);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = serde_json::json!({"status": "ready", "log": "degraded", "storage": "degraded"});
        assert_eq!(json, expected);
    }
}
