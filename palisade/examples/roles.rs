//! Roles: pages for members, a group for administrators, a fresh password before dangerous actions.
//!
//! ```sh
//! cargo run -p palisade --features password,rate-limit,session --example roles
//! # open http://localhost:3000/admin and sign in as `ada` (an administrator) or `bob`, with the
//! # password `seven purple otters`; five minutes later, `Delete` asks for the password again
//! ```

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::Html;
use axum::routing::{get, post};
use palisade::error_page::Escaped;
use palisade::extract::Account;
use palisade::password::{HashingError, Password, PasswordHash, StoredCredential};
use palisade::rate_limit::{Backoff, store::MemoryStore};
use palisade::redirect::{Next, SafePath};
use palisade::rejection::InternalError;
use palisade::session::store::MemorySessions;
use palisade::{CsrfToken, Error, Keyring, Palisade, Passwords, Redirect, Session, Sessions, SignedIn};
use serde::Deserialize;

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
    let routes = Router::new().route("/", get(home)).route("/login", get(login_form).post(log_in));
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

#[derive(Deserialize)]
struct Return {
    next: Next,
}

async fn login_form(token: CsrfToken, Query(query): Query<Return>) -> Html<String> {
    let next = query.next.path().map_or("", SafePath::as_str);
    Html(format!(
        "<form method=post action=/login>{}<input type=hidden name=next value=\"{}\">
         <input name=name><input name=password type=password><button>Sign in</button></form>",
        token.input(),
        Escaped(next),
    ))
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
    password: Password,
    next: Next,
}

async fn log_in(
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

async fn site() -> Result<Site, HashingError> {
    let passwords = Passwords::new();
    let hash = passwords.hash(Password::from("seven purple otters")).await?.hash;
    let users = [("ada", true), ("bob", false)];
    let users = users.map(|(name, is_admin)| User { name, is_admin, hash: hash.clone() }).into();
    Ok(Site { users, passwords, backoff: Backoff::new("sign-in", MemoryStore::new()) })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().init();
    let keyring = Keyring::random(); // sessions end at a restart; `Keyring::from_env` keeps them
    let sessions = Sessions::in_store(MemorySessions::new(), &keyring);
    let app = app(Palisade::development(), sessions, site().await?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/admin");
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::clock::{Clock, ManualClock};
    use palisade::test::Browser;

    use super::*;

    async fn browser() -> (Browser, ManualClock) {
        let (clock, time) = Clock::manual();
        let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random()).clock(clock);
        (Browser::new(app(Palisade::development(), sessions, site().await.unwrap())), time)
    }

    async fn sign_in(browser: &mut Browser, name: &str) -> String {
        browser.submit("/login", &[("name", name), ("password", "seven purple otters")]).await.path
    }

    #[tokio::test]
    async fn visitors_are_sent_to_the_login_page() {
        let (mut browser, _) = browser().await;
        assert_eq!(browser.get("/").await.text, "Hello, visitor");
        for path in ["/admin", "/admin/log", "/members"] {
            assert_eq!(browser.get(path).await.path, format!("/login?next={path}"));
        }
        assert_eq!(sign_in(&mut browser, "bob").await, "/members");
        assert_eq!(browser.get("/").await.text, "Hello, bob");
    }

    #[tokio::test]
    async fn only_an_administrator_sees_the_group() {
        for (name, status) in [("ada", 200), ("bob", 403)] {
            let (mut browser, _) = browser().await;
            browser.get("/login").await;
            assert_eq!(sign_in(&mut browser, name).await, "/");
            for path in ["/admin", "/admin/log"] {
                assert_eq!(browser.get(path).await.status, status, "{name} {path}");
            }
        }
    }

    #[tokio::test]
    async fn a_dangerous_action_needs_a_fresh_password() {
        let (mut browser, time) = browser().await;
        browser.get("/admin").await;
        sign_in(&mut browser, "ada").await;
        assert_eq!(browser.submit("/admin/delete", &[]).await.text, "Deleted");
        time.advance(Duration::from_secs(6 * 60));
        browser.get("/admin").await;
        assert_eq!(browser.submit("/admin/delete", &[]).await.path, "/login");
        sign_in(&mut browser, "ada").await;
        browser.get("/admin").await;
        assert_eq!(browser.submit("/admin/delete", &[]).await.text, "Deleted");
    }
}
