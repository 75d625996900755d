//! Rolling restart: two processes on one PostgreSQL and one Redis restart without failed requests.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use test_support::Folder;
use test_support::postgres::Postgres;
use test_support::servers::{Server, free_port};

use super::settle;
use crate::support::front::{Front, status};
use crate::support::program::Site;

/// The statuses of the visitors' requests.
#[derive(Default)]
struct Answers {
    over: AtomicBool,
    statuses: Mutex<Vec<u16>>,
}

impl Answers {
    /// Sends requests until the test is over.
    fn visit(&self, front: &Front, from: &str) {
        while !self.over.load(Ordering::Relaxed) {
            let status = status(&front.get(from, "/challenges", ""));
            self.statuses.lock().unwrap().push(status);
        }
    }

    /// Waits for this many more responses.
    fn more(&self, more: usize) {
        let count = || self.statuses.lock().unwrap().len();
        let (wanted, begun) = (count() + more, Instant::now());
        while count() < wanted {
            assert!(begun.elapsed() < Duration::from_secs(60), "there are no more responses");
            thread::yield_now();
        }
    }
}

/// Ends the visitors' loops, also when the test panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_rolling_restart_fails_no_request() {
    let (server, redis, folder) = (Postgres::start(), Server::redis(), Folder::new());
    let url = server.database().await;
    settle(
        &folder,
        "env.several",
        &[("DATABASE_URL", &url), ("RATELIMIT_STORAGE_URI", &redis.uri), ("LOG_TO_STDOUT", "no")],
    );
    let settings = [("RATELIMIT_PAGES", "1000000/hour")];
    let start = |port: u16| Site::start_on(port, &folder, &settings);
    let ports = [free_port(), free_port()];
    let mut sites = ports.map(|port| Some(start(port)));
    let addresses = ports.map(|port| format!("127.0.0.1:{port}"));
    let front = Front::before(&folder, &[&addresses[0], &addresses[1]]);
    let answers = Answers::default();
    thread::scope(|scope| {
        let over = Over(&answers.over);
        for from in ["127.0.0.2", "127.0.0.3", "127.0.0.4"] {
            let (answers, front) = (&answers, &front);
            scope.spawn(move || answers.visit(front, from));
        }
        answers.more(10);
        for (site, port) in sites.iter_mut().zip(ports) {
            assert_eq!(site.take().unwrap().stop().code(), Some(0));
            answers.more(10);
            *site = Some(start(port));
            answers.more(10);
        }
        drop(over);
    });
    let statuses = answers.statuses.into_inner().unwrap();
    assert!(statuses.len() >= 50 && statuses.iter().all(|status| *status == 200), "{statuses:?}");
    drop(sites);
    assert_eq!(
        status(&front.get("127.0.0.2", "/challenges", "")),
        502,
        "without a running process nginx answers 502"
    );
}
