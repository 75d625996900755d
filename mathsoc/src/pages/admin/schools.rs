//! `/admin/schools`: the section of schools, whose pupils may register.

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::{List, PageNumber, Row, actor, redirect_to_list};
use crate::db::Paged;
use crate::db::schools::{self, NewSchool, School, SchoolError};
use crate::db::versions::{self, Saved};
use crate::domain::email::EmailDomain;
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Default, Deserialize)]
pub(crate) struct SchoolForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email_domain: String,
    #[serde(flatten)]
    version: FormVersion,
}

impl SchoolForm {
    fn of(school: School) -> Self {
        let email_domain = school.email_domain.map(|domain| domain.to_string()).unwrap_or_default();
        Self { name: school.name, email_domain, version: FormVersion::default() }
    }

    fn fields(&self) -> [Field; 2] {
        [
            Field::text("name", "Name", "off").value(&self.name),
            Field::text("email_domain", "E-mail domain", "off")
                .value(&self.email_domain)
                .hint("What stands after the @ in its pupils’ addresses. Without it nobody can register as its pupil."),
        ]
    }

    /// Parses the form, or returns the fields with their validation errors.
    fn read(&self) -> Result<NewSchool, Vec<Field>> {
        let domain = self.email_domain.trim().trim_start_matches('@');
        let domain = (!domain.is_empty()).then(|| domain.parse::<EmailDomain>()).transpose();
        match (self.name.parse::<Title>(), domain) {
            (Ok(name), Ok(email_domain)) => Ok(NewSchool { name, email_domain }),
            (name, domain) => {
                let [name_field, domain_field] = self.fields();
                Err(vec![name_field.error(name.err()), domain_field.error(domain.err())])
            }
        }
    }
}

fn page(frame: &Frame, title: &'static str, fields: impl Into<Vec<Field>>) -> FormPage {
    FormPage::new(frame, title, "Save")
        .section(Section::Admin)
        .fields(fields)
        .link("All schools", "/admin/schools")
}

const NEW: &str = "New school";
const CHANGE: &str = "Change the school";

/// `GET /admin/schools`.
pub(crate) async fn list(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found: Paged<School> = schools::page(&app.db, page).await?;
    let row = |school: School| {
        let fact = match school.email_domain {
            Some(domain) => format!("@{domain}"),
            None => "Nobody can register".to_owned(),
        };
        Row { id: school.id, title: school.name, facts: vec![fact] }
    };
    List::page(&app, &frame, LogSubject::School, ("Schools", NEW), found, row).await
}

/// `GET /admin/schools/new`.
pub(crate) async fn new(frame: Frame) -> Result<Response, Error> {
    page(&frame, NEW, SchoolForm::default().fields()).respond()
}

/// `POST /admin/schools/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<SchoolForm>,
) -> Result<Response, Error> {
    let new = match form.read() {
        Ok(new) => new,
        Err(fields) => return page(&frame, NEW, fields).respond(),
    };
    match schools::create(&app.db, &actor(&admin), &new).await {
        Ok(_) => redirect_to_list(&session, LogSubject::School, &format!("“{}” is saved.", new.name)).await,
        Err(error) => error_page(page(&frame, NEW, form.fields()), error),
    }
}

/// `GET /admin/schools/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let (version, form) = stored(&app, id).await?;
    page(&frame, CHANGE, form.fields()).version(version).respond()
}

/// Returns the stored version and its form.
async fn stored(app: &App, id: i64) -> Result<(i64, SchoolForm), Error> {
    let version = versions::of(&app.db, LogSubject::School, id).await?.ok_or_else(Error::not_found)?;
    let school = schools::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    Ok((version, SchoolForm::of(school)))
}

/// `POST /admin/schools/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<SchoolForm>,
) -> Result<Response, Error> {
    let new = match form.read() {
        Ok(new) => new,
        Err(fields) => return page(&frame, CHANGE, fields).same_version(&form.version).respond(),
    };
    match schools::change(&app.db, &actor(&admin), id, form.version.number(), &new).await {
        Ok(Saved::Done) => {
            redirect_to_list(&session, LogSubject::School, &format!("“{}” is saved.", new.name)).await
        }
        Ok(Saved::Conflict) => {
            let (version, theirs) = stored(&app, id).await?;
            page(&frame, CHANGE, form.fields()).conflict(&form.version, &theirs.fields(), version).respond()
        }
        Ok(Saved::Missing) => Err(Error::not_found()),
        Err(error) => error_page(page(&frame, CHANGE, form.fields()).same_version(&form.version), error),
    }
}

fn error_page(page: FormPage, error: SchoolError) -> Result<Response, Error> {
    match error {
        SchoolError::Taken => page.problem(Some(error.to_string())).respond(),
        SchoolError::Db(error) => Err(error.into()),
    }
}
