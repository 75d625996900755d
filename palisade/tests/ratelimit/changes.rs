//! Outages: each start and each end is logged once and counted in the metrics.

use std::time::Duration;

use axum::Router;
use palisade::clock::Clock;
use palisade::rate_limit::{FallbackStore, OutagePolicy};
use test_support::log::Log;

use super::support::{Server, behind, get, limit, statuses, times};
use crate::support::ask;

const DOWN: &str = "the store is down";
const BACK: &str = "the store answers again";

struct LimitedSite {
    server: Server,
    store: FallbackStore,
    app: Router,
}

/// Returns two limits over one store.
fn limited_site() -> LimitedSite {
    let clock = Clock::manual().0;
    let server = Server::new(&clock);
    let store = FallbackStore::new(server.store()).clock(clock);
    let outer = limit("outer", "1000/minute", &store).on_outage(OutagePolicy::Allow).per_client();
    let app = behind(limit("inner", "1000/minute", &store).per_client()).layer(outer);
    LimitedSite { server, store, app: super::support::wrapped(app) }
}

impl LimitedSite {
    /// Returns the log lines of outages and of recoveries, and the metrics: down now, outages.
    fn counts(&self, log: &Log) -> [usize; 4] {
        let (log, text) = (log.text(), self.store.metrics().to_string());
        let metric = |name: &str| {
            let line =
                text.lines().find_map(|line| line.strip_prefix(&format!("{name}{{store=\"server\"}} ")));
            line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
        };
        let [down, outages] = ["ratelimit_store_down", "ratelimit_store_outages_total"].map(metric);
        [log.matches(DOWN).count(), log.matches(BACK).count(), down, outages]
    }
}

#[tokio::test(start_paused = true)]
async fn each_outage_is_logged_once_and_in_metrics() {
    let (site, log) = (limited_site(), Log::default());
    let logging = log.listen();
    times(&site.app, 5).await;
    assert_eq!(site.counts(&log), [0, 0, 0, 0]);
    for outage in 1..=3 {
        if outage == 2 {
            site.server.pause()
        } else {
            site.server.stop()
        }
        times(&site.app, 1).await;
        assert_eq!(site.counts(&log), [outage - 1, outage - 1, 0, outage - 1], "two failures are no outage");
        // Many requests at once, and every retry that fails.
        for _ in 0..4 {
            times(&site.app, 10).await;
            assert_eq!(site.counts(&log), [outage, outage - 1, 1, outage]);
            tokio::time::advance(Duration::from_secs(30)).await;
        }
        site.server.start();
        times(&site.app, 10).await;
        assert_eq!(site.counts(&log), [outage, outage, 0, outage]);
    }
    drop(logging);
    let log = log.text();
    let line = log.lines().find(|line| line.contains(DOWN)).unwrap();
    assert!(line.contains("WARN") && line.contains("store=\"server\""), "{line}");
    assert!(line.contains("connection refused"), "no reason: {line}");
    assert!(log.lines().any(|line| line.contains(BACK) && line.contains("INFO")), "{log}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_failures_are_one_outage() {
    let (site, log) = (limited_site(), Log::default());
    let _logging = log.listen();
    let hundred = || {
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let app = site.app.clone();
                tokio::spawn(async move { ask(&app, get("/")).await.status.as_u16() })
            })
            .collect();
        async {
            for task in tasks {
                assert_eq!(task.await.unwrap(), 200);
            }
        }
    };
    site.server.pause();
    hundred().await;
    assert_eq!(site.counts(&log), [1, 0, 1, 1]);
    site.server.start();
    tokio::time::advance(Duration::from_secs(30)).await;
    hundred().await;
    assert_eq!(site.counts(&log), [1, 1, 0, 1]);
}

#[tokio::test]
async fn the_log_names_the_limit_not_the_caller() {
    let log = Log::default();
    let logging = log.listen();
    let app = behind(super::support::lone("1/minute").per_header(http::HeaderName::from_static("x-api-key")));
    let asks = (0..2).map(|_| super::support::get_with("x-api-key", "ada-s-secret"));
    assert_eq!(statuses(&app, asks).await, [200, 429]);
    drop(logging);
    let log = log.text();
    assert_eq!(log.matches("over the limit").count(), 1, "{log}");
    assert!(log.contains("limit=\"lone\"") && log.contains("1 per minute"), "{log}");
    assert!(!log.contains("ada-s-secret"), "{log}");
}
