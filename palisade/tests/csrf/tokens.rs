//! The token check: a request that changes data needs a token from a page of the site.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::clock::Clock;
use palisade::csrf::CsrfTokenError::{Expired, Invalid, Missing, NoSession};
use palisade::front_door::Guards;
use palisade::{CsrfToken, CsrfTokens, Keyring, Rejection};

use super::site::{
    MULTIPART, NEW, OLD, Site, URLENCODED, csrf_result, form, multipart, request, tokens, with_sessions,
};
use crate::support::{Answer, ask, site};

#[tokio::test]
async fn a_form_passes_with_its_pages_token_only() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    assert_eq!(site.sent("ada", &token).await, Ok(()), "a token passes twice: two tabs, or the back button");
    assert_eq!(site.sent("eve", &token).await, Err(Invalid));
    assert_eq!(site.sent("", &token).await, Err(NoSession));
    assert_eq!(site.sent("ada", "").await, Err(Invalid));
    let without = form(URLENCODED, "ada", "name=Ada");
    assert_eq!(csrf_result(&site.ask(without).await, "name=Ada"), Err(Missing));
    let empty = request("POST", "/echo", "ada").body(Body::empty()).unwrap();
    assert_eq!(csrf_result(&site.ask(empty).await, ""), Err(Missing));
}

#[tokio::test]
async fn a_multipart_form_passes_unchanged() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    for (token, expected) in [(token.as_str(), Ok(())), ("no", Err(Invalid))] {
        let body = multipart(token, "any bytes");
        assert_eq!(csrf_result(&site.ask(form(MULTIPART, "ada", &body)).await, &body), expected);
    }
}

#[tokio::test]
async fn scripts_send_the_token_as_a_header() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    let json = |name: &str, token: &str| {
        let request = request("POST", "/echo", "ada").header("content-type", "application/json");
        request.header(name, token).body(Body::from("{}")).unwrap()
    };
    for name in ["X-CSRFToken", "X-CSRF-Token"] {
        assert_eq!(csrf_result(&site.ask(json(name, &token)).await, "{}"), Ok(()), "{name}");
        assert_eq!(csrf_result(&site.ask(json(name, "no")).await, "{}"), Err(Invalid), "{name}");
        assert_eq!(csrf_result(&site.ask(json(name, "")).await, "{}"), Err(Missing), "{name}");
    }
    assert_eq!(csrf_result(&site.ask(json("X-XSRF-Token", &token)).await, "{}"), Err(Missing));
    let body = format!("{{\"csrf_token\":\"{token}\"}}");
    let inside = form("application/json", "ada", &body);
    assert_eq!(csrf_result(&site.ask(inside).await, &body), Err(Missing), "JSON is not searched");
}

#[tokio::test]
async fn query_and_cookie_tokens_are_ignored() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    let asked = request("POST", &format!("/echo?csrf_token={token}"), "ada");
    let asked = asked.header("cookie", format!("csrf_token={token}"));
    assert_eq!(csrf_result(&site.ask(asked.body(Body::empty()).unwrap()).await, ""), Err(Missing));
}

#[tokio::test]
async fn a_token_from_before_login_is_rejected() {
    let site = Site::new(tokens());
    let before = site.token("anonymous").await;
    assert_eq!(site.sent("anonymous", &before).await, Ok(()));
    // Signing in changes the session, and the token is bound to the session.
    assert_eq!(site.sent("ada", &before).await, Err(Invalid));
    let after = site.token("ada").await;
    assert_eq!(site.sent("ada", &after).await, Ok(()));
    assert_eq!(site.sent("anonymous", &after).await, Err(Invalid));
}

#[tokio::test]
async fn a_forged_login_is_rejected() {
    let site = Site::new(tokens());
    let of_the_attacker = site.token("eve").await;
    assert_eq!(site.sent("", &of_the_attacker).await, Err(NoSession));
    assert_eq!(site.sent("victim", &of_the_attacker).await, Err(Invalid));
}

#[tokio::test]
async fn a_new_visitors_first_token_passes() {
    let site = Site::new(tokens());
    let token = site.token("").await;
    assert_eq!(site.begun.load(Ordering::Relaxed), 1);
    assert_eq!(site.sent("begun", &token).await, Ok(()));
}

#[tokio::test]
async fn a_session_starts_when_a_token_is_rendered() {
    let site = Site::new(tokens());
    assert_eq!(site.get("", "/unprinted").await.body, "no form today");
    assert_eq!(site.get("", "/nowhere").await.status, 404);
    assert_eq!(site.begun.load(Ordering::Relaxed), 0);
    site.get("", "/input").await;
    assert_eq!(site.begun.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn pages_with_tokens_are_not_cached_publicly() {
    let site = Site::new(tokens());
    assert_eq!(site.get("ada", "/").await.header("cache-control"), Some("private, no-cache"));
    assert_eq!(site.get("ada", "/unprinted").await.header("cache-control"), None);
}

#[tokio::test]
async fn every_rendering_has_a_new_mask() {
    let (clock, _) = Clock::manual();
    let site = Site::new(tokens().clock(clock));
    let mut seen = HashSet::new();
    let mut beginnings = HashSet::new();
    let mut ends = HashSet::new();
    for _ in 0..20 {
        let token = site.token("ada").await;
        beginnings.insert(token[..16].to_owned());
        ends.insert(token[token.len() - 32..].to_owned());
        assert!(seen.insert(token), "two renderings are equal");
    }
    assert_eq!((beginnings.len(), ends.len()), (20, 20));
}

#[tokio::test]
async fn a_modified_token_is_rejected() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    assert_eq!((token.len(), site.sent("ada", &token).await), (80, Ok(())));
    for at in 0..token.len() {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        assert_eq!(site.sent("ada", &changed).await, Err(Invalid), "character {at}");
        assert_eq!(site.sent("ada", &token[..at]).await, Err(Invalid), "the first {at}");
    }
    for longer in [format!("{token}A"), format!("{token}="), format!("{token}{token}"), "A".repeat(60_000)] {
        assert_eq!(site.sent("ada", &longer).await, Err(Invalid), "{} characters", longer.len());
    }
    for other in ["A".repeat(80), format!(" {}", &token[1..]), "é".repeat(40), "%00".repeat(80)] {
        assert_eq!(site.sent("ada", &other).await, Err(Invalid), "{other}");
    }
}

#[tokio::test]
async fn open_pages_survive_key_rotation() {
    let rotated = Keyring::new(NEW).unwrap().previous([OLD]).unwrap();
    let (old, new) = (Site::new(tokens()), Site::new(CsrfTokens::new(&rotated)));
    let token = old.token("ada").await;
    assert_eq!(new.sent("ada", &token).await, Ok(()));
    let strangers = Site::new(CsrfTokens::new(&Keyring::new(NEW).unwrap()));
    assert_eq!(strangers.sent("ada", &token).await, Err(Invalid));
    assert_eq!(strangers.sent("ada", &new.token("ada").await).await, Ok(()), "new tokens use the new key");
}

#[tokio::test]
async fn a_token_expires_after_an_hour() {
    let (clock, manual) = Clock::manual();
    let site = Site::new(tokens().clock(clock.clone()));
    let endless = Site::new(tokens().clock(clock.clone()).time_limit(None));
    let short = Site::new(tokens().clock(clock).time_limit(Duration::from_secs(60)));
    let token = site.token("ada").await;
    manual.advance(Duration::from_secs(60));
    assert_eq!(short.sent("ada", &token).await, Ok(()));
    manual.advance(Duration::from_secs(3540));
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    assert_eq!(short.sent("ada", &token).await, Err(Expired));
    manual.advance(Duration::from_micros(1));
    assert_eq!(site.sent("ada", &token).await, Err(Expired));
    assert_eq!(site.sent("eve", &token).await, Err(Invalid), "only the session's own token can be too old");
    manual.advance(Duration::from_secs(365 * 86_400));
    assert_eq!(endless.sent("ada", &token).await, Ok(()));
}

#[tokio::test]
async fn small_clock_skew_passes_and_future_tokens_fail() {
    let (clock, manual) = Clock::manual();
    let site = Site::new(tokens().clock(clock));
    let token = site.token("ada").await;
    manual.set_back(Duration::from_secs(60));
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    manual.set_back(Duration::from_secs(1));
    assert_eq!(site.sent("ada", &token).await, Err(Invalid));
}

fn missing_line(answer: &Answer) -> String {
    assert_eq!(answer.status, 500);
    let rejection = answer.response.extensions.get::<Rejection>().unwrap();
    assert_eq!(rejection.code(), palisade::rejection::MissingLayer::CODE);
    rejection.message().into_owned()
}

#[tokio::test]
async fn a_missing_token_layer_is_named() {
    let form = || Router::new().route("/", get(async |token: CsrfToken| token.to_string()));
    let ask_for = async |app: Router| {
        ask(&app.layer(Guards::new()), request("GET", "/", "ada").body(Body::empty()).unwrap()).await
    };
    assert!(missing_line(&ask_for(form()).await).contains("`CsrfTokens::new(&keyring)`"));
    assert!(missing_line(&ask_for(form().layer(tokens())).await).contains("`Sessions::in_store(…)`"));
    assert_eq!(ask_for(with_sessions(form().layer(tokens())).0).await.status, 200);
}

#[tokio::test]
async fn a_missing_session_layer_is_named() {
    let app = site().layer(tokens()).layer(Guards::new());
    let sent = request("POST", "/form", "ada").body(Body::empty()).unwrap();
    assert!(missing_line(&ask(&app, sent).await).contains("`Sessions::in_store(…)`"));
    let read = request("GET", "/", "ada").body(Body::empty()).unwrap();
    assert!(missing_line(&ask(&app, read).await).contains("`Sessions::in_store(…)`"), "at the first page");
}

#[tokio::test]
async fn a_login_handler_may_check_the_token_itself() {
    let app = Router::new().route(
        "/",
        post(async |request: axum::extract::Request| {
            let token = CsrfToken::of(request.extensions()).unwrap();
            assert_eq!(format!("{token:?}"), "CsrfToken(hidden)");
            token.as_str().to_owned()
        }),
    );
    let (app, _) = with_sessions(app.layer(tokens().dangerous_disable_token_check()));
    let sent = request("POST", "/", "ada").body(Body::empty()).unwrap();
    let token = ask(&app, sent).await.body;
    assert_eq!(Site::new(tokens()).sent("ada", &token).await, Ok(()));
}

#[tokio::test]
async fn a_websocket_over_http2_needs_no_token() {
    let site = Site::new(tokens());
    let opened = async |origin: &str| {
        let request = request("CONNECT", "/echo", "ada").header("origin", origin);
        site.ask(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(opened("http://localhost").await, 200);
    assert_eq!(opened("https://evil.example").await, 403);
}
