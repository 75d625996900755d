//! Defaults and application-wide limits with all their settings.

use axum::Router;
use axum::routing::any;
use http::request::Parts;
use http::{Method, StatusCode};
use palisade::RateLimit;
use palisade::rate_limit::store::{MemoryStore, Store};
use palisade::rate_limit::{FallbackStore, RateLimitLayer};

use super::support::{
    behind, get, get_by, get_with, hello, limit, memory, request, statuses, times, wrapped,
};
use crate::support::ask;

fn with_staff(target: &str) -> http::Request<axum::body::Body> {
    let mut request = get_with("x-staff", "1");
    *request.uri_mut() = target.parse().unwrap();
    request
}

fn staff(parts: &Parts) -> bool {
    parts.headers.contains_key("x-staff")
}

fn default(quotas: &str) -> RateLimitLayer {
    limit("default", quotas, &memory().0).per_client().default_limit()
}

#[tokio::test]
async fn a_default_may_count_methods_separately() {
    let app = behind(default("1/hour").per_method());
    let asks = [Method::GET, Method::POST, Method::POST, Method::GET].map(|method| request(method, "/"));
    assert_eq!(statuses(&app, asks).await, [200, 200, 429, 429]);
}

#[tokio::test]
async fn a_default_may_exempt_callers() {
    let app = behind(default("1/hour").exempt_when(staff));
    let asks = [with_staff("/"), with_staff("/"), get("/"), get("/"), with_staff("/")];
    assert_eq!(statuses(&app, asks).await, [200, 200, 200, 429, 200]);
}

#[tokio::test]
async fn a_default_may_count_chosen_responses_only() {
    let gate = default("1/hour").count_if(|answer| answer.status == StatusCode::NOT_FOUND);
    let asks = ["/", "/", "/missing", "/missing", "/"].map(get);
    assert_eq!(statuses(&behind(gate), asks).await, [200, 200, 404, 429, 429]);
}

#[tokio::test]
async fn a_default_may_have_a_cost() {
    assert_eq!(times(&behind(default("5/hour").cost(2)), 3).await, [200, 200, 429]);
    let heavy = |parts: &Parts| if parts.uri.path() == "/other" { 3 } else { 1 };
    let asks = ["/other", "/", "/", "/"].map(get);
    assert_eq!(statuses(&behind(default("5/hour").cost_by(heavy)), asks).await, [200, 200, 200, 429]);
}

#[tokio::test]
async fn an_application_limit_has_the_same_settings() {
    let all = |quotas: &str| limit("all", quotas, &memory().0).global();
    let asks = || [request(Method::GET, "/"), request(Method::POST, "/other"), get_by("198.51.100.1:1")];
    assert_eq!(statuses(&behind(all("1/hour").per_method()), asks()).await, [200, 200, 429]);
    assert_eq!(statuses(&behind(all("2/hour")), asks()).await, [200, 200, 429]);
    let app = behind(all("1/hour").exempt_when(staff));
    assert_eq!(statuses(&app, [with_staff("/"), get("/"), get("/other")]).await, [200, 200, 429]);
    let app = behind(all("1/hour").count_if(|answer| answer.status == StatusCode::NOT_FOUND));
    assert_eq!(statuses(&app, ["/", "/missing", "/"].map(get)).await, [200, 404, 429]);
    assert_eq!(times(&behind(all("5/hour").cost(3)), 2).await, [200, 429]);
}

#[tokio::test]
async fn a_wrong_store_url_is_an_immediate_error() {
    let store = Store::open("memory://").await.unwrap();
    let gate = RateLimit::new("a", "1/hour", FallbackStore::new(store)).unwrap().per_client();
    assert_eq!(times(&behind(gate), 2).await, [200, 429]);
    // No server listens there. This is no error: memory counts.
    let gone = Store::open("redis+unix:///nowhere/redis.sock?namespace=test").await.unwrap();
    let gate = RateLimit::new("a", "1/hour", FallbackStore::new(gone)).unwrap().per_client();
    assert_eq!(times(&behind(gate), 2).await, [200, 429]);
    for uri in ["memory", "memory://x", "mongodb://a", "redis://a:b", ""] {
        let error = Store::open(uri).await.unwrap_err().to_string();
        assert!(error.contains("write memory://, redis://"), "{uri}: {error}");
    }
}

#[tokio::test]
async fn a_store_has_settings_of_its_own() {
    // The capacity is 0: all callers share one counter, and none is unlimited.
    let small = MemoryStore::new().capacity(0);
    let app = behind(RateLimit::new("a", "2/hour", small).unwrap().per_client());
    let asks = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"].map(get_by);
    assert_eq!(statuses(&app, asks).await, [200, 200, 429]);
}

/// Returns routes in an application-wide limit and a default: `/` has its own limit, `/other` has
/// none.
fn nested(all: &str, default: &str, own: &str) -> Router {
    let (store, ..) = memory();
    let own = limit("own", own, &store).per_client();
    let default = limit("default", default, &store).per_client().exempt_when(staff).default_limit();
    let routes = Router::new().route("/", any(hello).layer(own)).route("/other", any(hello)).layer(default);
    wrapped(routes.layer(limit("all", all, &store).global()))
}

#[tokio::test]
async fn a_default_exemption_leaves_outer_limits() {
    let app = nested("3/hour", "1/hour", "9/hour");
    let asks = (0..4).map(|_| with_staff("/other"));
    assert_eq!(statuses(&app, asks).await, [200, 200, 200, 429]);
}

#[tokio::test]
async fn a_default_exemption_leaves_the_routes_limit() {
    let app = nested("9/hour", "9/hour", "1/hour");
    assert_eq!(statuses(&app, (0..2).map(|_| with_staff("/"))).await, [200, 429]);
    assert_eq!(ask(&app, with_staff("/other")).await.status, 200);
}
