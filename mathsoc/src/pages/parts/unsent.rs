//! Typed text that a form page shows again: of a form that was not taken, or of a draft.
//!
//! # What a page shows, in order
//!
//! 1. The form of this request, if it was rejected: filled in, with the reason.
//! 2. After a log-in, or when the member has asked for it: the draft, filled in.
//! 3. If there is a draft of this form: the offer to take it back.
//!
//! Nothing is sent by itself: each page has a fresh token, and a person presses its button.

use axum::extract::MatchedPath;
use http::Method;
use http::request::Parts;
use palisade::extract::RejectedForm;
use palisade::{Rejection, Session, SignedIn};

use super::day::Day;
use crate::db::drafts;
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::unsent_form::UnsentForm;
use crate::state::App;
use crate::web::route_map::FormPages;

/// A form to fill in, and the sentence above it.
#[derive(Clone, Debug)]
pub(crate) struct FormFill {
    pub(crate) form: UnsentForm,
    pub(crate) note: String,
    rejected: Option<RejectedForm>,
}

impl FormFill {
    /// Returns the text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.form.text(name)
    }

    /// Says that the page shows the form.
    pub(crate) fn mark_shown(&self) {
        if let Some(rejected) = &self.rejected {
            rejected.mark_shown();
        }
    }
}

/// The text that a form page shows, or offers.
#[derive(Clone, Debug, Default)]
pub(crate) enum Unsent {
    #[default]
    None,
    Fill(FormFill),
    /// There is a draft of this form.
    Offer {
        path: String,
        /// The day and the hour of its last change.
        saved: String,
    },
    /// The page answers a form: it shows what was just sent.
    Sent,
}

/// The session's value with the path of the draft that the next page shows.
pub(super) const TAKE_BACK: &str = "take back";

impl Unsent {
    /// Returns the text for the page of this request.
    pub(super) async fn load(parts: &Parts, app: &App, user: Option<&SignedIn<User>>) -> Self {
        if parts.method != Method::GET {
            return Self::Sent;
        }
        if let Some(rejected) = RejectedForm::of(&parts.extensions) {
            let form = of_rejected(rejected, app);
            let is_own = form.owner.is_none() || form.owner == user.map(|user| user.id);
            let fill = FormFill { note: note(rejected, &form), form, rejected: Some(rejected.clone()) };
            return if is_own { Self::Fill(fill) } else { Self::None };
        }
        let (Some(user), true) = (user, is_form_page(parts)) else { return Self::None };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // While the database is down, the page itself says so.
        let Ok(Some(draft)) = drafts::of_form(&app.db, user.id, path).await else { return Self::None };
        let taken: Option<String> = match parts.extensions.get::<Session>() {
            Some(session) => session.take(TAKE_BACK).await.unwrap_or_default(),
            None => None,
        };
        let saved = when(draft.updated_at);
        if taken.as_deref() != Some(path) {
            return Self::Offer { path: path.to_owned(), saved };
        }
        let note =
            format!("This is what you typed until {saved}. Nothing was sent yet.{}", files(&draft.form));
        Self::Fill(FormFill { note, form: draft.form, rejected: None })
    }
}

fn is_form_page(parts: &Parts) -> bool {
    let pages = parts.extensions.get::<FormPages>();
    let route = parts.extensions.get::<MatchedPath>();
    pages.zip(route).is_some_and(|(pages, route)| pages.has_route(route.as_str()))
}

/// Returns the day and the hour: `14:05` on the same day.
pub(crate) fn when(at: i64) -> String {
    let (day, today) = (Day::of_unix(at), Day::of_unix(now()));
    if day.iso() == today.iso() { day.hour() } else { format!("{}, {}", day.short(), day.hour()) }
}

/// Returns the form of a rejection, without its secrets.
pub(crate) fn of_rejected(rejected: &RejectedForm, app: &App) -> UnsentForm {
    let mut form = UnsentForm::new(rejected.path(), rejected.fields().to_vec(), &app.keyring);
    (form.is_multipart, form.has_files) = (rejected.is_multipart(), rejected.has_files());
    form
}

/// Returns why the form was not taken, and what to do.
pub(crate) fn note(rejected: &RejectedForm, form: &UnsentForm) -> String {
    let rejection = rejected.rejection();
    let why = match (rejected.status().as_u16(), rejection.map(Rejection::code)) {
        (_, Some("csrf_token_without_session")) => {
            "Your browser did not send the cookie that belongs to this page, so nothing was sent yet.".into()
        }
        (_, Some("csrf_token_expired" | "csrf_token_invalid")) => {
            "This page was open for too long, or you have logged in again since. Nothing was sent yet.".into()
        }
        (413, _) => "That was too large, so nothing was sent yet.".into(),
        (429, _) => rejection.map_or("That was too often.".into(), Rejection::message),
        (404, _) => "What you were writing to is not there any more, so nothing was kept of it.".into(),
        (status, _) if status >= 500 => {
            "Something went wrong on our side. Please see whether it was saved, before you send it again."
                .into()
        }
        (_, _) => rejection.map_or("Nothing was sent yet.".into(), Rejection::message),
    };
    let secret = if form.lacks_secret { " A password or code has to be typed again." } else { "" };
    format!("{why} What you typed is still here.{secret}{}", files(form))
}

fn files(form: &UnsentForm) -> &'static str {
    if form.has_files { " A file has to be chosen again." } else { "" }
}
