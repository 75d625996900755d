//! `/admin/articles`: the section of articles, published and scheduled.

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::{List, PageNumber, Row, actor, redirect_to_list};
use crate::db::articles::edit::{self, Draft};
use crate::db::articles::{Article, ArticleSummary};
use crate::db::versions::{self, Saved};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::long_text::{LongText, LongTextError};
use crate::domain::title::{self, Title};
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::{Day, Hour};
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section, render};
use crate::pages::public::articles::ArticlePage;
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ArticleForm {
    title: String,
    author: String,
    teaser: String,
    body: String,
    published_at: String,
    #[serde(flatten)]
    version: FormVersion,
}

impl ArticleForm {
    fn of(it: Article) -> Self {
        let published_at = Hour::of_unix(it.published_at).to_string();
        let (title, author, teaser, body) = (it.title, it.author, it.teaser, it.body);
        Self { title, author, teaser, body, published_at, version: FormVersion::default() }
    }

    fn fields(&self) -> [Field; 5] {
        [
            Field::text("title", "Title", "off").value(&self.title),
            Field::text("author", "Author", "off").value(&self.author),
            Field::long_text("teaser", "Teaser").value(&self.teaser).hint(
                "A sentence or two for the list of articles. Plain text; formulas stand between \\( and \\).",
            ),
            Field::rich_text("body", "The article").value(&self.body),
            Field::hour("published_at", "Shown from").value(&self.published_at),
        ]
    }

    /// Parses the form, or returns the fields with their validation errors.
    fn read(&self) -> Result<Draft, Vec<Field>> {
        let (title, author) = (self.title.parse::<Title>(), self.author.parse::<Title>());
        let (teaser, body) = (self.teaser.parse::<LongText>(), self.body.parse::<LongText>());
        match (title, author, teaser, body, self.published_at.parse::<Hour>()) {
            (Ok(title), Ok(author), Ok(teaser), Ok(body), Ok(hour)) => {
                let (teaser, body) = (teaser.into(), body.into());
                Ok(Draft { title, author, teaser, body, published_at: hour.unix() })
            }
            (title, author, teaser, body, hour) => {
                let [title_field, author_field, teaser_field, body_field, hour_field] = self.fields();
                let say = |error: LongTextError, empty| error.in_field(empty);
                let teaser = teaser.err().map(|it| say(it, "This is empty. Write what makes one read on."));
                let body = body.err().map(|it| say(it, "This is empty. Write what there is to say."));
                Err(vec![
                    title_field.error(title.err()),
                    author_field.error(author.err()),
                    teaser_field.error(teaser),
                    body_field.error(body),
                    hour_field.error(hour.err()),
                ])
            }
        }
    }

    /// Converts the form for a preview, valid or not.
    fn preview(self, now: i64) -> Article {
        let published_at = self.published_at.parse().map_or(now, Hour::unix);
        let (title, author) = (title::or_untitled(self.title), self.author);
        Article { id: 0, title, author, teaser: self.teaser, body: self.body, published_at }
    }
}

fn page(frame: &Frame, title: &'static str, fields: impl Into<Vec<Field>>) -> FormPage {
    FormPage::new(frame, title, "Save")
        .section(Section::Admin)
        .fields(fields)
        .other("Preview in a new window", "/admin/articles/preview")
        .link("All articles", "/admin/articles")
}

const NEW: &str = "New article";
const CHANGE: &str = "Change the article";

/// `GET /admin/articles?page=2`.
pub(crate) async fn list(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = edit::all(&app.db, page).await?;
    let now = now();
    let row = |it: ArticleSummary| {
        let (day, shown) = (Day::of_unix(it.published_at), it.published_at <= now);
        let since = if shown { "Shown since" } else { "Will be shown from" };
        let facts = vec![it.author, format!("{since} {day}, {}", day.hour())];
        Row { id: it.id, title: it.title, facts }
    };
    List::page(&app, &frame, LogSubject::Article, ("Articles", NEW), found, row).await
}

/// `GET /admin/articles/new`.
pub(crate) async fn new(frame: Frame) -> Result<Response, Error> {
    let author = frame.user().map(|user| user.full_name.to_string()).unwrap_or_default();
    let form =
        ArticleForm { author, published_at: Hour::of_unix(now()).to_string(), ..ArticleForm::default() };
    page(&frame, NEW, form.fields()).respond()
}

/// `POST /admin/articles/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<ArticleForm>,
) -> Result<Response, Error> {
    match form.read() {
        Err(fields) => page(&frame, NEW, fields).respond(),
        Ok(draft) => {
            edit::create(&app.db, &actor(&admin), &draft).await?;
            redirect_to_list(&session, LogSubject::Article, &format!("“{}” is saved.", draft.title)).await
        }
    }
}

/// `POST /admin/articles/preview`: renders the page without saving.
pub(crate) async fn preview(frame: Frame, Form(form): Form<ArticleForm>) -> Result<Html<String>, Error> {
    render(&ArticlePage::preview(&frame, form.preview(now())))
}

/// `GET /admin/articles/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let (version, form) = stored(&app, id).await?;
    page(&frame, CHANGE, form.fields()).version(version).respond()
}

/// Returns the stored version and its form.
async fn stored(app: &App, id: i64) -> Result<(i64, ArticleForm), Error> {
    let version = versions::of(&app.db, LogSubject::Article, id).await?.ok_or_else(Error::not_found)?;
    let found = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    Ok((version, ArticleForm::of(found)))
}

/// `POST /admin/articles/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<ArticleForm>,
) -> Result<Response, Error> {
    let new = match form.read() {
        Ok(new) => new,
        Err(fields) => return page(&frame, CHANGE, fields).same_version(&form.version).respond(),
    };
    match edit::change(&app.db, &actor(&admin), id, form.version.number(), &new).await? {
        Saved::Done => {
            redirect_to_list(&session, LogSubject::Article, &format!("“{}” is saved.", new.title)).await
        }
        Saved::Conflict => {
            let (version, theirs) = stored(&app, id).await?;
            page(&frame, CHANGE, form.fields()).conflict(&form.version, &theirs.fields(), version).respond()
        }
        Saved::Missing => Err(Error::not_found()),
    }
}
