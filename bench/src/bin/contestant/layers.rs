//! All layers of Palisade.

use std::error::Error;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Router};
use palisade::extract::Account;
use palisade::proxy::Proxies;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::MemoryStore;
use palisade::rejection::InternalError;
use palisade::session::AuthProof;
use palisade::{CspNonce, CsrfToken, Keyring, Palisade, RateLimit, Rejection, Session, Sessions, SignedIn};

use super::work::{self, Note};

struct User(Box<str>);

impl<S: Sync> Account<S> for User {
    async fn find(id: &str, _: &S) -> Result<Option<Self>, InternalError> {
        Ok(Some(Self(id.into())))
    }

    fn epoch(&self) -> u64 {
        0
    }
}

pub fn app() -> Result<Router, Box<dyn Error>> {
    let keyring = Keyring::random();
    let store = FallbackStore::from(MemoryStore::new());
    let all = RateLimit::new("all", "1000000000/minute; 1000000000/hour", store.clone())?;
    let few = RateLimit::new("few", "5/hour", store)?;
    let router = Router::new()
        .route("/json", get(async || work::json()))
        .route("/page", get(async |nonce: CspNonce| work::page(nonce)))
        .route("/me", get(async |user: SignedIn<User>| work::me(&user.0)))
        .route("/login", post(log_in))
        .route("/form", get(form).post(async |Form(note): Form<Note>| work::saved(&note)))
        .route("/limited", get(async || work::limited()).layer(few.per_client()));
    let palisade = Palisade::for_hosts(["bench.example"])?
        .trusted_proxies(Proxies::trusted(["127.0.0.1"])?)
        .rate_limit(all.per_client().default_limit())
        .sessions(Sessions::in_cookie(&keyring).dangerous_forgets_on_restart());
    Ok(palisade.protect(router))
}

async fn log_in(session: Session) -> Result<StatusCode, Rejection> {
    session.log_in(AuthProof::dangerous_allow_unverified("ada", 0)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn form(token: CsrfToken) -> axum::response::Html<String> {
    work::form("csrf_token", token.as_str())
}
