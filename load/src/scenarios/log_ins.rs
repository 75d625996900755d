//! Log-ins at once: each is served, or told when to come back.

use test_support::Folder;
use tokio::task::JoinSet;

use super::Size;
use crate::client::{OpenForm, address};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The memory of a hash by OWASP's parameters, in bytes.
const HASH: u64 = 19_456 << 10;
/// The memory of the program without load, in the debug build, and of its buffers.
const REST: u64 = 96 << 20;

pub(super) async fn run(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[]);
    let visitor = Visitor::start(&app.address, "/");
    let mut opening = JoinSet::new();
    let people = size.of(100, 200);
    for number in 0..people {
        let (server, from) = (app.address.clone(), address(1000 + number));
        opening.spawn(async move { (from, OpenForm::open(from, &server, "/login").await.unwrap()) });
    }
    let mut log_ins = JoinSet::new();
    for (from, form) in opening.join_all().await {
        let server = app.address.clone();
        log_ins.spawn(async move {
            form.post(from, &server, "/login", "password=seven+purple+otters").await.unwrap()
        });
    }
    let (mut served, mut busy) = (0, 0);
    for response in log_ins.join_all().await {
        match response.status {
            303 => served += 1,
            503 if response.header("retry-after").is_some() => busy += 1,
            status => outcome.promise(false, format!("a log-in was answered with {status}")),
        }
    }
    outcome.notes.push(format!("{people} log-ins: {served} served, {busy} told to wait"));
    outcome.promise(served > 64, format!("{served} log-ins are fewer than may wait"));
    outcome.all_served(visitor.end().await);
    let processors = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    outcome.memory(app.memory_peak(), REST + HASH * processors);
    outcome
}
