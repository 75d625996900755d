//! `POST /csp-report`: receives reports of browsers.
//!
//! Browsers send no CSRF token with a report. A request only increments counters.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::db::reports;
use crate::state::App;

/// `POST /csp-report`. Reports are lost while the database is down.
pub(crate) async fn take(State(app): State<App>, request: Request) -> Response {
    let answer = app.reports.collect(request).await;
    let groups = app.reports.drain();
    if let Err(error) = reports::add(&app.db, &groups).await {
        tracing::warn!(%error, "browser reports lost: the database rejected them");
    }
    answer.into_response()
}
