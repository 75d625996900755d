//! The login page, which also asks for the password again.

use axum::extract::{Form, Query, State};
use axum::response::Html;
use palisade::error_page::Escaped;
use palisade::extract::Account;
use palisade::password::{Password, StoredCredential};
use palisade::redirect::{Next, SafePath};
use palisade::{CsrfToken, Error, Redirect, Session};
use serde::Deserialize;

use crate::{Site, User};

#[derive(Deserialize)]
pub(crate) struct Return {
    next: Next,
}

pub(crate) async fn form(token: CsrfToken, Query(query): Query<Return>) -> Html<String> {
    let next = query.next.path().map_or("", SafePath::as_str);
    Html(format!(
        "<form method=post action=/login>{}<input type=hidden name=next value=\"{}\">
         <input name=name><input name=password type=password><button>Sign in</button></form>",
        token.input(),
        Escaped(next),
    ))
}

#[derive(Deserialize)]
pub(crate) struct LogIn {
    name: String,
    password: Password,
    next: Next,
}

pub(crate) async fn log_in(
    State(site): State<Site>,
    session: Session,
    Form(form): Form<LogIn>,
) -> palisade::Result<Redirect> {
    let attempt = site.backoff.attempt(&form.name).await?;
    let user = User::find(&form.name, &site).await?;
    let stored = user.map(|user| StoredCredential::new(user.name, user.hash));
    let verified = site.passwords.verify(form.password, stored).await?;
    let verified = verified.ok_or_else(|| Error::forbidden("That name and that password do not match."))?;
    attempt.succeeded().await;
    // Keeps the session of the same account, with a fresh proof; signs in anyone else.
    session.reauthenticate(verified.proof).await?;
    Ok(Redirect::to(form.next.or("/")))
}
