//! Decisions in Redis compared with a minimal script: one count, one time to live.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::RateLimitStore;
use palisade::rate_limit::store::{ChargePolicy, Outcome, RateLimitRequest, RedisStore, Store};
use redis::aio::MultiplexedConnection;
use redis::{Client, Script};

use crate::table::{Rounds, goal};

const ROUNDS: usize = 11;
/// The duration of a turn.
const TURN: Duration = Duration::from_millis(300);
/// The number of callers.
const CALLERS: u64 = 10_000;
const ONE: &str = "4000000/hour";
const TWO: &str = "4000000/hour; 40000000/day";

/// A fixed window as in Python's limits.
const BARE: &str = "local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return count";

const CONTESTANTS: [(Strategy, &str); 5] = [
    (Strategy::FixedWindow, ONE),
    (Strategy::FixedWindow, TWO),
    (Strategy::SlidingWindowCounter, TWO),
    (Strategy::Gcra, TWO),
    (Strategy::MovingWindow, ONE),
];

/// Starts a server, prints the table, and stops the server.
pub fn run() {
    let Some(server) = Server::start() else {
        println!("\nredis: redis-server is missing; run scripts/install-test-needs");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!(
        "\nredis: decisions per second, median of {ROUNDS} turns of {TURN:?} (most); trips: requests per decision;"
    );
    println!(
        "bare: EVALSHA of INCRBY and PEXPIRE, all tasks on one connection as the store, or each on its own;"
    );
    println!("the ratio is to the better one");
    println!(
        "{:<34} {:>5} {:>17} {:>17} {:>17} {:>6} {:>6}  goal",
        "", "tasks", "decisions", "bare, one", "bare, own", "ratio", "trips"
    );
    for tasks in [1, 64] {
        for (strategy, quotas) in CONTESTANTS {
            runtime.block_on(compare(&server, tasks, strategy, quotas));
        }
    }
}

async fn compare(server: &Server, tasks: usize, strategy: Strategy, quotas: &str) {
    let count = quotas.split(';').count();
    let quotas: Quotas = quotas.parse().expect("quotas");
    let client = Client::open(server.uri.as_str()).expect("an address");
    let mut admin = client.get_multiplexed_async_connection().await.expect("a connection");
    let _: () = redis::cmd("FLUSHALL").query_async(&mut admin).await.expect("an empty server");
    let store = RedisStore::new(&server.uri).expect("an address").into();
    let ours = Arc::new(Ours { store, quotas, strategy });
    let shared = Arc::new(Bare::new(&client, 1).await);
    let own = Arc::new(Bare::new(&client, tasks).await);
    // Loads both scripts.
    Arc::clone(&ours).decide(0).await;
    Arc::clone(&shared).decide(0).await;

    let (mut our, mut one, mut many) = (Rounds::default(), Rounds::default(), Rounds::default());
    let (mut decided, mut requests) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        let before = script_calls(&mut admin).await;
        let (count, rate) = turn(tasks, &ours, Ours::decide).await;
        requests += script_calls(&mut admin).await - before;
        decided += count;
        our.push(rate);
        one.push(turn(tasks, &shared, Bare::decide).await.1);
        many.push(turn(tasks, &own, Bare::decide).await.1);
    }
    let ratio = our.median() / one.median().max(many.median());
    println!(
        "{:<34} {tasks:>5} {:>8.0} ({:>6.0}) {:>8.0} ({:>6.0}) {:>8.0} ({:>6.0}) {ratio:>6.2} {:>6.3}  {}",
        format!("{strategy}, {count} quota{}", if count == 1 { "" } else { "s" }),
        our.median(),
        our.most(),
        one.median(),
        one.most(),
        many.median(),
        many.most(),
        requests / decided,
        goal(ratio >= 0.8),
    );
}

/// Returns the number of script calls that the server has handled.
async fn script_calls(admin: &mut MultiplexedConnection) -> f64 {
    let text: String = redis::cmd("INFO").arg("commandstats").query_async(admin).await.expect("figures");
    let calls = |line: &str| line.split(['=', ',']).nth(1).and_then(|calls| calls.parse::<f64>().ok());
    text.lines().filter(|line| line.contains("_eval") || line.contains("_script")).filter_map(calls).sum()
}

/// Runs this many tasks, each in a loop. Returns the number of decisions, and the rate per second.
async fn turn<C, F>(
    tasks: usize,
    contestant: &Arc<C>,
    decide: impl Fn(Arc<C>, u64) -> F + Copy + Send + 'static,
) -> (f64, f64)
where
    C: Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let begun = Instant::now();
    let asking = (0..tasks as u64).map(|task| {
        let contestant = Arc::clone(contestant);
        tokio::spawn(async move {
            let mut count = 0;
            while begun.elapsed() < TURN {
                decide(Arc::clone(&contestant), (task * 157 + count) % CALLERS).await;
                count += 1;
            }
            count
        })
    });
    let mut count = 0;
    for task in asking.collect::<Vec<_>>() {
        count += task.await.expect("a task that ends");
    }
    (count as f64, count as f64 / begun.elapsed().as_secs_f64())
}

struct Ours {
    store: Store,
    quotas: Quotas,
    strategy: Strategy,
}

struct Bare {
    connections: Vec<MultiplexedConnection>,
    script: Script,
}

/// Returns a caller in the form that `RateLimit` gives an address.
fn caller(number: u64) -> String {
    format!("ip:192.0.{}.{}", number / 256, number % 256)
}

struct Server {
    child: Child,
    folder: std::path::PathBuf,
    uri: String,
}

impl Ours {
    async fn decide(self: Arc<Self>, number: u64) {
        let Self { quotas, strategy, .. } = &*self;
        let caller = caller(number);
        let (caller, charge) = (caller.as_bytes(), ChargePolicy::AllOrNothing);
        let ask = RateLimitRequest { limit: "page", caller, quotas, strategy: *strategy, cost: 1, charge };
        let decision = self.store.decide(ask).await.expect("a decision");
        assert_eq!(decision.outcome, Outcome::Allowed, "every request passes");
    }
}

impl Bare {
    async fn new(client: &Client, connections: usize) -> Self {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(client.get_multiplexed_async_connection().await.expect("a connection"));
        }
        Self { connections: open, script: Script::new(BARE) }
    }

    async fn decide(self: Arc<Self>, number: u64) {
        let key = format!("bare:{}", caller(number));
        let connection = &self.connections[number as usize % self.connections.len()];
        let mut connection = connection.clone();
        let mut call = self.script.prepare_invoke();
        let call = call.key(key).arg(1).arg(3_600_000);
        let count: u64 = call.invoke_async(&mut connection).await.expect("a count");
        assert!(count > 0);
    }
}

impl Server {
    fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("palisade-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket);
        let child = command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok()?;
        let uri = format!("redis+unix://{}?namespace=bench", socket.display());
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "redis-server is not ready after ten seconds");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self { child, folder, uri })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
