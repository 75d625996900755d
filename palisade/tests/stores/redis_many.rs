//! Redis as several servers: a cluster of three, and a master that sentinels know.

use std::process::Command;
use std::time::{Duration, Instant};

use palisade::Strategy;
use palisade::store::Store;

use super::servers::{Server, folder, free_port, listens};
use super::world::{Limit, World};

async fn limit(uri: &str, strategy: Strategy) -> Limit {
    let mut limit = World::memory().limit(strategy, "20/minute; 10/hour");
    limit.store = Store::open(uri).await.unwrap();
    limit
}

async fn told(port: u16, words: &[&str]) -> redis::RedisResult<redis::Value> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]).query_async(&mut connection).await
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::task::yield_now().await;
    }
}

/// As long as a page waits for the store, and a little more on a machine with much to do.
const PATIENCE: Duration = Duration::from_millis(300);

/// Ports of which the bus's, ten thousand higher, is a port too.
fn cluster_port() -> u16 {
    loop {
        let port = free_port();
        if port < 55_000 {
            return port;
        }
    }
}

/// Three servers that are a cluster, and its address.
async fn cluster() -> (Vec<Server>, String) {
    let mut servers = Vec::new();
    let mut ports = Vec::new();
    for _ in 0..3 {
        let port = cluster_port();
        servers.push(Server::redis_on(
            port,
            &["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"],
        ));
        ports.push(port);
    }
    for (port, slots) in ports.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
        told(*port, &["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]).await.unwrap();
        told(ports[0], &["CLUSTER", "MEET", "127.0.0.1", &port.to_string()]).await.unwrap();
    }
    until("the cluster is whole", async || {
        let mut whole = true;
        for port in &ports {
            let info: String =
                redis::from_redis_value(told(*port, &["CLUSTER", "INFO"]).await.unwrap()).unwrap();
            whole &= info.contains("cluster_slots_ok:16384") && info.contains("cluster_state:ok");
        }
        whole
    })
    .await;
    let uri = format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[1]);
    (servers, uri)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_the_cluster_that_is_silent_fails_its_own_callers_and_no_others() {
    let (servers, uri) = cluster().await;
    let limit = limit(&uri, Strategy::FixedWindow).await;
    let callers: Vec<_> = (0..12).map(|number| limit.clone().caller(format!("caller {number}"))).collect();
    for caller in &callers {
        assert!(caller.hit(1).await);
    }
    servers[2].pause(true);
    let mut others = Vec::new();
    for caller in &callers {
        if tokio::time::timeout(PATIENCE, caller.decide(0)).await.is_ok_and(|answer| answer.is_ok()) {
            others.push(caller.clone());
        }
    }
    assert!((1..12).contains(&others.len()), "{} of 12 belong to two of three servers", others.len());
    // Somebody of the silent server's waits for the end, again and again.
    let silent = callers.iter().find(|one| others.iter().all(|other| other.caller != one.caller));
    let silent = silent.unwrap().clone();
    let waiting = tokio::spawn(async move {
        for _ in 0..2 {
            assert!(silent.decide(0).await.is_err());
        }
    });
    let mut asked = 0;
    while !waiting.is_finished() {
        for other in &others {
            let answer = tokio::time::timeout(PATIENCE, other.decide(0)).await;
            assert!(answer.is_ok_and(|answer| answer.is_ok()), "after {asked} answers nobody answers");
            asked += 1;
        }
    }
    waiting.await.unwrap();
    servers[2].pause(false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_three_keeps_every_promise_of_one_server() {
    let (_servers, uri) = cluster().await;
    for strategy in Strategy::ALL {
        let limit = limit(&uri, strategy).await;
        limit.store.ping().wait().await.unwrap();
        for number in 0..20 {
            let one = limit.clone().caller(format!("caller {number}"));
            assert_eq!(one.hits(&[5, 5, 1]).await, "TTF", "{strategy}");
            one.refund(5).await;
            // A fixed window has counted the refused one.
            assert_eq!(one.remaining().await, if strategy == Strategy::FixedWindow { 4 } else { 5 });
            one.reset().await;
            assert_eq!(one.remaining().await, 10);
        }
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let limit = limit.clone();
                tokio::spawn(async move { limit.hit(1).await })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += usize::from(task.await.unwrap());
        }
        assert_eq!(passed, 10, "{strategy}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_lead_to_the_master_and_to_the_next_one() {
    let (first, second, third) = (free_port(), free_port(), free_port());
    let mut master = Server::redis_on(first, &[]);
    let _replica = Server::redis_on(
        second,
        &["--replicaof", "127.0.0.1", &first.to_string(), "--repl-diskless-sync-delay", "0"],
    );
    let home = folder();
    let settings = format!(
        "port {third}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {first} 1\n\
         sentinel down-after-milliseconds main 300\nsentinel failover-timeout main 2000\n"
    );
    std::fs::write(home.join("sentinel.conf"), settings).unwrap();
    let mut command = Command::new("redis-server");
    command.args(["sentinel.conf", "--sentinel"]);
    let _sentinel = Server::start(command, home, String::new(), || listens(third));
    until("the replica is known", async || {
        let told = told(third, &["SENTINEL", "REPLICAS", "main"]).await.unwrap();
        let text = format!("{told:?}");
        text.contains(&second.to_string()) && text.contains("\"ok\"")
    })
    .await;

    let limit = limit(&format!("redis+sentinel://127.0.0.1:{third}/main"), Strategy::FixedWindow).await;
    assert_eq!(limit.hits(&[5, 5, 1]).await, "TTF");
    master.kill();
    assert!(limit.decide(1).await.is_err(), "nobody answers yet");
    let other = limit.clone().caller("after the change");
    until("another master is chosen", async || other.decide(5).await.is_ok()).await;
    assert_eq!(other.hits(&[5, 5]).await, "TF");
}
