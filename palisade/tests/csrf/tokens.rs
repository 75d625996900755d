//! What changes something comes with a token of our own page.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use palisade::TokenFault::{Expired, Invalid, Missing, NoSession};
use palisade::{Clock, CsrfToken, CsrfTokens, Keyring, Palisade, Refusal};

use super::world::{
    MULTIPART, NEW, OLD, Site, URLENCODED, form, judged, multipart, request, tokens, with_sessions,
};
use crate::world::{Answer, ask, site};

#[tokio::test]
async fn a_form_with_the_token_of_its_page_passes_and_every_other_does_not() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    assert_eq!(site.sent("ada", &token).await, Ok(()), "two tabs, or back and again");
    assert_eq!(site.sent("eve", &token).await, Err(Invalid));
    assert_eq!(site.sent("", &token).await, Err(NoSession));
    assert_eq!(site.sent("ada", "").await, Err(Invalid));
    let without = form(URLENCODED, "ada", "name=Ada");
    assert_eq!(judged(&site.ask(without).await, "name=Ada"), Err(Missing));
    let empty = request("POST", "/echo", "ada").body(Body::empty()).unwrap();
    assert_eq!(judged(&site.ask(empty).await, ""), Err(Missing));
}

#[tokio::test]
async fn a_multipart_form_passes_with_its_token_and_arrives_whole() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    for (token, expected) in [(token.as_str(), Ok(())), ("no", Err(Invalid))] {
        let body = multipart(token, "any bytes");
        assert_eq!(judged(&site.ask(form(MULTIPART, "ada", &body)).await, &body), expected);
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
        assert_eq!(judged(&site.ask(json(name, &token)).await, "{}"), Ok(()), "{name}");
        assert_eq!(judged(&site.ask(json(name, "no")).await, "{}"), Err(Invalid), "{name}");
        assert_eq!(judged(&site.ask(json(name, "")).await, "{}"), Err(Missing), "{name}");
    }
    assert_eq!(judged(&site.ask(json("X-XSRF-Token", &token)).await, "{}"), Err(Missing));
    let body = format!("{{\"csrf_token\":\"{token}\"}}");
    let inside = form("application/json", "ada", &body);
    assert_eq!(judged(&site.ask(inside).await, &body), Err(Missing), "nobody looks into JSON");
}

#[tokio::test]
async fn neither_the_address_nor_a_cookie_is_looked_at() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    let asked = request("POST", &format!("/echo?csrf_token={token}"), "ada");
    let asked = asked.header("cookie", format!("csrf_token={token}"));
    assert_eq!(judged(&site.ask(asked.body(Body::empty()).unwrap()).await, ""), Err(Missing));
}

#[tokio::test]
async fn a_token_from_before_a_login_does_not_pass_after_it() {
    let site = Site::new(tokens());
    let before = site.token("anonymous").await;
    assert_eq!(site.sent("anonymous", &before).await, Ok(()));
    // Logging in changes the session, and with it what the layer of sessions binds.
    assert_eq!(site.sent("ada", &before).await, Err(Invalid));
    let after = site.token("ada").await;
    assert_eq!(site.sent("ada", &after).await, Ok(()));
    assert_eq!(site.sent("anonymous", &after).await, Err(Invalid));
}

#[tokio::test]
async fn a_login_forged_with_the_attackers_own_token_is_refused() {
    let site = Site::new(tokens());
    let of_the_attacker = site.token("eve").await;
    assert_eq!(site.sent("", &of_the_attacker).await, Err(NoSession));
    assert_eq!(site.sent("victim", &of_the_attacker).await, Err(Invalid));
}

#[tokio::test]
async fn the_first_token_of_a_new_visitor_passes_with_the_session_that_it_began() {
    let site = Site::new(tokens());
    let token = site.token("").await;
    assert_eq!(site.begun.load(Ordering::Relaxed), 1);
    assert_eq!(site.sent("begun", &token).await, Ok(()));
}

#[tokio::test]
async fn a_session_begins_only_when_the_token_is_written() {
    let site = Site::new(tokens());
    assert_eq!(site.get("", "/unprinted").await.body, "no form today");
    assert_eq!(site.get("", "/nowhere").await.status, 404);
    assert_eq!(site.begun.load(Ordering::Relaxed), 0);
    site.get("", "/input").await;
    assert_eq!(site.begun.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_page_with_a_token_is_kept_by_no_shared_cache() {
    let site = Site::new(tokens());
    assert_eq!(site.get("ada", "/").await.header("cache-control"), Some("private, no-cache"));
    assert_eq!(site.get("ada", "/unprinted").await.header("cache-control"), None);
}

#[tokio::test]
async fn the_token_is_new_at_every_rendering_so_that_nothing_is_there_for_breach_to_find() {
    let (clock, _) = Clock::manual();
    let site = Site::new(tokens().clock(clock));
    let mut seen = HashSet::new();
    let mut beginnings = HashSet::new();
    let mut ends = HashSet::new();
    for _ in 0..20 {
        let token = site.token("ada").await;
        beginnings.insert(token[..16].to_owned());
        ends.insert(token[token.len() - 32..].to_owned());
        assert!(seen.insert(token), "the same text twice, at the same moment");
    }
    assert_eq!((beginnings.len(), ends.len()), (20, 20));
}

#[tokio::test]
async fn a_token_that_was_changed_cut_or_lengthened_is_refused() {
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
async fn wtf_03_keys_change_and_open_pages_go_on() {
    let rotated = Keyring::new(NEW).unwrap().previous([OLD]).unwrap();
    let (old, new) = (Site::new(tokens()), Site::new(CsrfTokens::new(&rotated)));
    let token = old.token("ada").await;
    assert_eq!(new.sent("ada", &token).await, Ok(()));
    let strangers = Site::new(CsrfTokens::new(&Keyring::new(NEW).unwrap()));
    assert_eq!(strangers.sent("ada", &token).await, Err(Invalid));
    assert_eq!(strangers.sent("ada", &new.token("ada").await).await, Ok(()), "the new key signs");
}

#[tokio::test]
async fn wtf_08_a_page_may_be_open_for_an_hour_and_no_longer() {
    let (clock, hand) = Clock::manual();
    let site = Site::new(tokens().clock(clock.clone()));
    let endless = Site::new(tokens().clock(clock.clone()).time_limit(None));
    let short = Site::new(tokens().clock(clock).time_limit(Duration::from_secs(60)));
    let token = site.token("ada").await;
    hand.advance(Duration::from_secs(60));
    assert_eq!(short.sent("ada", &token).await, Ok(()));
    hand.advance(Duration::from_secs(3540));
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    assert_eq!(short.sent("ada", &token).await, Err(Expired));
    hand.advance(Duration::from_micros(1));
    assert_eq!(site.sent("ada", &token).await, Err(Expired));
    assert_eq!(site.sent("eve", &token).await, Err(Invalid), "only one's own token can be too old");
    hand.advance(Duration::from_secs(365 * 86_400));
    assert_eq!(endless.sent("ada", &token).await, Ok(()));
}

#[tokio::test]
async fn a_clock_that_is_a_little_behind_does_no_harm_and_one_from_tomorrow_is_not_believed() {
    let (clock, hand) = Clock::manual();
    let site = Site::new(tokens().clock(clock));
    let token = site.token("ada").await;
    hand.set_back(Duration::from_secs(60));
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    hand.set_back(Duration::from_secs(1));
    assert_eq!(site.sent("ada", &token).await, Err(Invalid));
}

fn missing_line(answer: &Answer) -> String {
    assert_eq!(answer.status, 500);
    let Some(refusal @ Refusal::Miswired(_)) = answer.response.extensions.get() else {
        panic!("no reason given")
    };
    refusal.message().into_owned()
}

#[tokio::test]
async fn asking_for_a_token_that_nobody_makes_names_the_missing_line() {
    let form = || Router::new().route("/", get(async |token: CsrfToken| token.to_string()));
    let ask_for = async |app: Router| {
        ask(&app.layer(Palisade::new()), request("GET", "/", "ada").body(Body::empty()).unwrap()).await
    };
    assert!(missing_line(&ask_for(form()).await).contains("`CsrfTokens::new(&keyring)`"));
    assert!(missing_line(&ask_for(form().layer(tokens())).await).contains("`Sessions::new(…)`"));
    assert_eq!(ask_for(with_sessions(form().layer(tokens())).0).await.status, 200);
}

#[tokio::test]
async fn a_form_without_anybody_who_keeps_sessions_names_the_missing_line() {
    let app = site().layer(tokens()).layer(Palisade::new());
    let sent = request("POST", "/form", "ada").body(Body::empty()).unwrap();
    assert!(missing_line(&ask(&app, sent).await).contains("`Sessions::new(…)`"));
    let read = request("GET", "/", "ada").body(Body::empty()).unwrap();
    assert_eq!(ask(&app, read).await.status, 200, "pages need none");
}

#[tokio::test]
async fn a_handler_that_signs_somebody_in_may_ask_for_the_token_by_itself() {
    let app = Router::new().route(
        "/",
        post(async |request: axum::extract::Request| {
            let token = CsrfToken::of(request.extensions()).unwrap();
            assert_eq!(format!("{token:?}"), "CsrfToken(hidden)");
            token.as_str().to_owned()
        }),
    );
    let (app, _) = with_sessions(app.layer(tokens().dangerous_off()));
    let sent = request("POST", "/", "ada").body(Body::empty()).unwrap();
    let token = ask(&app, sent).await.body;
    assert_eq!(Site::new(tokens()).sent("ada", &token).await, Ok(()));
}
