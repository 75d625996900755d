//! How many a second, and how late at half of that.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wire::Wire;

/// A request, and the statuses that may come back: the second for a limit that lets one through now and then.
#[derive(Clone)]
pub struct Shot {
    pub address: SocketAddr,
    pub request: Arc<[u8]>,
    pub statuses: [u16; 2],
}

impl Shot {
    async fn fire(&self, wire: &mut Wire) -> Result<(), Box<dyn Error + Send + Sync>> {
        let answer = wire.exchange(&self.request).await?;
        if !self.statuses.contains(&answer.status) {
            let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]);
            return Err(format!("{} instead of {}: {body}", answer.status, self.statuses[0]).into());
        }
        Ok(())
    }
}

/// Answers in a time, each connection asking again as soon as it has its answer.
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

/// How late answers are when so many a second are asked for, in nanoseconds from when each was due (not from when it was sent:
/// a server that stalls makes later ones late, too), least first.
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
                // The runtime's timers count in milliseconds.
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
