//! Webhooks pass with a signature of their own body, time and secret only.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use palisade::clock::Clock;
use palisade::webhook::{Webhook, WebhookRejection, WebhookSecretError};

const GITHUB_SECRET: &str = "It's a Secret to Everybody";
/// From GitHub's documentation.
const GITHUB_SIGNATURE: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const STRIPE_SECRET: &str = "whsec_test_4f8b2c9d1e6a7035";
const STRIPE_BODY: &[u8] = b"{\"id\":\"evt_1\"}";
/// By Python's `hmac`, for the time of [`Clock::manual`].
const STRIPE_SIGNATURE: &str = "11e742c154fa7de382552704a97fd708de5790d02262d16833011812720bfefa";

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

#[test]
fn a_github_signature_passes() {
    let github = Webhook::github(GITHUB_SECRET).unwrap();
    let signed = headers("x-hub-signature-256", &[&format!("sha256={GITHUB_SIGNATURE}")]);
    assert_eq!(github.verify(&signed, b"Hello, World!"), Ok(()));
    assert_eq!(github.verify(&signed, b"Hello, World"), Err(WebhookRejection::Invalid));
    assert_eq!(
        Webhook::github("another secret of 24").unwrap().verify(&signed, b"Hello, World!"),
        Err(WebhookRejection::Invalid)
    );
}

#[test]
fn a_malformed_github_signature_is_rejected() {
    let github = Webhook::github(GITHUB_SECRET).unwrap();
    let right = format!("sha256={GITHUB_SIGNATURE}");
    for values in [
        vec![GITHUB_SIGNATURE.to_owned()],
        vec![format!("sha1={GITHUB_SIGNATURE}")],
        vec![format!("{right}00")],
        vec![right[..right.len() - 2].to_owned()],
        vec!["sha256=".to_owned()],
        vec!["".to_owned()],
        vec![right.clone(), right.clone()],
    ] {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let headers = headers("x-hub-signature-256", &values);
        assert_eq!(github.verify(&headers, b"Hello, World!"), Err(WebhookRejection::Invalid), "{values:?}");
    }
    assert_eq!(github.verify(&HeaderMap::new(), b"Hello, World!"), Err(WebhookRejection::Missing));
    let sha1 = headers("x-hub-signature", &[&right]);
    assert_eq!(github.verify(&sha1, b"Hello, World!"), Err(WebhookRejection::Missing));
}

#[test]
fn a_stripe_signature_passes_for_five_minutes() {
    let (clock, time) = Clock::manual();
    let stripe = Webhook::stripe(STRIPE_SECRET).unwrap().clock(clock);
    let signed = headers("stripe-signature", &[&format!("t=1767225600,v1={STRIPE_SIGNATURE},v0=00")]);
    assert_eq!(stripe.verify(&signed, STRIPE_BODY), Ok(()));
    assert_eq!(stripe.verify(&signed, b"{}"), Err(WebhookRejection::Invalid));
    time.advance(Duration::from_secs(300));
    assert_eq!(stripe.verify(&signed, STRIPE_BODY), Ok(()));
    time.advance(Duration::from_secs(1));
    assert_eq!(stripe.verify(&signed, STRIPE_BODY), Err(WebhookRejection::Stale));
    let patient = stripe.tolerance(Duration::from_secs(301));
    assert_eq!(patient.verify(&signed, STRIPE_BODY), Ok(()));
    time.set_back(Duration::from_secs(700));
    assert_eq!(
        patient.verify(&signed, STRIPE_BODY),
        Err(WebhookRejection::Stale),
        "a time ahead of the clock"
    );
}

#[test]
fn a_changed_stripe_header_is_rejected() {
    let stripe = Webhook::stripe(STRIPE_SECRET).unwrap().clock(Clock::manual().0);
    for value in [
        format!("t=1767225601,v1={STRIPE_SIGNATURE}"),
        format!("t=1767225600,v0={STRIPE_SIGNATURE}"),
        format!("v1={STRIPE_SIGNATURE}"),
        format!("t=,v1={STRIPE_SIGNATURE}"),
        "t=1767225600".to_owned(),
        String::new(),
        format!("t=1767225600{}", ",v1=00".repeat(10)) + &format!(",v1={STRIPE_SIGNATURE}"),
    ] {
        let headers = headers("stripe-signature", &[&value]);
        assert_eq!(stripe.verify(&headers, STRIPE_BODY), Err(WebhookRejection::Invalid), "{value}");
    }
    let several = format!("t=1767225600, v1=00, v1={STRIPE_SIGNATURE}");
    assert_eq!(stripe.verify(&headers("stripe-signature", &[&several]), STRIPE_BODY), Ok(()));
}

#[test]
fn the_previous_secret_still_passes() {
    let rotated = Webhook::github("a new secret of 23 bytes").unwrap().previous(GITHUB_SECRET).unwrap();
    let signed = headers("x-hub-signature-256", &[&format!("sha256={GITHUB_SIGNATURE}")]);
    assert_eq!(rotated.verify(&signed, b"Hello, World!"), Ok(()));
    assert_eq!(format!("{rotated:?}"), "Webhook(GitHub, 2 hidden)");
}

#[test]
fn short_secrets_are_an_error() {
    for secret in ["", "whsec_", "fifteen bytes !"] {
        let text = [
            Webhook::github(secret),
            Webhook::stripe(secret),
            Webhook::github(GITHUB_SECRET).unwrap().previous(secret),
        ]
        .map(|webhook| webhook.map(|_| ()).unwrap_err().to_string());
        assert!(text.iter().all(|text| text.contains(&format!("has {} bytes", secret.len()))), "{text:?}");
    }
    let _: WebhookSecretError = Webhook::github("").unwrap_err();
}
