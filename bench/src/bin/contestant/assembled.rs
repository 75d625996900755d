//! A stack of common crates: axum-helmet, tower_governor, tower-sessions with axum-login, and
//! axum_csrf, with the headers that `palisade` sends.

use std::convert::Infallible;
use std::error::Error;

use axum::Form;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_csrf::{CsrfConfig, CsrfToken};
use axum_helmet::Helmet;
use axum_login::tower_sessions::{MemoryStore, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, UserId};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::SmartIpKeyExtractor;

use super::visitor::Visitor;
use super::work::{self, Note};

#[derive(Debug, Clone)]
struct User(String);

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.0.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"0"
    }
}

#[derive(Clone)]
struct Users;

impl AuthnBackend for Users {
    type User = User;
    type Credentials = String;
    type Error = Infallible;

    async fn authenticate(&self, name: String) -> Result<Option<User>, Infallible> {
        Ok(Some(User(name)))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Infallible> {
        Ok(Some(User(id.clone())))
    }
}

pub async fn app() -> Result<Router, Box<dyn Error>> {
    let mut helmet = Helmet::new();
    for (name, value) in &Visitor::new()?.get("/json").await?.headers {
        if !matches!(*name, CONTENT_TYPE | CONTENT_LENGTH) {
            let name: &'static str = name.to_string().leak();
            helmet = helmet.add((name, value.to_str()?.to_owned()));
        }
    }
    let all = GovernorConfigBuilder::default()
        .key_extractor(SmartIpKeyExtractor)
        .per_nanosecond(1)
        .burst_size(1_000_000)
        .finish()
        .ok_or("the quota is zero")?;
    let few = GovernorConfigBuilder::default()
        .key_extractor(SmartIpKeyExtractor)
        .per_second(720)
        .burst_size(5)
        .finish()
        .ok_or("the quota is zero")?;
    let sessions =
        AuthManagerLayerBuilder::new(Users, SessionManagerLayer::new(MemoryStore::default())).build();
    Ok(Router::new()
        .route("/json", get(async || work::json()))
        .route("/page", get(async || work::page("bm9uY2Ugb2YgMTYgYnl0")))
        .route("/me", get(me))
        .route("/login", post(log_in))
        .route("/form", get(form).post(save))
        .route("/limited", get(async || work::limited()).layer(GovernorLayer::new(few)))
        .layer(sessions)
        .layer(GovernorLayer::new(all))
        .layer(helmet.into_layer().map_err(|_| "axum-helmet rejects a header of palisade")?)
        .with_state(CsrfConfig::default()))
}

async fn me(auth: AuthSession<Users>) -> Response {
    match auth.user {
        Some(user) => work::me(&user.0).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn log_in(mut auth: AuthSession<Users>) -> StatusCode {
    match auth.login(&User("ada".to_owned())).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn form(token: CsrfToken) -> Response {
    match token.authenticity_token() {
        Ok(value) => {
            let page = work::form("token", value);
            (token, page).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn save(token: CsrfToken, Form(note): Form<Note>) -> Response {
    match token.verify(&note.token) {
        Ok(()) => work::saved(&note).into_response(),
        Err(_) => StatusCode::FORBIDDEN.into_response(),
    }
}
