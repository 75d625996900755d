//! The honest visitor: asks for a page all the time, from an address of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::AddAssign;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use test_support::raw_client::Client;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::client::address;

/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(20);
/// The time after which a page counts as not served. A machine under load is slow, and never so slow.
const LONGEST: Duration = Duration::from_secs(60);

/// The requests of a visitor.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    /// The times of the pages that were served.
    pub times: Vec<Duration>,
    /// The requests without a page, by their status or error.
    pub failures: BTreeMap<String, usize>,
}

impl Visits {
    /// Returns the number of requests.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.served() + self.failures.values().sum::<usize>()
    }

    /// Returns the number of pages served.
    #[must_use]
    pub fn served(&self) -> usize {
        self.times.len()
    }

    /// Returns the time in which this share of the pages was served.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times
            .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }

    fn add(&mut self, began: Instant, result: Result<u16, String>) {
        match result {
            Ok(200) => self.times.push(began.elapsed()),
            Ok(status) => *self.failures.entry(status.to_string()).or_default() += 1,
            Err(error) => *self.failures.entry(error).or_default() += 1,
        }
    }
}

impl AddAssign for Visits {
    fn add_assign(&mut self, other: Self) {
        self.times.extend(other.times);
        for (failure, count) in other.failures {
            *self.failures.entry(failure).or_default() += count;
        }
    }
}

/// A visitor who asks until [`end`](Self::end).
#[derive(Debug)]
pub struct Visitor {
    visits: Arc<Mutex<Visits>>,
    task: JoinHandle<()>,
}

impl Visitor {
    /// Starts to ask for `path`, each time over a new connection from 127.0.0.2.
    #[must_use]
    pub fn start(server: &str, path: &'static str) -> Self {
        let server: SocketAddr = server.parse().unwrap();
        let visits = Arc::<Mutex<Visits>>::default();
        let task = tokio::spawn({
            let visits = Arc::clone(&visits);
            async move {
                loop {
                    let began = Instant::now();
                    let result = match timeout(LONGEST, visit(address(2), server, path)).await {
                        Ok(result) => result.map_err(|error| error.to_string()),
                        Err(_) => Err("too late".to_owned()),
                    };
                    visits.lock().unwrap().add(began, result);
                    sleep(PAUSE).await;
                }
            }
        });
        Self { visits, task }
    }

    /// Waits until the visitor has made this many more requests.
    pub async fn more(&self, more: usize) {
        let wanted = self.visits.lock().unwrap().asked() + more;
        while self.visits.lock().unwrap().asked() < wanted {
            sleep(PAUSE).await;
        }
    }

    /// Returns the requests, after at least 20 of them.
    pub async fn end(self) -> Visits {
        while self.visits.lock().unwrap().asked() < 20 {
            sleep(PAUSE).await;
        }
        self.task.abort();
        let visits = self.visits.lock().unwrap();
        visits.clone()
    }
}

async fn visit(from: IpAddr, server: SocketAddr, path: &str) -> std::io::Result<u16> {
    let mut client = Client::from(from, server, None).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut client.0, request.as_bytes()).await?;
    Ok(client.try_receive().await?.status)
}
