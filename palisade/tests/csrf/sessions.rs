//! CSRF tokens together with the real session layer.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::clock::{Clock, ManualClock};
use palisade::csrf::CsrfRejection;
use palisade::csrf::CsrfTokenError;
use palisade::csrf::CsrfTokenError::{Invalid, NoSession};
use palisade::front_door::Guards;
use palisade::session::AuthProof;
use palisade::session::store::MemorySessions;
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
    let errors = [CsrfTokenError::Missing, NoSession, Invalid, CsrfTokenError::Expired];
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

/// A site with a manual clock, with sessions in the cookie and in a store. `/late` writes the token
/// before it reads the session.
fn timed_sites() -> [(Browser, ManualClock); 2] {
    [false, true].map(|in_store| {
        let (clock, manual) = Clock::manual();
        let (keyring, store) = (Keyring::new(OLD).unwrap(), MemorySessions::new().clock(clock.clone()));
        let sessions = match in_store {
            true => Sessions::in_store(store, &keyring),
            false => Sessions::in_cookie(&keyring).ended_in(store),
        };
        let late = async |token: CsrfToken, session: Session| {
            let token = token.to_string();
            session.set("seen", true).await.map(|()| token)
        };
        let sign_in = async |session: Session| {
            session.log_in(AuthProof::dangerous_allow_unverified("7", 1)).await?;
            session.remember().await
        };
        let who = async |session: Session| {
            session.sign_in().await.map(|sign_in| sign_in.map(|sign_in| sign_in.user).unwrap_or_default())
        };
        let app = Router::new()
            .route("/", get(async |token: CsrfToken| token.to_string()).post(async || "taken"))
            .route("/late", get(late))
            .route("/in", post(sign_in))
            .route("/set", post(async |session: Session| session.set("a", 1).await))
            .route("/who", post(who))
            .layer(palisade::CsrfTokens::new(&keyring).clock(clock.clone()))
            .layer(sessions.remember(Duration::from_secs(30 * 24 * 3600)).clock(clock))
            .layer(Guards::new());
        (Browser::new(app), manual)
    })
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_form_outlives_the_idle_timeout() {
    for (mut browser, clock) in timed_sites() {
        let token = token_of(&mut browser).await;
        clock.advance(35 * MINUTE);
        assert_eq!(posts(&mut browser, "/", &token).await, Ok(()));

        let token = token_of(&mut browser).await;
        assert_eq!(posts(&mut browser, "/set", &token).await, Ok(()));
        let token = token_of(&mut browser).await;
        clock.advance(35 * MINUTE);
        assert_eq!(posts(&mut browser, "/", &token).await, Ok(()), "a session with values");
        clock.advance(26 * MINUTE);
        assert_eq!(posts(&mut browser, "/", &token).await, Err(CsrfTokenError::Expired), "after an hour");
    }
}

#[tokio::test]
async fn an_expired_session_signs_no_one_in() {
    for (mut browser, clock) in timed_sites() {
        let token = token_of(&mut browser).await;
        assert_eq!(posts(&mut browser, "/in", &token).await, Ok(()));
        browser.remove_cookie("remember");
        let token = token_of(&mut browser).await;
        clock.advance(35 * MINUTE);
        let who = browser.post("/who", &[("csrf_token", &token)]).await;
        assert_eq!(
            (who.status.as_u16(), who.text.as_str()),
            (200, ""),
            "the form passes, the sign-in is over"
        );
    }
}

#[tokio::test]
async fn a_token_written_before_reading_fits() {
    for (mut browser, clock) in timed_sites() {
        let token = token_of(&mut browser).await;
        assert_eq!(posts(&mut browser, "/set", &token).await, Ok(()));
        clock.advance(35 * MINUTE);
        let late = browser.get("/late").await.text;
        assert_eq!(posts(&mut browser, "/", &late).await, Ok(()), "the session had expired");

        assert_eq!(posts(&mut browser, "/in", &late).await, Ok(()));
        clock.advance(24 * 60 * MINUTE);
        let late = browser.get("/late").await.text;
        assert_eq!(posts(&mut browser, "/", &late).await, Ok(()), "a remember token has signed in");
    }
}

/// Two session layers: of the visitors, and of the admins further in.
fn two_layers(tokens_are_inside: bool) -> Browser {
    let keyring = Keyring::new(OLD).unwrap();
    let sessions = || Sessions::in_cookie(&keyring).dangerous_forgets_on_restart();
    let log_in = async |session: Session| session.log_in(AuthProof::dangerous_allow_unverified("7", 1)).await;
    let routes = Router::new()
        .route("/", get(async |token: CsrfToken| token.to_string()).post(async || "taken"))
        .route("/in", post(log_in));
    let (tokens, admins) = (palisade::CsrfTokens::new(&keyring), sessions().cookie_name("admin"));
    let inner = match tokens_are_inside {
        true => routes.layer(tokens).layer(admins),
        false => routes.layer(admins).layer(tokens),
    };
    let app = inner.layer(sessions()).layer(Guards::new());
    Browser::new(app)
}

#[tokio::test]
async fn the_nearest_session_layer_binds_tokens() {
    let mut browser = two_layers(true);
    let before = token_of(&mut browser).await;
    assert!(browser.cookie("admin").is_some());
    assert_eq!(posts(&mut browser, "/in", &before).await, Ok(()));
    assert_eq!(posts(&mut browser, "/", &before).await, Err(Invalid));
    let after = token_of(&mut browser).await;
    assert_eq!(posts(&mut browser, "/", &after).await, Ok(()));
}

#[tokio::test]
async fn tokens_outside_of_a_session_layer_are_an_error() {
    let page = two_layers(false).get("/").await;
    assert_eq!(page.status, 500);
    let rejection = page.rejection().unwrap();
    assert!(rejection.message().contains("inside of the innermost session layer"), "{rejection:?}");
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
