//! `/register`: creates an account.
//!
//! The response does not reveal if the e-mail address has an account already.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::password::Password;
use serde::Deserialize;

use super::{password_problem, send};
use crate::config::Registration;
use crate::db::schools;
use crate::db::users::{self, CreateError, NewUser};
use crate::domain::email::EmailAddress;
use crate::domain::person::{FullName, Role, Year};
use crate::error::Error;
use crate::links::Purpose;
use crate::mail::{AddressTaken, VerifyAddress};
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage, MessagePage};
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct RegisterForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    year: String,
    password: Option<Password>,
}

pub(super) fn year_field() -> Field {
    let years = (Year::FIRST..=Year::LAST).map(|year| (year.to_string(), format!("Year {year}")));
    let choices = [(String::new(), "None, or I would rather not say".to_owned())];
    Field::select("year", "School year", choices.into_iter().chain(years).collect())
        .hint("It decides which leaderboard you are on. We do not ask for your date of birth.")
}

pub(super) fn name_field() -> Field {
    Field::text("full_name", "Your name", "name")
        .hint("As others see it. A first name and an initial will do.")
}

fn email_field() -> Field {
    Field::email("E-mail address").hint("Use the one that your school has given you.")
}

pub(super) fn password_field() -> Field {
    Field::new_password("password", "Password")
        .hint("Three or four words make a good one. At least 8 characters.")
}

fn page(frame: &Frame, form: &RegisterForm) -> FormPage {
    FormPage::new(frame, "Make an account", "Make my account")
        .lead("With an account you will be able to answer challenges and see your progress.")
        .fields([
            name_field().value(&form.full_name),
            Field::email("E-mail address")
                .value(&form.email)
                .hint("Use the one that your school has given you."),
            year_field().value(&form.year),
            password_field(),
        ])
        .link("I have an account", "/login")
        .link("What we keep about you, and why", "/privacy_policy")
}

/// `GET /register`.
pub(crate) async fn show(State(app): State<App>, frame: Frame) -> Result<Response, Error> {
    if app.config.registration == Registration::Closed {
        return closed(&frame);
    }
    let form =
        RegisterForm { full_name: String::new(), email: String::new(), year: String::new(), password: None };
    page(&frame, &form).respond()
}

fn closed(frame: &Frame) -> Result<Response, Error> {
    let text = "Accounts are made by the people who run this site. Ask them on Thursday.";
    MessagePage::new(frame, "Make an account", text).link("Log in", "/login").respond()
}

/// `POST /register`.
///
/// # Errors
/// Returns 503 if too many passwords are being hashed.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<RegisterForm>,
) -> Result<Response, Error> {
    if app.config.registration == Registration::Closed {
        return closed(&frame);
    }
    let name = form.full_name.parse::<FullName>();
    let email = form.email.parse::<EmailAddress>();
    let year = (!form.year.is_empty()).then(|| form.year.parse::<Year>()).transpose();
    let password = form.password.clone().unwrap_or_else(|| Password::from(""));
    let weak = password_problem(Role::Pupil, &password, &[&form.full_name, &form.email]).await;
    let school = match &email {
        Ok(email) => schools::of_address(&app.db, email).await?,
        Err(_) => None,
    };
    let outside = email.is_ok() && school.is_none() && app.config.registration == Registration::SchoolDomains;
    let outside = outside.then_some(
        "Please use the e-mail address that your school has given you. We know no school with this one.",
    );
    let (Ok(full_name), Ok(email), Ok(year), None, None) = (&name, &email, &year, &weak, outside) else {
        let email_error = email.as_ref().err().map(ToString::to_string).or(outside.map(str::to_owned));
        let fields = [
            name_field().value(&form.full_name).error(name.err()),
            email_field().value(&form.email).error(email_error),
            year_field().value(&form.year).error(year.err()),
            password_field().error(weak),
        ];
        return page(&frame, &form).fields(fields).respond();
    };
    // Hashed before the look-up, so that the response time does not reveal a known address.
    let hash = app.passwords.hash(password).await?.hash;
    let new = NewUser {
        email: email.clone(),
        full_name: full_name.clone(),
        role: Role::Pupil,
        school_id: school.map(|school| school.id),
        year: *year,
        email_is_verified: false,
    };
    let url = |path: &str| app.config.site_url.link(path);
    match users::create(&app.db, &new, Some(&hash)).await {
        Ok(user) => {
            let link = url(&app.links.issue(Purpose::VerifyAddress, &user));
            send(&app, email, &VerifyAddress { link, site: url("/") });
        }
        Err(CreateError::EmailTaken) => {
            let letter =
                AddressTaken { log_in: url("/login"), reset: url("/password_reset"), site: url("/") };
            send(&app, email, &letter);
        }
        Err(CreateError::Db(error)) => return Err(error.into()),
    }
    MessagePage::new(
        &frame,
        "Look into your mail",
        "We have sent a letter to the address that you gave. Open the link in it to show that the address is yours.",
    )
    .paragraph("If nothing comes within a few minutes, look where unwanted mail goes.")
    .respond()
}
