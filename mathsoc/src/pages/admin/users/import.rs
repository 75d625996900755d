//! `/admin/users/import`: creates accounts from a list of people, pasted or uploaded.
//!
//! The first POST shows a preview of each line and the plan's digest. The second POST sends the
//! digest back: if the plan has changed since, it shows a new preview and creates nothing.

use askama::Template;
use axum::Form;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::users_are;
use crate::db::admin_log::Action;
use crate::db::schools::{self, School};
use crate::db::users::edit;
use crate::db::users::list;
use crate::db::users::{CreateError, NewUser};
use crate::domain::log_subject::LogSubject;
use crate::domain::person::Year;
use crate::error::Error;
use crate::lists::class_list::{self, CheckedLine, LineOutcome, ListError, MAX_LINES};
use crate::pages::account::welcome;
use crate::pages::admin::{actor, redirect_to_list};
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

/// The list, and the digest of the plan that the admin has seen.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImportForm {
    list: String,
    plan: String,
    #[serde(skip)]
    wrong_file: Option<ListError>,
}

/// Accepts a URL-encoded form, or a multipart form whose file replaces the pasted text.
impl<S: Send + Sync> FromRequest<S> for ImportForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let form = Form::from_request(request, state).await;
            return form.map(|Form(sent)| sent).map_err(IntoResponse::into_response);
        }
        let form = Multipart::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Self::read(form).await.map_err(IntoResponse::into_response)
    }
}

impl ImportForm {
    async fn read(mut form: Multipart) -> Result<Self, MultipartError> {
        let (mut sent, mut file) = (Self::default(), None);
        while let Some(field) = form.next_field().await? {
            match field.name() {
                Some("list") => sent.list = field.text().await?,
                // Without a file, browsers send the field empty.
                Some("file") => file = Some(field.bytes().await?).filter(|file| !file.is_empty()),
                _ => {}
            }
        }
        match file.as_deref().map(class_list::text) {
            Some(Ok(text)) => text.trim_start_matches('\u{FEFF}').clone_into(&mut sent.list),
            Some(Err(error)) => sent.wrong_file = Some(error),
            None => {}
        }
        Ok(sent)
    }
}

#[derive(Template)]
#[template(path = "admin/import.html")]
struct Import {
    layout: Layout,
    token: SafeHtml,
    list: String,
    problem: Option<String>,
    is_file_wrong: bool,
    schools: Vec<School>,
    checked: Vec<CheckedLine>,
    plan: String,
}

impl Import {
    fn count(&self, is: fn(&LineOutcome) -> bool) -> usize {
        self.checked.iter().filter(|it| is(&it.outcome)).count()
    }

    fn to_make(&self) -> usize {
        self.count(|outcome| matches!(outcome, LineOutcome::New(_)))
    }

    fn there(&self) -> usize {
        self.count(|outcome| matches!(outcome, LineOutcome::Exists))
    }

    fn wrong(&self) -> usize {
        self.count(|outcome| matches!(outcome, LineOutcome::Invalid(_)))
    }

    fn school(&self, new: &NewUser) -> Option<&str> {
        let id = new.school_id?;
        self.schools.iter().find(|school| school.id == id).map(|school| &*school.name)
    }
}

fn page(frame: &Frame, list: String) -> Import {
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    let (problem, schools, checked, plan) = (None, Vec::new(), Vec::new(), String::new());
    Import { layout, token, list, problem, is_file_wrong: false, schools, checked, plan }
}

/// `GET /admin/users/import`.
pub(crate) async fn show(frame: Frame) -> Result<Html<String>, Error> {
    let fill = frame.fill().inspect(|fill| fill.mark_shown());
    let list = fill.and_then(|fill| fill.text("list")).unwrap_or_default().to_owned();
    render(&Import { problem: fill.map(|fill| fill.note.clone()), ..page(&frame, list) })
}

/// `POST /admin/users/import`: previews the list or, with the plan's digest, creates the accounts.
pub(crate) async fn take(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    sent: ImportForm,
) -> Result<Response, Error> {
    let wrong = |page: &Import| Ok((StatusCode::UNPROCESSABLE_ENTITY, render(page)?).into_response());
    if let Some(error) = sent.wrong_file {
        let problem = Some(error.to_string());
        return wrong(&Import { problem, is_file_wrong: true, ..page(&frame, sent.list) });
    }
    let lines = match class_list::parse(&sent.list) {
        Ok(lines) => lines,
        Err(error) => return wrong(&Import { problem: Some(error.to_string()), ..page(&frame, sent.list) }),
    };
    let schools = schools::all(&app.db).await?;
    let taken = list::taken(&app.db, &class_list::addresses(&lines)).await?;
    let checked = class_list::check(lines, &schools, &taken);
    let plan = plan_digest(&checked);
    let preview = Import { schools, checked, plan, ..page(&frame, sent.list) };
    if sent.plan.is_empty() {
        return Ok(render(&preview)?.into_response());
    }
    let changed = "Something has changed since: look at the list again.";
    if sent.plan != preview.plan {
        return wrong(&Import { problem: Some(changed.to_owned()), ..preview });
    }
    if preview.to_make() == 0 {
        return Ok(render(&preview)?.into_response());
    }
    let new: Vec<NewUser> = preview.checked.iter().filter_map(|it| it.outcome.new_user().cloned()).collect();
    let Ok(places) = app.mailer.reserve(new.len()) else {
        let busy =
            "Too many letters are waiting to be sent. Try again in some minutes: nothing was done yet.";
        return wrong(&Import { problem: Some(busy.to_owned()), ..preview });
    };
    match edit::create_all(&app.db, &actor(&admin), Action::Imported, &new).await {
        Ok(made) => {
            let letter = |user: &_| welcome(&app, user);
            places.send(made.iter().map(|user| (user.email.clone(), letter(user))).collect());
            let message = format!("{} imported. Each of them gets a letter.", users_are(made.len()));
            redirect_to_list(&session, LogSubject::User, &message).await
        }
        Err(CreateError::EmailTaken) => wrong(&Import { problem: Some(changed.to_owned()), ..preview }),
        Err(CreateError::Db(error)) => Err(error.into()),
    }
}

/// Hashes the plan, so that the server stores nothing between preview and import.
fn plan_digest(checked: &[CheckedLine]) -> String {
    let mut digest = Sha256::new();
    for CheckedLine { line, outcome } in checked {
        let outcome = match outcome {
            LineOutcome::New(new) => {
                let year = new.year.map(Year::number);
                format!("new\0{}\0{}\0{:?}\0{year:?}", new.email.key(), new.full_name.as_str(), new.school_id)
            }
            LineOutcome::Exists => "there".to_owned(),
            LineOutcome::Invalid(why) => format!("wrong\0{why}"),
        };
        digest.update(format!("{}\0{outcome}\0\n", line.number));
    }
    hex::encode(digest.finalize())
}
