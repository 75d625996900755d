//! Headers on every response; `Retry-After` and a text on rejections.

use std::time::Duration;

use axum::Router;
use axum::routing::any;
use http::HeaderName;
use palisade::clock::Clock;
use palisade::rate_limit::{FallbackStore, OutagePolicy, RateLimitStatus, RateLimitStatuses, RetryAfter};

use super::support::{Server, behind, get_with, hello, limit, lone, memory, page, times, wrapped};
use crate::support::{Answer, ask};

fn limit_headers(answer: &Answer) -> [Option<&str>; 4] {
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"]
        .map(|name| answer.header(name))
}

#[tokio::test]
async fn headers_are_optional_and_retry_after_accompanies_rejections() {
    let (store, clock, manual) = memory();
    let plain = behind(limit("a", "1/minute", &store).per_client());
    assert_eq!(limit_headers(&page(&plain).await), [None; 4]);
    assert_eq!(limit_headers(&page(&plain).await), [None, None, None, Some("60")]);

    let app = behind(limit("b", "2/minute; 10/hour", &store).clock(clock).per_client().headers());
    // 2026-01-01 00:01:00 UTC.
    let reset = Some("1767225660");
    assert_eq!(limit_headers(&page(&app).await), [Some("2"), Some("1"), reset, None]);
    manual.advance(Duration::from_micros(58_999_999));
    assert_eq!(limit_headers(&page(&app).await), [Some("2"), Some("0"), reset, None]);
    assert_eq!(
        limit_headers(&page(&app).await),
        [Some("2"), Some("0"), reset, Some("2")],
        "1.000001 s, rounded up"
    );
    manual.advance(Duration::from_micros(1_000_000));
    assert_eq!(limit_headers(&page(&app).await)[3], Some("1"), "never 0");
    manual.advance(Duration::from_micros(1));
    assert_eq!(page(&app).await.status, 200, "the announced wait was exact");
}

#[tokio::test]
async fn header_names_and_retry_after_format_are_configurable() {
    let (store, clock, manual) = memory();
    let names = ["x-limit", "x-left", "x-until"].map(HeaderName::from_static);
    let gate = limit("a", "1/day", &store).clock(clock).retry_after(RetryAfter::Date).per_client();
    let app = behind(gate.header_names(names));
    let answer = page(&app).await;
    assert_eq!(
        ["x-limit", "x-left", "x-until"].map(|name| answer.header(name)),
        [Some("1"), Some("0"), Some("1767312000")]
    );
    manual.advance(Duration::from_millis(500));
    assert_eq!(page(&app).await.header("retry-after"), Some("Fri, 02 Jan 2026 00:00:00 GMT"));
}

#[tokio::test]
async fn the_ietf_headers_are_available() {
    let app = behind(lone("2/minute; 3/hour").per_client().standard_headers());
    let policy = "\"lone 2 per minute\";q=2;w=60, \"lone 3 per hour\";q=3;w=3600";
    for (status, state) in [
        (200, "\"lone 2 per minute\";r=1;t=60"),
        (200, "\"lone 2 per minute\";r=0;t=60"),
        (429, "\"lone 2 per minute\";r=0;t=60"),
    ] {
        let answer = page(&app).await;
        assert_eq!(answer.status, status);
        assert_eq!(
            (answer.header("ratelimit-policy"), answer.header("ratelimit")),
            (Some(policy), Some(state))
        );
    }
}

#[tokio::test]
async fn the_tighter_of_two_limits_is_reported() {
    let (store, ..) = memory();
    for (inner, outer) in [("3/minute", "10/hour"), ("10/minute", "3/hour")] {
        let gate = |quotas| limit(quotas, quotas, &store).per_client().headers().standard_headers();
        let app = wrapped(Router::new().route("/", any(hello).layer(gate(inner))).layer(gate(outer)));
        let answer = page(&app).await;
        assert_eq!(limit_headers(&answer)[..2], [Some("3"), Some("2")], "{inner} in {outer}");
        assert_eq!(answer.headers.get_all("ratelimit").iter().count(), 2, "each limit adds a line");
    }
}

#[tokio::test]
async fn a_handlers_own_headers_stay_unchanged() {
    let own = || async { ([("x-ratelimit-limit", "unlimited"), ("retry-after", "7")], "") };
    let app = wrapped(Router::new().route("/", any(own)).layer(lone("5/minute").per_client().headers()));
    assert_eq!(limit_headers(&page(&app).await), [Some("unlimited"), None, None, Some("7")]);
}

#[tokio::test]
async fn the_page_says_when_to_retry() {
    let app = behind(lone("1/2 minutes").per_client());
    page(&app).await;
    let rejected = page(&app).await;
    assert!(rejected.body.contains("<h1>Too many requests</h1>"));
    assert!(rejected.body.contains("Please try again in 2 minutes."), "{}", rejected.body);
    let json = ask(&app, get_with("accept", "application/json")).await;
    assert_eq!(json.header("content-type"), Some("application/problem+json"));
    assert!(json.body.contains("\"status\":429") && json.body.contains("in 2 minutes"), "{}", json.body);

    let app = behind(lone("1/hour").message("Slow down!").per_client());
    page(&app).await;
    assert!(page(&app).await.body.contains("Slow down! Please try again in 60 minutes."));
}

#[tokio::test]
async fn the_handler_can_read_its_callers_status() {
    async fn left(counts: axum::Extension<RateLimitStatuses>) -> String {
        let describe =
            |one: &RateLimitStatus| format!("{} {} of {}", one.limit, one.snapshot.remaining, one.quota);
        counts.0.0.iter().map(describe).collect::<Vec<_>>().join(", ")
    }
    let (store, ..) = memory();
    let inner = limit("inner", "5/minute", &store).per_client();
    let outer = limit("outer", "9/hour", &store).global();
    let app = wrapped(Router::new().route("/", any(left).layer(inner)).layer(outer));
    assert_eq!(page(&app).await.body, "outer 8 of 9 per hour, inner 4 of 5 per minute");
    assert_eq!(times(&app, 4).await, [200; 4]);
    assert_eq!(page(&app).await.status, 429);
}

#[tokio::test]
async fn the_policy_header_matches_the_deciding_quotas() {
    let (store, ..) = memory();
    let meta = limit("meta", "1/day", &store);
    let app = behind(limit("own", "1/minute", &store).meta(meta).per_client().standard_headers());
    assert_eq!(times(&app, 2).await, [200, 429]);
    let answer = page(&app).await;
    assert_eq!(answer.header("ratelimit"), Some("\"meta 1 per day\";r=0;t=86400"));
    assert_eq!(answer.header("ratelimit-policy"), Some("\"meta 1 per day\";q=1;w=86400"));

    let server = Server::new(&Clock::manual().0);
    server.stop();
    let fallback = OutagePolicy::CountLocallyBy("3/hour".parse().unwrap());
    let own = limit("own", "1/minute", &FallbackStore::new(server.store())).on_outage(fallback);
    let answer = page(&behind(own.per_client().standard_headers())).await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"own 3 per hour\";q=3;w=3600"));
}

#[tokio::test]
async fn limits_with_own_header_names_both_report() {
    let (store, ..) = memory();
    let names = ["x-limit", "x-left", "x-until"].map(HeaderName::from_static);
    for (inner, outer) in [("3/minute", "10/hour"), ("10/minute", "3/hour")] {
        let inner_gate = limit(inner, inner, &store).per_client().header_names(names.clone());
        let outer_gate = limit(outer, outer, &store).per_client().headers();
        let app = wrapped(Router::new().route("/", any(hello).layer(inner_gate)).layer(outer_gate));
        let answer = page(&app).await;
        let limits = [answer.header("x-limit"), answer.header("x-ratelimit-limit")];
        assert_eq!(limits, [inner, outer].map(|quota| quota.split('/').next()));
    }
}
