//! Outages of the store: no 500, no hang, automatic recovery.
//!
//! Tokio's clock is paused in these tests. It jumps to the next timer when every task waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use palisade::clock::Clock;
use palisade::rate_limit::store::{
    Decision, RateLimitRequest, RateLimitStore, Store, StoreError, StoreReply,
};
use palisade::rate_limit::{FallbackStore, OutagePolicy};
use tokio::time::Instant;

use super::support::{Server, behind, limit, memory, page, times};

struct BreakableStore {
    server: Server,
    store: FallbackStore,
}

fn breakable_store() -> BreakableStore {
    let clock = Clock::manual().0;
    let server = Server::new(&clock);
    let store = FallbackStore::new(server.store()).clock(clock);
    BreakableStore { server, store }
}

impl BreakableStore {
    fn app(&self, policy: OutagePolicy) -> Router {
        behind(limit("a", "2/minute", &self.store).on_outage(policy).per_client())
    }
}

#[tokio::test(start_paused = true)]
async fn each_limit_has_its_outage_policy() {
    let by_one = OutagePolicy::CountLocallyBy("1/minute".parse().unwrap());
    for (policy, expected) in [
        (OutagePolicy::CountLocally, [200, 200, 429, 429]),
        (by_one, [200, 429, 429, 429]),
        (OutagePolicy::Reject, [503, 503, 503, 503]),
        (OutagePolicy::Allow, [200, 200, 200, 200]),
    ] {
        for break_it in [Server::stop, Server::pause] {
            let failing = breakable_store();
            break_it(&failing.server);
            assert_eq!(times(&failing.app(policy.clone()), 4).await, expected, "{policy:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_delays_three_requests_only() {
    let failing = breakable_store();
    let app = failing.app(OutagePolicy::CountLocally);
    failing.server.pause();
    for (at, took) in [50, 50, 50, 0, 0, 0].into_iter().enumerate() {
        let begun = Instant::now();
        page(&app).await;
        let elapsed = begun.elapsed().as_millis();
        assert!((took..=took + 1).contains(&elapsed), "request {at} took {elapsed} ms");
    }
    assert!(failing.store.is_down());
    assert_eq!(failing.server.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failed_store_is_retried_with_growing_pauses() {
    let failing = breakable_store();
    let app = failing.app(OutagePolicy::CountLocally);
    assert_eq!(times(&app, 1).await, [200]);
    failing.server.stop();
    assert_eq!(times(&app, 4).await, [200, 200, 429, 429], "memory counts from zero");
    assert_eq!(failing.server.calls(), 4);
    for (pause, calls) in [(499, 4), (1, 5), (999, 5), (1, 6), (2000, 7)] {
        tokio::time::advance(Duration::from_millis(pause)).await;
        times(&app, 3).await;
        assert_eq!(failing.server.calls(), calls, "after {pause} ms more");
    }
    failing.server.start();
    assert_eq!(times(&app, 1).await, [429], "the store is not tried yet");
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(times(&app, 2).await, [200, 429], "the store still has the first hit");
    assert!(!failing.store.is_down());
    let text = failing.store.metrics().to_string();
    for line in [
        "ratelimit_store_down{store=\"server\"} 0",
        "ratelimit_store_outages_total{store=\"server\"} 1",
        "ratelimit_store_errors_total{store=\"server\"} 6",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_lost_response_is_no_outage() {
    let failing = breakable_store();
    let app = failing.app(OutagePolicy::Reject);
    for _ in 0..5 {
        failing.server.stop();
        assert_eq!(times(&app, 2).await, [503, 503]);
        failing.server.start();
        page(&app).await;
    }
    assert!(!failing.store.is_down());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_trial_blocks_no_request() {
    let failing = breakable_store();
    let app = failing.app(OutagePolicy::CountLocally);
    failing.server.pause();
    times(&app, 3).await;
    tokio::time::advance(Duration::from_millis(500)).await;
    {
        let halfway = std::pin::pin!(page(&app));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(halfway.poll(&mut cx).is_pending(), "this request is the trial");
    }
    failing.server.start();
    tokio::time::advance(Duration::from_secs(1)).await;
    page(&app).await;
    assert!(!failing.store.is_down());
}

#[tokio::test(start_paused = true)]
async fn cancelled_requests_do_not_keep_a_store_down() {
    let failing = breakable_store();
    let app = failing.app(OutagePolicy::CountLocally);
    failing.server.stop();
    times(&app, 3).await;
    failing.server.pause();
    tokio::time::advance(Duration::from_millis(500)).await;
    for _ in 0..10 {
        let halfway = std::pin::pin!(page(&app));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let one = std::pin::pin!(page(&app));
        assert!(halfway.poll(&mut cx).is_pending(), "this request is the trial");
        assert!(one.poll(&mut cx).is_ready(), "one trial at a time");
    }
    failing.server.start();
    page(&app).await;
    assert!(!failing.store.is_down(), "the next successful trial closes the circuit");
}

/// A store whose calls fail synchronously.
#[derive(Clone, Debug, Default)]
struct Prompt(Arc<AtomicUsize>);

impl Prompt {
    fn fails<T>(&self) -> StoreReply<'_, T> {
        self.0.fetch_add(1, Ordering::SeqCst);
        StoreReply::Ready(Err(StoreError::Down { store: "prompt", reason: "it is full".to_owned() }))
    }
}

impl RateLimitStore for Prompt {
    fn decide<'a>(&'a self, _: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        self.fails()
    }

    fn refund<'a>(&'a self, _: RateLimitRequest<'a>, _: Option<u64>) -> StoreReply<'a, ()> {
        self.fails()
    }

    fn reset<'a>(&'a self, _: &'a str, _: &'a [u8]) -> StoreReply<'a, ()> {
        self.fails()
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        self.fails()
    }

    fn name(&self) -> &'static str {
        "prompt"
    }

    fn supports(&self, _: palisade::rate_limit::quota::Strategy) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn fast_and_silent_failures_pause_equally_long() {
    let prompt = Prompt::default();
    let store = FallbackStore::new(Store::new(prompt.clone()));
    let app = behind(limit("a", "2/minute", &store).per_client());
    assert_eq!(times(&app, 4).await, [200, 200, 429, 429]);
    assert_eq!(prompt.0.load(Ordering::SeqCst), 3);
    for (pause, calls) in [(500, 4), (999, 4), (1, 5)] {
        tokio::time::advance(Duration::from_millis(pause)).await;
        times(&app, 3).await;
        assert_eq!(prompt.0.load(Ordering::SeqCst), calls, "after {pause} ms more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_may_never_be_retried() {
    let failing = breakable_store();
    let store = failing.store.clone().failure_threshold(1).reset_timeout(Duration::MAX, Duration::MAX);
    let app = behind(limit("a", "2/minute", &store).per_client());
    failing.server.stop();
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    assert_eq!(failing.server.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn report_only_passes_during_an_outage() {
    let failing = breakable_store();
    failing.server.stop();
    let trial = limit("trial", "1/minute", &failing.store).on_outage(OutagePolicy::Reject).report_only();
    assert_eq!(times(&behind(trial.per_client()), 2).await, [200, 200]);
    let text = failing.store.metrics().to_string();
    assert!(text.contains("limit=\"trial\",outcome=\"allowed_uncounted\"} 2"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn fallback_counts_appear_in_metrics() {
    let failing = breakable_store();
    failing.server.stop();
    let own = limit("own", "1/minute", &failing.store).meta(limit("meta", "5/day", &failing.store));
    let app = behind(own.per_client());
    for (status, own, meta) in [(200, 1, 0), (429, 2, 1)] {
        assert_eq!(times(&app, 1).await, [status]);
        let text = failing.store.metrics().to_string();
        for (limit, count) in [("own", own), ("meta", meta)] {
            let line = format!("ratelimit_stand_in_total{{store=\"server\",limit=\"{limit}\"}} {count}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_during_an_outage_still_answers() {
    let failing = breakable_store();
    let server = failing.server.clone();
    let handler = move || {
        server.pause();
        async { "welcome" }
    };
    let gate = limit("a", "2/minute", &failing.store).per_client().count_if(|_| false);
    let routes = Router::new().route("/", axum::routing::any(handler)).layer(gate);
    let begun = Instant::now();
    assert_eq!(page(&super::support::wrapped(routes)).await.status, 200);
    assert!(begun.elapsed() <= Duration::from_millis(51));
}

#[tokio::test(start_paused = true)]
async fn direct_checks_follow_the_outage_policy() {
    let failing = breakable_store();
    failing.server.stop();
    let login = limit("login", "1/minute", &failing.store);
    assert!(login.check("ada").await.is_ok());
    assert!(matches!(
        login.check("ada").await,
        Err(palisade::rate_limit::RateLimitRejection::LimitExceeded { .. })
    ));
    let closed = login.clone().on_outage(OutagePolicy::Reject);
    assert!(matches!(
        closed.check("bob").await,
        Err(palisade::rate_limit::RateLimitRejection::StoreDown { .. })
    ));
    assert_eq!(login.clone().on_outage(OutagePolicy::Allow).check("ada").await.unwrap().remaining, 1);
    assert!(login.reset("ada").await.is_err(), "a failed reset is an error");
    assert!(login.check("ada").await.is_ok(), "memory is reset");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_store_is_a_store_itself() {
    let failing = breakable_store();
    let nested: Store = Store::new(failing.store.clone());
    let limit = limit("a", "1/minute", &FallbackStore::new(nested));
    assert!(limit.check("ada").await.is_ok());
    assert!(limit.check("ada").await.is_err());
    failing.server.stop();
    assert!(failing.store.ping().await.is_err());
    assert!(limit.check("ada").await.is_ok() && limit.check("ada").await.is_err());
}

#[tokio::test]
async fn memory_is_synchronous_and_never_down() {
    let (store, ..) = memory();
    let app = behind(limit("a", "2/minute", &store).per_client());
    assert_eq!(times(&app, 3).await, [200, 200, 429]);
    assert!(!store.is_down());
    assert!(store.metrics().to_string().contains("ratelimit_store_seconds_count{store=\"memory\"} 0"));
}
