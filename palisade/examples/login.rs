//! Accounts in SQLite: register, sign in, "remember me", sign out, list and end sessions, change
//! the password.
//!
//! ```sh
//! cargo run -p palisade --features password,rate-limit,sqlx-sqlite --example login
//! # open http://localhost:3000/register
//! # to keep accounts and sessions over a restart:
//! export DATABASE_URL='sqlite:site.db?mode=rwc' SECRET_KEY=$(openssl rand -base64 48)
//! ```

use std::env;
use std::error::Error as StdError;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::Method;
use axum::response::Html;
use axum::routing::{get, post};
use palisade::error_page::Escaped;
use palisade::extract::Account;
use palisade::password::{NewPassword, Password, PasswordHash, PasswordPolicy, StoredCredential};
use palisade::rate_limit::store::MemoryStore;
use palisade::rate_limit::{Backoff, FallbackStore, RateLimitKey};
use palisade::redirect::{Next, SafePath};
use palisade::rejection::InternalError;
use palisade::session::store::SqlSessions;
use palisade::{CsrfToken, Error, Keyring, Palisade, Passwords, RateLimit, Redirect};
use palisade::{Session, Sessions, SignedIn};
use serde::Deserialize;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{query, query_as, query_scalar};

const ACCOUNT: SafePath = SafePath::of("/account");
const CREDENTIALS: &str = "<input name=email type=email autocomplete=username required>
    <input name=password type=password required>";

#[derive(Clone)]
struct Site {
    database: SqlitePool,
    passwords: Passwords,
    backoff: Backoff,
}

struct User {
    id: i64,
    email: String,
    hash: PasswordHash,
}

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

impl User {
    fn of((id, email, hash): (i64, String, String)) -> Self {
        Self { id, email, hash: hash.into() }
    }
}

async fn app(
    palisade: Palisade,
    keyring: &Keyring,
    database: SqlitePool,
) -> Result<Router, Box<dyn StdError>> {
    query(
        "CREATE TABLE IF NOT EXISTS users
         (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, hash TEXT NOT NULL)",
    )
    .execute(&database)
    .await?;
    let store = SqlSessions::sqlite(database.clone());
    store.migrate().await?;
    let sessions = Sessions::in_store(store, keyring)
        .login_path("/login")
        .remember(Duration::from_secs(30 * 24 * 60 * 60));
    let counters = FallbackStore::new(MemoryStore::new());
    let attempts = RateLimit::new("sign-in", "20/minute; 200/day", counters.clone())?;
    let attempts = attempts.per_client().methods([Method::POST]); // any number of accounts
    let backoff = Backoff::new("sign-in", counters); // one account, from any number of clients
    let routes = Router::new()
        .route("/register", get(register_form).post(register))
        .route("/login", get(login_form).post(log_in))
        .route_layer(attempts) // the routes above
        .route("/account", get(account))
        .route("/account/password", post(change_password))
        .route("/sessions/end", post(end_session))
        .route("/sessions/end-others", post(end_other_sessions))
        .route("/logout", post(log_out))
        .with_state(Site { database, passwords: Passwords::new(), backoff });
    Ok(palisade.sessions(sessions).protect(routes))
}

/// Every form carries the token; without it the request is a 403.
fn form(token: &CsrfToken, action: &str, fields: &str, button: &str) -> String {
    let token = token.input();
    format!("<form method=post action=\"{action}\">{token}{fields}<button>{button}</button></form>")
}

async fn register_form(token: CsrfToken) -> Html<String> {
    Html(form(&token, "/register", CREDENTIALS, "Register"))
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: Password,
    remember: Option<String>,
    next: Next, // a path of this site, or none
}

async fn register(
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

async fn new_password(site: &Site, password: Password, email: &str) -> palisade::Result<NewPassword> {
    PasswordPolicy::new().check(&password, &[email])?; // 422 with the reason
    Ok(site.passwords.hash(password).await?)
}

#[derive(Deserialize)]
struct Return {
    next: Next,
}

async fn login_form(token: CsrfToken, Query(query): Query<Return>) -> Html<String> {
    let next = query.next.path().map_or("", SafePath::as_str);
    let next = format!("<input type=hidden name=next value=\"{}\">", Escaped(next));
    let remember = "<label><input type=checkbox name=remember value=on> Remember me</label>";
    Html(form(&token, "/login", &format!("{CREDENTIALS}{remember}{next}"), "Sign in"))
}

async fn log_in(
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

async fn account(user: SignedIn<User>, token: CsrfToken) -> palisade::Result<Html<String>> {
    let mut page = format!("<h1>{}</h1>", Escaped(&user.email));
    for session in user.session().account_sessions().await? {
        page +=
            &format!("<p class=session>{}", Escaped(session.user_agent.as_deref().unwrap_or("a program")));
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
struct Change {
    old: Password,
    new: Password,
}

async fn change_password(
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
struct End {
    key: String,
}

async fn end_session(user: SignedIn<User>, Form(form): Form<End>) -> palisade::Result<Redirect> {
    user.session().end_other(&form.key).await?; // only a session of this account
    Ok(Redirect::to(ACCOUNT))
}

async fn end_other_sessions(user: SignedIn<User>) -> palisade::Result<Redirect> {
    user.session().end_others().await?;
    Ok(Redirect::to(ACCOUNT))
}

async fn log_out(session: Session) -> palisade::Result<Redirect> {
    session.log_out().await?;
    Ok(Redirect::to(SafePath::of("/login")))
}

async fn open(url: &str) -> Result<SqlitePool, sqlx::Error> {
    // One connection that never closes: a database in memory lives as long as its connection.
    let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    options.connect(url).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().init();
    let database = open(&env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".into())).await?;
    let keyring = match env::var_os("SECRET_KEY") {
        Some(_) => Keyring::from_env("SECRET_KEY")?, // fails if the key is weak
        None => Keyring::random(),                   // every session ends at a restart
    };
    let app = app(Palisade::development(), &keyring, database).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/register");
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::test::Browser;

    use super::*;

    const EMAIL: &str = "ada@example.org";
    const OLD: &str = "seven purple otters";
    const NEW: &str = "eleven green kettles";

    async fn site() -> Router {
        let database = open("sqlite::memory:").await.unwrap();
        app(Palisade::development(), &Keyring::random(), database).await.unwrap()
    }

    async fn registered(site: &Router) -> Browser {
        let mut browser = Browser::new(site.clone());
        browser.get("/register").await;
        let page = browser.submit("/register", &[("email", EMAIL), ("password", OLD)]).await;
        assert_eq!((page.status.as_u16(), &*page.path), (200, "/account"), "{}", page.text);
        browser
    }

    async fn signed_in(site: &Router, more: &[(&str, &str)]) -> Browser {
        let mut browser = Browser::new(site.clone());
        assert_eq!(browser.get("/account").await.path, "/login?next=/account");
        let fields = [&[("email", "Ada@example.org"), ("password", OLD)][..], more].concat();
        assert_eq!(browser.submit("/login", &fields).await.path, "/account");
        browser
    }

    /// Returns `true` if the browser is signed in.
    async fn is_in(browser: &mut Browser) -> bool {
        browser.get("/account").await.path == "/account"
    }

    #[tokio::test]
    async fn a_weak_password_and_a_taken_address_are_errors() {
        let site = site().await;
        registered(&site).await;
        for (email, password, status) in [(EMAIL, OLD, 409), ("bob@example.org", "password", 422)] {
            let mut browser = Browser::new(site.clone());
            browser.get("/register").await;
            let page = browser.submit("/register", &[("email", email), ("password", password)]).await;
            assert_eq!(page.status, status, "{}", page.text);
        }
    }

    #[tokio::test]
    async fn a_wrong_password_and_a_missing_token_are_rejected() {
        let site = site().await;
        registered(&site).await;
        let mut thief = Browser::new(site);
        thief.get("/login?next=//evil.example").await;
        let guess = [("email", EMAIL), ("password", "a guess")];
        assert_eq!(thief.submit("/login", &guess).await.status, 403);
        let page = thief.post("/login", &[("email", EMAIL), ("password", OLD)]).await;
        assert_eq!(page.rejection().unwrap().code(), "csrf_token_missing");
        thief.get("/login?next=//evil.example").await;
        let page = thief.submit("/login", &[("email", EMAIL), ("password", OLD)]).await;
        assert_eq!(page.path, "/account", "another site is no target");
    }

    #[tokio::test]
    async fn a_remembered_browser_stays_signed_in_until_it_signs_out() {
        let site = site().await;
        registered(&site).await;
        for (more, remembered) in [(&[][..], false), (&[("remember", "on")][..], true)] {
            let mut browser = signed_in(&site, more).await;
            browser.close();
            assert_eq!(is_in(&mut browser).await, remembered);
        }
        let mut browser = signed_in(&site, &[("remember", "on")]).await;
        browser.get("/account").await;
        assert_eq!(browser.submit("/logout", &[]).await.path, "/login");
        assert!(!is_in(&mut browser).await);
    }

    #[tokio::test]
    async fn sessions_are_listed_and_ended() {
        let site = site().await;
        let mut own = registered(&site).await;
        let mut others = [signed_in(&site, &[]).await, signed_in(&site, &[]).await];
        assert_eq!(own.get("/account").await.select(".session").len(), 3);
        assert_eq!(own.submit("/sessions/end", &[]).await.select(".session").len(), 2);
        own.submit("/sessions/end-others", &[]).await;
        for other in &mut others {
            assert!(!is_in(other).await);
        }
        assert!(is_in(&mut own).await);
    }

    #[tokio::test]
    async fn a_new_password_ends_the_other_sessions() {
        let site = site().await;
        let mut own = registered(&site).await;
        let mut other = signed_in(&site, &[("remember", "on")]).await;
        own.get("/account").await;
        let page = own.submit("/account/password", &[("old", "a guess"), ("new", NEW)]).await;
        assert_eq!(page.status, 403);
        own.get("/account").await;
        let page = own.submit("/account/password", &[("old", OLD), ("new", NEW)]).await;
        assert_eq!((page.status.as_u16(), &*page.path), (200, "/account"), "this browser stays");
        assert!(!is_in(&mut other).await);
    }
}
