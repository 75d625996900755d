//! Measures the cost of layers: the same work behind each contestant in turn, on one core; the
//! load runs on another.
//!
//! `scripts/bench-speed` builds and installs the contestants and pins this program. Writes
//! `bench/results.md` and `bench/results.svg`; `QUICK=1` only prints, with fewer and shorter
//! rounds.

mod chart;
mod contestants;
mod report;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::load::{self, Shot};
use bench::results::Results;
use bench::server::Server;
use bench::wire::Wire;
use bench::work::{self, Visitor, Work};
use contestants::{ALL, Contestant};

/// The extent of a run.
struct Plan {
    connections: &'static [u32],
    rounds: u32,
    round: Duration,
    steady: Duration,
    starts: u32,
    clients: u32,
}

const WHOLE: Plan = Plan {
    connections: &[1, 32, 256],
    rounds: 6,
    round: Duration::from_millis(500),
    steady: Duration::from_secs(2),
    starts: 7,
    clients: 100_000,
};
const QUICK: Plan = Plan {
    connections: &[32],
    rounds: 4,
    round: Duration::from_millis(250),
    steady: Duration::from_millis(400),
    starts: 3,
    clients: 20_000,
};

/// The number of connections at which latency is measured.
const STEADY_CONNECTIONS: u32 = 32;

struct Running {
    contestant: &'static Contestant,
    server: Server,
    visitor: Option<Visitor>,
}

impl Running {
    async fn start(contestant: &'static Contestant, bench: &Path) -> Result<Self, Box<dyn Error>> {
        let server = Server::start(&contestant.command(bench), "/json").await?;
        Ok(Self { contestant, server, visitor: None })
    }

    /// Signs in, if the contestant can. The load ignores later cookies, although a browser would take
    /// a new one every few minutes.
    async fn sign_in(&mut self) -> Result<(), Box<dyn Error>> {
        if self.contestant.signs_in() {
            let visitor = Visitor::at(self.server.address).await;
            self.visitor = Some(visitor.map_err(|error| format!("{}: {error}", self.contestant.name))?);
        }
        Ok(())
    }

    fn shot(&self, work: Work) -> Shot {
        let request = match (&self.visitor, work) {
            (Some(visitor), work) => visitor.request(work),
            (None, Work::Json) => work::get("/json", ""),
            (None, Work::Page) => work::get("/page", ""),
            (None, _) => work::get("/limited", ""),
        };
        Shot { address: self.server.address, request: Arc::from(request), statuses: work.statuses() }
    }

    /// Exhausts the quota of /limited.
    async fn use_up(&self) -> Result<(), Box<dyn Error>> {
        let mut wire = Wire::to(self.server.address);
        let request = work::get("/limited", "");
        // Each process of Flask counts on its own.
        let mut last = 0;
        for _ in 0..200 {
            last = wire.exchange(&request).await?.status;
        }
        if last != 429 {
            return Err(format!("{} answers {last} instead of 429", self.contestant.name).into());
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let quick = std::env::var_os("QUICK").is_some();
    let plan = if quick { &QUICK } else { &WHOLE };
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let begin = Instant::now();
    let mut results = Results::default();

    for contestant in &ALL {
        for _ in 0..plan.starts {
            let server = Server::start(&contestant.command(bench), "/json").await?;
            results.ready(contestant.name).push(server.ready.as_secs_f64() * 1e3);
        }
    }
    let mut running = Vec::new();
    for contestant in &ALL {
        running.push(Running::start(contestant, bench).await?);
    }
    for it in &running {
        results.memory(it.contestant.name).0 = it.server.memory();
        it.use_up().await?;
    }
    for work in Work::ALL {
        for it in &mut running {
            it.sign_in().await?;
        }
        for &connections in plan.connections {
            eprintln!("{}, {connections} connections", work.name());
            for round in 0..plan.rounds {
                for it in running.iter().filter(|it| it.contestant.does(work)) {
                    let (busy, since) = (it.server.busy(), Instant::now());
                    let done = load::flat_out(&it.shot(work), connections, plan.round).await;
                    let done =
                        done.map_err(|error| format!("{}, {}: {error}", it.contestant.name, work.name()))?;
                    let (time, busy) = (since.elapsed(), it.server.busy() - busy);
                    // The first round warms the caches.
                    if round > 0 {
                        results.cell(it.contestant.name, work, connections).push(done, time, busy);
                    }
                }
            }
        }
        for it in running.iter().filter(|it| it.contestant.does(work)) {
            let rate = results.cell(it.contestant.name, work, STEADY_CONNECTIONS).rate() / 2.0;
            let late = load::steady(&it.shot(work), STEADY_CONNECTIONS, rate, plan.steady).await;
            let late = late.map_err(|error| format!("{}, {}: {error}", it.contestant.name, work.name()))?;
            results.late(it.contestant.name, work, &late);
        }
    }
    for it in &running {
        let mut wire = Wire::to(it.server.address);
        if it.contestant.name == contestants::FLASK {
            continue; // A hundred thousand responses of Flask take minutes.
        }
        for client in 0..plan.clients {
            wire.exchange(&work::get_from(client)).await?;
        }
        results.memory(it.contestant.name).1 = it.server.memory();
    }
    let text = report::text(&results, plan.connections, plan.clients, begin.elapsed());
    println!("{text}");
    if !quick {
        std::fs::write(bench.join("results.md"), text)?;
        std::fs::write(bench.join("results.svg"), chart::draw(&results))?;
    }
    Ok(())
}
