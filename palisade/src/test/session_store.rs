//! The suite that every session store passes, for a store of your own.
//!
//! ```
//! use palisade::session::store::MemorySessions;
//! use palisade::test::session_store;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = Arc::new(MemorySessions::new()); // in a test of yours: your store, on a real server
//! session_store::check(Arc::clone(&store)).await; // panics with the promise that the store breaks
//! assert!(!store.is_empty(), "its records expire within an hour");
//! # }
//! ```
//!
//! # What it checks
//!
//! - A save replaces the expected version only. A deleted session is not revived.
//! - Of writers at the same time that expect the same version, one saves.
//! - The sessions of an account are found and deleted, and no other's. An account's id is any text, and matches
//!   no other id as a pattern.
//! - Expired sessions are not found and not revived, and their ids are free. The longest lifetime
//!   does not overflow.
//! - The mark of an ended session, which has no account and no content, is kept.
//!
//! # What it does not check
//!
//! - An outage: stop your server in a test, and expect
//!   [`StoreError::Down`] within seconds.
//! - Several sites on one server: run it twice, with a namespace each.
//! - Removal of expired records from the server.
//!
//! It needs a multi-threaded or a single-threaded tokio runtime, and about two seconds: it waits
//! until a session of a millisecond has expired. Give the store the system's clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, StoreError};

const HOUR: Duration = Duration::from_secs(3600);

/// Runs the suite. The [module page](self) has an example and lists the promises.
///
/// # Panics
///
/// If the store breaks a promise; the message names it.
pub async fn check(store: impl SessionStore) {
    let store: Arc<dyn SessionStore> = Arc::new(store);
    versions(&*store).await;
    races(&store).await;
    listing(&*store).await;
    deleting(&*store).await;
    unusual_ids(&*store).await;
    expiry(&*store).await;
    ended_marks(&*store).await;
}

/// Checks that a save replaces the expected version only, and revives no deleted session.
async fn versions(store: &dyn SessionStore) {
    let id = SessionId::random();
    expect(load(store, id).await, None, "an id that was never saved has no session");
    conflict(store, id, Some(1), record(2, None), "there is no session to replace").await;
    saved(store, id, None, record(1, None), "the id is free").await;
    expect(load(store, id).await, Some(record(1, None)), "a session is loaded as it was saved");
    conflict(store, id, None, record(1, None), "the session exists already").await;
    saved(store, id, Some(1), record(2, Some("ada")), "version 1 was expected and is stored").await;
    conflict(store, id, Some(1), record(2, Some("eve")), "version 1 is outdated").await;
    expect(load(store, id).await, Some(record(2, Some("ada"))), "a conflict changes nothing");
    must(store.delete(id).await);
    expect(load(store, id).await, None, "a deleted session is not found");
    conflict(store, id, Some(2), record(3, Some("ada")), "a deleted session is not revived").await;
    must(store.delete(id).await);
}

/// Checks that one of 20 writers at the same time saves.
async fn races(store: &Arc<dyn SessionStore>) {
    let id = SessionId::random();
    for expected in [None, Some(1)] {
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = Arc::clone(store);
            let next = record(expected.unwrap_or(0) + 1, None);
            writers.spawn(async move { must(store.save(id, expected, next, HOUR).await) });
        }
        let outcomes = writers.join_all().await;
        let count = outcomes.iter().filter(|outcome| **outcome == SaveOutcome::Saved).count();
        expect(count, 1, "one of the writers that expect the same version saves");
    }
}

/// Checks that the sessions of an account are found, until they are deleted.
async fn listing(store: &dyn SessionStore) {
    let [one, two, bobs, nobodys] = [0; 4].map(|_| SessionId::random());
    for (id, user) in [(one, Some("ada")), (two, Some("ada")), (bobs, Some("bob")), (nobodys, None)] {
        saved(store, id, None, record(1, user), "the id is free").await;
    }
    expect(listed(store, "ada").await, sorted([one, two]), "an account's sessions are listed");
    expect(listed(store, "bob").await, sorted([bobs]), "no other account's sessions are listed");
    saved(store, one, Some(1), record(2, None), "the version is the expected one").await;
    expect(listed(store, "ada").await, sorted([two]), "a session without its account is not listed");
    must(store.delete(two).await);
    expect(listed(store, "ada").await, Vec::new(), "a deleted session is not listed");
    must(store.delete(bobs).await);
}

/// Checks that the sessions of an account are deleted together, except the ones to keep.
async fn deleting(store: &dyn SessionStore) {
    let [one, two, kept, bobs] = [0; 4].map(|_| SessionId::random());
    for (id, user) in [(one, "ada"), (two, "ada"), (kept, "ada"), (bobs, "bob")] {
        saved(store, id, None, record(1, Some(user)), "the id is free").await;
    }
    must(store.delete_of_user("ada", &[kept, bobs, SessionId::random()]).await);
    expect(listed(store, "ada").await, sorted([kept]), "an account's sessions are deleted, except some");
    expect(load(store, one).await, None, "a deleted session is not found");
    conflict(store, two, Some(1), record(2, Some("ada")), "a deleted session is not revived").await;
    must(store.delete_of_user("ada", &[]).await);
    must(store.delete_of_user("ada", &[]).await);
    expect(load(store, kept).await, None, "a deleted session is not found");
    expect(listed(store, "bob").await, sorted([bobs]), "no other account's sessions are deleted");
    must(store.delete(bobs).await);
}

/// Checks that an account's id may be any text, and matches no other id.
async fn unusual_ids(store: &dyn SessionStore) {
    for user in ["a*", "a", "a{b}", "a:b", "a b\r\nc", "ä", "%", "_", "A", "a'b\"", "' OR 1=1 --"] {
        let id = SessionId::random();
        saved(store, id, None, record(1, Some(user)), "the id is free").await;
        let found = must(store.of_user(user).await);
        expect(found, vec![(id, record(1, Some(user)))], "each account's id is a text of its own");
        must(store.delete(id).await);
    }
}

/// Checks that an expired session is not found, that its id is free, and that the longest lifetime
/// does not overflow.
async fn expiry(store: &dyn SessionStore) {
    let (short, long) = (SessionId::random(), SessionId::random());
    let first = must(store.save(short, None, record(1, Some("eve")), Duration::from_millis(1)).await);
    expect(first, SaveOutcome::Saved, "the id is free");
    expect(
        must(store.save(long, None, record(1, None), Duration::MAX).await),
        SaveOutcome::Saved,
        "the id is free",
    );
    let begun = Instant::now();
    while load(store, short).await.is_some() {
        assert!(begun.elapsed() < Duration::from_secs(10), "broken promise: a session of 1 ms expires");
        tokio::task::yield_now().await;
    }
    expect(listed(store, "eve").await, Vec::new(), "an expired session is not listed");
    conflict(store, short, Some(1), record(2, None), "an expired session is not revived").await;
    saved(store, short, None, record(1, None), "the id of an expired session is free").await;
    expect(load(store, long).await, Some(record(1, None)), "the longest lifetime does not overflow");
    must(store.delete(long).await);
}

/// Checks the mark of an ended session, which has no account, no content and the highest version.
async fn ended_marks(store: &dyn SessionStore) {
    let id = SessionId::random();
    let mark = SessionRecord { version: u64::MAX, user: None, bytes: Vec::new() };
    saved(store, id, None, mark, "the id is free").await;
    let read = load(store, id).await.map(|record| (record.user, record.bytes));
    expect(read, Some((None, Vec::new())), "the mark of an ended session is kept");
    conflict(store, id, Some(1), record(2, None), "an ended session is not replaced").await;
    conflict(store, id, None, record(1, None), "an ended session is not begun again").await;
}

/// Returns a record of this version and account; its bytes are no text.
fn record(version: u64, user: Option<&str>) -> SessionRecord {
    SessionRecord { version, user: user.map(str::to_owned), bytes: vec![0, 255, version as u8] }
}

async fn load(store: &dyn SessionStore, id: SessionId) -> Option<SessionRecord> {
    must(store.load(id).await)
}

async fn saved(
    store: &dyn SessionStore,
    id: SessionId,
    expected: Option<u64>,
    record: SessionRecord,
    promise: &str,
) {
    expect(must(store.save(id, expected, record, HOUR).await), SaveOutcome::Saved, promise);
}

async fn conflict(
    store: &dyn SessionStore,
    id: SessionId,
    expected: Option<u64>,
    record: SessionRecord,
    promise: &str,
) {
    expect(must(store.save(id, expected, record, HOUR).await), SaveOutcome::Conflict, promise);
}

/// Returns the bytes of the ids of an account's sessions, sorted.
async fn listed(store: &dyn SessionStore, user: &str) -> Vec<[u8; 16]> {
    let found = must(store.of_user(user).await);
    let mut ids: Vec<_> = found.into_iter().map(|(id, _)| *id.bytes()).collect();
    ids.sort_unstable();
    ids
}

fn sorted<const N: usize>(ids: [SessionId; N]) -> Vec<[u8; 16]> {
    let mut ids: Vec<_> = ids.iter().map(|id| *id.bytes()).collect();
    ids.sort_unstable();
    ids
}

fn must<T>(reply: Result<T, StoreError>) -> T {
    reply.unwrap_or_else(|error| panic!("the store failed: {error}"))
}

#[track_caller]
fn expect<T: PartialEq + std::fmt::Debug>(found: T, wanted: T, promise: &str) {
    assert!(found == wanted, "broken promise: {promise}; found {found:?} instead of {wanted:?}");
}
