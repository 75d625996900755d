//! Defaults and overrides, as docs/decisions/0008 describes them.

use axum::Router;
use axum::routing::{MethodRouter, any};
use http::Method;
use palisade::clock::Clock;
use palisade::rate_limit::{FallbackStore, OutagePolicy, RateLimitLayer};

use super::support::{
    Server, get, get_with, hello, limit, lone, memory, page, request, statuses, times, wrapped,
};

/// Returns routes inside a default: `/` has its own limit, `/other` has none.
fn site(own: RateLimitLayer, default: RateLimitLayer) -> Router {
    wrapped(Router::new().route("/", any(hello).layer(own)).route("/other", any(hello)).layer(default))
}

#[tokio::test]
async fn a_routes_own_limit_replaces_the_default() {
    let (store, ..) = memory();
    let default = limit("default", "2/hour", &store).per_client().default_limit();
    let app = site(limit("own", "4/hour", &store).per_client(), default);
    assert_eq!(times(&app, 5).await, [200, 200, 200, 200, 429]);
    let others = (0..3).map(|_| get("/other"));
    assert_eq!(statuses(&app, others).await, [200, 200, 429], "the default was not charged");
    assert_eq!(
        page(&app).await.status,
        429,
        "an exhausted default rejects before the inner limit is checked"
    );
}

#[tokio::test]
async fn a_route_outside_the_group_skips_the_default() {
    let (store, ..) = memory();
    let default = limit("default", "1/hour", &store).per_client();
    let own = limit("own", "3/hour", &store).per_client();
    let others = Router::new().route("/other", any(hello)).layer(default);
    let app = wrapped(Router::new().route("/", any(hello).layer(own)).merge(others));
    let asks = ["/other", "/other", "/", "/", "/", "/"].map(get);
    assert_eq!(statuses(&app, asks).await, [200, 429, 200, 200, 200, 429]);
}

#[tokio::test]
async fn both_limits_count_by_choice() {
    for (is_default, in_addition) in [(false, false), (true, true), (false, true)] {
        let (store, ..) = memory();
        let default = limit("default", "2/hour", &store).per_client();
        let default = if is_default { default.default_limit() } else { default };
        let own = limit("own", "3/hour", &store).per_client();
        let app = site(if in_addition { own.in_addition() } else { own }, default);
        assert_eq!(times(&app, 3).await, [200, 200, 429], "default {is_default}, in addition {in_addition}");
    }
}

#[tokio::test]
async fn the_default_covers_methods_the_route_skips() {
    let (store, ..) = memory();
    let own = limit("own", "1/hour", &store).per_client().methods([Method::POST]);
    let app = site(own, limit("default", "3/hour", &store).per_client().default_limit());
    let asks = [Method::POST, Method::POST, Method::GET, Method::GET, Method::GET, Method::GET];
    let asks = asks.map(|method| request(method, "/"));
    assert_eq!(statuses(&app, asks).await, [200, 429, 200, 200, 200, 429]);
}

#[tokio::test]
async fn the_outermost_of_several_limits_rejects_first() {
    let (store, ..) = memory();
    let (one, other) = (limit("one", "2/hour", &store), limit("other", "3/day", &store));
    let route: MethodRouter = any(hello).layer(one.per_client());
    let app = wrapped(Router::new().route("/", route.layer(other.per_client())));
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    let text = store.metrics().to_string();
    assert!(text.contains("limit=\"one\",outcome=\"refused\"} 1"), "{text}");
    assert!(text.contains("limit=\"other\",outcome=\"allowed\"} 3"), "{text}");
}

#[tokio::test]
async fn an_application_limit_surrounds_everything() {
    let (store, ..) = memory();
    let all = limit("all", "3/hour", &store).global();
    let default = limit("default", "10/hour", &store).per_client().default_limit();
    let own = limit("own", "10/hour", &store).per_client();
    let routes = Router::new().route("/", any(hello).layer(own)).route("/other", any(hello)).layer(default);
    let app = wrapped(routes.layer(all));
    assert_eq!(statuses(&app, ["/", "/other", "/", "/other"].map(get)).await, [200, 200, 200, 429]);
}

#[tokio::test]
async fn an_exemption_covers_its_own_limit_only() {
    let (store, ..) = memory();
    let staff = |parts: &http::request::Parts| parts.headers.contains_key("x-staff");
    let own = limit("own", "1/hour", &store).per_client().exempt_when(staff);
    let app = site(own, limit("default", "3/hour", &store).per_client().default_limit());
    let staff = || get_with("x-staff", "1");
    let asks = [get("/"), get("/"), staff(), staff(), staff(), staff()];
    assert_eq!(
        statuses(&app, asks).await,
        [200, 429, 200, 200, 200, 429],
        "the default counts exempt requests"
    );
}

#[tokio::test]
async fn report_only_and_default_charge_once() {
    let (store, ..) = memory();
    let default = limit("default", "1/hour", &store).report_only().per_client().default_limit();
    let app = site(limit("own", "2/hour", &store).per_client(), default);
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    assert_eq!(statuses(&app, (0..2).map(|_| get("/other"))).await, [200, 200]);
    assert!(store.metrics().to_string().contains("limit=\"default\",outcome=\"reported\"} 1"));
}

#[tokio::test]
async fn a_layer_applies_to_routes_and_groups() {
    let gate = lone("1/hour").per_client();
    let on_route = wrapped(Router::new().route("/", any(hello).layer(gate)));
    assert_eq!(times(&on_route, 2).await, [200, 429]);
    let on_group = Router::new().route("/", any(hello)).layer(lone("1/hour").per_client());
    assert_eq!(times(&wrapped(Router::new().merge(on_group)), 2).await, [200, 429]);
}

#[tokio::test]
async fn a_report_only_limit_keeps_the_default_active() {
    let (store, ..) = memory();
    let default = limit("default", "2/hour", &store).per_client().default_limit();
    let trial = limit("trial", "1/hour", &store).report_only().per_client();
    assert_eq!(times(&site(trial, default), 3).await, [200, 200, 429]);
}

#[tokio::test]
async fn a_failing_limit_keeps_the_default_active() {
    let server = Server::new(&Clock::manual().0);
    server.stop();
    let default = limit("default", "2/hour", &memory().0).per_client().default_limit();
    let own = limit("own", "9/hour", &FallbackStore::new(server.store())).on_outage(OutagePolicy::Allow);
    assert_eq!(times(&site(own.per_client(), default), 3).await, [200, 200, 429]);
}
