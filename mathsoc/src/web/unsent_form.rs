//! A layer that deletes the draft of a form once the form is saved.
//!
//! A form that was taken redirects (303) to another page, and no rejection is in the response. Only
//! then is the draft of the member's form deleted: the one with the path and query of the request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use palisade::Rejection;

use crate::db::{Db, drafts};
use crate::web::signed_in::MemberId;

/// Calls the handler, and deletes the draft of a form that it has taken.
pub(crate) async fn forget_sent(State(db): State<Db>, request: Request, next: Next) -> Response {
    let member = request.extensions().get::<MemberId>().copied();
    let is_post = request.method() == Method::POST;
    let path = request.uri().path_and_query().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let is_taken =
        response.status() == StatusCode::SEE_OTHER && response.extensions().get::<Rejection>().is_none();
    if let (Some(MemberId(member)), Some(path), true) = (member, path, is_post && is_taken)
        && let Err(error) = drafts::delete(&db, member, &path).await
    {
        tracing::warn!(%error, "cannot delete the draft of a form that was sent");
    }
    response
}
