//! The site while its PostgreSQL is paused, killed and slow.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use test_support::Folder;
use test_support::delay_proxy::DelayProxy;
use test_support::postgres::Postgres;
use test_support::program::Program;
use tokio::time::{Instant, sleep};

use super::Size;
use crate::client::{address, ask};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;
use crate::writers::{Writers, Writes};

/// The memory of the site, in the debug build, with its bound of hashes.
const MEMORY: u64 = 256 << 20;
/// The time in which the database must be used again.
const LONGEST: Duration = Duration::from_secs(60);

pub(super) async fn run(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let mut server = Postgres::durable();
    let (folder, numbers) = (Folder::new(), Arc::new(AtomicU64::new(1)));
    let url = server.database().await;
    let mut acknowledged = BTreeSet::new();

    let site = site(&folder, &url);
    // Pages that need no database are served all the time.
    let visitor = Visitor::start(&site.address, "/healthz");
    for _ in 0..size.of(1, 3) {
        for fault in [Postgres::pause, Postgres::kill] {
            let writers =
                Writers::start(&site.address, Writes::Accounts(folder.join("data/outbox")), 4, &numbers);
            outcome.promise(writers.more(size.of(6, 50)).await, "registering stopped");
            fault(&mut server, true);
            says_so(&site, size.of(1, 10), &mut outcome).await;
            fault(&mut server, false);
            recovers(&site, &mut outcome).await;
            acknowledged.extend(writers.end().await);
        }
    }
    outcome.all_served(visitor.end().await);
    outcome.memory(site.memory_peak(), MEMORY);
    drop(site);

    // 5 ms away: slower, and whole.
    let proxy = DelayProxy::to_socket(&server.socket(), Duration::from_millis(5));
    let far = format!("postgres://postgres@{}/test_0?sslmode=disable", proxy.address);
    let site = self::site(&folder, &far);
    let visitor = Visitor::start(&site.address, "/challenges");
    let writers = Writers::start(&site.address, Writes::Accounts(folder.join("data/outbox")), 4, &numbers);
    outcome.promise(writers.more(size.of(6, 50)).await, "registering stopped");
    acknowledged.extend(writers.end().await);
    outcome.all_served(visitor.end().await);

    let mut database = server.connect("test_0").await;
    let present: Vec<String> =
        sqlx::query_scalar("SELECT email FROM users").fetch_all(&mut database).await.unwrap();
    outcome.notes.push(format!("{} accounts acknowledged, {} there", acknowledged.len(), present.len()));
    outcome.lost(super::missing_accounts(&acknowledged, &present));
    outcome
}

fn site(folder: &Folder, url: &str) -> Program {
    servers::site(folder, &[("REGISTRATION", "open"), ("DATABASE_URL", url)])
}

/// Asks for pages that read the database, while it is down: each is a 503 that says when to come back.
async fn says_so(site: &Program, pages: usize, outcome: &mut Outcome) {
    for _ in 0..pages {
        let began = Instant::now();
        match ask(address(9), &site.address, "GET", "/challenges").await {
            Ok(page) if page.status == 503 && page.header("retry-after").is_some() => {}
            other => {
                let status = other.map(|page| page.status);
                outcome.promise(false, format!("a page without its database was answered with {status:?}"));
            }
        }
        outcome.notes.push(format!("503 after {:.1} s", began.elapsed().as_secs_f64()));
        sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until a page that reads the database is served.
async fn recovers(site: &Program, outcome: &mut Outcome) {
    let began = Instant::now();
    let page = || ask(address(9), &site.address, "GET", "/challenges");
    while page().await.map_or(0, |response| response.status) != 200 {
        if began.elapsed() > LONGEST {
            return outcome.promise(false, "the database is not used again");
        }
        sleep(Duration::from_millis(50)).await;
    }
    outcome.notes.push(format!("the database was used again after {:.1} s", began.elapsed().as_secs_f64()));
}
