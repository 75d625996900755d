//! `POST /admin/challenges/{id}/rulings`: accepts answers, gives tries back, marks again.
//!
//! A ruling that concerns more than one pupil is shown first, and made when it is sent again with
//! `sure=yes`.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::{Session, SignedIn};
use serde::Deserialize;

use crate::db::challenges::edit;
use crate::db::marking::MarkingError;
use crate::db::marking::rulings::{Mode, Ruling, Tries, rule};
use crate::error::Error;
use crate::pages::admin::marking::{Confirm, summary};
use crate::pages::admin::{actor, redirect_with_notice};
use crate::pages::parts::Frame;
use crate::pages::parts::address::Id;
use crate::state::App;
use crate::web::signed_in::Admin;

/// A button of the page of results.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RulingForm {
    /// The ruling.
    #[serde(rename = "do")]
    action: String,
    /// The id of its subject.
    of: String,
    sure: String,
    back: String,
}

impl RulingForm {
    fn ruling(&self) -> Option<Ruling> {
        let id = || Id::parse(&self.of).map(|Id(id)| id);
        Some(match &*self.action {
            "accept" => Ruling::AcceptText { answer: id()? },
            "refuse" => Ruling::RefuseText { accepted: id()? },
            "accept_one" => Ruling::AcceptOne { answer: id()? },
            "withdraw" => Ruling::WithdrawOne { answer: id()? },
            "give_back" => Ruling::GiveBack(Tries::Answer(id()?)),
            "give_back_pupil" => Ruling::GiveBack(Tries::Pupil(id()?)),
            "give_back_box" => Ruling::GiveBack(Tries::Box(id()?)),
            "mark_again" => Ruling::MarkAgain,
            _ => return None,
        })
    }

    /// Returns the label of the button that makes the ruling.
    fn button(&self) -> &'static str {
        match &*self.action {
            "accept" | "accept_one" => "Accept it",
            "give_back" | "give_back_pupil" | "give_back_box" => "Give the tries back",
            _ => "Mark again",
        }
    }
}

/// `POST /admin/challenges/{id}/rulings`.
///
/// # Errors
/// Returns [`Error::not_found`] for an unknown ruling, or a subject that is not of the challenge.
pub(crate) async fn take(
    State(app): State<App>,
    Id(challenge): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<RulingForm>,
) -> Result<Response, Error> {
    let ruling = form.ruling().ok_or_else(Error::not_found)?;
    let (by, back) = (actor(&admin), format!("/admin/challenges/{challenge}/results"));
    if form.back == "yes" {
        return redirect_with_notice(&session, &back, "Nothing was changed.").await;
    }
    if form.sure != "yes" {
        match rule(&app.db, &by, challenge, ruling, Mode::Preview).await {
            Ok(report) if report.pupils.len() > 1 => {
                let draft = edit::any(&app.db, challenge).await?.ok_or_else(Error::not_found)?;
                let address = format!("/admin/challenges/{challenge}/rulings");
                let page = Confirm::new(&frame, draft.title.to_string(), report, address);
                let fields = vec![("do".to_owned(), form.action.clone()), ("of".to_owned(), form.of.clone())];
                return page.button(form.button()).fields(fields).boards(&app).await?.respond();
            }
            Ok(_) => {}
            Err(error) => return refused(&session, &back, error).await,
        }
    }
    match rule(&app.db, &by, challenge, ruling, Mode::Commit).await {
        Ok(report) => {
            if !report.boards.is_empty() {
                app.live.look();
            }
            let message = match report.is_empty() {
                true => "Nothing had to change.".to_owned(),
                false => summary(&report),
            };
            redirect_with_notice(&session, &back, &message).await
        }
        Err(error) => refused(&session, &back, error).await,
    }
}

async fn refused(session: &Session, back: &str, error: MarkingError) -> Result<Response, Error> {
    match error {
        MarkingError::Refused(why) => redirect_with_notice(session, back, why).await,
        MarkingError::NotFound => Err(Error::not_found()),
        other => Err(other.into()),
    }
}
