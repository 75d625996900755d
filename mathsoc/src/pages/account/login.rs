//! `/login`, `/login/code` and `/logout`.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use palisade::password::Password;
use palisade::redirect::{Next, SafePath};
use palisade::session::AuthProof;
use palisade::{Redirect, Session};
use serde::{Deserialize, Serialize};

use super::{Visitor, password_problem, reset_password, send_within_limits, welcome};
use crate::db::second_factor;
use crate::db::users::{self, User};
use crate::domain::clock::now;
use crate::domain::email::EmailAddress;
use crate::domain::person::Role;
use crate::domain::totp;
use crate::domain::unsent_form::SEALED;
use crate::error::Error;
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage, MessagePage};
use crate::pages::parts::taken_back::keep_after_log_in;
use crate::state::App;

const WRONG: &str = "That e-mail address and that password do not belong together.";

/// The query of the login page.
#[derive(Deserialize)]
pub(crate) struct LogInQuery {
    #[serde(default)]
    next: Next,
}

#[derive(Deserialize)]
pub(crate) struct LogInForm {
    #[serde(default)]
    email: String,
    password: Option<Password>,
    remember: Option<String>,
    #[serde(default)]
    next: Next,
    /// The form that the log-in carries.
    #[serde(default)]
    unsent: String,
}

/// Returns the log-in page that carries the form of a member who is logged out.
pub(crate) fn page_for_unsent(frame: &Frame, next: &Next, sealed: &str) -> FormPage {
    page(frame, "", false, next, sealed).to("/login").problem(Some(
        "You are logged out, so nothing was sent yet. What you typed is kept: log in, and it is there again.",
    ))
}

fn page(frame: &Frame, email: &str, remember: bool, next: &Next, unsent: &str) -> FormPage {
    let next = next.path().map(SafePath::as_str).unwrap_or_default();
    FormPage::new(frame, "Log in", "Log in")
        .fields([
            Field::hidden("next", next),
            Field::hidden(SEALED, unsent),
            Field::email("E-mail address").value(email),
            Field::password("Password"),
            Field::checkbox("remember", "Keep me logged in on this device")
                .value(if remember { "yes" } else { "" })
                .hint("Leave this empty on a computer that others use too."),
        ])
        .link("I have forgotten my password", "/password_reset")
        .link("I have no account yet", "/register")
}

/// `GET /login?next=/challenges/7`.
pub(crate) async fn show(frame: Frame, Query(query): Query<LogInQuery>) -> Result<Response, Error> {
    if frame.user().is_some() {
        return Ok(Redirect::to(query.next.or("/profile")).into_response());
    }
    page(&frame, "", false, &query.next, "").respond()
}

/// `POST /login`.
///
/// # Errors
/// Returns 429 after too many attempts for this account.
pub(crate) async fn take(
    State(app): State<App>,
    visitor: Visitor,
    frame: Frame,
    session: Session,
    Form(form): Form<LogInForm>,
) -> Result<Response, Error> {
    let remember = form.remember.is_some();
    let wrong =
        || page(&frame, &form.email, remember, &form.next, &form.unsent).problem(Some(WRONG)).respond();
    let (Ok(email), Some(password)) = (form.email.parse::<EmailAddress>(), form.password.clone()) else {
        return wrong();
    };
    let stored = users::login_by_email(&app.db, &email).await?;
    let old = stored.as_ref().map(|stored| stored.hash.clone());
    let Some(verified) = visitor.verify_password(&app, &email, password.clone(), stored).await? else {
        return wrong();
    };
    let id = verified.proof.user().parse().map_err(|_| Error::not_found())?;
    if let (Some(old), Some(new)) = (old, &verified.rehash) {
        users::set_rehashed(&app.db, id, &old, new).await?;
    }
    let options = LogInOptions { remember, next: form.next, unsent: form.unsent };
    let user = users::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    if user.email_verified_at.is_none() {
        return invite(&app, &frame, &user).await;
    }
    if user.is_admin() && is_weak_for_admins(&user, &password).await {
        return ask_for_stronger_password(&app, &frame, &user).await;
    }
    if user.has_second_factor {
        return ask_for_code(&frame, &session, &user, &verified.proof, options).await;
    }
    finish_login(&app, (&frame, &session, &visitor), &user, verified.proof, options).await
}

struct LogInOptions {
    remember: bool,
    next: Next,
    unsent: String,
}

/// Sends the link to choose a password: the owner of the address has not shown up yet, and whoever
/// chose this password may be somebody else.
async fn invite(app: &App, frame: &Frame, user: &User) -> Result<Response, Error> {
    send_within_limits(app, &user.email, &welcome(app, user)).await?;
    MessagePage::new(
        frame,
        "One more step",
        "We have to know that this e-mail address is yours. We have sent a letter to it: open the link in it, and choose \
         a password there.",
    )
    .respond()
}

/// Returns `true` if the password would not pass for a new admin: it was chosen by a pupil who has
/// become an admin, or before the policy was as strict.
async fn is_weak_for_admins(user: &User, password: &Password) -> bool {
    let about = [user.full_name.as_str(), user.email.as_str()];
    password_problem(Role::Admin, password, &about).await.is_some()
}

/// Sends a link to choose another password. The page itself does not lead on, since a password that
/// can be guessed proves little.
async fn ask_for_stronger_password(app: &App, frame: &Frame, user: &User) -> Result<Response, Error> {
    send_within_limits(app, &user.email, &reset_password(app, user)).await?;
    MessagePage::new(
        frame,
        "Choose a stronger password",
        "You are an admin, and this password is too easy to guess for one. We have sent a letter to your address: open \
         the link in it, and choose another there.",
    )
    .respond()
}

/// Keeps the login until its one-time code is there.
async fn ask_for_code(
    frame: &Frame,
    session: &Session,
    user: &User,
    proof: &AuthProof,
    options: LogInOptions,
) -> Result<Response, Error> {
    let pending = PendingLogin {
        user: user.id,
        epoch: proof.epoch(),
        remember: options.remember,
        next: options.next.path().cloned(),
        until: now() + 5 * 60,
    };
    // Prevents session fixation: the old session id must not lead to the pending login.
    session.cycle_id().await?;
    session.set(PENDING_KEY, &pending).await?;
    if !options.unsent.is_empty() {
        return code_page(frame, &options.unsent, None).to("/login/code").respond();
    }
    Ok(Redirect::to(SafePath::of("/login/code")).into_response())
}

async fn finish_login(
    app: &App,
    (frame, session, visitor): (&Frame, &Session, &Visitor),
    user: &User,
    proof: AuthProof,
    options: LogInOptions,
) -> Result<Response, Error> {
    session.log_in(proof).await?;
    if options.remember {
        session.remember().await?;
    }
    let kept = keep_after_log_in(app, session, frame.form_pages(), (user.id, &options.unsent)).await?;
    let mut response = Redirect::to(kept.unwrap_or_else(|| options.next.or("/"))).into_response();
    visitor.remember(&user.email, &mut response);
    Ok(response)
}

const PENDING_KEY: &str = "second step";

/// A login whose password was verified and whose one-time code is due.
#[derive(Serialize, Deserialize)]
struct PendingLogin {
    user: i64,
    epoch: u64,
    remember: bool,
    next: Option<SafePath>,
    until: i64,
}

async fn pending_login(session: &Session) -> Result<Option<PendingLogin>, Error> {
    let pending: Option<PendingLogin> = session.get(PENDING_KEY).await?;
    Ok(pending.filter(|pending| pending.until > now()))
}

fn code_page(frame: &Frame, unsent: &str, wrong: Option<&'static str>) -> FormPage {
    FormPage::new(frame, "Your second step", "Go on")
        .lead("Open the app that makes your codes, and type in the six digits that it shows for this site.")
        .fields([
            Field::hidden(SEALED, unsent),
            Field::code("Code")
                .hint("If you have not got your device, type one of your recovery codes.")
                .error(wrong),
        ])
        .link("Begin again", "/login")
}

/// `GET /login/code`.
pub(crate) async fn show_code(frame: Frame, session: Session) -> Result<Response, Error> {
    match pending_login(&session).await? {
        Some(_) => code_page(&frame, "", None).respond(),
        None => Ok(Redirect::to(SafePath::of("/login")).into_response()),
    }
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    #[serde(default)]
    code: String,
    /// The form that the log-in carries.
    #[serde(default)]
    unsent: String,
}

/// `POST /login/code`.
///
/// # Errors
/// Returns 429 after too many attempts for this account.
pub(crate) async fn take_code(
    State(app): State<App>,
    visitor: Visitor,
    frame: Frame,
    session: Session,
    Form(form): Form<CodeForm>,
) -> Result<Response, Error> {
    let Some(pending) = pending_login(&session).await? else {
        return Ok(Redirect::to(SafePath::of("/login")).into_response());
    };
    let Some(user) = users::by_id(&app.db, pending.user).await? else { return Err(Error::not_found()) };
    let attempt = visitor.attempt(&app, app.limits.codes(), "code", &user.email).await?;
    if !code_passes(&app, pending.user, &form.code).await? {
        let wrong = "That code is not right, or it was used before. Wait for the next one and type it in.";
        return code_page(&frame, &form.unsent, Some(wrong)).respond();
    }
    attempt.succeeded().await;
    let proof = AuthProof::dangerous_allow_unverified(pending.user, pending.epoch);
    let next = pending.next.map(Next::from).unwrap_or_default();
    let options = LogInOptions { remember: pending.remember, next, unsent: form.unsent };
    finish_login(&app, (&frame, &session, &visitor), &user, proof, options).await
}

/// Checks a one-time code or a recovery code. Each is accepted once.
async fn code_passes(app: &App, user: i64, code: &str) -> Result<bool, Error> {
    let Some(factor) = second_factor::of_user(&app.db, user).await? else { return Ok(false) };
    let secret = totp::Secret::open(&app.keyring, user, &factor.secret);
    if let Some(step) = secret.and_then(|secret| secret.step_of(code, now())) {
        return Ok(second_factor::take_step(&app.db, user, step).await?);
    }
    match totp::recovery_hash(code) {
        Some(hash) => Ok(second_factor::take_recovery_code(&app.db, user, &hash).await?),
        None => Ok(false),
    }
}

/// `POST /logout`. The browser deletes what the site has stored in it; its cookies are deleted by
/// name, since the one of a known browser stays.
pub(crate) async fn log_out(session: Session) -> Result<Response, Error> {
    session.log_out().await?;
    let mut response = Redirect::to(SafePath::of("/")).into_response();
    let storage = HeaderValue::from_static("\"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), storage);
    Ok(response)
}
