//! The cache of frequent reads never returns stale or uncommitted rows.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use mathsoc::db::sessions::DbSessions;
use mathsoc::db::{Db, challenges, home, users};
use mathsoc::operate::demo;
use palisade::session::store::{SessionId, SessionRecord, SessionStore};
use tokio::task::yield_now;

use super::accounts::user;
use super::{Check, another_process, at, run};

pub(super) static CHECKS: &[Check] = checks![
    an_unchanged_database_is_read_once,
    writes_of_another_process_are_visible_immediately,
    uncommitted_writes_are_invisible,
    concurrent_readers_never_get_stale_rows,
    a_cancelled_write_leaves_no_stale_cache,
    a_session_ended_elsewhere_ends_immediately,
    a_closed_database_serves_no_cached_rows,
];

/// A commit of another process, of another table even, makes the next read a new one. Rounds,
/// because an entry lives for a second.
async fn an_unchanged_database_is_read_once(db: Db) {
    let other = another_process(&db).await;
    demo::load(&db).await.unwrap();
    let mut again = 0;
    for _ in 0..50 {
        let (first, second) = (home::page(&db).await.unwrap(), home::page(&db).await.unwrap());
        again += usize::from(Arc::ptr_eq(&first, &second));
        run(&other, "UPDATE users SET full_name = full_name || '' WHERE id = 1", &[]).await.unwrap();
        run(&other, "INSERT INTO schools (name) VALUES ('s' || (SELECT count(*) FROM schools))", &[])
            .await
            .unwrap();
        assert!(!Arc::ptr_eq(&second, &home::page(&db).await.unwrap()), "a commit is noticed");
    }
    assert!(again > 25, "{again} of 50 reads came from the cache");
}

async fn writes_of_another_process_are_visible_immediately(db: Db) {
    let other = another_process(&db).await;
    demo::load(&db).await.unwrap();
    for round in 1..=20 {
        let shown = home::page(&db).await.unwrap();
        assert_eq!(*home::page(&db).await.unwrap().challenges, *shown.challenges);
        let id = shown.challenges[0].id;
        let title = format!("Turn {round}");
        run(
            &other,
            "UPDATE challenges SET title = $1 WHERE id = CAST($2 AS BIGINT)",
            &[&title, &id.to_string()],
        )
        .await
        .unwrap();
        assert_eq!(home::page(&db).await.unwrap().challenges[0].title, title);
        assert_eq!(challenges::by_id(&db, id).await.unwrap().unwrap().title, title);
        run(&db, "UPDATE challenges SET title = 'own' WHERE id = CAST($1 AS BIGINT)", &[&id.to_string()])
            .await
            .unwrap();
        assert_eq!(challenges::by_id(&db, id).await.unwrap().unwrap().title, "own");
        assert_eq!(challenges::by_id(&other, id).await.unwrap().unwrap().title, "own");
    }
}

async fn uncommitted_writes_are_invisible(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    let change = "UPDATE users SET full_name = 'Somebody else' WHERE id = $1";
    macro_rules! within {
        ($pool:ident) => {{
            let mut tx = $pool.begin().await.unwrap();
            sqlx::query(change).bind(ada.id).execute(&mut *tx).await.unwrap();
            assert_eq!(users::by_id(&db, ada.id).await.unwrap().unwrap().full_name, ada.full_name);
            tx.rollback().await.unwrap();
            assert_eq!(users::by_id(&db, ada.id).await.unwrap().unwrap().full_name, ada.full_name);
            let mut tx = $pool.begin().await.unwrap();
            sqlx::query(change).bind(ada.id).execute(&mut *tx).await.unwrap();
            assert_eq!(users::by_id(&db, ada.id).await.unwrap().unwrap().full_name, ada.full_name);
            tx.commit().await.unwrap();
        }};
    }
    match &db {
        Db::Sqlite(pool, _) => within!(pool),
        Db::Postgres(pool, _) => within!(pool),
    }
    let found = users::by_id(&db, ada.id).await.unwrap().unwrap();
    assert_eq!(found.full_name.to_string(), "Somebody else");
}

async fn concurrent_readers_never_get_stale_rows(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    let (other, committed) = (another_process(&db).await, Arc::new(AtomicU64::new(ada.epoch)));
    let readers: Vec<_> = (0..16)
        .map(|_| {
            let (db, committed) = (db.clone(), committed.clone());
            tokio::spawn(async move {
                let mut reads = 0;
                while committed.load(Ordering::SeqCst) < 60 {
                    let before = committed.load(Ordering::SeqCst);
                    let found = users::by_id(&db, ada.id).await.unwrap().unwrap();
                    assert!(found.epoch >= before, "{} after {before} was committed", found.epoch);
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    while committed.load(Ordering::SeqCst) < 60 {
        for db in [&db, &other] {
            let epoch = users::raise_epoch(db, ada.id, None).await.unwrap().unwrap();
            committed.store(epoch, Ordering::SeqCst);
        }
    }
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
}

async fn a_cancelled_write_leaves_no_stale_cache(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    let other = another_process(&db).await;
    for steps in 0..60 {
        {
            let mut read = pin!(users::by_id(&db, ada.id));
            for _ in 0..steps {
                let ready = poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_ready())).await;
                if ready {
                    break;
                }
                yield_now().await;
            }
        }
        let epoch = users::raise_epoch(&other, ada.id, None).await.unwrap().unwrap();
        assert_eq!(users::by_id(&db, ada.id).await.unwrap().unwrap().epoch, epoch);
    }
}

async fn a_session_ended_elsewhere_ends_immediately(db: Db) {
    let (here, there) = (DbSessions::new(db.clone()), DbSessions::new(another_process(&db).await));
    let id = SessionId::random();
    let record = SessionRecord { version: 1, user: Some("7".to_owned()), bytes: at(0).into_bytes() };
    let lasts = Duration::from_secs(60);
    here.save(id, None, record.clone(), lasts).await.unwrap();
    for store in [&here, &there, &here] {
        assert_eq!(store.load(id).await.unwrap(), Some(record.clone()));
    }
    there.delete(id).await.unwrap();
    for store in [&here, &there] {
        assert_eq!(store.load(id).await.unwrap(), None);
    }
}

async fn a_closed_database_serves_no_cached_rows(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    assert!(users::by_id(&db, ada.id).await.unwrap().is_some());
    db.close().await;
    assert!(users::by_id(&db, ada.id).await.is_err());
}
