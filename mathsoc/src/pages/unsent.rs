//! `/unsent`: text that was typed into a form and not sent, and `/api/drafts`, which keeps it.
//!
//! `GET /unsent` shows a form that was rejected ([`Palisade::rejected_forms`]), a member's draft
//! (`?form=/challenges/7/answers`), or the list of them. A form of a member who is logged out leads
//! to the log-in first, with the text sealed in the page: see
//! [`unsent_form`](crate::domain::unsent_form).
//!
//! ```text
//! POST /api/drafts  {"form": "/admin/articles/new", "fields": [["title", "Primes"]]}
//! {"saved": "14:05", "token": "…"}
//! ```
//!
//! `web/form_drafts.ts` sends a draft every 20 seconds while its writer types. The request also
//! keeps the session from being idle, and the response has a fresh token for the form, so that both
//! last as long as the writing.
//!
//! | status of `/api/drafts` | when |
//! |---|---|
//! | 401, 403 | the client is not signed in; the CSRF token is missing or has expired |
//! | 413 | the draft is longer than [`MAX_BYTES`](drafts::MAX_BYTES) |
//! | 422 | the JSON is invalid, or no page has that form |
//! | 429 | more than 30 drafts a minute |

#[cfg(doc)]
use palisade::Palisade;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::extract::RejectedForm;
use palisade::redirect::{Next, SafePath};
use palisade::template::SafeHtml;
use palisade::{Redirect, Rejection, Session, SignedIn};
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::{confirm, login};
use super::parts::taken_back;
use super::parts::unsent::{self, when};
use super::parts::{Frame, Layout, Section, render};
use super::public::api::{json_response, problem};
use crate::db::drafts;
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::unsent_form::UnsentForm;
use crate::error::Error;
use crate::state::App;

/// The page for the texts of any form.
#[derive(Template)]
#[template(path = "unsent.html")]
struct UnsentPage {
    layout: Layout,
    token: SafeHtml,
    note: String,
    form: UnsentForm,
    /// The form can be discarded: it is a draft.
    is_draft: bool,
}

impl UnsentPage {
    fn new(frame: &Frame, form: UnsentForm, note: String, is_draft: bool) -> Self {
        Self { layout: frame.layout(Section::Account), token: frame.token(), note, form, is_draft }
    }

    /// Returns the name of a field in words: `Published at`.
    fn words(name: &str) -> String {
        let words = name.replace(['_', '-'], " ");
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// The list of a member's drafts.
#[derive(Template)]
#[template(path = "drafts.html")]
struct DraftsPage {
    layout: Layout,
    token: SafeHtml,
    /// The path, the beginning of the text, and the time.
    drafts: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct UnsentQuery {
    form: Option<String>,
}

/// `GET /unsent`.
///
/// # Errors
/// Returns [`Error::not_found`] if there is nothing to show to this visitor.
pub(crate) async fn show(
    State(app): State<App>,
    frame: Frame,
    rejected: Option<RejectedForm>,
    Query(query): Query<UnsentQuery>,
) -> Result<Response, Error> {
    if let Some(rejected) = rejected {
        return show_rejected(&app, &frame, &rejected);
    }
    let user = frame.user().ok_or_else(Error::not_found)?;
    let Some(path) = query.form else {
        let start = |form: &UnsentForm| {
            let text = form.typed().map(|(_, text)| text).next().unwrap_or_default();
            text.chars().take(80).collect::<String>()
        };
        let drafts = drafts::of_user(&app.db, user.id).await?.into_iter();
        let drafts = drafts.map(|it| (it.form.path.clone(), start(&it.form), when(it.updated_at))).collect();
        let (layout, token) = (frame.layout(Section::Account), frame.token());
        return Ok(render(&DraftsPage { layout, token, drafts })?.into_response());
    };
    let path: SafePath = path.parse().map_err(|_| Error::not_found())?;
    let draft = drafts::of_form(&app.db, user.id, path.as_str()).await?.ok_or_else(Error::not_found)?;
    let saved = when(draft.updated_at);
    let note = format!("This is what you typed until {saved}. Nothing was sent yet.");
    Ok(render(&UnsentPage::new(&frame, draft.form, note, true))?.into_response())
}

/// Shows a form whose own page cannot.
fn show_rejected(app: &App, frame: &Frame, rejected: &RejectedForm) -> Result<Response, Error> {
    let form = unsent::of_rejected(rejected, app);
    if form.typed().next().is_none() {
        return Err(Error::not_found());
    }
    let next = || form.path.parse::<SafePath>().map(Next::from).unwrap_or_default();
    let proof_required = rejected.rejection().map(Rejection::code) == Some("proof_required");
    let mut page = match (frame.user(), form.owner) {
        (None, Some(_)) => {
            login::page_for_unsent(frame, &next(), &form.seal(&app.keyring, now())).respond()?
        }
        (Some(user), Some(owner)) if owner != user.id => return Err(Error::not_found()),
        (Some(_), Some(_)) if proof_required => {
            confirm::page_for_unsent(frame, &next(), &form.seal(&app.keyring, now())).respond()?
        }
        _ if form.lacks_secret || rejected.status().is_redirection() => return Err(Error::not_found()),
        _ => {
            let note = unsent::note(rejected, &form);
            Html(UnsentPage::new(frame, form, note, false).render()?).into_response()
        }
    };
    // The log-in has a status of its own; the response keeps that of the rejection.
    *page.status_mut() = StatusCode::OK;
    rejected.mark_shown();
    Ok(page)
}

#[derive(Deserialize)]
pub(crate) struct DraftForm {
    #[serde(default)]
    form: String,
    #[serde(default, rename = "do")]
    action: String,
}

/// `POST /unsent`: shows a draft in its form, or deletes it.
///
/// # Errors
/// Returns [`Error::not_found`] to visitors.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    session: Session,
    Form(form): Form<DraftForm>,
) -> Result<Response, Error> {
    let user = frame.user().ok_or_else(Error::not_found)?;
    let path: SafePath = form.form.parse().map_err(|_| Error::not_found())?;
    if form.action == "take" {
        let page = taken_back::take_back(&session, frame.form_pages(), path.as_str()).await?;
        return Ok(Redirect::to(page).into_response());
    }
    drafts::delete(&app.db, user.id, path.as_str()).await?;
    let is_page = frame.form_pages().has_path(path.as_str());
    Ok(Redirect::to(if is_page { path } else { SafePath::of("/unsent") }).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftRequest {
    form: String,
    fields: Vec<(String, String)>,
}

/// `POST /api/drafts`.
pub(crate) async fn save(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    body: Bytes,
) -> Result<Response, Error> {
    let request = serde_json::from_slice::<DraftRequest>(&body).ok();
    let is_form = |form: &str| {
        form.len() <= MAX_PATH_BYTES && form.parse::<SafePath>().is_ok() && frame.form_pages().has_path(form)
    };
    let Some(request) = request.filter(|request| is_form(&request.form)) else {
        let detail = "Send {\"form\": \"/admin/articles/new\", \"fields\": [[\"title\", \"Primes\"]]}.";
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "Request not understood", detail, Value::Null));
    };
    let mut form = UnsentForm::new(&request.form, request.fields, &app.keyring);
    // The account is the one that is signed in.
    form.owner = Some(user.id);
    let at = now();
    if !drafts::save(&app.db, user.id, &form, at).await? {
        let detail = "A draft has at most 256 KiB.";
        return Ok(problem(StatusCode::PAYLOAD_TOO_LARGE, "Draft too long", detail, Value::Null));
    }
    let token = frame.csrf().map(ToString::to_string);
    Ok(json_response(StatusCode::OK, "application/json", &json!({ "saved": when(at), "token": token })))
}

/// The maximum length of a form's path and query.
const MAX_PATH_BYTES: usize = 500;
