//! `/admin/newsletters`: the section of newsletters.
//!
//! A newsletter has a text, a PDF, or both. If the PDF is rejected, the form is shown again with
//! the submitted texts and the reason. The admin has to choose the file again, as browsers never
//! fill in a file field.

use axum::Form;
use axum::extract::{Request, State};
use axum::response::{Html, Response};
use palisade::upload::{FileType, PendingFile, UploadId};
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::{List, PageNumber, Row, actor, redirect_to_list};
use crate::db::newsletters::{self, File, NewNewsletter, Newsletter};
use crate::db::versions::{self, Saved};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::long_text::LongText;
use crate::domain::title::{self, Title};
use crate::error::Error;
use crate::pages::files;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::{Day, Hour};
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section, render};
use crate::pages::public::newsletters::{NewsletterPage, size};
use crate::state::App;
use crate::text::rich_text;
use crate::web::signed_in::Admin;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewsletterForm {
    title: String,
    summary: String,
    body: String,
    published_at: String,
    #[serde(flatten)]
    version: FormVersion,
}

/// The content of the field for the PDF.
enum PdfField {
    Accepted(PendingFile),
    Rejected(String),
    Missing,
}

impl NewsletterForm {
    fn of(it: &Newsletter) -> Self {
        let published_at = Hour::of_unix(it.published_at).to_string();
        let (title, summary, body) = (it.title.clone(), it.summary.clone(), it.body.clone());
        Self { title, summary, body, published_at, version: FormVersion::default() }
    }

    /// Returns the fields. `has` is the stored file.
    fn fields(&self, app: &App, has: &File) -> [Field; 5] {
        let hint = match &has.file_name {
            Some(name) => format!("There is {name}. Choose another one only to put it in its place."),
            None => format!("A document that ends in .pdf, of at most {}.", max_pdf_size(app)),
        };
        [
            Field::text("title", "Title", "off").value(&self.title),
            Field::long_text("summary", "What is in it").value(&self.summary).hint(
                "A sentence or two for the list of newsletters. Plain text; formulas stand between \\( and \\).",
            ),
            Field::rich_text("body", "Text, if it is to be read on the page too").value(&self.body),
            Field::hour("published_at", "Shown from").value(&self.published_at),
            // Last, so that all texts are read before it, if it is too large.
            Field::file("file", "PDF", "application/pdf,.pdf").hint(hint),
        ]
    }

    /// Parses the form without the PDF. `None` if a field is invalid.
    fn read(&self) -> Option<NewNewsletter> {
        let (title, hour) = (self.title.parse().ok()?, self.published_at.parse::<Hour>().ok()?);
        let body = if rich_text::is_blank(&self.body) { "" } else { &self.body };
        let (summary, body) = (self.summary.parse::<LongText>().ok()?, LongText::optional(body).ok()?);
        let (summary, body) = (summary.into(), body.into());
        Some(NewNewsletter { title, summary, body, published_at: hour.unix() })
    }

    /// Returns the fields with their validation errors.
    fn wrong(&self, app: &App, has: &File, pdf: PdfField) -> Vec<Field> {
        let [title, summary, body, hour, file] = self.fields(app, has);
        let empty = "This is empty. Write what there is to read.";
        let summary_error = self.summary.parse::<LongText>().err().map(|error| error.in_field(empty));
        let file_error = match pdf {
            PdfField::Rejected(why) => Some(why),
            PdfField::Accepted(_) => {
                Some("Choose the PDF again: it is sent together with the rest.".to_owned())
            }
            PdfField::Missing if has.file_id.is_none() && rich_text::is_blank(&self.body) => {
                Some("There is nothing to read yet. Choose the PDF, or write a text above.".to_owned())
            }
            PdfField::Missing => None,
        };
        vec![
            title.error(self.title.parse::<Title>().err()),
            summary.error(summary_error),
            body.error(LongText::optional(&self.body).err()),
            hour.error(self.published_at.parse::<Hour>().err()),
            file.error(file_error),
        ]
    }

    /// Converts the form for a preview, valid or not.
    fn preview(self, now: i64) -> Newsletter {
        let title = title::or_untitled(self.title);
        let published_at = self.published_at.parse().map_or(now, Hour::unix);
        Newsletter {
            id: 0,
            title,
            summary: self.summary,
            body: self.body,
            published_at,
            file: File::default(),
        }
    }
}

/// Returns the maximum size of a PDF: the body limit without a sixteenth, for the texts.
fn max_pdf_size(app: &App) -> String {
    let bytes = app.config.uploads.most_bytes;
    size(i64::try_from(bytes - bytes / 16).unwrap_or(i64::MAX))
}

/// Receives the multipart form.
async fn receive(app: &App, request: Request) -> Result<(NewsletterForm, PdfField), Error> {
    let mut received = files::receive_form(app, &[FileType::Pdf], request).await?;
    let text = |name| received.text(name).unwrap_or_default().to_owned();
    let (title, summary) = (text("title"), text("summary"));
    let version = FormVersion::new(text("version"), text("base"));
    let (body, published_at) = (text("body"), text("published_at"));
    let form = NewsletterForm { title, summary, body, published_at, version };
    let rejected = received.rejection("file").map(|rejection| rejection.message().into_owned());
    let pdf = match (rejected, received.take_file("file")) {
        (Some(why), _) => PdfField::Rejected(why),
        (None, Some(file)) => PdfField::Accepted(file),
        (None, None) => PdfField::Missing,
    };
    Ok((form, pdf))
}

/// Returns the newsletter and its new PDF, if there is one, or the fields with their errors.
fn validate(
    app: &App,
    has: &File,
    (form, pdf): (NewsletterForm, PdfField),
) -> Result<(NewNewsletter, Option<PendingFile>), Vec<Field>> {
    match (form.read(), pdf) {
        (Some(new), PdfField::Accepted(file)) => Ok((new, Some(file))),
        (Some(new), PdfField::Missing) if has.file_id.is_some() || !new.body.is_empty() => Ok((new, None)),
        (_, pdf) => Err(form.wrong(app, has, pdf)),
    }
}

async fn store_pdf(
    app: &App,
    admin: &SignedIn<Admin>,
    file: Option<PendingFile>,
) -> Result<Option<UploadId>, Error> {
    match file {
        Some(file) => Ok(Some(files::store(app, admin.user.id, file).await?.id)),
        None => Ok(None),
    }
}

fn page(frame: &Frame, title: &'static str, fields: impl Into<Vec<Field>>) -> FormPage {
    FormPage::new(frame, title, "Save")
        .section(Section::Admin)
        .fields(fields)
        .other("Preview in a new window", "/admin/newsletters/preview")
        .link("All newsletters", "/admin/newsletters")
}

const NEW: &str = "New newsletter";
const CHANGE: &str = "Change the newsletter";

/// `GET /admin/newsletters?page=2`.
pub(crate) async fn list(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = newsletters::all(&app.db, page).await?;
    let now = now();
    let row = |it: Newsletter| {
        let day = Day::of_unix(it.published_at);
        let since = if it.published_at <= now { "Shown since" } else { "Will be shown from" };
        let file = match &it.file.file_name {
            Some(name) if it.file.file_waits => format!("{name} waits for the virus scanner"),
            Some(name) => format!("{name}, {}", it.file.size()),
            None if it.body.is_empty() => "Nobody sees it: it has neither a PDF nor a text".to_owned(),
            None => "Without a PDF".to_owned(),
        };
        Row { id: it.id, title: it.title, facts: vec![format!("{since} {day}, {}", day.hour()), file] }
    };
    List::page(&app, &frame, LogSubject::Newsletter, ("Newsletters", NEW), found, row).await
}

/// `GET /admin/newsletters/new`.
pub(crate) async fn new(State(app): State<App>, frame: Frame) -> Result<Response, Error> {
    let form = NewsletterForm { published_at: Hour::of_unix(now()).to_string(), ..NewsletterForm::default() };
    page(&frame, NEW, form.fields(&app, &File::default())).respond()
}

/// `POST /admin/newsletters/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    request: Request,
) -> Result<Response, Error> {
    let (new, file) = match validate(&app, &File::default(), receive(&app, request).await?) {
        Ok(read) => read,
        Err(fields) => return page(&frame, NEW, fields).respond(),
    };
    let file = store_pdf(&app, &admin, file).await?;
    newsletters::create(&app.db, &actor(&admin), &new, file).await?;
    redirect_to_list(&session, LogSubject::Newsletter, &format!("“{}” is saved.", new.title)).await
}

/// `POST /admin/newsletters/preview`: renders the page without saving. The file is not submitted.
pub(crate) async fn preview(frame: Frame, Form(form): Form<NewsletterForm>) -> Result<Html<String>, Error> {
    render(&NewsletterPage::preview(&frame, form.preview(now())))
}

/// `GET /admin/newsletters/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let (version, found) = stored(&app, id).await?;
    let form = page(&frame, CHANGE, NewsletterForm::of(&found).fields(&app, &found.file)).version(version);
    match found.file.address() {
        Some(address) => form.link("Open its PDF", address).respond(),
        None => form.respond(),
    }
}

/// Returns the stored version.
async fn stored(app: &App, id: i64) -> Result<(i64, Newsletter), Error> {
    let version = versions::of(&app.db, LogSubject::Newsletter, id).await?.ok_or_else(Error::not_found)?;
    Ok((version, newsletters::any(&app.db, id).await?.ok_or_else(Error::not_found)?))
}

/// `POST /admin/newsletters/{id}`. After a conflict, a new PDF has to be chosen again.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    request: Request,
) -> Result<Response, Error> {
    let found = newsletters::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let (form, pdf) = receive(&app, request).await?;
    let (sent, has_pdf) = (form.clone(), !matches!(pdf, PdfField::Missing));
    let (new, file) = match validate(&app, &found.file, (form, pdf)) {
        Ok(read) => read,
        Err(fields) => return page(&frame, CHANGE, fields).same_version(&sent.version).respond(),
    };
    let is_newer = versions::of(&app.db, LogSubject::Newsletter, id).await? != Some(sent.version.number());
    // Nothing is uploaded for a save that is not made.
    let file = if is_newer { None } else { store_pdf(&app, &admin, file).await? };
    match newsletters::change(&app.db, &actor(&admin), id, sent.version.number(), &new, file).await? {
        Saved::Done => {}
        Saved::Missing => return Err(Error::not_found()),
        Saved::Conflict => {
            let (version, theirs) = stored(&app, id).await?;
            let [title, summary, file, body, hour] = sent.fields(&app, &theirs.file);
            let again = has_pdf.then_some("Choose the PDF again: it is sent together with the rest.");
            let fields = [title, summary, file.error(again), body, hour];
            let stored = NewsletterForm::of(&theirs).fields(&app, &theirs.file);
            return page(&frame, CHANGE, fields).conflict(&sent.version, &stored, version).respond();
        }
    }
    redirect_to_list(&session, LogSubject::Newsletter, &format!("“{}” is saved.", new.title)).await
}
