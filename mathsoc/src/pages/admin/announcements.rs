//! `/admin/announcements`: the section of announcements, which the front page shows.

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::{List, PageNumber, Row, actor, redirect_to_list};
use crate::db::announcements::{self, Announcement, NewAnnouncement};
use crate::db::versions::{self, Saved};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::long_text::LongText;
use crate::domain::title::{self, Title};
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::{Day, Hour};
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section, render};
use crate::pages::public::home::Home;
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Deserialize)]
pub(crate) struct AnnouncementForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    published_at: String,
    #[serde(flatten)]
    version: FormVersion,
}

impl AnnouncementForm {
    fn of(it: Announcement) -> Self {
        let published_at = Hour::of_unix(it.published_at).to_string();
        Self { title: it.title, body: it.body, published_at, version: FormVersion::default() }
    }

    fn fields(&self) -> [Field; 3] {
        [
            Field::text("title", "Title", "off").value(&self.title),
            Field::long_text("body", "Text")
                .value(&self.body)
                .hint("Plain text. Formulas stand between \\( and \\)."),
            Field::hour("published_at", "Shown from").value(&self.published_at),
        ]
    }

    /// Parses the form, or returns the fields with their validation errors.
    fn read(&self) -> Result<NewAnnouncement, Vec<Field>> {
        let (title, hour) = (self.title.parse::<Title>(), self.published_at.parse::<Hour>());
        match (title, self.body.parse::<LongText>(), hour) {
            (Ok(title), Ok(body), Ok(hour)) => {
                Ok(NewAnnouncement { title, body: body.into(), published_at: hour.unix() })
            }
            (title, body, hour) => {
                let [title_field, body_field, hour_field] = self.fields();
                let empty = "This is empty. Write what there is to say.";
                let body = body.err().map(|error| error.in_field(empty));
                Err(vec![
                    title_field.error(title.err()),
                    body_field.error(body),
                    hour_field.error(hour.err()),
                ])
            }
        }
    }

    /// Converts the form for a preview, valid or not.
    fn preview(self, now: i64) -> Announcement {
        let title = title::or_untitled(self.title);
        let published_at = self.published_at.parse().map_or(now, Hour::unix);
        Announcement { id: 0, title, body: self.body, published_at }
    }
}

fn page(frame: &Frame, title: &'static str, fields: impl Into<Vec<Field>>) -> FormPage {
    FormPage::new(frame, title, "Save")
        .section(Section::Admin)
        .fields(fields)
        .other("Preview in a new window", "/admin/announcements/preview")
        .link("All announcements", "/admin/announcements")
}

const NEW: &str = "New announcement";
const CHANGE: &str = "Change the announcement";

/// `GET /admin/announcements`.
pub(crate) async fn list(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = announcements::all(&app.db, page).await?;
    let now = now();
    let row = |it: Announcement| {
        let (day, shown) = (Day::of_unix(it.published_at), it.published_at <= now);
        let since = if shown { "Shown since" } else { "Will be shown from" };
        Row { id: it.id, title: it.title, facts: vec![format!("{since} {day}, {}", day.hour())] }
    };
    List::page(&app, &frame, LogSubject::Announcement, ("Announcements", NEW), found, row).await
}

/// `GET /admin/announcements/new`.
pub(crate) async fn new(frame: Frame) -> Result<Response, Error> {
    let form = AnnouncementForm {
        title: String::new(),
        body: String::new(),
        published_at: Hour::of_unix(now()).to_string(),
        version: FormVersion::default(),
    };
    page(&frame, NEW, form.fields()).respond()
}

/// `POST /admin/announcements/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<AnnouncementForm>,
) -> Result<Response, Error> {
    match form.read() {
        Err(fields) => page(&frame, NEW, fields).respond(),
        Ok(new) => {
            announcements::create(&app.db, &actor(&admin), &new).await?;
            redirect_to_list(&session, LogSubject::Announcement, &format!("“{}” is saved.", new.title)).await
        }
    }
}

/// `POST /admin/announcements/preview`: renders the front page without saving.
pub(crate) async fn preview(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<AnnouncementForm>,
) -> Result<Html<String>, Error> {
    render(&Home::preview(&app, &frame, form.preview(now())).await?)
}

/// `GET /admin/announcements/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let (version, form) = stored(&app, id).await?;
    page(&frame, CHANGE, form.fields()).version(version).respond()
}

/// Returns the stored version and its form.
async fn stored(app: &App, id: i64) -> Result<(i64, AnnouncementForm), Error> {
    let version = versions::of(&app.db, LogSubject::Announcement, id).await?.ok_or_else(Error::not_found)?;
    let found = announcements::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    Ok((version, AnnouncementForm::of(found)))
}

/// `POST /admin/announcements/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<AnnouncementForm>,
) -> Result<Response, Error> {
    let new = match form.read() {
        Ok(new) => new,
        Err(fields) => return page(&frame, CHANGE, fields).same_version(&form.version).respond(),
    };
    match announcements::change(&app.db, &actor(&admin), id, form.version.number(), &new).await? {
        Saved::Done => {
            redirect_to_list(&session, LogSubject::Announcement, &format!("“{}” is saved.", new.title)).await
        }
        Saved::Conflict => {
            let (version, theirs) = stored(&app, id).await?;
            page(&frame, CHANGE, form.fields()).conflict(&form.version, &theirs.fields(), version).respond()
        }
        Saved::Missing => Err(Error::not_found()),
    }
}
