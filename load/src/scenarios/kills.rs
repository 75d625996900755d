//! SIGKILL while programs write: what was acknowledged is there after the next start.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use test_support::Folder;

use super::Size;
use crate::client::{address, ask};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;
use crate::writers::{Writers, Writes};

/// The memory of the programs, in the debug build.
const MEMORY: u64 = 256 << 20;

/// `load-app` on SQLite.
pub(super) async fn sqlite(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let (folder, numbers) = (Folder::new(), Arc::new(AtomicU64::new(1)));
    let mut acknowledged = BTreeSet::new();
    for _ in 0..size.of(3, 20) {
        let mut app = servers::app(&folder, &[]);
        let visitor = Visitor::start(&app.address, "/");
        let writers = Writers::start(&app.address, Writes::Notes, 8, &numbers);
        outcome.promise(writers.more(size.of(50, 500)).await, "writing stopped");
        outcome.all_served(visitor.end().await);
        outcome.memory(app.memory_peak(), MEMORY);
        app.kill();
        acknowledged.extend(writers.end().await);
    }
    let app = servers::app(&folder, &[]);
    let present = ask(address(9), &app.address, "GET", "/api/notes").await.unwrap();
    let present: BTreeSet<u64> = present.body.lines().map(|line| line.parse().unwrap()).collect();
    outcome.notes.push(format!("{} rows acknowledged, {} there", acknowledged.len(), present.len()));
    outcome.lost(acknowledged.difference(&present).count() as u64);
    outcome
}

/// The site on SQLite: accounts that people register.
pub(super) async fn site(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let (folder, numbers) = (Folder::new(), Arc::new(AtomicU64::new(1)));
    let mut acknowledged = BTreeSet::new();
    for _ in 0..size.of(2, 10) {
        let mut site = servers::site(&folder, &[("REGISTRATION", "open")]);
        let visitor = Visitor::start(&site.address, "/about");
        let writers =
            Writers::start(&site.address, Writes::Accounts(folder.join("data/outbox")), 4, &numbers);
        outcome.promise(writers.more(size.of(8, 100)).await, "registering stopped");
        outcome.all_served(visitor.end().await);
        outcome.memory(site.memory_peak(), MEMORY);
        site.kill();
        acknowledged.extend(writers.end().await);
    }
    let file = SqliteConnectOptions::new().filename(folder.join("data/mathsoc.db"));
    let database = SqlitePool::connect_with(file).await.unwrap();
    let present: Vec<String> =
        sqlx::query_scalar("SELECT email FROM users").fetch_all(&database).await.unwrap();
    outcome.notes.push(format!("{} accounts acknowledged, {} there", acknowledged.len(), present.len()));
    outcome.lost(super::missing_accounts(&acknowledged, &present));
    outcome
}
