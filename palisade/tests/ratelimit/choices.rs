//! The settings of a limit: strategy, charge, cost, dynamic quotas, breaches, meta limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use http::request::Parts;
use palisade::clock::Clock;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::ChargePolicy;

use super::support::{
    Server, behind, get, get_by, hello, limit, lone, memory, page, statuses, times, wrapped,
};
use crate::support::ask;

#[tokio::test]
async fn an_unsupported_strategy_is_an_immediate_error() {
    for (strategy, later) in
        [(Strategy::FixedWindow, [200, 200, 429]), (Strategy::MovingWindow, [200, 429, 429])]
    {
        let (store, _, manual) = memory();
        let app = behind(limit("a", "2/minute", &store).strategy(strategy).unwrap().per_client());
        assert_eq!(times(&app, 1).await, [200]);
        manual.advance(Duration::from_secs(50));
        assert_eq!(times(&app, 2).await, [200, 429]);
        manual.advance(Duration::from_secs(10));
        assert_eq!(times(&app, 3).await, later, "{strategy}");
    }
    let server = FallbackStore::new(Server::new(&Clock::system()).store());
    let error = limit("a", "2/minute", &server).strategy(Strategy::MovingWindow).unwrap_err();
    assert!(error.to_string().contains("it keeps no list"), "{error}");
}

#[tokio::test]
async fn a_rejected_request_charges_other_quotas_by_choice() {
    for (charge, left) in [(ChargePolicy::AllOrNothing, 3), (ChargePolicy::InOrder, 1)] {
        let (store, _, manual) = memory();
        let limit = limit("a", "5/hour; 2/minute", &store).charge(charge);
        let app = behind(limit.clone().per_client());
        assert_eq!(times(&app, 4).await, [200, 200, 429, 429]);
        manual.advance(Duration::from_secs(60));
        let address: std::net::IpAddr = "203.0.113.9".parse().unwrap();
        let hour = limit.check_costing(address, 0).await.unwrap();
        assert_eq!(hour.remaining, left.min(2), "{charge:?}");
        assert_eq!(times(&app, 2).await, if left == 3 { [200, 200] } else { [200, 429] }, "{charge:?}");
    }
}

#[tokio::test]
async fn a_request_may_cost_more_or_nothing() {
    let app = behind(lone("5/minute").per_client().cost(2));
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    let weight =
        |parts: &Parts| parts.uri.query().map_or(1, |query| query.len().try_into().unwrap_or(u32::MAX));
    let app = behind(lone("5/minute").strategy(Strategy::MovingWindow).unwrap().per_client().cost_by(weight));
    let asks = ["/?123", "/?123", "/?12", "/?", "/"].map(get);
    assert_eq!(statuses(&app, asks).await, [200, 429, 200, 200, 429]);
    let app = behind(lone("5/minute").per_client().cost(6));
    assert_eq!(times(&app, 1).await, [429], "the cost exceeds the quota");
}

#[tokio::test]
async fn invalid_dynamic_quotas_fall_back_to_the_limits() {
    let asked = |parts: &Parts| parts.uri.query()?.parse::<Quotas>().ok();
    let app = behind(lone("1/minute").per_client().quotas_by(asked).headers());
    let three = || get("/?3/minute");
    assert_eq!(statuses(&app, [three(), three(), three(), three()]).await, [200, 200, 200, 429]);
    for garbage in ["/?", "/?garbage", "/"] {
        let app = behind(lone("1/minute").per_client().quotas_by(asked));
        assert_eq!(statuses(&app, [get(garbage), get(garbage)]).await, [200, 429], "{garbage}");
    }
    assert_eq!(ask(&app, three()).await.header("x-ratelimit-limit"), Some("3"));
}

#[tokio::test]
async fn a_breach_callback_leaves_the_429() {
    let breaches = Arc::new(Mutex::new(Vec::new()));
    let limit = {
        let breaches = Arc::clone(&breaches);
        lone("1/minute; 5/hour").on_breach(move |breach| {
            let text = format!("{} {} {:?}", breach.limit, breach.quota, breach.retry_after);
            breaches.lock().unwrap().push(text);
        })
    };
    assert_eq!(times(&behind(limit.per_client()), 2).await, [200, 429]);
    assert_eq!(*breaches.lock().unwrap(), ["lone 1 per minute 60s"]);
}

#[tokio::test]
async fn header_and_page_name_the_same_limit() {
    // Both quotas reject. Header and page name the one with the longest wait.
    let app = behind(lone("1/minute; 1/hour").per_client().headers());
    assert_eq!(times(&app, 1).await, [200]);
    let rejected = page(&app).await;
    assert_eq!(rejected.header("retry-after"), Some("3600"));
    assert!(rejected.body.contains("in 60 minutes"), "{}", rejected.body);
    let reset: u64 = rejected.header("x-ratelimit-reset").unwrap().parse().unwrap();
    assert!(reset > Clock::system().now() / 1_000_000 + 3_000, "{reset} is not the reset of the hour");
}

#[tokio::test]
async fn a_callback_receives_meta_breaches() {
    let (store, ..) = memory();
    let breaches = Arc::new(Mutex::new(Vec::new()));
    let meta = {
        let breaches = Arc::clone(&breaches);
        limit("meta", "1/day", &store)
            .on_breach(move |breach| breaches.lock().unwrap().push(breach.limit.to_owned()))
    };
    let app = behind(limit("a", "1/minute", &store).meta(meta).per_client());
    assert_eq!(times(&app, 2).await, [200, 429]);
    assert!(breaches.lock().unwrap().is_empty(), "a peek at the meta limit is no breach");
    assert_eq!(times(&app, 1).await, [429]);
    assert_eq!(*breaches.lock().unwrap(), ["meta"]);
}

#[tokio::test]
async fn a_groups_limit_keeps_its_meta_limit() {
    let (store, _, manual) = memory();
    let gate = limit("group", "1/minute", &store).meta(limit("meta", "1/day", &store)).per_client();
    let group = Router::new().route("/", any(hello)).route("/other", any(hello)).layer(gate);
    let app = wrapped(Router::new().route("/outside", any(hello)).merge(group));
    assert_eq!(statuses(&app, ["/", "/other"].map(get)).await, [200, 429]);
    manual.advance(Duration::from_secs(3600));
    assert_eq!(statuses(&app, ["/", "/other", "/outside"].map(get)).await, [429, 429, 200]);
}

#[tokio::test]
async fn repeated_breaches_reject_everywhere() {
    let (store, _, manual) = memory();
    let meta = limit("meta", "2/day", &store).message("You have been told.");
    let one = limit("one", "1/minute", &store).meta(meta.clone()).per_client().per_method();
    let other = limit("other", "100/minute", &store).meta(meta).per_client();
    let app =
        wrapped(Router::new().route("/", any(hello).layer(one)).route("/other", any(hello).layer(other)));
    assert_eq!(statuses(&app, ["/", "/", "/other", "/"].map(get)).await, [200, 429, 200, 429]);
    let rejected = ask(&app, get("/other")).await;
    assert_eq!((rejected.status.as_u16(), rejected.header("retry-after")), (429, Some("86400")));
    assert!(rejected.body.contains("You have been told."));
    assert_eq!(statuses(&app, [get_by("198.51.100.1:1")]).await, [200], "other callers are not affected");
    manual.advance(Duration::from_secs(86_400));
    assert_eq!(statuses(&app, ["/other", "/"].map(get)).await, [200, 200]);
}

#[tokio::test]
async fn report_only_rejects_nothing_and_counts_everything() {
    let (store, ..) = memory();
    let breaches = Arc::new(Mutex::new(0));
    let count = Arc::clone(&breaches);
    let limit = limit("trial", "2/minute", &store).report_only();
    let app = behind(limit.clone().on_breach(move |_| *count.lock().unwrap() += 1).per_client().headers());
    assert_eq!(times(&app, 3).await, [200; 3]);
    assert_eq!(page(&app).await.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(*breaches.lock().unwrap(), 2);
    assert_eq!(limit.clone().per(|_| None).limit().name(), "trial");
    assert_eq!(times(&behind(limit.per(|_| None)), 1).await, [200]);
    let text = store.metrics().to_string();
    for line in ["allowed\"} 3", "reported\"} 2", "refused\"} 0", "unkeyed\"} 1"] {
        assert!(text.contains(&format!("limit=\"trial\",outcome=\"{line}")), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_reset_covers_every_method_of_one_caller() {
    let gate = lone("1/hour").per_client().per_method();
    let app = behind(gate.clone());
    let post = || super::support::request(http::Method::POST, "/");
    assert_eq!(
        statuses(&app, [get("/"), post(), get_by("1.1.1.1:1"), get("/"), post()]).await,
        [200, 200, 200, 429, 429]
    );
    let address: std::net::IpAddr = "203.0.113.9".parse().unwrap();
    gate.reset(address).await.unwrap();
    assert_eq!(statuses(&app, [get("/"), post(), get_by("1.1.1.1:1")]).await, [200, 200, 429]);
}
