//! The promises of session stores, on memory and on a real Redis.

use std::time::Duration;

use http::StatusCode;
use palisade::store::{Kept, MemorySessions, RedisSessions, Saved, SessionId, SessionStore};

use super::Site;
use crate::stores::servers::Server;

const HOUR: Duration = Duration::from_secs(3600);

fn kept(version: u64, user: Option<&str>) -> Kept {
    Kept { version, user: user.map(str::to_owned), bytes: vec![0, 255, version as u8] }
}

async fn keeps_its_promises(store: &dyn SessionStore) {
    let id = SessionId::random();
    let load = async |id| store.load(id).wait().await.unwrap();
    let save = async |id, before, kept| store.save(id, before, kept, HOUR).wait().await.unwrap();

    assert_eq!(load(id).await, None);
    assert_eq!(save(id, Some(1), kept(2, None)).await, Saved::Stale, "there is nothing to replace");
    assert_eq!(save(id, None, kept(1, None)).await, Saved::Done);
    assert_eq!(load(id).await, Some(kept(1, None)));
    assert_eq!(save(id, None, kept(1, None)).await, Saved::Stale, "it is there already");
    assert_eq!(save(id, Some(1), kept(2, Some("ada"))).await, Saved::Done);
    assert_eq!(save(id, Some(1), kept(2, Some("eve"))).await, Saved::Stale);
    assert_eq!(load(id).await, Some(kept(2, Some("ada"))));

    let (other, bobs) = (SessionId::random(), SessionId::random());
    assert_eq!(save(other, None, kept(1, Some("ada"))).await, Saved::Done);
    assert_eq!(save(bobs, None, kept(1, Some("bob"))).await, Saved::Done);
    let of = async |user: &'static str| {
        let mut ids: Vec<_> =
            store.of_user(user).wait().await.unwrap().into_iter().map(|(id, _)| *id.bytes()).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = [*id.bytes(), *other.bytes()];
    both.sort_unstable();
    assert_eq!((of("ada").await, of("bob").await), (both.to_vec(), vec![*bobs.bytes()]));
    store.end(id).wait().await.unwrap();
    assert_eq!((load(id).await, of("ada").await), (None, vec![*other.bytes()]));
    assert_eq!(save(id, Some(2), kept(3, Some("ada"))).await, Saved::Stale, "what has ended is not revived");

    let raced = SessionId::random();
    assert_eq!(save(raced, None, kept(1, None)).await, Saved::Done);
    let writers = (0..20).map(|_| save(raced, Some(1), kept(2, None)));
    let mut done = 0;
    for writer in writers.collect::<Vec<_>>() {
        done += usize::from(writer.await == Saved::Done);
    }
    assert_eq!(done, 1, "of all that read the same version one can save");
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    keeps_its_promises(&MemorySessions::new()).await;
}

#[tokio::test]
async fn redis_keeps_its_promises() {
    let server = Server::redis();
    keeps_its_promises(&RedisSessions::new(&server.uri).unwrap()).await;
}

#[tokio::test]
async fn what_has_run_out_is_gone_from_redis_too() {
    let server = Server::redis();
    let store = RedisSessions::new(&server.uri).unwrap();
    let id = SessionId::random();
    store.save(id, None, kept(1, Some("ada")), Duration::from_millis(30)).wait().await.unwrap();
    assert!(store.load(id).wait().await.unwrap().is_some());
    let began = std::time::Instant::now();
    while store.load(id).wait().await.unwrap().is_some() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not run out");
        tokio::task::yield_now().await;
    }
    assert!(store.of_user("ada").wait().await.unwrap().is_empty());
}

#[tokio::test]
async fn two_programs_on_one_redis_share_their_sessions_and_a_server_that_is_gone_is_a_503() {
    let server = Server::redis();
    let open = || Site::kept_in(RedisSessions::new(&server.uri).unwrap());
    let (one, two) = (open(), open());
    let mut browser = one.browser();
    browser.post("/login/ada").await;
    browser.app = two.app.clone();
    assert_eq!(browser.who().await, "ada");
    browser.post("/logout").await;
    browser.app = one.app.clone();
    assert_eq!(browser.who().await, "nobody");
    browser.post("/login/ada").await;
    drop(server);
    assert_eq!(browser.get("/who").await.status, StatusCode::SERVICE_UNAVAILABLE, "not `nobody`");
    assert_eq!(browser.send("POST", "/login/bob").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/plain").await.status, StatusCode::OK, "who needs no session is served");
}
