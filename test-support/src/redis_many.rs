//! Redis as several servers: Cluster and Sentinel.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Folder;
use crate::servers::{Server, free_port, listens, namespaced};

/// A Redis Cluster of three servers, each with a third of the slots.
#[derive(Debug)]
pub struct RedisCluster {
    /// Its servers.
    pub servers: Vec<Server>,
    /// The URL, with two of the servers.
    pub uri: String,
}

impl RedisCluster {
    /// Starts the servers, and waits until each knows all slots.
    pub fn start() -> Self {
        let ports = [cluster_port(), cluster_port(), cluster_port()];
        let settings = ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"];
        let servers = ports.map(|port| Server::redis_on(port, &settings)).into();
        for (port, slots) in ports.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
            redis_cli(*port, &["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]);
            redis_cli(ports[0], &["CLUSTER", "MEET", "127.0.0.1", &port.to_string()]);
        }
        wait_until("the cluster is complete", || {
            ports.iter().all(|port| {
                let info = redis_cli(*port, &["CLUSTER", "INFO"]);
                info.contains("cluster_slots_ok:16384") && info.contains("cluster_state:ok")
            })
        });
        let uri = namespaced(&format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[1]));
        Self { servers, uri }
    }
}

/// A Redis master with a replica, watched by one sentinel that calls the master `main`.
#[derive(Debug)]
pub struct RedisSentinel {
    /// The master.
    pub master: Server,
    /// The replica.
    pub replica: Server,
    /// The sentinel.
    pub sentinel: Server,
    /// The URL, with the sentinel.
    pub uri: String,
}

impl RedisSentinel {
    /// Starts the three, and waits until the sentinel knows that the replica is in sync.
    pub fn start() -> Self {
        let (first, second, third) = (free_port(), free_port(), free_port());
        let master = Server::redis_on(first, &[]);
        let of = ["--replicaof", "127.0.0.1", &first.to_string(), "--repl-diskless-sync-delay", "0"];
        let replica = Server::redis_on(second, &of);
        let folder = Folder::new();
        let settings = format!(
            "port {third}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {first} 1\n\
             sentinel down-after-milliseconds main 300\nsentinel failover-timeout main 2000\n"
        );
        std::fs::write(folder.join("sentinel.conf"), settings).unwrap();
        let mut command = Command::new("redis-server");
        command.args(["sentinel.conf", "--sentinel"]);
        let uri = namespaced(&format!("redis+sentinel://127.0.0.1:{third}/main"));
        let sentinel = Server::start(command, folder, uri.clone(), || listens(third));
        wait_until("the sentinel knows the replica", || {
            let replicas = redis_cli(third, &["SENTINEL", "REPLICAS", "main"]);
            replicas.contains(&second.to_string()) && replicas.lines().any(|line| line == "ok")
        });
        Self { master, replica, sentinel, uri }
    }
}

impl RedisSentinel {
    /// Waits until the replica has everything that the master has.
    pub fn wait_for_replica(&self) {
        let port = |uri: &str| -> u16 { uri.split([':', '?']).nth(2).unwrap().parse().unwrap() };
        let offset = |port: u16, name: &str| {
            let info = redis_cli(port, &["INFO", "replication"]);
            info.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned))
        };
        wait_until("the replica is in sync", || {
            let master = offset(port(&self.master.uri), "master_repl_offset:");
            master.is_some() && master == offset(port(&self.replica.uri), "slave_repl_offset:")
        });
    }
}

/// Returns a free port for a server of a cluster: its bus listens on the port plus 10,000.
pub fn cluster_port() -> u16 {
    std::iter::repeat_with(free_port).find(|port| *port < 55_000).unwrap()
}

/// Runs one command with `redis-cli` and returns what it prints.
fn redis_cli(port: u16, words: &[&str]) -> String {
    let output =
        Command::new("redis-cli").args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(words).output();
    let output = output.expect("redis-cli is not installed: run scripts/install-test-needs");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::yield_now();
    }
}
