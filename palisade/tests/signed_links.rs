//! Links expire, and open for their own purpose and key only.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::routing::get;
use palisade::clock::Clock;
use palisade::keyring::{SignedLinkRejection, SignedLinks};
use palisade::redirect::SafePath;
use palisade::{Keyring, Palisade};

use crate::support::{HERE, ask, get_from};

const OLD: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
const NEW: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";
const HOUR: Duration = Duration::from_secs(3_600);

async fn reset(
    State(links): State<SignedLinks>,
    Path(token): Path<String>,
) -> Result<String, SignedLinkRejection> {
    links.open(&token)
}

#[tokio::test]
async fn a_link_opens_until_it_expires() {
    let (clock, time) = Clock::manual();
    let links = SignedLinks::new(&Keyring::new(OLD).unwrap(), "reset").clock(clock);
    let routes = Router::new().route("/reset/{token}", get(reset)).with_state(links.clone());
    let app = Palisade::development().protect(routes);
    let path = SafePath::of("/reset").join(links.issue("17 é/", HOUR)).unwrap();
    assert!(!path.as_str().contains('%'), "the token needs no encoding: {path}");
    let open = async || {
        let mut request = get_from(HERE, path.as_str());
        request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
        ask(&app, request).await
    };
    assert_eq!(open().await.body, "17 é/");
    time.advance(HOUR - Duration::from_micros(1));
    assert_eq!(open().await.status, 200);
    time.advance(Duration::from_micros(1));
    let expired = open().await;
    assert_eq!(expired.status, 410);
    assert!(expired.body.contains("has expired"), "{}", expired.body);
}

#[test]
fn every_change_invalidates_a_link() {
    let keyring = Keyring::new(OLD).unwrap();
    let links = SignedLinks::new(&keyring, "reset");
    let token = links.issue("17", HOUR);
    assert_eq!(links.open(&token).as_deref(), Ok("17"));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(links.open(&changed), Err(SignedLinkRejection::Invalid), "{at}");
        assert_eq!(links.open(&token[..at]), Err(SignedLinkRejection::Invalid), "the first {at}");
    }
    let other = SignedLinks::new(&keyring, "invitation");
    assert_eq!(other.open(&token), Err(SignedLinkRejection::Invalid));
    assert_ne!(links.issue("17", HOUR), token, "tokens do not repeat");
}

#[test]
fn a_link_survives_a_key_rotation() {
    let token = SignedLinks::new(&Keyring::new(OLD).unwrap(), "reset").issue("", Duration::MAX);
    let rotated = Keyring::new(NEW).unwrap().previous([OLD]).unwrap();
    assert_eq!(SignedLinks::new(&rotated, "reset").open(&token).as_deref(), Ok(""));
    let replaced = Keyring::new(NEW).unwrap();
    assert_eq!(SignedLinks::new(&replaced, "reset").open(&token), Err(SignedLinkRejection::Invalid));
}
