//! `/profile/sessions`: lists and ends the user's sessions.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::redirect::SafePath;
use palisade::session::OtherSession;
use palisade::template::SafeHtml;
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::{RECENT_AUTH, keep_only_this_session};
use crate::config::SessionStoreUri;
use crate::db::users::{self, User};
use crate::error::Error;
use crate::pages::parts::frame::notice;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    layout: Layout,
    token: SafeHtml,
    listed: bool,
    sessions: Vec<OtherSession>,
}

/// `GET /profile/sessions`.
pub(crate) async fn show(
    State(app): State<App>,
    frame: Frame,
    session: Session,
) -> Result<Html<String>, Error> {
    let listed = app.config.sessions.store != SessionStoreUri::Cookie;
    let sessions = if listed { session.account_sessions().await? } else { Vec::new() };
    render(&Sessions { layout: frame.layout(Section::Account), token: frame.token(), listed, sessions })
}

/// The session to end. Without a key, all others.
#[derive(Deserialize)]
pub(crate) struct EndForm {
    key: Option<String>,
}

/// `POST /profile/sessions/end`.
pub(crate) async fn end(
    State(app): State<App>,
    user: SignedIn<User>,
    session: Session,
    Form(form): Form<EndForm>,
) -> Result<Response, Error> {
    if let Some(key) = form.key {
        session.end_other(&key).await?;
        notice(&session, "You are logged out there.").await?;
    } else {
        // `keep_only_this_session` renews the session as after a password check: require one.
        if user.require_recent_auth(RECENT_AUTH).await.is_err() {
            return Ok(Redirect::to(SafePath::of("/login/confirm?next=/profile/sessions")).into_response());
        }
        let epoch = users::raise_epoch(&app.db, user.id, Some(user.epoch)).await?;
        keep_only_this_session(&session, user.id, epoch).await?;
        notice(&session, "You are logged out everywhere else.").await?;
    }
    Ok(Redirect::to(SafePath::of("/profile/sessions")).into_response())
}

/// Returns a readable name for a `User-Agent`: `Firefox on Windows`.
fn device(agent: &Option<String>) -> String {
    let agent = agent.as_deref().unwrap_or_default();
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Mac OS", "a Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser that does not say its name".to_owned(),
    }
}

/// Converts the unsigned seconds of the session API for the template filters.
fn seconds(time: &u64) -> i64 {
    i64::try_from(*time).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_browser_and_system() {
        let name = |agent: &str| device(&Some(agent.to_owned()));
        assert_eq!(
            name("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Windows"
        );
        assert_eq!(
            name(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
            ),
            "Safari on an iPhone"
        );
        assert_eq!(name("curl/8"), "A browser that does not say its name");
    }
}
