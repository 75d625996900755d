//! Floods over HTTP/2, of frames that cost the client little.

use std::time::{Duration, Instant};

use test_support::Folder;
use test_support::raw_client::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Size;
use crate::client::{address, connect, connect_slow_reader};
use crate::http2_frames as frames;
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The memory of the program without load, in the debug build.
const REST: u64 = 48 << 20;
/// The attacker's address.
const ATTACKER: u32 = 3;
/// The time for one flood: a server that reads no more has stopped it.
const LONGEST: Duration = Duration::from_secs(10);

/// The bytes of a flood: those at its start, and those of its number `n`.
type Flood = (&'static str, fn() -> Vec<u8>, fn(u32) -> Vec<u8>);

const FLOODS: [Flood; 5] = [
    ("rapid reset", Vec::new, |number| {
        [frames::get(2 * number + 1, "/"), frames::reset(2 * number + 1)].concat()
    }),
    ("CONTINUATION", || frames::unfinished_get(1, "/"), |_| frames::continuation(1)),
    ("PING", Vec::new, |_| frames::ping()),
    ("SETTINGS", Vec::new, |_| frames::settings()),
    ("streams", Vec::new, |number| frames::get(2 * number + 1, "/large")),
];

/// Each flood from several connections of one address.
pub(super) async fn floods(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("SHARES", "1")]);
    let visitor = Visitor::start(&app.address, "/");
    for (name, start, repeat) in FLOODS {
        let mut clients = JoinSet::new();
        for _ in 0..size.of(4, 20) {
            let client = connect(address(ATTACKER), &app.address).await.unwrap();
            let bytes = size.of(1 << 20, 16 << 20);
            clients.spawn(flood(client, start(), repeat, bytes));
        }
        let sent: usize = clients.join_all().await.into_iter().sum();
        outcome.notes.push(format!("{name}: {} KB taken, {} MB now", sent >> 10, app.memory_now() >> 20));
        visitor.more(3).await;
    }
    outcome.all_served(visitor.end().await);
    // Each connection may fill its windows and its buffers.
    outcome.memory(app.memory_peak(), REST + size.of(4, 20) * (1 << 20));
    outcome
}

/// Sends frames and reads all answers, until the server closes, or has taken so many bytes.
async fn flood(client: Client, start: Vec<u8>, repeat: fn(u32) -> Vec<u8>, bytes: usize) -> usize {
    let (mut from, mut to) = client.0.into_split();
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(1..) = from.read(&mut buffer).await {}
    });
    let (mut sent, began) = (0, Instant::now());
    let mut next = [frames::preface(), start].concat();
    for number in 0.. {
        if sent >= bytes || began.elapsed() > LONGEST {
            break;
        }
        next.extend(repeat(number));
        if next.len() < 16 << 10 {
            continue;
        }
        match timeout(LONGEST, to.write_all(&next)).await {
            Ok(Ok(())) => sent += next.len(),
            _ => break,
        }
        next.clear();
    }
    reading.abort();
    sent
}

/// Streams of a large page that the client does not read.
pub(super) async fn unread_streams(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("SHARES", "1")]);
    let visitor = Visitor::start(&app.address, "/");
    let (connections, streams) = (size.of(4, 20), 100);
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut client = connect_slow_reader(address(ATTACKER), &app.address).await.unwrap();
        client.send(frames::preface()).await;
        for number in 0..streams {
            client.send(frames::get(2 * number + 1, "/large")).await;
        }
        open.push(client);
    }
    visitor.more(size.of(20, 200)).await;
    let requests = connections * u64::from(streams);
    outcome.notes.push(format!("{requests} streams of a page of 200 KB, unread"));
    // The page itself, and what HTTP/2 has buffered of it, for the share of one address.
    outcome.memory(app.memory_peak(), REST + 128 * ((200 << 10) + (64 << 10)));
    drop(open);
    outcome.all_served(visitor.end().await);
    outcome
}
