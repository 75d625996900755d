//! `/admin/users/new` and `/admin/users/{id}/edit`: name, school and year of a user.
//!
//! The e-mail address is set for a new account, and never changed here.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::{Session, SignedIn};
use serde::Deserialize;

use crate::db::admin_log::Action;
use crate::db::schools::{self, School};
use crate::db::users::edit::{self, ChangeError, Details};
use crate::db::users::{self, CreateError, NewUser, User};
use crate::db::versions::{self, Saved};
use crate::domain::email::EmailAddress;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::{FullName, Role, Year};
use crate::error::Error;
use crate::pages::account::{send, welcome};
use crate::pages::admin::{actor, redirect_with_notice};
use crate::pages::parts::address::Id;
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Default, Deserialize)]
pub(crate) struct UserForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    school: String,
    #[serde(default)]
    year: String,
    #[serde(flatten)]
    version: FormVersion,
}

impl UserForm {
    fn of(user: &User) -> Self {
        Self {
            full_name: user.full_name.to_string(),
            email: String::new(),
            school: user.school_id.map(|id| id.to_string()).unwrap_or_default(),
            year: user.year.map(|year| year.number().to_string()).unwrap_or_default(),
            version: FormVersion::default(),
        }
    }

    /// Parses the form, or returns the fields with their validation errors.
    fn read(&self, schools: &[School]) -> Result<Details, Box<[Field; 3]>> {
        let name = self.full_name.parse::<FullName>();
        let year = (!self.year.is_empty()).then(|| self.year.parse::<Year>()).transpose();
        let school = match &*self.school {
            "" => Ok(None),
            id => {
                let school = schools.iter().find(|school| Id::parse(id) == Some(Id(school.id)));
                school.map(|school| Some(school.id)).ok_or("There is no such school. Choose another.")
            }
        };
        match (name, school, year) {
            (Ok(full_name), Ok(school_id), Ok(year)) => Ok(Details { full_name, school_id, year }),
            (name, school, year) => {
                let [name_field, school_field, year_field] = self.fields(schools);
                Err(Box::new([
                    name_field.error(name.err()),
                    school_field.error(school.err()),
                    year_field.error(year.err()),
                ]))
            }
        }
    }

    fn fields(&self, schools: &[School]) -> [Field; 3] {
        let school = |school: &School| (school.id.to_string(), school.name.clone());
        let none = || [(String::new(), "None".to_owned())].into_iter();
        let years = (Year::FIRST..=Year::LAST).map(|year| (year.to_string(), format!("Year {year}")));
        [
            Field::text("full_name", "Name", "off").value(&self.full_name),
            Field::select("school", "School", none().chain(schools.iter().map(school)).collect())
                .value(&self.school),
            Field::select("year", "Year", none().chain(years).collect()).value(&self.year),
        ]
    }

    fn email_field(&self) -> Field {
        Field::text("email", "E-mail address", "off").value(&self.email)
    }
}

fn edit_page(frame: &Frame, id: i64, fields: [Field; 3]) -> FormPage {
    let page = FormPage::new(frame, "Change the details", "Save").section(Section::Admin).fields(fields);
    page.link("Leave them as they are", format!("/admin/users/{id}"))
}

/// `GET /admin/users/{id}/edit`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let (version, form) = stored(&app, id).await?;
    edit_page(&frame, id, form.fields(&schools::all(&app.db).await?)).version(version).respond()
}

/// Returns the stored version and its form.
async fn stored(app: &App, id: i64) -> Result<(i64, UserForm), Error> {
    let version = versions::of(&app.db, LogSubject::User, id).await?.ok_or_else(Error::not_found)?;
    let user = users::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    Ok((version, UserForm::of(&user)))
}

/// `POST /admin/users/{id}/edit`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<UserForm>,
) -> Result<Response, Error> {
    let schools = schools::all(&app.db).await?;
    let details = match form.read(&schools) {
        Ok(details) => details,
        Err(fields) => return edit_page(&frame, id, *fields).same_version(&form.version).respond(),
    };
    match edit::change(&app.db, &actor(&admin), id, form.version.number(), &details).await {
        Ok(Saved::Done) => {
            redirect_with_notice(&session, &format!("/admin/users/{id}"), "The details are saved.").await
        }
        Ok(Saved::Conflict) => {
            let (version, theirs) = stored(&app, id).await?;
            let page = edit_page(&frame, id, form.fields(&schools));
            page.conflict(&form.version, &theirs.fields(&schools), version).respond()
        }
        Ok(Saved::Missing) => Err(Error::not_found()),
        Err(ChangeError::Db(error)) => Err(error.into()),
        Err(gone @ ChangeError::NoSchool) => {
            let page = edit_page(&frame, id, form.fields(&schools)).same_version(&form.version);
            page.problem(Some(gone.to_string())).respond()
        }
    }
}

fn new_page(frame: &Frame, email: Field, [name, school, year]: [Field; 3]) -> FormPage {
    FormPage::new(frame, "New user", "Make the account")
        .section(Section::Admin)
        .lead("They get a letter with a link to choose a password. Nobody else ever knows it.")
        .fields([name, email, school, year])
        .link("Import a list instead", "/admin/users/import")
        .link("All users", "/admin/users")
}

/// `GET /admin/users/new`.
pub(crate) async fn new(State(app): State<App>, frame: Frame) -> Result<Response, Error> {
    let (form, schools) = (UserForm::default(), schools::all(&app.db).await?);
    new_page(&frame, form.email_field(), form.fields(&schools)).respond()
}

/// `POST /admin/users/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<UserForm>,
) -> Result<Response, Error> {
    let schools = schools::all(&app.db).await?;
    let (details, email) = match (form.read(&schools), form.email.parse::<EmailAddress>()) {
        (Ok(details), Ok(email)) => (details, email),
        (details, email) => {
            let fields = details.err().map_or_else(|| form.fields(&schools), |fields| *fields);
            return new_page(&frame, form.email_field().error(email.err()), fields).respond();
        }
    };
    let Details { full_name, school_id, year } = details;
    let new = NewUser { email, full_name, role: Role::Pupil, school_id, year, email_is_verified: false };
    match edit::create_all(&app.db, &actor(&admin), Action::Created, &[new]).await {
        Ok(made) => {
            let user = made.into_iter().next().ok_or_else(Error::not_found)?;
            send(&app, &user.email, &welcome(&app, &user));
            let message = format!("The account is made, and a letter goes to {}.", user.email);
            redirect_with_notice(&session, &format!("/admin/users/{}", user.id), &message).await
        }
        Err(CreateError::Db(error)) => Err(error.into()),
        Err(CreateError::EmailTaken) => {
            let taken = "There is an account with this address, or there was a minute ago.";
            new_page(&frame, form.email_field().error(Some(taken)), form.fields(&schools)).respond()
        }
    }
}
