//! `/healthz` and `/readyz`: liveness and readiness probes.

use std::convert::Infallible;

use axum::extract::{Request, State};
use axum::response::IntoResponse;
use palisade::health::Health;
use tower::ServiceExt;

use crate::state::App;

/// `GET /healthz`: returns 200 while the process runs.
pub(crate) async fn live(request: Request) -> Result<impl IntoResponse, Infallible> {
    Health::new().live().oneshot(request).await
}

/// `GET /readyz`: returns 200 while the database answers.
///
/// With `READY_NEEDS_STORE`, the rate limit store has to answer too.
pub(crate) async fn ready(State(app): State<App>, request: Request) -> Result<impl IntoResponse, Infallible> {
    app.ready.clone().oneshot(request).await
}
