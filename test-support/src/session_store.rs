//! The suite that every implementation of palisade's `SessionStore` passes.

use std::sync::Arc;
use std::time::Duration;

use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore};

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a record of this version and user; its bytes are no text.
pub fn record(version: u64, user: Option<&str>) -> SessionRecord {
    SessionRecord { version, user: user.map(str::to_owned), bytes: vec![0, 255, version as u8] }
}

/// Runs the suite: optimistic locking, a user's sessions, races, unusual ids, long lifetimes.
///
/// # Panics
///
/// If the store fails a check.
pub async fn check_session_store(store: Arc<dyn SessionStore>) {
    let id = SessionId::random();
    let load = async |id| store.load(id).await.unwrap();
    let save = async |id, before, record| store.save(id, before, record, HOUR).await.unwrap();

    assert_eq!(load(id).await, None);
    assert_eq!(
        save(id, Some(1), record(2, None)).await,
        SaveOutcome::Conflict,
        "there is no session to replace"
    );
    assert_eq!(save(id, None, record(1, None)).await, SaveOutcome::Saved);
    assert_eq!(load(id).await, Some(record(1, None)));
    assert_eq!(save(id, None, record(1, None)).await, SaveOutcome::Conflict, "the session exists already");
    assert_eq!(save(id, Some(1), record(2, Some("ada"))).await, SaveOutcome::Saved);
    assert_eq!(save(id, Some(1), record(2, Some("eve"))).await, SaveOutcome::Conflict);
    assert_eq!(load(id).await, Some(record(2, Some("ada"))));

    let (other, bobs) = (SessionId::random(), SessionId::random());
    assert_eq!(save(other, None, record(1, Some("ada"))).await, SaveOutcome::Saved);
    assert_eq!(save(bobs, None, record(1, Some("bob"))).await, SaveOutcome::Saved);
    let of = async |user: &'static str| {
        let mut ids: Vec<_> =
            store.of_user(user).await.unwrap().into_iter().map(|(id, _)| *id.bytes()).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = [*id.bytes(), *other.bytes()];
    both.sort_unstable();
    assert_eq!((of("ada").await, of("bob").await), (both.to_vec(), vec![*bobs.bytes()]));
    store.delete(id).await.unwrap();
    assert_eq!((load(id).await, of("ada").await), (None, vec![*other.bytes()]));
    assert_eq!(
        save(id, Some(2), record(3, Some("ada"))).await,
        SaveOutcome::Conflict,
        "an ended session is not revived"
    );

    let raced = SessionId::random();
    assert_eq!(save(raced, None, record(1, None)).await, SaveOutcome::Saved);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = Arc::clone(&store);
        writers.spawn(async move { store.save(raced, Some(1), record(2, None), HOUR).await.unwrap() });
    }
    let done = writers.join_all().await.into_iter().filter(|saved| *saved == SaveOutcome::Saved).count();
    assert_eq!(done, 1, "one of the writers that read the same version saves");

    // A marker that a session has ended: no account, no bytes.
    let (over, nothing) =
        (SessionId::random(), SessionRecord { version: u64::MAX, user: None, bytes: Vec::new() });
    assert_eq!(save(over, None, nothing.clone()).await, SaveOutcome::Saved);
    let read = load(over).await.unwrap();
    assert!(read.user.is_none() && read.bytes.is_empty());
    assert_eq!(save(over, Some(1), record(2, None)).await, SaveOutcome::Conflict);
    assert_eq!(save(over, None, record(1, None)).await, SaveOutcome::Conflict);

    // Account ids are any text, and no id matches another as a pattern or as a part of a key.
    for user in ["a*", "a", "a{b}", "a:b", "a b\r\nc", "ä", "%", "_", "A"] {
        let id = SessionId::random();
        assert_eq!(save(id, None, record(1, Some(user))).await, SaveOutcome::Saved);
        let found = store.of_user(user).await.unwrap();
        assert_eq!(found, [(id, record(1, Some(user)))], "{user}");
    }

    // The longest lifetime does not overflow.
    let long = SessionId::random();
    assert_eq!(store.save(long, None, record(1, None), Duration::MAX).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(load(long).await, Some(record(1, None)));
}
