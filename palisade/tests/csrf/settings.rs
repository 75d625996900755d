//! The settings of the token check: those of Flask-WTF, and our own.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::HeaderName;
use palisade::Rejection;
use palisade::csrf::CsrfTokenError::{Invalid, Missing};
use palisade::front_door::Guards;
use palisade::{CsrfTokens, ErrorPages};

use super::site::{Site, URLENCODED, csrf_result, form, request, tokens, with_sessions};
use crate::support::ask;

#[tokio::test]
async fn a_disabled_layer_still_renders_tokens() {
    let off = Site::new(tokens().dangerous_disable_token_check());
    let token = off.token("ada").await;
    assert_eq!(off.sent("ada", "no").await, Ok(()));
    assert_eq!(Site::new(tokens()).sent("ada", &token).await, Ok(()));
    assert_eq!(Site::new(tokens()).sent("ada", "no").await, Err(Invalid));
}

#[tokio::test]
async fn routes_outside_the_layer_need_no_token() {
    let hook = || post(async || "signed, so it needs none");
    let pages = Router::new().route("/form", hook()).layer(tokens());
    let app = with_sessions(Router::new().route("/webhook", hook()).merge(pages)).0.layer(Guards::new());
    let sent = |path: &str| request("POST", path, "ada").body(Body::empty()).unwrap();
    assert_eq!(ask(&app, sent("/form")).await.status, 403);
    assert_eq!(ask(&app, sent("/webhook")).await.status, 200);
    // The origin check still applies: it rejects requests from pages of other sites.
    let foreign = request("POST", "/webhook", "ada").header("origin", "https://evil.example");
    assert_eq!(ask(&app, foreign.body(Body::empty()).unwrap()).await.status, 403);
}

#[tokio::test]
async fn every_other_method_is_checked() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    let sent = async |method: &str, token: &str| {
        let request = request(method, "/echo", "ada").header("x-csrftoken", token);
        site.ask(request.body(Body::empty()).unwrap()).await
    };
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(csrf_result(&sent(method, "").await, ""), Ok(()), "{method}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "get"] {
        assert_eq!(csrf_result(&sent(method, "").await, ""), Err(Missing), "{method}");
        assert_ne!(sent(method, &token).await.status, 403, "{method}");
    }
}

#[tokio::test]
async fn the_field_name_is_configurable() {
    let site = Site::new(tokens().field("authenticity.token").unwrap());
    let token = site.token("ada").await;
    let body = format!("authenticity.token={token}");
    assert_eq!(csrf_result(&site.ask(form(URLENCODED, "ada", &body)).await, &body), Ok(()));
    assert_eq!(site.sent("ada", &token).await, Err(Missing));
    let input = site.get("ada", "/input").await.body;
    assert!(input.starts_with("<input type=\"hidden\" name=\"authenticity.token\" value=\""), "{input}");
    for name in ["", "a b", "a\"b", "a&b", "[token]"] {
        let error = tokens().field(name).unwrap_err().to_string();
        assert!(error.contains("write letters, digits"), "{name}: {error}");
    }
}

#[tokio::test]
async fn the_header_names_are_configurable() {
    let site = Site::new(tokens().headers([HeaderName::from_static("x-xsrf-token")]));
    let token = site.token("ada").await;
    let sent = async |name: &str| {
        let request = request("POST", "/echo", "ada").header(name, &token);
        csrf_result(&site.ask(request.body(Body::empty()).unwrap()).await, "")
    };
    assert_eq!(sent("x-xsrf-token").await, Ok(()));
    assert_eq!(sent("x-csrftoken").await, Err(Missing));
}

#[tokio::test]
async fn tokens_reach_forms_and_scripts() {
    let site = Site::new(tokens());
    for (path, before, after) in [
        ("/input", "<input type=\"hidden\" name=\"csrf_token\" value=\"", "\">"),
        ("/meta", "<meta name=\"csrf-token\" content=\"", "\">"),
    ] {
        let html = site.get("ada", path).await.body;
        let token = html.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap();
        assert_eq!(site.sent("ada", token).await, Ok(()));
    }
}

#[tokio::test]
async fn error_pages_can_word_the_rejection() {
    let pages = ErrorPages::new(|page| match page.rejection().map(Rejection::code) {
        Some("csrf_token_expired") => "Die Seite war zu lange offen.".to_owned(),
        Some("csrf_token_missing") => "Es fehlt das Siegel der Seite.".to_owned(),
        _ => page.message().into_owned(),
    });
    let app = Router::new().route("/", post(async || "taken")).layer(tokens());
    let app = with_sessions(app).0.layer(pages);
    let request = request("POST", "/", "ada").header("accept", "text/html");
    let answer = ask(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.body, "Es fehlt das Siegel der Seite.");
}

#[tokio::test]
async fn fetch_metadata_suffices_only_if_enabled() {
    let sent = async |tokens: CsrfTokens, header: Option<(&str, &str)>| {
        let mut request = request("POST", "/echo", "ada");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        csrf_result(&Site::new(tokens).ask(request.body(Body::empty()).unwrap()).await, "")
    };
    for evidence in [("sec-fetch-site", "same-origin"), ("origin", "http://localhost")] {
        assert_eq!(sent(tokens().skip_if_origin_verified(), Some(evidence)).await, Ok(()), "{evidence:?}");
        assert_eq!(sent(tokens(), Some(evidence)).await, Err(Missing), "{evidence:?}");
    }
    assert_eq!(
        sent(tokens().skip_if_origin_verified(), None).await,
        Err(Missing),
        "the request has no evidence"
    );
}

#[tokio::test]
async fn without_the_origin_check_nothing_is_evidence() {
    let app = Router::new().route("/", post(async || "taken")).layer(tokens().skip_if_origin_verified());
    let app = with_sessions(app).0;
    let request = request("POST", "/", "ada").header("sec-fetch-site", "same-origin");
    assert_eq!(ask(&app, request.body(Body::empty()).unwrap()).await.status, 403);
}

#[tokio::test]
async fn report_only_passes_and_counts_rejections() {
    let layer = tokens().report_only();
    let site = Site::new(layer.clone());
    assert_eq!(site.sent("ada", "no").await, Ok(()), "the body arrives whole");
    assert_eq!(site.sent("", "no").await, Ok(()));
    let without = form(URLENCODED, "ada", "name=Ada");
    assert_eq!(csrf_result(&site.ask(without).await, "name=Ada"), Ok(()));
    assert_eq!(layer.reported(), 3);
    let token = site.token("ada").await;
    assert_eq!(site.sent("ada", &token).await, Ok(()));
    assert_eq!(layer.reported(), 3);
}
