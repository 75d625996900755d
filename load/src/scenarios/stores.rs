//! Counting stores that are killed, paused, slow, or replaced; and a clock that jumps.
//!
//! The limit `guarded` lets five requests an hour pass, and none that it cannot count.

use std::time::Duration;

use test_support::Folder;
use test_support::delay_proxy::DelayProxy;
use test_support::program::Program;
use test_support::redis_many::RedisSentinel;
use test_support::servers::{Server, free_port, namespaced};
use tokio::time::{Instant, sleep};

use super::Size;
use crate::client::{address, ask};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The quota of `guarded`.
const QUOTA: u64 = 5;
/// The memory of the program, in the debug build.
const MEMORY: u64 = 96 << 20;
/// The time in which a store must be used again.
const LONGEST: Duration = Duration::from_secs(60);

/// The clients of the guarded limit, each with what it was allowed.
struct Guarded {
    server: String,
    first: u32,
    allowed: Vec<u64>,
}

impl Guarded {
    fn new(app: &Program, first: u32, clients: usize) -> Self {
        Self { server: app.address.clone(), first, allowed: vec![0; clients] }
    }

    /// Lets each client ask so often. Returns how many requests passed.
    async fn ask(&mut self, times: usize, outcome: &mut Outcome) -> u64 {
        let mut passed = 0;
        for (client, allowed) in (self.first..).zip(&mut self.allowed) {
            for _ in 0..times {
                match ask(address(client), &self.server, "GET", "/api/guarded").await.map(|r| r.status) {
                    Ok(200) => (*allowed, passed) = (*allowed + 1, passed + 1),
                    Ok(429 | 503) => {}
                    other => outcome.promise(false, format!("the guarded page answered {other:?}")),
                }
            }
        }
        passed
    }

    /// Returns how many requests passed beyond the quota of their client.
    fn beyond(&self) -> u64 {
        self.allowed.iter().map(|allowed| allowed.saturating_sub(QUOTA)).sum()
    }

    /// Waits until the store counts again, seen by clients that have asked for nothing.
    async fn counts_again(&self, outcome: &mut Outcome) {
        let began = Instant::now();
        let mut fresh = self.first + 10_000;
        while ask(address(fresh), &self.server, "GET", "/api/guarded").await.is_ok_and(|r| r.status != 200) {
            fresh += 1;
            sleep(Duration::from_millis(50)).await;
            if began.elapsed() > LONGEST {
                return outcome.promise(false, "the store is not used again");
            }
        }
        outcome.notes.push(format!("counted again after {:.1} s", began.elapsed().as_secs_f64()));
    }
}

/// Runs an outage of the store: before, during and after, with the counts kept or lost.
async fn outage(
    app: &Program,
    first: u32,
    outcome: &mut Outcome,
    keeps: bool,
    begin: impl FnOnce(),
    end: impl FnOnce(),
) {
    let mut guarded = Guarded::new(app, first, 5);
    guarded.ask(3, outcome).await;
    begin();
    let passed = guarded.ask(4, outcome).await;
    outcome.allowed_wrongly(passed, "while the store was down");
    end();
    guarded.counts_again(outcome).await;
    if !keeps {
        guarded.allowed.fill(0);
    }
    guarded.ask(4, outcome).await;
    outcome.allowed_wrongly(guarded.beyond(), "after the outage");
}

/// Redis that is killed, paused and slow.
pub(super) async fn redis(_: Size) -> Outcome {
    lost_store(|port| Server::redis_on(port, &[]), "redis").await
}

/// memcached that is killed, paused and slow.
pub(super) async fn memcached(_: Size) -> Outcome {
    lost_store(Server::memcached_on, "memcached").await
}

async fn lost_store(start: impl Fn(u16) -> Server, scheme: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let (folder, port) = (Folder::new(), free_port());
    let store = std::cell::RefCell::new(start(port));
    let uri = namespaced(&format!("{scheme}://127.0.0.1:{port}"));
    let app = servers::app(&folder, &[("COUNTERS", &uri)]);
    let visitor = Visitor::start(&app.address, "/");
    let paused = || store.borrow().pause(true);
    outage(&app, 100, &mut outcome, true, paused, || store.borrow().pause(false)).await;
    // A new process has none of the old counts.
    let killed = || store.borrow_mut().kill();
    outage(&app, 200, &mut outcome, false, killed, || drop(store.replace(start(port)))).await;
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    drop(app);

    for (delay, is_down) in [(Duration::from_millis(2), false), (Duration::from_millis(200), true)] {
        let proxy = DelayProxy::to_port(port, delay);
        let uri = namespaced(&format!("{scheme}://{}", proxy.address));
        let app = servers::app(&folder, &[("COUNTERS", &uri)]);
        let visitor = Visitor::start(&app.address, "/");
        let mut guarded = Guarded::new(&app, if is_down { 300 } else { 400 }, 5);
        let passed = guarded.ask(7, &mut outcome).await;
        outcome.allowed_wrongly(guarded.beyond(), "with a slow store");
        outcome.promise(is_down || passed > 0, "a store 4 ms away counts nothing");
        outcome.all_served(visitor.end().await);
    }
    outcome
}

/// A Redis master that dies, and whose replica takes over.
pub(super) async fn redis_failover(_: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let (folder, mut redis) = (Folder::new(), RedisSentinel::start());
    let app = servers::app(&folder, &[("COUNTERS", &redis.uri)]);
    let visitor = Visitor::start(&app.address, "/");
    let mut guarded = Guarded::new(&app, 100, 10);
    guarded.counts_again(&mut outcome).await;
    guarded.ask(4, &mut outcome).await;
    redis.wait_for_replica();
    redis.master.kill();
    guarded.ask(2, &mut outcome).await;
    guarded.counts_again(&mut outcome).await;
    guarded.ask(4, &mut outcome).await;
    outcome.allowed_wrongly(guarded.beyond(), "over a failover");
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    outcome
}

async fn move_clock(app: &Program, seconds: &str, outcome: &mut Outcome) {
    let moved = ask(address(9), &app.address, "POST", &format!("/api/clock/{seconds}")).await;
    outcome.promise(moved.is_ok_and(|response| response.status == 200), "the clock did not move");
}

/// A clock that is set back by a day, and forward again.
pub(super) async fn clock(_: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[]);
    let visitor = Visitor::start(&app.address, "/");
    let mut guarded = Guarded::new(&app, 100, 5);
    guarded.ask(4, &mut outcome).await;
    // Back by a day, and on by less than the hour of the quota.
    for seconds in ["-86400", "60", "-3000", "3000"] {
        move_clock(&app, seconds, &mut outcome).await;
        guarded.ask(4, &mut outcome).await;
    }
    outcome.allowed_wrongly(guarded.beyond(), "while the clock was set back");
    // Forward by more than an hour is another hour, whatever the sun says.
    move_clock(&app, "86400", &mut outcome).await;
    guarded.allowed.fill(0);
    guarded.ask(9, &mut outcome).await;
    outcome.allowed_wrongly(guarded.beyond(), "in the next hour");
    outcome
        .promise(guarded.allowed.iter().all(|allowed| *allowed == QUOTA), "the next hour has its own quota");
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    outcome
}
