//! The place of a layer: limits that need the route, around a router and inside of it.

use axum::Router;
use axum::routing::any;
use palisade::deadline::Deadline;
use palisade::proxy::Proxies;
use palisade::rate_limit::RateLimitLayer;
use palisade::rejection::MissingLayer;
use palisade::{ErrorPages, Rejection};
use tower::Layer;

use super::support::{behind, get, get_by, hello, lone, statuses, wrapped};
use crate::support::ask;

fn routes() -> Router {
    Router::new().route("/a", any(hello)).route("/b/{id}", any(hello))
}

fn per_route() -> RateLimitLayer {
    lone("1/hour").per_client().per_route()
}

fn per_id() -> RateLimitLayer {
    lone("1/hour").per_path_param("id")
}

async fn is_missing_the_route(app: Router) -> bool {
    let answer = ask(&app, get("/b/1")).await;
    let rejection = answer.response.extensions.get::<Rejection>();
    answer.status == 500
        && rejection.is_some_and(|rejection| {
            rejection.code() == MissingLayer::CODE && rejection.message().contains("`router.layer(limit)`")
        })
}

#[tokio::test]
async fn a_limit_per_route_around_a_router_is_rejected() {
    for layer in [per_route(), per_id()] {
        let around = wrapped(Router::new().fallback_service(layer.layer(routes())));
        assert!(is_missing_the_route(around).await, "{layer:?}");

        let tuple = (ErrorPages::plain(), Proxies::none(), layer.clone(), Deadline::default());
        let around = Router::new().fallback_service(tuple.layer(routes()));
        assert!(is_missing_the_route(around).await, "with a layer between, {layer:?}");

        let around = wrapped(Router::new().nest_service("/deep", layer.layer(routes())));
        assert_eq!(ask(&around, get("/deep/b/1")).await.status, 500, "nested, {layer:?}");
    }
}

#[tokio::test]
async fn a_limit_per_route_inside_a_router_counts() {
    let asks = || ["/a", "/b/1", "/b/2", "/a", "/b/1"].map(get);
    for app in [
        routes().layer(per_route()),
        routes().route_layer(per_route()),
        routes().layer((per_route(), Deadline::default())),
    ] {
        assert_eq!(statuses(&wrapped(app), asks()).await, [200, 200, 429, 429, 429]);
    }
    let nested = Router::new().nest("/deep", routes()).layer(per_route());
    let deep = ["/deep/a", "/deep/b/1", "/deep/b/2", "/deep/a"].map(get);
    assert_eq!(statuses(&wrapped(nested), deep).await, [200, 200, 429, 429]);

    let votes = Router::new().route("/b/{id}", any(hello));
    for app in [votes.clone().layer(per_id()), votes.route_layer(per_id())] {
        assert_eq!(statuses(&wrapped(app), ["/b/1", "/b/2", "/b/1"].map(get)).await, [200, 200, 429]);
    }
}

#[tokio::test]
async fn missing_pages_share_a_count_per_route() {
    let app = wrapped(routes().layer(per_route()));
    assert_eq!(statuses(&app, ["/x", "/y", "/a"].map(get)).await, [404, 429, 200]);
}

#[tokio::test]
async fn a_limit_is_a_layer_per_client() {
    let layer = RateLimitLayer::from(lone("1/minute"));
    let asks = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.1:1"].map(get_by);
    assert_eq!(statuses(&behind(layer), asks).await, [200, 200, 429]);
}
