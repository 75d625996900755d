//! Keys: by address, header, path or function; a request without a key is rejected.

use axum::Router;
use axum::routing::any;
use http::{HeaderName, Method, Request};
use palisade::rate_limit::{MissingKeyPolicy, RateLimitKey};
use palisade::{RateLimit, Rejection};

use super::support::{
    behind, get, get_by, get_with, hello, limit, lone, memory, request, statuses, times, wrapped,
};
use crate::support::{STRANGER, ask, with_peer};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

#[tokio::test]
async fn each_address_has_its_own_count() {
    let app = behind(lone("2/minute").per_client());
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    assert_eq!(statuses(&app, [get_by("198.51.100.1:9"), get_by("203.0.113.9:1")]).await, [200, 429]);
}

#[tokio::test]
async fn an_ipv6_64_network_is_one_caller() {
    let app = behind(lone("1/minute").per_client());
    let asks = ["[2001:db8::1]:1", "[2001:db8::ffff]:1", "[2001:db8:0:1::1]:1"];
    assert_eq!(statuses(&app, asks.map(get_by)).await, [200, 429, 200]);
    let app = behind(lone("1/minute").ipv6_prefix(128).per_client());
    assert_eq!(statuses(&app, asks.map(get_by)).await, [200, 200, 200]);
}

#[tokio::test]
async fn an_ipv4_mapped_address_is_the_same_caller() {
    let app = behind(lone("1/minute").per_client());
    let asks = ["203.0.113.9:1", "[::ffff:203.0.113.9]:1", "[::ffff:203.0.113.10]:1"];
    assert_eq!(statuses(&app, asks.map(get_by)).await, [200, 429, 200]);
}

#[tokio::test]
async fn an_untrusted_header_does_not_change_the_client() {
    let app = behind(lone("1/minute").per_client());
    let asks = ["1.1.1.1", "2.2.2.2"].map(|address| get_with("x-forwarded-for", address));
    assert_eq!(statuses(&app, asks).await, [200, 429]);
}

#[tokio::test]
async fn a_missing_proxy_layer_is_a_named_500() {
    let app = Router::new().route("/", any(hello)).layer(lone("1/minute").per_client());
    let answer = ask(&app, get("/")).await;
    assert_eq!(answer.status, 500);
    assert!(answer.response.extensions.get::<Rejection>().unwrap().message().contains("Palisade"));
}

#[tokio::test]
async fn a_request_without_a_key_is_rejected() {
    let app = behind(lone("2/minute").per_header(API_KEY));
    assert_eq!(times(&app, 2).await, [400, 400]);
    assert_eq!(
        statuses(&app, ["a", "a", "a", "b", ""].map(|key| get_with("x-api-key", key))).await,
        [200, 200, 429, 200, 400]
    );
    let mut two = get_with("x-api-key", "c");
    two.headers_mut().append("x-api-key", "d".parse().unwrap());
    assert_eq!(ask(&app, two).await.status, 400, "two values are ambiguous");
}

#[tokio::test]
async fn requests_without_a_key_may_share_one() {
    let app = behind(lone("2/minute").on_missing_key(MissingKeyPolicy::Share).per(|_| None));
    assert_eq!(
        statuses(&app, [get_by("1.1.1.1:1"), get_by("2.2.2.2:1"), get_by("3.3.3.3:1")]).await,
        [200, 200, 429]
    );
    let limit = lone("1/minute");
    assert_eq!(limit.check("").await, Err(palisade::rate_limit::RateLimitRejection::MissingKey));
    assert_eq!(limit.check(None::<i64>).await, Err(palisade::rate_limit::RateLimitRejection::MissingKey));
    let limit = limit.on_missing_key(MissingKeyPolicy::Share);
    assert!(limit.check("").await.is_ok());
    assert!(limit.check(None::<&str>).await.is_err());
    assert!(limit.check("ada").await.is_ok());
}

#[tokio::test]
async fn a_path_parameter_is_a_key() {
    let gate = lone("1/minute").per_path_param("id");
    let app = Router::new().route("/challenges/{id}", any(hello)).route("/none", any(hello)).layer(gate);
    let asks = ["/challenges/1", "/challenges/1", "/challenges/%31", "/challenges/2", "/none"].map(get);
    assert_eq!(statuses(&wrapped(app), asks).await, [200, 429, 429, 200, 400]);
}

#[tokio::test]
async fn any_function_can_be_the_key() {
    let tenant = |parts: &http::request::Parts| Some(RateLimitKey::from((parts.uri.query()?, "tenant")));
    let app = behind(lone("1/minute").per(tenant));
    assert_eq!(statuses(&app, ["/?a", "/?a", "/?b", "/"].map(get)).await, [200, 429, 200, 400]);
    let app = behind(lone("1/minute").global());
    assert_eq!(statuses(&app, [get_by("1.1.1.1:1"), get_by("2.2.2.2:1")]).await, [200, 429]);
}

#[tokio::test]
async fn a_claimed_name_does_not_charge_the_address() {
    let limit = lone("1/minute");
    let app = behind(limit.clone().per_client());
    assert!(limit.check("203.0.113.9").await.is_ok());
    assert!(limit.check("ip:203.0.113.9").await.is_ok());
    assert_eq!(times(&app, 2).await, [200, 429]);
    let address: std::net::IpAddr = "203.0.113.9".parse().unwrap();
    assert!(limit.check(address).await.is_err(), "an address and the client's address are one key");
}

#[tokio::test]
async fn limits_of_one_name_share_a_scope() {
    let (store, ..) = memory();
    let two = |one: RateLimit, other: RateLimit| {
        wrapped(
            Router::new()
                .route("/", any(hello).layer(one.per_client()))
                .route("/other", any(hello).layer(other.per_client())),
        )
    };
    let shared = two(limit("mysql", "1/hour", &store), limit("mysql", "1/hour", &store));
    assert_eq!(statuses(&shared, ["/", "/other"].map(get)).await, [200, 429]);
    let apart = two(limit("a", "1/hour", &store), limit("b", "1/hour", &store));
    assert_eq!(statuses(&apart, ["/", "/other"].map(get)).await, [200, 200]);
}

#[tokio::test]
async fn routes_of_a_group_share_or_separate_counts() {
    let app = behind(lone("1/minute").per_client());
    assert_eq!(statuses(&app, ["/", "/other"].map(get)).await, [200, 429]);
    let app = behind(lone("1/minute").per_client().per_route());
    assert_eq!(statuses(&app, ["/", "/other", "/", "/other"].map(get)).await, [200, 200, 429, 429]);
}

#[tokio::test]
async fn floods_of_404_and_405_are_counted() {
    let app = behind(lone("2/minute").per_client().per_route());
    assert_eq!(statuses(&app, ["/x", "/y", "/z", "/"].map(get)).await, [404, 404, 429, 200]);
    let routes = Router::new().route("/", axum::routing::get(hello)).layer(lone("1/minute").per_client());
    let asks = [Method::POST, Method::POST].map(|method| request(method, "/"));
    assert_eq!(statuses(&wrapped(routes), asks).await, [405, 429]);
}

#[tokio::test]
async fn counting_by_method_cannot_be_bypassed() {
    let as_method = |method: &str| {
        with_peer(
            Request::builder().method(method).uri("/").body(axum::body::Body::empty()).unwrap(),
            STRANGER,
        )
    };
    let app = behind(lone("1/minute").per_client().per_method());
    let asks = ["GET", "HEAD", "POST", "POST", "X1", "X2"].map(as_method);
    assert_eq!(statuses(&app, asks).await, [200, 429, 200, 429, 200, 429]);
    let app = behind(lone("1/minute").per_client().methods([Method::GET]));
    let asks = ["OPTIONS", "POST", "HEAD", "GET"].map(as_method);
    assert_eq!(statuses(&app, asks).await, [200, 200, 200, 429], "a HEAD counts as a GET");
    let app = behind(lone("1/minute").per_client());
    assert_eq!(statuses(&app, ["OPTIONS", "GET"].map(as_method)).await, [200, 429]);
}
