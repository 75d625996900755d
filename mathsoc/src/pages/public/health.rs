//! `/healthz` and `/readyz`: for whoever watches over the site, not for people.

use std::convert::Infallible;

use axum::extract::{Request, State};
use axum::response::IntoResponse;
use palisade::health::Health;
use tower::ServiceExt;

use crate::state::App;

/// `GET /healthz`: the program runs.
pub(crate) async fn live(request: Request) -> Result<impl IntoResponse, Infallible> {
    Health::new().liveness().oneshot(request).await
}

/// `GET /readyz`: the database answers, and where `READY_NEEDS_STORE` says so the store of the limits.
pub(crate) async fn ready(State(app): State<App>, request: Request) -> Result<impl IntoResponse, Infallible> {
    app.ready.clone().oneshot(request).await
}
