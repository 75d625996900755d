//! `/admin/challenges`: the section of challenges, with their answers; locking and unlocking.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};

use super::challenge_form::ChallengeForm;
use super::{List, Row, actor, redirect_to_list};
use crate::db::challenges::edit::{self, AdminSummary, EditError};
use crate::db::competitions;
use crate::db::trash;
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::day::Day;
use crate::pages::parts::form::FormPage;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::stages::{address, filters};
use crate::pages::parts::{Frame, Section, render};
use crate::pages::public::challenges::ChallengePage;
use crate::state::App;
use crate::web::signed_in::Admin;

type RawForm = Form<Vec<(String, String)>>;

async fn page(
    app: &App,
    frame: &Frame,
    title: &'static str,
    form: &ChallengeForm,
    wrong: &HashMap<String, String>,
) -> Result<FormPage, Error> {
    let among = competitions::all(&app.db).await?;
    let page = FormPage::new(frame, title, "Save").section(Section::Admin).fields(form.fields(&among, wrong));
    let page = page.other("Preview in a new window", "/admin/challenges/preview");
    Ok(page.link("All challenges", "/admin/challenges"))
}

const NEW: &str = "New challenge";
const CHANGE: &str = "Change the challenge";

/// `GET /admin/challenges?key_stage=KS3&page=2`.
pub(crate) async fn list(
    State(app): State<App>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = edit::all(&app.db, listing.key_stage, listing.page).await?;
    let pager = Pager::new(address("/admin/challenges", listing.key_stage), found.page, found.pages);
    let now = now();
    render(&List {
        search: None,
        layout: frame.layout(Section::Admin),
        token: frame.token(),
        subject: LogSubject::Challenge,
        title: "Challenges",
        new: Some(NEW),
        filters: filters("/admin/challenges", listing.key_stage),
        deleted: trash::recent(&app.db, LogSubject::Challenge).await?,
        rows: found.items.into_iter().map(|it| row(it, now)).collect(),
        pager,
    })
}

fn row(it: AdminSummary, now: i64) -> Row {
    let when = |at: i64| format!("{}, {}", Day::of_unix(at), Day::of_unix(at).hour());
    let state = match it.locked_at {
        _ if it.released_at > now => format!("Will be shown from {}", when(it.released_at)),
        Some(locked) if locked <= now => format!("Closed since {}", when(locked)),
        Some(locked) => format!("Open until {}", when(locked)),
        None => format!("Open since {}", when(it.released_at)),
    };
    let facts = vec![
        format!("{} · {state}", it.key_stage),
        format!("Tried by {}, solved by {}", it.tried, it.solved),
    ];
    Row { id: it.id, title: it.title, facts }
}

/// `GET /admin/challenges/new`.
pub(crate) async fn new(State(app): State<App>, frame: Frame) -> Result<Response, Error> {
    page(&app, &frame, NEW, &ChallengeForm::empty(now()), &HashMap::new()).await?.respond()
}

/// `POST /admin/challenges/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): RawForm,
) -> Result<Response, Error> {
    let form = ChallengeForm::new(sent);
    match form.read() {
        Err(wrong) => page(&app, &frame, NEW, &form, &wrong).await?.respond(),
        Ok(draft) => {
            edit::create(&app.db, &actor(&admin), &draft).await?;
            redirect_to_list(&session, LogSubject::Challenge, &format!("“{}” is saved.", draft.title)).await
        }
    }
}

/// `POST /admin/challenges/preview`: renders the page without saving.
pub(crate) async fn preview(frame: Frame, Form(sent): RawForm) -> Result<Html<String>, Error> {
    render(&ChallengePage::preview(&frame, ChallengeForm::new(sent).preview(now())))
}

/// `GET /admin/challenges/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let draft = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let locked = draft.locked_at.is_some_and(|at| at <= now());
    let (button, action) = if locked { ("Open it again", "unlock") } else { ("Close it now", "lock") };
    page(&app, &frame, CHANGE, &ChallengeForm::of(draft), &HashMap::new())
        .await?
        .act(button, format!("/admin/challenges/{id}/{action}"))
        .respond()
}

/// `POST /admin/challenges/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): RawForm,
) -> Result<Response, Error> {
    let form = ChallengeForm::new(sent);
    let draft = match form.read() {
        Ok(draft) => draft,
        Err(wrong) => return page(&app, &frame, CHANGE, &form, &wrong).await?.respond(),
    };
    match edit::change(&app.db, &actor(&admin), id, &draft).await {
        Ok(()) => {
            redirect_to_list(&session, LogSubject::Challenge, &format!("“{}” is saved.", draft.title)).await
        }
        Err(EditError::NotFound) => Err(Error::not_found()),
        Err(EditError::Db(error)) => Err(error.into()),
        Err(error @ (EditError::Answered(_) | EditError::Tried)) => {
            page(&app, &frame, CHANGE, &form, &HashMap::new())
                .await?
                .problem(Some(error.to_string()))
                .respond()
        }
    }
}

/// `POST /admin/challenges/{id}/lock`.
pub(crate) async fn lock(
    app: State<App>,
    id: Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    set_lock(app, id, admin, session, true, "is closed, and shows its answers.").await
}

/// `POST /admin/challenges/{id}/unlock`.
pub(crate) async fn unlock(
    app: State<App>,
    id: Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    set_lock(app, id, admin, session, false, "takes answers again. Whoever looked has seen its own.").await
}

async fn set_lock(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
    locked: bool,
    message: &str,
) -> Result<Response, Error> {
    let title = edit::lock(&app.db, &actor(&admin), id, locked).await?.ok_or_else(Error::not_found)?;
    redirect_to_list(&session, LogSubject::Challenge, &format!("“{title}” {message}")).await
}
