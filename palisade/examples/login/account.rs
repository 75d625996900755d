//! The account: what is stored, its page, its sessions, a new password.

use axum::extract::{Form, State};
use axum::response::Html;
use palisade::error_page::Escaped;
use palisade::extract::Account;
use palisade::password::{NewPassword, Password, PasswordHash, PasswordPolicy, StoredCredential};
use palisade::rate_limit::RateLimitKey;
use palisade::redirect::SafePath;
use palisade::rejection::InternalError;
use palisade::{CsrfToken, Error, Redirect, SignedIn};
use serde::Deserialize;
use sqlx::{query, query_as};

use crate::{Site, form};

pub(crate) const ACCOUNT: SafePath = SafePath::of("/account");

pub(crate) struct User {
    pub(crate) id: i64,
    email: String,
    pub(crate) hash: PasswordHash,
}

impl User {
    pub(crate) fn of((id, email, hash): (i64, String, String)) -> Self {
        Self { id, email, hash: hash.into() }
    }
}

/// `SignedIn<User>` as an argument loads the account, or sends the visitor to the login page.
impl Account<Site> for User {
    async fn find(id: &str, site: &Site) -> Result<Option<Self>, InternalError> {
        let row = query_as("SELECT id, email, hash FROM users WHERE id = ?").bind(id);
        let row = row.fetch_optional(&site.database).await.map_err(InternalError::new)?;
        Ok(row.map(Self::of))
    }

    fn epoch(&self) -> u64 {
        self.hash.epoch() // a new password ends the sessions of the old one
    }
}

pub(crate) async fn new_password(
    site: &Site,
    password: Password,
    email: &str,
) -> palisade::Result<NewPassword> {
    PasswordPolicy::new().check(&password, &[email])?; // 422 with the reason
    Ok(site.passwords.hash(password).await?)
}

pub(crate) async fn page(user: SignedIn<User>, token: CsrfToken) -> palisade::Result<Html<String>> {
    let mut page = format!("<h1>{}</h1>", Escaped(&user.email));
    for session in user.session().account_sessions().await? {
        let browser = session.user_agent.as_deref().unwrap_or("a program");
        page += &format!("<p class=session>{}", Escaped(browser));
        if !session.current {
            let key = format!("<input type=hidden name=key value=\"{}\">", session.key);
            page += &form(&token, "/sessions/end", &key, "End");
        }
    }
    let passwords = "<input name=old type=password required><input name=new type=password required>";
    page += &form(&token, "/sessions/end-others", "", "End all others");
    page += &form(&token, "/account/password", passwords, "Change the password");
    page += &form(&token, "/logout", "", "Sign out");
    Ok(Html(page))
}

#[derive(Deserialize)]
pub(crate) struct Change {
    old: Password,
    new: Password,
}

pub(crate) async fn change_password(
    State(site): State<Site>,
    user: SignedIn<User>,
    Form(form): Form<Change>,
) -> palisade::Result<Redirect> {
    let attempt = site.backoff.attempt(RateLimitKey::email(&user.email)).await?;
    let stored = StoredCredential::new(user.id, user.hash.clone());
    if site.passwords.verify(form.old, Some(stored)).await?.is_none() {
        return Err(Error::forbidden("The old password is wrong."));
    }
    attempt.succeeded().await;
    let new = new_password(&site, form.new, &user.email).await?;
    let update = query("UPDATE users SET hash = ? WHERE id = ?").bind(new.hash.as_str()).bind(user.id);
    update.execute(&site.database).await?;
    user.session().password_changed(new.proof(user.id)).await?; // ends all other sessions
    Ok(Redirect::to(ACCOUNT))
}

#[derive(Deserialize)]
pub(crate) struct End {
    key: String,
}

pub(crate) async fn end_session(user: SignedIn<User>, Form(form): Form<End>) -> palisade::Result<Redirect> {
    user.session().end_other(&form.key).await?; // only a session of this account
    Ok(Redirect::to(ACCOUNT))
}

pub(crate) async fn end_other_sessions(user: SignedIn<User>) -> palisade::Result<Redirect> {
    user.session().end_others().await?;
    Ok(Redirect::to(ACCOUNT))
}
