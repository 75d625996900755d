//! Accounts in SQLite: register, sign in, "remember me", sign out, list and end sessions, change
//! the password.
//!
//! ```sh
//! cargo run -p palisade --features password,rate-limit,sqlx-sqlite --example login
//! # open http://localhost:3000/register
//! # to keep accounts and sessions over a restart:
//! export DATABASE_URL='sqlite:site.db?mode=rwc' SECRET_KEY=$(openssl rand -base64 48)
//! ```

mod account;
mod sign_in;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use axum::routing::{get, post};
use palisade::rate_limit::Backoff;
use palisade::rate_limit::store::MemoryStore;
use palisade::session::store::SqlSessions;
use palisade::{CsrfToken, Keyring, Palisade, Passwords, RateLimit, Sessions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

#[derive(Clone)]
struct Site {
    database: SqlitePool,
    passwords: Passwords,
    backoff: Backoff,
}

async fn app(palisade: Palisade, keyring: &Keyring, database: SqlitePool) -> Result<Router, Box<dyn Error>> {
    sqlx::query(
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
    let counters = MemoryStore::new();
    let attempts = RateLimit::new("sign-in", "20/minute; 200/day", counters.clone())?;
    let attempts = attempts.per_client().methods([Method::POST]); // any number of accounts
    let backoff = Backoff::new("sign-in", counters); // one account, from any number of clients
    let routes = Router::new()
        .route("/register", get(sign_in::register_form).post(sign_in::register))
        .route("/login", get(sign_in::login_form).post(sign_in::log_in))
        .route_layer(attempts) // the routes above
        .route("/logout", post(sign_in::log_out))
        .route("/account", get(account::page))
        .route("/account/password", post(account::change_password))
        .route("/sessions/end", post(account::end_session))
        .route("/sessions/end-others", post(account::end_other_sessions))
        .with_state(Site { database, passwords: Passwords::new(), backoff });
    Ok(palisade.sessions(sessions).protect(routes))
}

/// Every form carries the token; without it the request is a 403.
fn form(token: &CsrfToken, action: &str, fields: &str, button: &str) -> String {
    let token = token.input();
    format!("<form method=post action=\"{action}\">{token}{fields}<button>{button}</button></form>")
}

async fn open(url: &str) -> Result<SqlitePool, sqlx::Error> {
    // One connection that never closes: a database in memory lives as long as its connection.
    let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    options.connect(url).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let database = open(&env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".into())).await?;
    let keyring = match env::var_os("SECRET_KEY") {
        Some(_) => Keyring::from_env("SECRET_KEY")?, // fails if the key is weak
        None => Keyring::random(),                   // every session ends at a restart
    };
    let app = app(Palisade::development(), &keyring, database).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/register");
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
