//! Permissions-Policy, and the two legacy policies.

use http::HeaderValue;
use palisade::headers::permissions::{Allow, DocumentPolicy, FeaturePolicy, PermissionsPolicy};

#[test]
fn features_are_denied_allowed_and_parsed() {
    let policy = PermissionsPolicy::new()
        .deny("camera")
        .unwrap()
        .allow("geolocation", [Allow::This, Allow::origin("https://maps.example").unwrap()])
        .unwrap()
        .allow("fullscreen", [Allow::Any])
        .unwrap();
    let text = "camera=(), geolocation=(self \"https://maps.example\"), fullscreen=*";
    assert_eq!(HeaderValue::from(policy.clone()), text);
    assert_eq!(text.parse::<PermissionsPolicy>().unwrap(), policy);
    assert_eq!(PermissionsPolicy::talisman().to_string(), "browsing-topics=()");
    assert_eq!(
        policy.deny("fullscreen").unwrap().to_string(),
        "camera=(), geolocation=(self \"https://maps.example\"), fullscreen=()"
    );
}

#[test]
fn legacy_policies_keep_their_syntax_without_nonces() {
    let features = FeaturePolicy::new()
        .set("geolocation", "'none'")
        .unwrap()
        .set("camera", "'self' https://a.example")
        .unwrap();
    assert_eq!(HeaderValue::from(features), "geolocation 'none'; camera 'self' https://a.example");
    let document =
        DocumentPolicy::new().set("oversized-images", "?0").unwrap().set("document-write", "?0").unwrap();
    assert_eq!(HeaderValue::from(document), "oversized-images=?0, document-write=?0");
    for value in ["", "a;b", "a,b", "a\r\nb", "é"] {
        assert!(FeaturePolicy::new().set("camera", value).is_err(), "{value:?}");
    }
}

#[test]
fn a_parse_error_says_what_to_write() {
    for (text, advice) in [
        ("camera", "write `camera=()`"),
        ("camera=none", "write `camera=()`"),
        ("camera=(self", "write `camera=()`"),
        ("Camera=()", "lower-case letters"),
        ("camera 'none'", "write `camera=()`"),
        ("camera=('self')", "write `self`"),
        ("camera=(https://a.example)", "in double quotes"),
        ("camera=(\"a.example\")", "in double quotes"),
        ("camera=(), camera=(self)", "write it once"),
        ("", "write `camera=()`"),
    ] {
        let error = text.parse::<PermissionsPolicy>().unwrap_err().to_string();
        assert!(error.contains(advice), "{text}: {error}");
    }
}

#[test]
fn strict_denies_sensors_location_payment_and_profiling() {
    let strict = PermissionsPolicy::strict().to_string();
    for feature in ["camera", "microphone", "geolocation", "payment", "usb", "browsing-topics"] {
        assert!(strict.contains(&format!("{feature}=()")), "{feature}");
    }
}
