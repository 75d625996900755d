//! `/profile/second_factor`: sets up and removes the second factor (TOTP).
//!
//! Both end every other session of the account.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::redirect::SafePath;
use palisade::template::SafeHtml;
use palisade::{Redirect, Session, SignedIn};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;

use super::{RECENT_AUTH, keep_only_this_session};
use crate::db::second_factor;
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::totp::{self, Secret};
use crate::error::Error;
use crate::pages::parts::frame::notice;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;

const PENDING_SECRET_KEY: &str = "new second factor";
const ISSUER: &str = "Maths Society";

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SetUpPage {
    layout: Layout,
    token: SafeHtml,
    picture: SafeHtml,
    secret: String,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "second_factor_on.html")]
struct EnabledPage {
    layout: Layout,
    token: SafeHtml,
    left: i64,
    may_remove: bool,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesPage {
    layout: Layout,
    codes: Vec<String>,
}

fn set_up_page(frame: &Frame, user: &User, secret: &Secret, problem: Option<&'static str>) -> SetUpPage {
    let code = QrCode::new(secret.uri(ISSUER, user.email.as_str()));
    let picture = code.map(|code| {
        let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        // Inline SVG must not start with an XML declaration.
        svg.split_once("?>").map_or(svg.clone(), |(_, svg)| svg.to_owned())
    });
    let text = secret.text();
    let groups: Vec<&str> =
        (0..text.len()).step_by(4).map(|at| &text[at..(at + 4).min(text.len())]).collect();
    SetUpPage {
        layout: frame.layout(Section::Account),
        token: frame.token(),
        picture: SafeHtml::dangerous_allow_unsanitized(picture.unwrap_or_default()),
        secret: groups.join(" "),
        problem,
    }
}

/// `GET /profile/second_factor`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
) -> Result<Html<String>, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    if user.has_second_factor {
        let left = second_factor::recovery_codes_left(&app.db, user.id).await?;
        let may_remove = !(app.config.admin_totp_required && user.is_admin());
        return render(&EnabledPage {
            layout: frame.layout(Section::Account),
            token: frame.token(),
            left,
            may_remove,
        });
    }
    let secret = match session.get::<String>(PENDING_SECRET_KEY).await?.and_then(|text| Secret::read(&text)) {
        Some(secret) => secret,
        None => Secret::random(),
    };
    session.set(PENDING_SECRET_KEY, secret.text()).await?;
    render(&set_up_page(&frame, &user, &secret, None))
}

#[derive(Deserialize)]
pub(crate) struct FirstCodeForm {
    #[serde(default)]
    code: String,
}

/// `POST /profile/second_factor`: stores the secret once the user has entered a valid code.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn take(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<FirstCodeForm>,
) -> Result<Response, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    let secret = session.get::<String>(PENDING_SECRET_KEY).await?.and_then(|text| Secret::read(&text));
    let (Some(secret), false) = (secret, user.has_second_factor) else {
        return Ok(Redirect::to(SafePath::of("/profile/second_factor")).into_response());
    };
    let Some(step) = secret.step_of(&form.code, now()) else {
        let wrong = "That is not the code. Wait for the next one; if it is wrong again, set the clock of your device.";
        let page = render(&set_up_page(&frame, &user, &secret, Some(wrong)))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let codes = totp::recovery_codes();
    let hashes: Vec<[u8; 32]> = codes.iter().filter_map(|code| totp::recovery_hash(code)).collect();
    let sealed = secret.seal(&app.keyring, user.id);
    let epoch = second_factor::set(&app.db, user.id, &sealed, step, &hashes).await?;
    session.remove(PENDING_SECRET_KEY).await?;
    keep_only_this_session(&session, user.id, epoch).await?;
    Ok(render(&RecoveryCodesPage { layout: frame.layout(Section::Account), codes })?.into_response())
}

/// `POST /profile/second_factor/remove`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn remove(
    State(app): State<App>,
    user: SignedIn<User>,
    session: Session,
) -> Result<Response, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    if !(app.config.admin_totp_required && user.is_admin()) {
        let epoch = second_factor::remove(&app.db, user.id).await?;
        keep_only_this_session(&session, user.id, epoch).await?;
        notice(&session, "Your password alone logs you in now. You are logged out everywhere else.").await?;
    }
    Ok(Redirect::to(SafePath::of("/profile")).into_response())
}
