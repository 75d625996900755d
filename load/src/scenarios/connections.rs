//! Slow clients: they read slowly, or send slowly.

use std::time::{Duration, Instant};

use test_support::Folder;
use test_support::raw_client::Client;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Size;
use crate::client::{address, connect, connect_slow_reader};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The large page of the application, and the buffers of a connection.
const READER: u64 = (200 << 10) + (64 << 10);
/// The memory of the program without load, in the debug build.
const REST: u64 = 48 << 20;
/// The share of one address: an eighth of the 1,024 requests of `ConcurrencyLimit`.
const REQUESTS: u64 = 128;
/// The attacker's address.
const ATTACKER: u32 = 3;

/// Clients that ask for a large page and read nothing.
pub(super) async fn slow_readers(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("SHARES", "1")]);
    let visitor = Visitor::start(&app.address, "/");
    let readers = size.of(300, 2000);
    let mut open = Vec::new();
    for _ in 0..readers {
        // A connection over the share is closed.
        let Ok(client) = connect_slow_reader(address(ATTACKER), &app.address).await else { continue };
        let _ = client.0.try_write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
        open.push(client);
    }
    visitor.more(size.of(20, 200)).await;
    outcome.notes.push(format!("{readers} clients read nothing of a page of 200 KB"));
    outcome.memory(app.memory_peak(), REST + READER * REQUESTS);
    drop(open);
    outcome.all_served(visitor.end().await);
    outcome
}

/// Clients that send heads and bodies byte by byte.
pub(super) async fn slow_senders(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app =
        servers::app(&folder, &[("SHARES", "1"), ("HEADER_TIMEOUT_MS", "1000"), ("BODY_TIMEOUT_MS", "1000")]);
    let visitor = Visitor::start(&app.address, "/");
    let senders = size.of(200, 2000);
    let mut sending = JoinSet::new();
    for number in 0..senders {
        let head = if number % 2 == 0 {
            "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
        } else {
            "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"
        };
        let client = connect(address(ATTACKER), &app.address).await.unwrap();
        let _ = client.0.try_write(head.as_bytes());
        sending.spawn(async move { trickle(client).await });
    }
    let cut = sending.join_all().await.into_iter().filter(|cut| *cut).count();
    outcome.promise(cut == senders, format!("{} of {senders} slow clients were never cut", senders - cut));
    outcome.notes.push(format!("{cut} of {senders} clients that sent a byte every 100 ms were cut"));
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), REST + senders as u64 * (64 << 10));
    outcome
}

/// One address that opens connections, and asks for a small page on each so that none is idle.
pub(super) async fn held(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    // Room for 64: an eighth of them for each address.
    let app = servers::app(&folder, &[("SHARES", "1"), ("CONNECTIONS", "64")]);
    let mut holding = JoinSet::new();
    for _ in 0..size.of(100, 1000) {
        let server = app.address.clone();
        holding.spawn(async move {
            loop {
                if let Ok(mut client) = connect(address(ATTACKER), &server).await {
                    let page = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
                    while client.0.try_write(page.as_bytes()).is_ok() && client.try_receive().await.is_ok() {
                        sleep(Duration::from_millis(200)).await;
                    }
                }
                sleep(Duration::from_millis(500)).await;
            }
        });
    }
    let visitor = Visitor::start(&app.address, "/");
    visitor.more(size.of(30, 500)).await;
    outcome.notes.push(format!("{} connections wanted of 64", holding.len()));
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), REST);
    outcome
}

/// One address that opens streams of Server-Sent Events.
pub(super) async fn streams(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("SHARES", "1")]);
    let visitor = Visitor::start(&app.address, "/");
    let (wanted, mut open, mut rejected) = (size.of(200, 500), Vec::new(), 0);
    for _ in 0..wanted {
        let (status, client) = watch(address(ATTACKER), &app.address).await;
        match status {
            Some(200) => open.push(client),
            Some(429) | None => rejected += 1,
            status => outcome.promise(false, format!("a stream was answered with {status:?}")),
        }
    }
    outcome.notes.push(format!("of {wanted} streams of one address, {} are open", open.len()));
    outcome.promise(rejected > 0 && open.len() <= 128, "one address has more than an eighth of the streams");
    let (status, _open) = watch(address(4), &app.address).await;
    outcome.promise(status == Some(200), format!("another visitor's stream was answered with {status:?}"));
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), REST + wanted * (64 << 10));
    outcome
}

/// Opens a stream. Returns its status; `None` if the connection was closed.
async fn watch(from: std::net::IpAddr, server: &str) -> (Option<u16>, Client) {
    let mut client = connect(from, server).await.unwrap();
    client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let status = client.try_receive().await.ok().map(|response| response.status);
    (status, client)
}

/// Sends a byte every 100 ms, until the server closes the connection: `true`. Gives up after a
/// minute.
async fn trickle(client: Client) -> bool {
    let began = Instant::now();
    let mut response = [0; 4096];
    while began.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(100)).await;
        match client.0.try_write(b"x") {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return true,
        }
        match client.0.try_read(&mut response) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return true,
        }
    }
    false
}
