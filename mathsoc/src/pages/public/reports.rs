//! `POST /csp-report`: what browsers report. They send no token with it, and nothing of ours: it changes nothing but counts.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::db::reports;
use crate::state::App;

/// `POST /csp-report`. While the database is away, reports are lost.
pub(crate) async fn take(State(app): State<App>, request: Request) -> Response {
    let answer = app.reports.collect(request).await;
    let groups = app.reports.drain();
    if let Err(error) = reports::add(&app.db, &groups).await {
        tracing::warn!(%error, "reports of browsers are lost");
    }
    answer.into_response()
}
