//! All of Palisade.

use std::error::Error;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Router};
use palisade::store::MemoryStore;
use palisade::{
    Account, CspNonce, CsrfToken, CsrfTokens, ErrorPages, Fault, Keyring, Palisade, Proof, Proxies,
    RateLimit, Refusal, Session, Sessions, SignedIn, SteadyStore,
};

use super::work::{self, Note};

struct User(Box<str>);

impl<S: Sync> Account<S> for User {
    async fn find(id: &str, _: &S) -> Result<Option<Self>, Fault> {
        Ok(Some(Self(id.into())))
    }

    fn epoch(&self) -> u64 {
        0
    }
}

pub fn app() -> Result<Router, Box<dyn Error>> {
    let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq")?;
    let store = SteadyStore::from(MemoryStore::new());
    let all = RateLimit::new("all", "1000000000/minute; 1000000000/hour".parse()?, store.clone());
    let few = RateLimit::new("few", "5/hour".parse()?, store);
    Ok(Router::new()
        .route("/json", get(async || work::json()))
        .route("/page", get(async |nonce: CspNonce| work::page(nonce)))
        .route("/me", get(async |user: SignedIn<User>| work::me(&user.0)))
        .route("/login", post(log_in))
        .route("/form", get(form).post(async |Form(note): Form<Note>| work::saved(&note)))
        .route("/limited", get(async || work::limited()).layer(few.per_client()))
        .layer(CsrfTokens::new(&keyring))
        .layer(Sessions::new(&keyring))
        .layer(all.per_client().yields())
        .layer(Palisade::new().hosts(["bench.example"])?.behind(Proxies::trusted(["127.0.0.1"])?))
        .layer(ErrorPages::plain()))
}

async fn log_in(session: Session) -> Result<StatusCode, Refusal> {
    session.log_in(Proof::dangerous_trusted("ada", 0)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn form(token: CsrfToken) -> axum::response::Html<String> {
    work::form("csrf_token", token.as_str())
}
