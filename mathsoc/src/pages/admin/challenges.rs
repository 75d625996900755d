//! `/admin/challenges`: the section of challenges, with their answers; locking and unlocking.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::challenge_form::ChallengeForm;
use super::marking::{Confirm, summary};
use super::{List, Row, actor, redirect_to_list};
use crate::db::challenges::change;
use crate::db::challenges::edit::{self, AdminSummary, Draft, EditError};
use crate::db::competitions;
use crate::db::marking::MarkingReport;
use crate::db::trash;
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::day::Day;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::pager::Pager;
use crate::pages::parts::stages::{address, filters};
use crate::pages::parts::{Frame, Section, render};
use crate::pages::public::challenges::ChallengePage;
use crate::state::App;
use crate::web::signed_in::Admin;

type RawForm = Form<Vec<(String, String)>>;

/// The form on its page.
struct Editor<'a> {
    form: &'a ChallengeForm,
    wrong: HashMap<String, String>,
    title: &'static str,
    /// `true` if the challenge is new or a draft.
    is_draft: bool,
}

impl<'a> Editor<'a> {
    fn new(form: &'a ChallengeForm) -> Self {
        Self { form, wrong: HashMap::new(), title: NEW, is_draft: true }
    }

    fn change(form: &'a ChallengeForm, is_draft: bool) -> Self {
        Self { title: CHANGE, is_draft, ..Self::new(form) }
    }

    fn wrong(self, wrong: HashMap<String, String>) -> Self {
        Self { wrong, ..self }
    }

    /// Returns the page without the version of what it shows.
    async fn page(self, app: &App, frame: &Frame) -> Result<FormPage, Error> {
        let among = competitions::all(&app.db).await?;
        let page = FormPage::new(frame, self.title, if self.is_draft { "Publish" } else { "Save" });
        let page = page.section(Section::Admin).fields(self.form.fields(&among, &self.wrong));
        let page = if self.is_draft {
            let page = page
                .lead("It is seen from its hour on, once it is published. A draft is seen by admins alone.");
            page.more("draft", "yes", "Keep as a draft")
        } else {
            page
        };
        let page = page.more("more", "yes", "Add a box");
        let page = page.other("Preview in a new window", "/admin/challenges/preview");
        Ok(page.link("All challenges", "/admin/challenges"))
    }
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
    let state = match it.locked_at {
        _ if it.is_draft => "Draft: only admins see it".to_owned(),
        _ if it.closed_at.is_some() => format!("Closed by hand since {}", when(it.closed_at.unwrap_or(now))),
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
    let form = ChallengeForm::of_fill(&frame).unwrap_or_else(|| ChallengeForm::empty(now()));
    Editor::new(&form).page(&app, &frame).await?.respond()
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
    if form.is_unfinished() {
        return Editor::new(&form).page(&app, &frame).await?.respond();
    }
    let draft = match form.read(&competitions::all(&app.db).await?) {
        Ok(draft) => draft,
        Err(wrong) => return Editor::new(&form).wrong(wrong).page(&app, &frame).await?.respond(),
    };
    match edit::create(&app.db, &actor(&admin), &draft).await {
        Ok(_) => redirect_to_list(&session, LogSubject::Challenge, &saved(&draft, None)).await,
        Err(error) => {
            let wrong = rejected(error)?;
            Editor::new(&form).wrong(wrong).page(&app, &frame).await?.respond()
        }
    }
}

/// Returns the sentence after a save.
fn saved(draft: &Draft, report: Option<&MarkingReport>) -> String {
    let title = &draft.title;
    match report.filter(|report| !report.is_empty()) {
        None if draft.is_draft => format!("“{title}” is saved as a draft."),
        None => format!("“{title}” is saved."),
        Some(report) => format!("“{title}” is saved. {}", summary(report)),
    }
}

/// Returns the errors by field name. The name of the error of the whole form is empty.
fn rejected(error: EditError) -> Result<HashMap<String, String>, Error> {
    match error {
        EditError::NoCompetition => Ok([("competition".to_owned(), error.to_string())].into()),
        EditError::Answered(_) => Ok([(String::new(), error.to_string())].into()),
        EditError::NotFound | EditError::Conflict => Err(Error::not_found()),
        EditError::Marking(error) => Err(error.into()),
        EditError::Db(error) => Err(error.into()),
    }
}

/// `POST /admin/challenges/preview`: renders the page without saving.
pub(crate) async fn preview(frame: Frame, Form(sent): RawForm) -> Result<Html<String>, Error> {
    render(&ChallengePage::preview(&frame, ChallengeForm::new(sent).preview(now())))
}

/// `GET /admin/challenges/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let draft = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let closed = edit::closed_at(&app.db, id).await?.is_some();
    let locked = closed || draft.locked_at.is_some_and(|at| at <= now());
    let is_open = !draft.is_draft && !locked && draft.released_at <= now();
    let (version, is_draft) = (draft.version, draft.is_draft);
    let fill = ChallengeForm::of_fill(&frame);
    let taken_back = fill.is_some();
    let form = fill.unwrap_or_else(|| ChallengeForm::of(draft));
    let page = Editor::change(&form, is_draft).page(&app, &frame).await?;
    let page = if taken_back { page.same_version(&form.version()) } else { page.version(version) };
    let page = page.link("Who answered what", format!("/admin/challenges/{id}/results"));
    let page = match (is_open, locked) {
        (true, _) => page.act("Close it now", format!("/admin/challenges/{id}/lock")),
        (false, true) => page.act("Open it again", format!("/admin/challenges/{id}/unlock")),
        (false, false) => page,
    };
    page.respond()
}

/// `POST /admin/challenges/{id}`: saves, unless points would change that the admin has not seen.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): RawForm,
) -> Result<Response, Error> {
    let form = ChallengeForm::new(sent);
    let stored = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let again = async |wrong: HashMap<String, String>| {
        let problem = wrong.get("").cloned();
        let page = Editor::change(&form, stored.is_draft).wrong(wrong).page(&app, &frame).await?;
        page.same_version(&form.version()).problem(problem).respond()
    };
    if form.is_unfinished() {
        return again(HashMap::new()).await;
    }
    let draft = match form.read(&competitions::all(&app.db).await?) {
        Ok(draft) => draft,
        Err(wrong) => return again(wrong).await,
    };
    let by = actor(&admin);
    let done = if form.is_sure() {
        change::change(&app.db, &by, id, &draft).await
    } else {
        match change::preview(&app.db, &by, id, &draft).await {
            Ok(report) if !report.is_empty() => {
                let address = format!("/admin/challenges/{id}");
                let page = Confirm::new(&frame, draft.title.to_string(), report, address).button(SAVE);
                return page.fields(form.sent()).boards(&app).await?.respond();
            }
            Ok(_) => change::change(&app.db, &by, id, &draft).await,
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(report) => {
            if !report.boards.is_empty() {
                app.live.look();
            }
            redirect_to_list(&session, LogSubject::Challenge, &saved(&draft, Some(&report))).await
        }
        Err(EditError::Conflict) => {
            let stored = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
            let (version, theirs) = (stored.version, ChallengeForm::of(stored.clone()));
            let among = competitions::all(&app.db).await?;
            let page = Editor::change(&form, stored.is_draft).page(&app, &frame).await?;
            let page = page.fields(form.fields_like(&theirs, &among));
            page.conflict(&form.version(), &theirs.fields_like(&form, &among), version).respond()
        }
        Err(error) => again(rejected(error)?).await,
    }
}

const SAVE: &str = "Save, and mark again";

/// `POST /admin/challenges/{id}/lock`.
pub(crate) async fn lock(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let message = match change::close(&app.db, &actor(&admin), id).await? {
        Some(title) => format!("“{title}” is closed, and shows its answers."),
        None => "It is not open, so it cannot be closed.".to_owned(),
    };
    redirect_to_list(&session, LogSubject::Challenge, &message).await
}

/// The buttons of the page that asks before a challenge is opened again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReopenForm {
    sure: String,
}

/// `POST /admin/challenges/{id}/unlock`: asks first, since the answers were shown.
pub(crate) async fn unlock(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<ReopenForm>,
) -> Result<Response, Error> {
    let draft = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    if form.sure != "yes" {
        let shown = edit::closed_at(&app.db, id).await?.or(draft.locked_at).unwrap_or_else(now);
        let scheduled = match draft.locked_at {
            Some(at) if at > now() => format!("It still closes {}.", when(at)),
            Some(_) => "Its closing time is over, and goes: write a new one into its form.".to_owned(),
            None => "It stays open until you close it.".to_owned(),
        };
        let shown = format!(
            "Its answers have been shown since {}. Pupils who looked can take points for them now.",
            when(shown)
        );
        let page = FormPage::new(&frame, "Open it again?", "Open it again").section(Section::Admin);
        let page = page.lead(format!("“{}”", draft.title)).lead(shown).lead(scheduled);
        let page = page.fields([Field::hidden("sure", "yes")]);
        return page.link("Leave it closed", format!("/admin/challenges/{id}")).respond();
    }
    let message = match change::reopen(&app.db, &actor(&admin), id).await? {
        Some(title) => format!("“{title}” takes answers again. Pupils who looked have seen its own."),
        None => "It is not closed.".to_owned(),
    };
    redirect_to_list(&session, LogSubject::Challenge, &message).await
}

fn when(at: i64) -> String {
    let day = Day::of_unix(at);
    format!("{day}, {}", day.hour())
}
