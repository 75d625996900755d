//! The store goes down, the store is back: each is logged once and shows in the metrics (2.8).

use std::time::Duration;

use axum::Router;
use palisade::{Clock, SteadyStore, WhenDown};

use super::world::{Server, behind, get, limit, statuses, times};
use crate::world::{Log, ask};

const DOWN: &str = "the store is down";
const BACK: &str = "the store answers again";

struct World {
    server: Server,
    store: SteadyStore,
    app: Router,
}

/// Two limits over one store.
fn world() -> World {
    let clock = Clock::manual().0;
    let server = Server::new(&clock);
    let store = SteadyStore::new(server.store()).clock(clock);
    let outer = limit("outer", "1000/minute", &store).when_down(WhenDown::Allow).per_client();
    let app = behind(limit("inner", "1000/minute", &store).per_client()).layer(outer);
    World { server, store, app: super::world::dressed(app) }
}

impl World {
    /// How often each change was logged, and what the metrics say: down now, outages.
    fn told(&self, log: &Log) -> [usize; 4] {
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
async fn each_change_is_logged_once_and_shows_in_the_metrics() {
    let (world, log) = (world(), Log::default());
    let logging = log.listen();
    times(&world.app, 5).await;
    assert_eq!(world.told(&log), [0, 0, 0, 0]);
    for outage in 1..=3 {
        if outage == 2 {
            world.server.pause()
        } else {
            world.server.stop()
        }
        times(&world.app, 1).await;
        assert_eq!(world.told(&log), [outage - 1, outage - 1, 0, outage - 1], "two failures are no outage");
        // Many at once, and every try that fails.
        for _ in 0..4 {
            times(&world.app, 10).await;
            assert_eq!(world.told(&log), [outage, outage - 1, 1, outage]);
            tokio::time::advance(Duration::from_secs(30)).await;
        }
        world.server.start();
        times(&world.app, 10).await;
        assert_eq!(world.told(&log), [outage, outage, 0, outage]);
    }
    drop(logging);
    let log = log.text();
    let line = log.lines().find(|line| line.contains(DOWN)).unwrap();
    assert!(line.contains("WARN") && line.contains("store=\"server\""), "{line}");
    assert!(line.contains("connection refused"), "why: {line}");
    assert!(log.lines().any(|line| line.contains(BACK) && line.contains("INFO")), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_that_wait_at_once_are_one_change() {
    let (world, log) = (world(), Log::default());
    let _logging = log.listen();
    let hundred = || {
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let app = world.app.clone();
                tokio::spawn(async move { ask(&app, get("/")).await.status.as_u16() })
            })
            .collect();
        async {
            for task in tasks {
                assert_eq!(task.await.unwrap(), 200);
            }
        }
    };
    world.server.pause();
    hundred().await;
    assert_eq!(world.told(&log), [1, 0, 1, 1]);
    world.server.start();
    tokio::time::advance(Duration::from_secs(30)).await;
    hundred().await;
    assert_eq!(world.told(&log), [1, 1, 0, 1]);
}

#[tokio::test]
async fn the_log_names_a_breach_and_no_caller() {
    let log = Log::default();
    let logging = log.listen();
    let app = behind(super::world::lone("1/minute").per_header(http::HeaderName::from_static("x-api-key")));
    let asks = (0..2).map(|_| super::world::get_with("x-api-key", "ada-s-secret"));
    assert_eq!(statuses(&app, asks).await, [200, 429]);
    drop(logging);
    let log = log.text();
    assert_eq!(log.matches("over the limit").count(), 1, "{log}");
    assert!(log.contains("limit=\"lone\"") && log.contains("1 per minute"), "{log}");
    assert!(!log.contains("ada-s-secret"), "{log}");
}
