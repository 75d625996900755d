//! Sessions, signing in and remember tokens, compared with Flask-Login.
//!
//! Flask-Login's other features have no counterpart: a loader for a header (a program that signs in
//! by a header has no session), messages (the site writes its own), mix-ins and cookie helpers
//! (`Account` is a trait of two functions).

mod accounts;
mod cookies;
mod earlier;
mod login;
mod matrix;
mod plain;
mod races;
mod remember;
mod sql;
mod stores;
mod values;

use palisade::session::SessionRejection;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::{Request, StatusCode};
use palisade::clock::{Clock, ManualClock};
use palisade::extract::Account;
use palisade::proxy::Proxies;
use palisade::rejection::InternalError;
use palisade::request::PeerAddr;
use palisade::session::store::{MemorySessions, SessionRecord, SessionStore};
use palisade::session::{AuthProof, SessionEvent};
use palisade::{Keyring, Rejection, Session, Sessions, SignedIn};
use test_support::browser;

use crate::support::{Answer, PROXY, ask};

pub const KEY: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
pub const NEXT_KEY: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";

pub fn keyring() -> Keyring {
    Keyring::new(KEY).unwrap()
}

/// Returns a record of a session store; its bytes are no text.
pub fn record(version: u64, user: Option<&str>) -> SessionRecord {
    SessionRecord { version, user: user.map(str::to_owned), bytes: vec![0, 255, version as u8] }
}

/// The accounts of the site: every name except `deleted`; `admin` is an admin. Epochs can be raised.
#[derive(Clone, Default)]
pub struct Accounts {
    epochs: Arc<Mutex<BTreeMap<String, u64>>>,
    pub lookups: Arc<AtomicU64>,
}

impl Accounts {
    pub fn epoch(&self, user: &str) -> u64 {
        *self.epochs.lock().unwrap().get(user).unwrap_or(&1)
    }

    pub fn raise(&self, user: &str) {
        *self.epochs.lock().unwrap().entry(user.to_owned()).or_insert(1) += 1;
    }
}

pub struct User {
    pub id: String,
    epoch: u64,
}

impl Account<Accounts> for User {
    async fn find(id: &str, accounts: &Accounts) -> Result<Option<Self>, InternalError> {
        accounts.lookups.fetch_add(1, Ordering::SeqCst);
        match id {
            "deleted" => Ok(None),
            "broken" => Err(InternalError::new("the database is down")),
            _ => Ok(Some(Self { id: id.to_owned(), epoch: accounts.epoch(id) })),
        }
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

pub struct Admin(User);

impl Account<Accounts> for Admin {
    async fn find(id: &str, accounts: &Accounts) -> Result<Option<Self>, InternalError> {
        Ok(User::find(id, accounts).await?.map(Self))
    }

    fn epoch(&self) -> u64 {
        self.0.epoch
    }

    fn is_authorized(&self) -> bool {
        self.0.id == "admin"
    }
}

/// A site with sessions, a manual clock, accounts, and the events of its sessions.
pub struct Site {
    pub app: Router,
    pub sessions: Sessions,
    pub clock: ManualClock,
    pub accounts: Accounts,
    pub events: Arc<Mutex<Vec<String>>>,
}

async fn log_in(
    State(accounts): State<Accounts>,
    Path(user): Path<String>,
    session: Session,
) -> Result<(), SessionRejection> {
    session.log_in(AuthProof::dangerous_allow_unverified(&*user, accounts.epoch(&user))).await
}

async fn confirm(
    State(accounts): State<Accounts>,
    Path(user): Path<String>,
    session: Session,
) -> Result<(), SessionRejection> {
    session.reauthenticate(AuthProof::dangerous_allow_unverified(&*user, accounts.epoch(&user))).await
}

async fn current_user(user: Option<SignedIn<User>>) -> String {
    user.map_or_else(|| "anonymous".to_owned(), |user| user.id.clone())
}

async fn grave(user: SignedIn<User>) -> Result<String, Rejection> {
    user.require_recent_auth(Duration::from_secs(600)).await?;
    Ok(format!("done by {}", user.id))
}

async fn list(session: Session) -> Result<String, Rejection> {
    let all = session.account_sessions().await?;
    let line = |one: &palisade::session::OtherSession| {
        format!("{} {} {}", one.key, one.user_agent.as_deref().unwrap_or("-"), one.current)
    };
    Ok(all.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Returns sessions in this store.
pub fn stored(store: impl SessionStore, clock: Clock) -> Sessions {
    configured(Sessions::in_store(store, &keyring()), clock)
}

/// Returns sessions in the cookie; their end is noted in this store.
pub fn sealed(store: impl SessionStore, clock: Clock) -> Sessions {
    configured(Sessions::in_cookie(&keyring()).ended_in(store), clock)
}

pub fn configured(sessions: Sessions, clock: Clock) -> Sessions {
    let sessions = sessions.clock(clock).login_path("/login").reauth_path("/confirm");
    sessions.remember(Duration::from_secs(30 * 24 * 3600))
}

/// Returns a store in memory with this clock.
pub fn memory(clock: &Clock) -> MemorySessions {
    MemorySessions::new().clock(clock.clone())
}

impl Site {
    /// Returns a site with sessions in the cookie.
    pub fn sealed() -> Self {
        let (clock, manual) = Clock::manual();
        Self::of(sealed(memory(&clock), clock), manual)
    }

    /// Returns a site with sessions in a store.
    pub fn stored() -> Self {
        let (clock, manual) = Clock::manual();
        Self::of(stored(memory(&clock), clock), manual)
    }

    pub fn both() -> [Self; 2] {
        [Self::sealed(), Self::stored()]
    }

    pub fn with_store(store: impl SessionStore) -> Self {
        let (clock, manual) = Clock::manual();
        Self::of(stored(store, clock), manual)
    }

    pub fn of(sessions: Sessions, clock: ManualClock) -> Self {
        let (accounts, events) = (Accounts::default(), Arc::<Mutex<Vec<String>>>::default());
        let sink = Arc::clone(&events);
        let sessions = sessions.on_event(move |event: &SessionEvent<'_>| {
            sink.lock().unwrap().push(format!("{event:?}"));
        });
        let admins = Router::new()
            .route("/admin", get(async || "secrets"))
            .layer(SignedIn::<Admin>::gate(accounts.clone()));
        let app = Router::new()
            .route("/plain", get(async || "plain"))
            .route(
                "/set/{name}/{value}",
                post(async |Path((name, value)): Path<(String, String)>, session: Session| {
                    session.set(&name, value).await
                }),
            )
            .route(
                "/get/{name}",
                get(async |Path(name): Path<String>, session: Session| {
                    session.get::<String>(&name).await.map(Option::unwrap_or_default)
                }),
            )
            .route(
                "/take/{name}",
                post(async |Path(name): Path<String>, session: Session| {
                    session.take::<String>(&name).await.map(Option::unwrap_or_default)
                }),
            )
            .route("/login/{user}", post(log_in))
            .route("/confirm/{user}", post(confirm))
            .route("/remember", post(async |session: Session| session.remember().await))
            .route("/renew", post(async |session: Session| session.cycle_id().await))
            .route("/logout", post(async |session: Session| session.log_out().await))
            .route("/who", get(current_user))
            .route(
                "/mine",
                get(async |user: SignedIn<User>| user.id.clone()).post(async |_: SignedIn<User>| ()),
            )
            .route("/grave", get(grave))
            .route("/sessions", get(list))
            .route(
                "/sessions/{key}/end",
                post(async |Path(key): Path<String>, session: Session| {
                    session.end_other(&key).await.map(|ended| ended.to_string())
                }),
            )
            .route("/sessions/end", post(async |session: Session| session.end_others().await))
            .merge(admins)
            .layer(sessions.clone())
            .layer(Proxies::trusted(["10.0.0.0/8"]).unwrap())
            .with_state(accounts.clone());
        Self { app, sessions, clock, accounts, events }
    }

    pub fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.events.lock().unwrap())
    }

    pub fn browser(&self) -> Browser {
        Browser(
            browser::Browser::new(self.app.clone(), "example.org")
                .extension(PeerAddr(PROXY.parse().unwrap()))
                .header("x-forwarded-for", "198.51.100.7")
                .header("x-forwarded-proto", "https")
                .header("user-agent", "Firefox")
                .header("accept", "text/html,*/*;q=0.8"),
        )
    }
}

/// A browser behind the proxy, by default over https.
#[derive(Clone)]
pub struct Browser(browser::Browser);

impl Deref for Browser {
    type Target = browser::Browser;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Browser {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Browser {
    /// Sends this `user-agent`.
    pub fn agent(self, agent: &str) -> Self {
        Self(self.0.header("user-agent", agent))
    }

    /// Sends requests over plain http.
    pub fn over_http(self) -> Self {
        Self(self.0.header("x-forwarded-proto", "http"))
    }

    /// Takes its cookies to another site.
    pub fn at(mut self, site: Router) -> Self {
        self.site = site;
        self
    }

    pub fn request(&self, method: &str, target: &str) -> Request<Body> {
        self.0.request(method, target, &[], Vec::new())
    }

    pub fn keep(&mut self, answer: &Answer) {
        self.0.keep(&answer.headers);
    }

    pub async fn send(&mut self, method: &str, target: &str) -> Answer {
        let answer = ask(&self.site, self.request(method, target)).await;
        self.keep(&answer);
        answer
    }

    pub async fn get(&mut self, target: &str) -> Answer {
        self.send("GET", target).await
    }

    /// Sends a POST that succeeds.
    pub async fn post(&mut self, target: &str) -> Answer {
        let answer = self.send("POST", target).await;
        assert_eq!(answer.status, StatusCode::OK, "{target}: {}", answer.body);
        answer
    }

    pub async fn who(&mut self) -> String {
        self.get("/who").await.body
    }

    pub fn cookie(&self) -> Option<&String> {
        self.jar.get("__Host-session")
    }
}
