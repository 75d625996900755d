//! Checks that a handler calls itself.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::routing::{get as on_get, post};
use http::Request;
use palisade::clock::Clock;
use palisade::rate_limit::{FallbackStore, OutagePolicy, RateLimitKey};
use palisade::{RateLimit, Rejection};

use super::support::{Server, get, limit, lone, memory, statuses, wrapped};
use crate::support::ask;

#[derive(serde::Deserialize)]
struct Form {
    email: String,
}

async fn log_in(State(login): State<RateLimit>, Query(form): Query<Form>) -> Result<&'static str, Rejection> {
    login.check(&form.email).await?;
    Ok("welcome")
}

#[tokio::test]
async fn the_sixth_login_is_rejected_from_any_address() {
    let login = lone("5/minute");
    let app = wrapped(Router::new().route("/login", on_get(log_in)).with_state(login.clone()));
    let ada = || get("/login?email=ada");
    assert_eq!(statuses(&app, (0..5).map(|_| ada())).await, [200; 5]);
    let rejected = ask(&app, ada()).await;
    assert_eq!((rejected.status.as_u16(), rejected.header("retry-after")), (429, Some("60")));
    assert!(rejected.body.contains("Please try again in 60 seconds."), "{}", rejected.body);
    assert_eq!(statuses(&app, [get("/login?email=bob"), get("/login?email=")]).await, [200, 400]);

    login.reset("ada").await.unwrap();
    assert_eq!(ask(&app, ada()).await.status, 200);
}

#[tokio::test]
async fn a_check_returns_the_callers_status() {
    let (store, _, manual) = memory();
    let limit = limit("status", "3/minute; 4/hour", &store);
    let snapshot = limit.check("ada").await.unwrap();
    assert_eq!((snapshot.quota_index, snapshot.remaining), (0, 2));
    manual.advance(Duration::from_secs(20));
    let snapshot = limit.check_costing("ada", 2).await.unwrap();
    assert_eq!(
        (snapshot.quota_index, snapshot.remaining, snapshot.reset_after),
        (0, 0, Duration::from_secs(40))
    );
    let Err(palisade::rate_limit::RateLimitRejection::LimitExceeded { retry_after, .. }) =
        limit.check("ada").await
    else {
        panic!("it passed")
    };
    assert_eq!(retry_after, Duration::from_secs(40));
    manual.advance(Duration::from_secs(40));
    let snapshot = limit.check("ada").await.unwrap();
    assert_eq!((snapshot.quota_index, snapshot.remaining), (1, 0));
    limit.refund("ada", 1).await;
    assert!(limit.check("ada").await.is_ok());
    assert!(limit.check("ada").await.is_err());
}

#[tokio::test]
async fn a_caller_may_have_its_own_quotas() {
    let limit = lone("1/minute");
    let member = limit.clone().quotas("3/minute".parse().unwrap());
    assert!(limit.check("ada").await.is_ok());
    assert!(limit.check("ada").await.is_err());
    for _ in 0..3 {
        assert!(member.check("bob").await.is_ok());
    }
    assert!(member.check("bob").await.is_err());
}

#[tokio::test]
async fn a_disabled_limit_counts_nothing() {
    let limit = lone("1/minute");
    let disabled = limit.clone().dangerous_disable_limit();
    for _ in 0..3 {
        assert_eq!(disabled.check("ada").await.unwrap().remaining, 1);
    }
    assert!(limit.check("ada").await.is_ok());
    assert!(limit.check("ada").await.is_err());
}

#[tokio::test]
async fn a_disabled_limit_refunds_nothing() {
    let limit = lone("1/minute");
    assert!(limit.check("ada").await.is_ok());
    limit.clone().dangerous_disable_limit().refund("ada", 1).await;
    assert!(limit.check("ada").await.is_err());
}

#[tokio::test]
async fn fallback_counts_are_refunded_in_the_fallback() {
    let server = Server::new(&Clock::manual().0);
    server.stop();
    let limit = limit("login", "9/minute", &FallbackStore::new(server.store()));
    let limit = limit.on_outage(OutagePolicy::CountLocallyBy("1/hour".parse().unwrap()));
    assert!(limit.check("ada").await.is_ok());
    limit.refund("ada", 1).await;
    assert!(limit.check("ada").await.is_ok());
    assert!(limit.check("ada").await.is_err());
}

#[tokio::test]
async fn spellings_of_one_mailbox_share_a_quota() {
    let login = lone("5/minute");
    let app = Router::new().route(
        "/login",
        post(async move |email: String| login.check(RateLimitKey::email(&email)).await.map(drop)),
    );
    let spellings = [
        "ada@example.org",
        "Ada@example.org",
        "ADA@EXAMPLE.ORG",
        " ada@example.org",
        "ada@example.org ",
        "\tada@Example.org\r\n",
        "\u{ff41}da@example.org",
    ];
    let login = |email: &str| Request::post("/login").body(Body::from(email.to_owned())).unwrap();
    assert_eq!(statuses(&app, spellings.map(login)).await, [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(statuses(&app, ["ada+maths@example.org", " "].map(login)).await, [200, 400]);
}

#[test]
fn an_email_key_is_normal() {
    for (one, other) in [
        ("z\u{e9}lie@example.org", "Ze\u{301}lie@example.org"),
        ("\u{130}da@example.org", "i\u{307}da@example.org"),
        ("\u{3000}ada@example.org\u{a0}", "ada@example.org"),
        ("\u{212a}urt@example.org", "kurt@example.org"),
    ] {
        assert_eq!(RateLimitKey::email(one), RateLimitKey::email(other), "{one} {other}");
        assert_eq!(RateLimitKey::email(one), RateLimitKey::email(&one.to_lowercase()));
    }
}
