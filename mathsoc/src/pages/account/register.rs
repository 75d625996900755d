//! `/register` and `/verify_email/{token}`: creates an account in two steps.
//!
//! 1. `/register` sends a letter. What was typed is in its link, and nowhere else: no account, and
//!    no address that is taken. The response does not reveal if the address has an account.
//! 2. Whoever opens the link owns the address. They choose the password there, and may correct the
//!    name; a stranger who has typed the address chooses neither.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use palisade::password::Password;
use palisade::redirect::{Next, SafePath};
use palisade::{Redirect, Session};
use serde::Deserialize;

use super::{Visitor, password_problem, send_within_limits};
use crate::config;
use crate::db::schools;
use crate::db::users::{self, CreateError, NewUser};
use crate::domain::email::EmailAddress;
use crate::domain::person::{FullName, Role, Year};
use crate::domain::school::School;
use crate::error::Error;
use crate::links::{LinkError, Registration};
use crate::mail::{AddressTaken, VerifyAddress};
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage, MessagePage};
use crate::pages::parts::frame::notice;
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct RegisterForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    year: String,
    #[serde(default)]
    next: Next,
}

#[derive(Deserialize)]
pub(crate) struct LastForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    year: String,
    password: Option<Password>,
}

/// The query of the form.
#[derive(Deserialize)]
pub(crate) struct RegisterQuery {
    #[serde(default)]
    next: Next,
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
    let next = form.next.path().map(SafePath::as_str).unwrap_or_default();
    FormPage::new(frame, "Make an account", "Send me a letter")
        .lead("With an account you can answer challenges and see your progress. We send a letter to your address; its link leads on.")
        .fields([
            Field::hidden("next", next),
            name_field().value(&form.full_name),
            email_field().value(&form.email),
            year_field().value(&form.year),
        ])
        .link("I have an account", "/login")
        .link("What we keep about you, and why", "/privacy_policy")
}

/// `GET /register?next=/challenges/7`.
pub(crate) async fn show(
    State(app): State<App>,
    frame: Frame,
    Query(query): Query<RegisterQuery>,
) -> Result<Response, Error> {
    if app.config.registration == config::Registration::Closed {
        return closed(&frame);
    }
    let [full_name, email, year] = [const { String::new() }; 3];
    page(&frame, &RegisterForm { full_name, email, year, next: query.next }).respond()
}

fn closed(frame: &Frame) -> Result<Response, Error> {
    let text = "Accounts are made by the people who run this site. Ask them on Thursday.";
    MessagePage::new(frame, "Make an account", text).link("Log in", "/login").respond()
}

/// Returns the school of an address, and what is wrong with an address that may not register.
///
/// At a school, an address with a tag (`ann+1@`) does not register: it is the mailbox of `ann@`, so
/// one pupil would have as many accounts, tries and first places as they like.
async fn school_of(app: &App, email: &EmailAddress) -> Result<(Option<School>, Option<&'static str>), Error> {
    let school = schools::of_address(&app.db, email).await?;
    let problem = match &school {
        Some(_) if email.has_tag() => {
            Some("Leave out the “+” and what follows up to the “@”: a mailbox has one account.")
        }
        None if app.config.registration == config::Registration::SchoolDomains => Some(
            "Please use the e-mail address that your school has given you. We know no school with this one.",
        ),
        _ => None,
    };
    Ok((school, problem))
}

fn read_year(text: &str) -> Result<Option<Year>, <Year as std::str::FromStr>::Err> {
    (!text.is_empty()).then(|| text.parse()).transpose()
}

/// `POST /register`: sends the letter.
///
/// # Errors
/// Returns 429 after too many registrations from this client.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<RegisterForm>,
) -> Result<Response, Error> {
    if app.config.registration == config::Registration::Closed {
        return closed(&frame);
    }
    let (name, year) = (form.full_name.parse::<FullName>(), read_year(&form.year));
    let email = form.email.parse::<EmailAddress>();
    let outside = match &email {
        Ok(email) => school_of(&app, email).await?.1,
        Err(_) => None,
    };
    let (Ok(_), Ok(email), Ok(_), None) = (&name, &email, &year, outside) else {
        let email_error = email.as_ref().err().map(ToString::to_string).or(outside.map(str::to_owned));
        let fields = [
            name_field().value(&form.full_name).error(name.err()),
            email_field().value(&form.email).error(email_error),
            year_field().value(&form.year).error(year.err()),
        ];
        return page(&frame, &form).fields(fields).respond();
    };
    let url = |path: &str| app.config.site_url.link(path);
    if users::by_email(&app.db, email).await?.is_some_and(|user| user.email_verified_at.is_some()) {
        let letter = AddressTaken { log_in: url("/login"), reset: url("/password_reset"), site: url("/") };
        send_within_limits(&app, email, &letter).await?;
    } else {
        let next = form.next.path().cloned();
        let (full_name, year) = (form.full_name.clone(), form.year.clone());
        let registration = Registration { email: email.as_str().to_owned(), full_name, year, next };
        let link = url(&app.links.issue_registration(&registration));
        send_within_limits(&app, email, &VerifyAddress { link, site: url("/") }).await?;
    }
    MessagePage::new(
        &frame,
        "Look into your mail",
        format!("We have sent a letter to {email}. Open the link in it, and choose a password there."),
    )
    .paragraph(
        "If nothing comes within a few minutes, look where unwanted mail goes. After a few letters in one hour we send \
         no more: the links in those you have still work.",
    )
    .link("I typed a wrong address", "/register")
    .respond()
}

fn last_page(frame: &Frame, email: &str, form: &LastForm) -> FormPage {
    FormPage::new(frame, "Choose a password", "Make my account")
        .lead(format!("The address {email} is yours: one more step, and you are in."))
        .fields([name_field().value(&form.full_name), year_field().value(&form.year), password_field()])
}

/// `GET /verify_email/{token}`.
pub(crate) async fn show_last(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match app.links.registration(&token) {
        Ok(Registration { email, full_name, year, .. }) => {
            last_page(&frame, &email, &LastForm { full_name, year, password: None }).respond()
        }
        Err(error) => link_error_page(&frame, error),
    }
}

/// `POST /verify_email/{token}`: makes the account, and logs in.
///
/// # Errors
/// Returns 503 if too many passwords are being hashed.
pub(crate) async fn take_last(
    State(app): State<App>,
    visitor: Visitor,
    frame: Frame,
    session: Session,
    Path(token): Path<String>,
    Form(form): Form<LastForm>,
) -> Result<Response, Error> {
    let registration = match app.links.registration(&token) {
        Ok(registration) => registration,
        Err(error) => return link_error_page(&frame, error),
    };
    let Ok(email) = registration.email.parse::<EmailAddress>() else {
        return link_error_page(&frame, LinkError::Unknown);
    };
    let (school, outside) = school_of(&app, &email).await?;
    if app.config.registration == config::Registration::Closed || outside.is_some() {
        return closed(&frame);
    }
    let (name, year) = (form.full_name.parse::<FullName>(), read_year(&form.year));
    let password = form.password.clone().unwrap_or_else(|| Password::from(""));
    let weak = password_problem(Role::Pupil, &password, &[&form.full_name, email.as_str()]).await;
    let (Ok(full_name), Ok(year), None) = (&name, &year, &weak) else {
        let fields = [
            name_field().value(&form.full_name).error(name.err()),
            year_field().value(&form.year).error(year.err()),
            password_field().error(weak),
        ];
        return last_page(&frame, email.as_str(), &form).fields(fields).respond();
    };
    let hash = app.passwords.hash(password).await?;
    let new = NewUser {
        email: email.clone(),
        full_name: full_name.clone(),
        role: Role::Pupil,
        school_id: school.map(|school| school.id),
        year: *year,
        email_is_verified: true,
    };
    let user = match users::register(&app.db, &new, &hash.hash).await {
        Ok(user) => user,
        Err(CreateError::EmailTaken) => {
            return MessagePage::new(
                &frame,
                "You have an account",
                "This link was used, or an account was made for you.",
            )
            .link("Log in", "/login")
            .link("Ask for a new password", "/password_reset")
            .respond();
        }
        Err(CreateError::Db(error)) => return Err(error.into()),
    };
    session.log_in(hash.proof_with_epoch(user.id, user.epoch)).await?;
    notice(&session, "Your account is ready, and you are logged in. Welcome!").await?;
    let next = registration.next.map(Next::from).unwrap_or_default();
    let mut response = Redirect::to(next.or("/")).into_response();
    visitor.remember(&user.email, &mut response);
    Ok(response)
}

/// Renders the page for an invalid or expired link.
pub(super) fn link_error_page(frame: &Frame, error: LinkError) -> Result<Response, Error> {
    match error {
        LinkError::Db(error) => Err(error.into()),
        error => MessagePage::new(frame, "This link does not work", error.to_string())
            .link("Log in", "/login")
            .link("Ask for a new password", "/password_reset")
            .respond(),
    }
}
