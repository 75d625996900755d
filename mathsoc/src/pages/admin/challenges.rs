//! `/admin/challenges`: setting problems, with their answers; closing and opening them.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};

use super::challenge_form::ChallengeForm;
use super::{List, Row, actor, back};
use crate::db::challenges::edit::{self, EditError, Listed};
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
use crate::pages::parts::{Frame, Here, shown};
use crate::pages::public::challenges::One;
use crate::state::App;
use crate::web::signed_in::Admin;

type Sent = Form<Vec<(String, String)>>;

async fn page(
    app: &App,
    frame: &Frame,
    title: &'static str,
    typed: &ChallengeForm,
    wrong: &HashMap<String, String>,
) -> Result<FormPage, Error> {
    let among = competitions::all(&app.db).await?;
    let page = FormPage::new(frame, title, "Save").here(Here::Admin).fields(typed.fields(&among, wrong));
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
    shown(&List {
        asked: None,
        layout: frame.layout(Here::Admin),
        token: frame.token(),
        kind: LogSubject::Challenge,
        title: "Challenges",
        new: Some(NEW),
        filters: filters("/admin/challenges", listing.key_stage),
        deleted: trash::recent(&app.db, LogSubject::Challenge).await?,
        rows: found.items.into_iter().map(|it| row(it, now)).collect(),
        pager,
    })
}

fn row(it: Listed, now: i64) -> Row {
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
    page(&app, &frame, NEW, &ChallengeForm::empty(now()), &HashMap::new()).await?.answer()
}

/// `POST /admin/challenges/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): Sent,
) -> Result<Response, Error> {
    let typed = ChallengeForm::new(sent);
    match typed.read() {
        Err(wrong) => page(&app, &frame, NEW, &typed, &wrong).await?.answer(),
        Ok(draft) => {
            edit::create(&app.db, &actor(&admin), &draft).await?;
            back(&session, LogSubject::Challenge, &format!("“{}” is saved.", draft.title)).await
        }
    }
}

/// `POST /admin/challenges/preview`: the page as a visitor would see it; nothing is kept.
pub(crate) async fn preview(frame: Frame, Form(sent): Sent) -> Result<Html<String>, Error> {
    shown(&One::preview(&frame, ChallengeForm::new(sent).preview(now())))
}

/// `GET /admin/challenges/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let draft = edit::any(&app.db, id).await?.ok_or(Error::NotFound)?;
    let locked = draft.locked_at.is_some_and(|at| at <= now());
    let (button, way) = if locked { ("Open it again", "unlock") } else { ("Close it now", "lock") };
    page(&app, &frame, CHANGE, &ChallengeForm::of(draft), &HashMap::new())
        .await?
        .act(button, format!("/admin/challenges/{id}/{way}"))
        .answer()
}

/// `POST /admin/challenges/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): Sent,
) -> Result<Response, Error> {
    let typed = ChallengeForm::new(sent);
    let draft = match typed.read() {
        Ok(draft) => draft,
        Err(wrong) => return page(&app, &frame, CHANGE, &typed, &wrong).await?.answer(),
    };
    match edit::change(&app.db, &actor(&admin), id, &draft).await {
        Ok(()) => back(&session, LogSubject::Challenge, &format!("“{}” is saved.", draft.title)).await,
        Err(EditError::NotFound) => Err(Error::NotFound),
        Err(EditError::Db(error)) => Err(error.into()),
        Err(told @ (EditError::Answered(_) | EditError::Tried)) => {
            page(&app, &frame, CHANGE, &typed, &HashMap::new())
                .await?
                .problem(Some(told.to_string()))
                .answer()
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
    said: &str,
) -> Result<Response, Error> {
    let title = edit::lock(&app.db, &actor(&admin), id, locked).await?.ok_or(Error::NotFound)?;
    back(&session, LogSubject::Challenge, &format!("“{title}” {said}")).await
}
