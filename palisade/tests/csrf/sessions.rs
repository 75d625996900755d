//! CSRF tokens together with the real session layer.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::csrf::CsrfRejection;
use palisade::csrf::CsrfTokenError;
use palisade::csrf::CsrfTokenError::{Invalid, NoSession};
use palisade::front_door::Guards;
use palisade::request::PeerAddr;
use palisade::session::AuthProof;
use palisade::{CsrfToken, Keyring, Rejection, Session, Sessions};
use test_support::browser;

use super::site::{NEW, OLD, request, tokens};
use crate::support::{HERE, ask};

fn site(keyring: &Keyring) -> Router {
    let log_in = async |session: Session| session.log_in(AuthProof::dangerous_allow_unverified("7", 1)).await;
    let log_out = async |session: Session| session.log_out().await;
    Router::new()
        .route("/", get(async |token: CsrfToken| token.to_string()).post(async || "taken"))
        .route("/in", post(log_in))
        .route("/out", post(log_out))
        .layer(palisade::CsrfTokens::new(keyring))
        .layer(Sessions::in_cookie(keyring).dangerous_forgets_on_restart())
        .layer(Guards::new())
}

/// A browser that sends its forms from a page of the site.
struct Browser(browser::Browser);

impl Browser {
    fn new() -> Self {
        let browser = browser::Browser::new(site(&Keyring::new(OLD).unwrap()), "localhost")
            .extension(PeerAddr(HERE.parse().unwrap()));
        Self(browser)
    }

    async fn token(&mut self) -> String {
        self.0.get("/").await.body
    }

    async fn posts(&mut self, path: &str, token: &str) -> Result<(), CsrfTokenError> {
        let reply = self.0.post(path, &[("csrf_token", token)]).await;
        let Some(rejection) = reply.extensions.get::<palisade::Rejection>() else {
            assert_eq!(reply.status / 100, 2);
            return Ok(());
        };
        let errors = [CsrfTokenError::Missing, CsrfTokenError::NoSession, CsrfTokenError::Invalid];
        let error = errors.into_iter().find(|error| *rejection == CsrfRejection::Token(*error));
        Err(error.unwrap_or_else(|| panic!("{rejection:?}")))
    }
}

#[tokio::test]
async fn a_login_page_starts_its_tokens_session() {
    let mut browser = Browser::new();
    let token = browser.token().await;
    assert!(!browser.0.jar.is_empty());
    assert_eq!(browser.posts("/", &token).await, Ok(()));
    browser.0.jar.clear();
    assert_eq!(browser.posts("/", &token).await, Err(NoSession));
}

#[tokio::test]
async fn signing_in_and_out_invalidates_older_tokens() {
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
async fn key_rotation_keeps_open_sessions_working() {
    let mut browser = Browser::new();
    let token = browser.token().await;
    assert_eq!(browser.posts("/in", &token).await, Ok(()));
    let token = browser.token().await;
    browser.0.site = site(&Keyring::new(NEW).unwrap().previous([OLD]).unwrap());
    assert_eq!(browser.posts("/", &token).await, Ok(()));
    let token = browser.token().await;
    assert_eq!(browser.posts("/", &token).await, Ok(()));
}

#[tokio::test]
async fn a_misplaced_layer_names_its_place() {
    let keyring = Keyring::new(OLD).unwrap();
    let sessions = Sessions::in_cookie(&keyring).dangerous_forgets_on_restart();
    let app = Router::new().route("/", post(async || "taken")).layer(sessions).layer(tokens());
    let answer = ask(&app, request("POST", "/", "").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.response.extensions.get::<Rejection>().unwrap().message().contains("outside of `CsrfTokens`")
    );
}
