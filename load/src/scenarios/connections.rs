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
const REST: u64 = 64 << 20;
/// The attacker's address.
const ATTACKER: u32 = 3;

/// Clients that ask for a large page and read nothing.
pub(super) async fn slow_readers(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[]);
    let visitor = Visitor::start(&app.address, "/");
    let readers = size.of(300, 2000);
    let mut open = Vec::new();
    for _ in 0..readers {
        let mut client = connect_slow_reader(address(ATTACKER), &app.address).await.unwrap();
        client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        open.push(client);
    }
    visitor.more(size.of(20, 200)).await;
    outcome.notes.push(format!("{readers} clients read nothing of a page of 200 KB"));
    outcome.memory(app.memory_peak(), REST + READER * readers as u64);
    drop(open);
    outcome.all_served(visitor.end().await);
    outcome
}

/// Clients that send heads and bodies byte by byte.
pub(super) async fn slow_senders(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("HEADER_TIMEOUT_MS", "1000"), ("BODY_TIMEOUT_MS", "1000")]);
    let visitor = Visitor::start(&app.address, "/");
    let senders = size.of(200, 2000);
    let mut sending = JoinSet::new();
    for number in 0..senders {
        let head = if number % 2 == 0 {
            "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
        } else {
            "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"
        };
        let mut client = connect(address(ATTACKER), &app.address).await.unwrap();
        client.send(head).await;
        sending.spawn(async move { trickle(client).await });
    }
    let cut = sending.join_all().await.into_iter().filter(|cut| *cut).count();
    outcome.promise(cut == senders, format!("{} of {senders} slow clients were never cut", senders - cut));
    outcome.notes.push(format!("{cut} of {senders} clients that sent a byte every 100 ms were cut"));
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), REST + senders as u64 * (64 << 10));
    outcome
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
