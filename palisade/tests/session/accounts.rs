//! Registering, signing in and changing a password, without any `dangerous_…`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use palisade::extract::Account;
use palisade::password::{Argon2Params, Password, PasswordHash, Passwords, StoredCredential};
use palisade::proxy::Proxies;
use palisade::rejection::InternalError;
use palisade::{Rejection, Session, SignedIn};

use super::Site;

/// The hashes of accounts, by their ids. There is no column for epochs.
#[derive(Clone)]
struct Database {
    hashes: Arc<Mutex<BTreeMap<i64, PasswordHash>>>,
    passwords: Passwords,
}

impl Database {
    fn new() -> Self {
        let passwords = Passwords::new().params(Argon2Params::dangerous_minimum());
        Self { hashes: Arc::default(), passwords }
    }

    fn hash(&self, id: i64) -> Option<PasswordHash> {
        self.hashes.lock().unwrap().get(&id).cloned()
    }

    fn save(&self, id: i64, hash: PasswordHash) {
        self.hashes.lock().unwrap().insert(id, hash);
    }
}

struct User {
    id: i64,
    hash: PasswordHash,
}

impl Account<Database> for User {
    async fn find(id: &str, database: &Database) -> Result<Option<Self>, InternalError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        Ok(database.hash(id).map(|hash| Self { id, hash }))
    }

    fn epoch(&self) -> u64 {
        self.hash.epoch()
    }
}

async fn register(
    State(database): State<Database>,
    Path((id, password)): Path<(i64, String)>,
    session: Session,
) -> Result<(), Rejection> {
    let new = database.passwords.hash(Password::from(password)).await?;
    database.save(id, new.hash.clone());
    Ok(session.log_in(new.proof(id)).await?)
}

async fn log_in(
    State(database): State<Database>,
    Path((id, password)): Path<(i64, String)>,
    session: Session,
) -> Result<(), Rejection> {
    let stored = database.hash(id).map(|hash| StoredCredential::new(id, hash));
    let verified = database.passwords.verify(Password::from(password), stored).await?;
    let verified = verified.ok_or_else(|| Rejection::from(session.sign_in_required()))?;
    if let Some(rehash) = verified.rehash {
        database.save(id, rehash);
    }
    Ok(session.log_in(verified.proof).await?)
}

async fn change(
    State(database): State<Database>,
    Path(password): Path<String>,
    user: SignedIn<User>,
) -> Result<(), Rejection> {
    let new = database.passwords.hash(Password::from(password)).await?;
    database.save(user.id, new.hash.clone());
    Ok(user.session().password_changed(new.proof(user.id)).await?)
}

fn app(site: &Site, database: &Database) -> Router {
    Router::new()
        .route("/register/{id}/{password}", post(register))
        .route("/login/{id}/{password}", post(log_in))
        .route("/password/{password}", post(change))
        .route("/remember", post(async |session: Session| session.remember().await))
        .route("/who", get(async |user: Option<SignedIn<User>>| user.map_or(0, |user| user.id).to_string()))
        .layer(site.sessions.clone())
        .layer(Proxies::trusted(["10.0.0.0/8"]).unwrap())
        .with_state(database.clone())
}

#[tokio::test]
async fn a_password_change_ends_all_other_sessions() {
    for site in Site::both() {
        let database = Database::new();
        let app = app(&site, &database);
        let [mut here, mut there] = [site.browser(), site.browser()].map(|browser| browser.at(app.clone()));
        here.post("/register/7/correct-horse").await;
        assert_eq!(here.who().await, "7");
        there.post("/login/7/correct-horse").await;
        here.post("/remember").await;
        assert_eq!(there.who().await, "7");
        here.post("/password/battery-staple").await;
        assert_eq!((here.who().await.as_str(), there.who().await.as_str()), ("7", "0"));
        site.clock.advance(std::time::Duration::from_secs(24 * 3600));
        assert_eq!(here.who().await, "7", "this browser is still remembered");
        there.post("/login/7/battery-staple").await;
        assert_eq!(there.send("POST", "/login/7/correct-horse").await.status, 303);
    }
}

#[tokio::test]
async fn a_stronger_hash_ends_no_session() {
    for site in Site::both() {
        let mut database = Database::new();
        let mut here = site.browser().at(app(&site, &database));
        here.post("/register/7/correct-horse").await;
        let before = database.hash(7).unwrap();
        database.passwords = Passwords::new().params(Argon2Params::new(8_192, 1, 1).unwrap());
        let mut there = site.browser().at(app(&site, &database));
        there.post("/login/7/correct-horse").await;
        assert_ne!(database.hash(7).unwrap(), before, "the hash was replaced");
        assert_eq!((here.who().await.as_str(), there.who().await.as_str()), ("7", "7"));
    }
}
