//! Tokens and the sessions that they belong to, together.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::TokenFault::{Invalid, NoSession};
use palisade::{CsrfToken, Keyring, Palisade, Proof, Refusal, Session, Sessions, TokenFault};

use super::world::{NEW, OLD, URLENCODED, request, tokens};
use crate::world::{Answer, ask};

fn site(keyring: &Keyring) -> Router {
    let log_in = async |session: Session| session.log_in(Proof::dangerous_trusted("7", 1)).await;
    let log_out = async |session: Session| session.log_out().await;
    Router::new()
        .route("/", get(async |token: CsrfToken| token.to_string()).post(async || "taken"))
        .route("/in", post(log_in))
        .route("/out", post(log_out))
        .layer(palisade::CsrfTokens::new(keyring))
        .layer(Sessions::new(keyring))
        .layer(Palisade::new())
}

/// A browser: it keeps the session's cookie.
struct Browser {
    app: Router,
    cookie: String,
}

impl Browser {
    fn new() -> Self {
        Self { app: site(&Keyring::new(OLD).unwrap()), cookie: String::new() }
    }

    async fn sent(&mut self, method: &str, path: &str, body: String) -> Answer {
        let request = request(method, path, "").header("content-type", URLENCODED);
        let request = request.header("cookie", &self.cookie).header("sec-fetch-site", "same-origin");
        let answer = ask(&self.app, request.body(Body::from(body)).unwrap()).await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        answer
    }

    async fn token(&mut self) -> String {
        self.sent("GET", "/", String::new()).await.body
    }

    async fn posts(&mut self, path: &str, token: &str) -> Result<(), TokenFault> {
        let answer = self.sent("POST", path, format!("csrf_token={token}")).await;
        match answer.response.extensions.get() {
            Some(Refusal::CsrfToken(fault)) => Err(*fault),
            refusal => {
                assert!(refusal.is_none() && answer.status.is_success(), "{}: {refusal:?}", answer.status);
                Ok(())
            }
        }
    }
}

#[tokio::test]
async fn the_page_of_a_login_begins_the_session_that_its_token_belongs_to() {
    let mut browser = Browser::new();
    let token = browser.token().await;
    assert!(!browser.cookie.is_empty());
    assert_eq!(browser.posts("/", &token).await, Ok(()));
    browser.cookie.clear();
    assert_eq!(browser.posts("/", &token).await, Err(NoSession));
}

#[tokio::test]
async fn signing_in_and_signing_out_end_the_tokens_from_before() {
    let mut browser = Browser::new();
    let before = browser.token().await;
    assert_eq!(browser.posts("/in", &before).await, Ok(()));
    assert_eq!(browser.posts("/", &before).await, Err(Invalid));
    let signed_in = browser.token().await;
    assert_eq!(browser.posts("/", &signed_in).await, Ok(()));
    assert_eq!(browser.posts("/out", &signed_in).await, Ok(()));
    assert!(browser.posts("/", &signed_in).await.is_err());
    let after = browser.token().await;
    assert_eq!(browser.posts("/", &signed_in).await, Err(Invalid));
    assert_eq!(browser.posts("/", &after).await, Ok(()));
}

#[tokio::test]
async fn another_visitors_token_does_not_pass() {
    let (mut ada, mut eve) = (Browser::new(), Browser::new());
    let (of_ada, of_eve) = (ada.token().await, eve.token().await);
    assert_eq!(ada.posts("/", &of_eve).await, Err(Invalid));
    assert_eq!(ada.posts("/", &of_ada).await, Ok(()));
}

#[tokio::test]
async fn a_new_key_in_the_middle_of_a_session_disturbs_nobody() {
    let mut browser = Browser::new();
    let token = browser.token().await;
    assert_eq!(browser.posts("/in", &token).await, Ok(()));
    let token = browser.token().await;
    browser.app = site(&Keyring::new(NEW).unwrap().previous([OLD]).unwrap());
    assert_eq!(browser.posts("/", &token).await, Ok(()));
    let token = browser.token().await;
    assert_eq!(browser.posts("/", &token).await, Ok(()));
}

#[tokio::test]
async fn outside_of_the_sessions_the_layer_says_where_it_belongs() {
    let keyring = Keyring::new(OLD).unwrap();
    let app = Router::new().route("/", post(async || "taken")).layer(Sessions::new(&keyring)).layer(tokens());
    let answer = ask(&app, request("POST", "/", "").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.response.extensions.get::<Refusal>().unwrap().message().contains("outside of `CsrfTokens`")
    );
}
