//! CSRF tokens together with the real session layer.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::csrf::CsrfRejection;
use palisade::csrf::CsrfTokenError;
use palisade::csrf::CsrfTokenError::{Invalid, NoSession};
use palisade::front_door::Guards;
use palisade::session::AuthProof;
use palisade::test::Browser;
use palisade::{CsrfToken, Keyring, Rejection, Session, Sessions};

use super::site::{NEW, OLD, request, tokens};
use crate::support::ask;

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

fn browser() -> Browser {
    Browser::new(site(&Keyring::new(OLD).unwrap()))
}

async fn token_of(browser: &mut Browser) -> String {
    browser.get("/").await.text
}

async fn posts(browser: &mut Browser, path: &str, token: &str) -> Result<(), CsrfTokenError> {
    let page = browser.post(path, &[("csrf_token", token)]).await;
    let Some(rejection) = page.rejection() else {
        assert!(page.status.is_success());
        return Ok(());
    };
    let errors = [CsrfTokenError::Missing, CsrfTokenError::NoSession, CsrfTokenError::Invalid];
    let error = errors.into_iter().find(|error| *rejection == CsrfRejection::Token(*error));
    Err(error.unwrap_or_else(|| panic!("{rejection:?}")))
}

#[tokio::test]
async fn a_login_page_starts_its_tokens_session() {
    let mut browser = browser();
    let token = token_of(&mut browser).await;
    assert!(browser.cookie("session").is_some());
    assert_eq!(posts(&mut browser, "/", &token).await, Ok(()));
    browser.close();
    assert_eq!(posts(&mut browser, "/", &token).await, Err(NoSession));
}

#[tokio::test]
async fn signing_in_and_out_invalidates_older_tokens() {
    let mut browser = browser();
    let before = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/in", &before).await, Ok(()));
    assert_eq!(posts(&mut browser, "/", &before).await, Err(Invalid));
    let signed_in = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/", &signed_in).await, Ok(()));
    assert_eq!(posts(&mut browser, "/out", &signed_in).await, Ok(()));
    assert!(posts(&mut browser, "/", &signed_in).await.is_err());
    let after = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/", &signed_in).await, Err(Invalid));
    assert_eq!(posts(&mut browser, "/", &after).await, Ok(()));
}

#[tokio::test]
async fn another_visitors_token_does_not_pass() {
    let (mut ada, mut eve) = (browser(), browser());
    let (of_ada, of_eve) = (token_of(&mut ada).await, token_of(&mut eve).await);
    assert_eq!(posts(&mut ada, "/", &of_eve).await, Err(Invalid));
    assert_eq!(posts(&mut ada, "/", &of_ada).await, Ok(()));
}

#[tokio::test]
async fn key_rotation_keeps_open_sessions_working() {
    let mut browser = browser();
    let token = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/in", &token).await, Ok(()));
    let token = token_of(&mut browser).await;
    let mut browser = browser.service(site(&Keyring::new(NEW).unwrap().previous([OLD]).unwrap()));
    assert_eq!(posts(&mut browser, "/", &token).await, Ok(()));
    let token = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/", &token).await, Ok(()));
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
