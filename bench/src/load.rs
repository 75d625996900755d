//! The load generator: the highest rate, and the latency at half of it.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wire::Wire;

/// A request and the accepted statuses: the second is for a limit that lets a request through now
/// and then.
#[derive(Clone)]
pub struct Shot {
    pub address: SocketAddr,
    pub request: Arc<[u8]>,
    pub statuses: [u16; 2],
}

impl Shot {
    async fn fire(&self, wire: &mut Wire) -> Result<(), Box<dyn Error + Send + Sync>> {
        let response = wire.exchange(&self.request).await?;
        if !self.statuses.contains(&response.status) {
            let body = String::from_utf8_lossy(&response.body[..response.body.len().min(200)]);
            return Err(format!("{} instead of {}: {body}", response.status, self.statuses[0]).into());
        }
        Ok(())
    }
}

/// Returns the number of responses within a time. Each connection sends the next request at once.
pub async fn flat_out(
    shot: &Shot,
    connections: u32,
    time: Duration,
) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let until = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let shot = shot.clone();
        tasks.spawn(async move {
            let (mut wire, mut done) = (Wire::to(shot.address), 0);
            while Instant::now() < until {
                shot.fire(&mut wire).await?;
                done += 1;
            }
            Ok::<u64, Box<dyn Error + Send + Sync>>(done)
        });
    }
    let mut done = 0;
    while let Some(task) = tasks.join_next().await {
        done += task??;
    }
    Ok(done)
}

/// Returns the latencies at a fixed rate in nanoseconds, sorted. Latency counts from when a
/// request was due, not from when it was sent, so that a stalled server delays later requests too
/// (no coordinated omission).
pub async fn steady(
    shot: &Shot,
    connections: u32,
    rate: f64,
    time: Duration,
) -> Result<Vec<u64>, Box<dyn Error + Send + Sync>> {
    let begin = Instant::now() + Duration::from_millis(20);
    let apart = Duration::from_secs_f64(1.0 / rate);
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let shot = shot.clone();
        tasks.spawn(async move {
            let (mut wire, mut late) = (Wire::to(shot.address), Vec::new());
            for turn in 0.. {
                let due = begin + apart * (turn * connections + connection);
                if due > begin + time {
                    break;
                }
                // The timers of the runtime have a resolution of a millisecond.
                while Instant::now() < due {
                    tokio::task::yield_now().await;
                }
                shot.fire(&mut wire).await?;
                late.push(due.elapsed().as_nanos() as u64);
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(late)
        });
    }
    let mut late = Vec::new();
    while let Some(task) = tasks.join_next().await {
        late.extend(task??);
    }
    late.sort_unstable();
    Ok(late)
}
