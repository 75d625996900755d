//! Register, sign in, sign out.

use axum::extract::{Form, Query, State};
use axum::response::Html;
use palisade::error_page::Escaped;
use palisade::password::{Password, StoredCredential};
use palisade::rate_limit::RateLimitKey;
use palisade::redirect::{Next, SafePath};
use palisade::{CsrfToken, Error, Redirect, Session};
use serde::Deserialize;
use sqlx::{query_as, query_scalar};

use crate::account::{ACCOUNT, User, new_password};
use crate::{Site, form};

const CREDENTIALS: &str = "<input name=email type=email autocomplete=username required>
    <input name=password type=password required>";

#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: Password,
    remember: Option<String>,
    next: Next, // a path of this site, or none
}

pub(crate) async fn register_form(token: CsrfToken) -> Html<String> {
    Html(form(&token, "/register", CREDENTIALS, "Register"))
}

pub(crate) async fn register(
    State(site): State<Site>,
    session: Session,
    Form(form): Form<Credentials>,
) -> palisade::Result<Redirect> {
    let new = new_password(&site, form.password, &form.email).await?;
    let sql = "INSERT INTO users (email, hash) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id";
    let insert = query_scalar(sql).bind(&form.email).bind(new.hash.as_str());
    let id: Option<i64> = insert.fetch_optional(&site.database).await?;
    let id = id.ok_or_else(|| Error::conflict("There is an account with that address."))?;
    session.log_in(new.proof(id)).await?;
    Ok(Redirect::to(ACCOUNT))
}

#[derive(Deserialize)]
pub(crate) struct Return {
    next: Next,
}

pub(crate) async fn login_form(token: CsrfToken, Query(query): Query<Return>) -> Html<String> {
    let next = query.next.path().map_or("", SafePath::as_str);
    let next = format!("<input type=hidden name=next value=\"{}\">", Escaped(next));
    let remember = "<label><input type=checkbox name=remember value=on> Remember me</label>";
    Html(form(&token, "/login", &format!("{CREDENTIALS}{remember}{next}"), "Sign in"))
}

pub(crate) async fn log_in(
    State(site): State<Site>,
    session: Session,
    Form(form): Form<Credentials>,
) -> palisade::Result<Redirect> {
    let attempt = site.backoff.attempt(RateLimitKey::email(&form.email)).await?;
    let row = query_as("SELECT id, email, hash FROM users WHERE email = ?").bind(&form.email);
    let user = row.fetch_optional(&site.database).await?.map(User::of);
    let stored = user.map(|user| StoredCredential::new(user.id, user.hash));
    // Without an account it takes as long as with one.
    let Some(verified) = site.passwords.verify(form.password, stored).await? else {
        return Err(Error::forbidden("That address and that password do not match."));
    };
    attempt.succeeded().await;
    session.log_in(verified.proof).await?;
    if form.remember.is_some() {
        session.remember().await?;
    }
    Ok(Redirect::to(form.next.or("/account")))
}

pub(crate) async fn log_out(session: Session) -> palisade::Result<Redirect> {
    session.log_out().await?;
    Ok(Redirect::to(SafePath::of("/login")))
}
