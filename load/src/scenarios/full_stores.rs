//! Stores in memory that strangers fill.

use test_support::Folder;

use super::Size;
use crate::client::{OpenForm, address, ask};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The memory of the program, in the debug build.
const MEMORY: u64 = 96 << 20;

/// The session store: strangers begin sessions until it is full.
pub(super) async fn sessions(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("SESSION_BYTES", size.of("60000", "1000000"))]);
    let visitor = Visitor::start(&app.address, "/");
    let early = OpenForm::open(address(50), &app.address, "/form").await.unwrap();
    let early_log_in = OpenForm::open(address(51), &app.address, "/login").await.unwrap();
    let (mut begun, mut full) = (0, 0);
    while full < 20 && begun < 100_000 {
        let page = ask(address(1000 + begun % 60_000), &app.address, "GET", "/form").await.unwrap();
        match page.status {
            200 => begun += 1,
            503 if page.header("retry-after").is_some() => full += 1,
            status => outcome.promise(false, format!("a new session was answered with {status}")),
        }
    }
    outcome.notes.push(format!("{begun} sessions fit"));
    outcome.promise(full == 20, "the store never was full");
    let posted = early.post(address(50), &app.address, "/form", "a=b").await.unwrap();
    outcome.promise(posted.status == 200, format!("an earlier session was answered with {}", posted.status));
    let fields = "password=seven+purple+otters";
    let posted = early_log_in.post(address(51), &app.address, "/login", fields).await.unwrap();
    outcome.promise(posted.status == 303, format!("a log-in was answered with {}", posted.status));
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    outcome
}

/// The counting store: more callers than it has room for.
pub(super) async fn counters(size: Size) -> Outcome {
    const QUOTA: u64 = 5;
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("CALLERS", size.of("200", "2000"))]);
    let visitor = Visitor::start(&app.address, "/");
    let guarded = async |client: u32| {
        let page = ask(address(client), &app.address, "GET", "/api/guarded").await.unwrap();
        u64::from(page.status == 200)
    };
    let mut allowed = 0;
    for _ in 0..QUOTA {
        allowed += guarded(50).await;
    }
    let strangers = size.of(600, 6000);
    let mut passed = 0;
    for stranger in 0..strangers {
        passed += guarded(1000 + stranger).await;
    }
    for _ in 0..QUOTA {
        allowed += guarded(50).await;
    }
    outcome.notes.push(format!("of {strangers} more callers, {passed} passed"));
    outcome.promise(passed < u64::from(strangers), "more callers were counted than the store has room for");
    outcome.allowed_wrongly(allowed.saturating_sub(QUOTA), "by a caller from before the flood");
    // The visitor came first: its own counter has stayed.
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    outcome
}
