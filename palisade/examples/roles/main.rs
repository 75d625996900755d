//! Roles: pages for members, a group for administrators, a fresh password before dangerous actions.
//!
//! ```sh
//! cargo run -p palisade --features password,rate-limit,session --example roles
//! # open http://localhost:3000/admin and sign in as `ada` (an administrator) or `bob`, with the
//! # password `seven purple otters`; five minutes later, `Delete` asks for the password again
//! ```

mod login;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use palisade::extract::Account;
use palisade::password::{HashingError, Password, PasswordHash};
use palisade::rate_limit::{Backoff, store::MemoryStore};
use palisade::rejection::InternalError;
use palisade::session::store::MemorySessions;
use palisade::{CsrfToken, Keyring, Palisade, Passwords, Sessions, SignedIn};

#[derive(Clone)]
struct Site {
    users: Arc<[User]>, // in a database: see the example `login`
    passwords: Passwords,
    backoff: Backoff,
}

#[derive(Clone)]
struct User {
    name: &'static str,
    is_admin: bool,
    hash: PasswordHash,
}

impl Account<Site> for User {
    async fn find(id: &str, site: &Site) -> Result<Option<Self>, InternalError> {
        Ok(site.users.iter().find(|user| user.name == id).cloned())
    }

    fn epoch(&self) -> u64 {
        self.hash.epoch()
    }
}

/// A role is a type: a handler that takes `SignedIn<Admin>` cannot forget the check.
struct Admin(User);

impl Account<Site> for Admin {
    async fn find(id: &str, site: &Site) -> Result<Option<Self>, InternalError> {
        Ok(User::find(id, site).await?.map(Self))
    }

    fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    fn is_authorized(&self) -> bool {
        self.0.is_admin // looked up for each request: a role that is taken away ends at once
    }
}

fn app(palisade: Palisade, sessions: Sessions, site: Site) -> Router {
    let members = Router::new().route("/members", get(async || "For everyone who has signed in"));
    let members = members.route_layer(SignedIn::<User>::gate(site.clone()));
    let admin = Router::new()
        .route("/admin", get(admin_page))
        .route("/admin/delete", post(delete))
        .route("/admin/log", get(async || "A handler without an argument is covered by the gate"))
        .route_layer(SignedIn::<Admin>::gate(site.clone()));
    let routes = Router::new().route("/", get(home)).route("/login", get(login::form).post(login::log_in));
    let routes = routes.merge(members).merge(admin).with_state(site);
    palisade.sessions(sessions.login_path("/login")).protect(routes)
}

async fn home(user: Option<SignedIn<User>>) -> String {
    user.map_or_else(|| "Hello, visitor".into(), |user| format!("Hello, {}", user.name))
}

async fn admin_page(admin: SignedIn<Admin>, token: CsrfToken) -> Html<String> {
    let (name, token) = (admin.0.name, token.input());
    Html(format!(
        "<h1>{name}</h1><form method=post action=/admin/delete>{token}<button>Delete</button></form>"
    ))
}

async fn delete(admin: SignedIn<Admin>) -> palisade::Result<&'static str> {
    admin.require_recent_auth(Duration::from_secs(5 * 60)).await?; // else the login page
    Ok("Deleted")
}

async fn site() -> Result<Site, HashingError> {
    let passwords = Passwords::new();
    let hash = passwords.hash(Password::from("seven purple otters")).await?.hash;
    let users = [("ada", true), ("bob", false)];
    let users = users.map(|(name, is_admin)| User { name, is_admin, hash: hash.clone() }).into();
    Ok(Site { users, passwords, backoff: Backoff::new("sign-in", MemoryStore::new()) })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let keyring = Keyring::random(); // sessions end at a restart; `Keyring::from_env` keeps them
    let sessions = Sessions::in_store(MemorySessions::new(), &keyring);
    let app = app(Palisade::development(), sessions, site().await?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/admin");
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
