//! Sessions in the database.

use std::time::Duration;

use mathsoc::db::Db;
use mathsoc::db::sessions::DbSessions;
use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, SqlSessions};
use palisade::test::session_store;

use super::accounts::at_once;
use super::{Check, at, run};

pub(super) static CHECKS: &[Check] = checks![
    the_session_store_passes_the_common_checks,
    the_librarys_migration_accepts_the_sites_table,
    concurrent_session_saves_succeed_once,
    an_expired_session_is_not_loaded,
];

const HOUR: Duration = Duration::from_secs(3600);

async fn the_session_store_passes_the_common_checks(db: Db) {
    session_store::check(DbSessions::new(db)).await;
}

async fn the_librarys_migration_accepts_the_sites_table(db: Db) {
    let table = match &db {
        Db::Sqlite(pool, _) => SqlSessions::sqlite(pool.clone()),
        Db::Postgres(pool, _) => SqlSessions::postgres(pool.clone()),
    };
    let (store, id) = (table.table("sessions").unwrap(), SessionId::random());
    DbSessions::new(db).save(id, None, record(1, Some("7")), HOUR).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), Some(record(1, Some("7"))));
}

async fn concurrent_session_saves_succeed_once(db: Db) {
    let id = SessionId::random();
    for before in [None, Some(1)] {
        let saved = at_once(&db, 12, move |db| async move {
            DbSessions::new(db).save(id, before, record(before.unwrap_or(0) + 1, None), HOUR).await.unwrap()
        });
        assert_eq!(saved.await.into_iter().filter(|it| *it == SaveOutcome::Saved).count(), 1, "{before:?}");
    }
}

async fn an_expired_session_is_not_loaded(db: Db) {
    let (store, id) = (DbSessions::new(db.clone()), SessionId::random());
    store.save(id, None, record(1, Some("7")), HOUR).await.unwrap();
    run(&db, "UPDATE sessions SET expires_at = CAST($1 AS BIGINT)", &[&at(0)]).await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), None);
    assert!(store.of_user("7").await.unwrap().is_empty());
    assert_eq!(store.save(id, Some(1), record(2, None), HOUR).await.unwrap(), SaveOutcome::Conflict);
    assert_eq!(
        store.save(id, None, record(1, None), HOUR).await.unwrap(),
        SaveOutcome::Saved,
        "the id is free again"
    );

    db.close().await;
    let error = store.load(id).await.unwrap_err().to_string();
    assert!(error.starts_with("database is down"), "{error}");
}

fn record(version: u64, user: Option<&str>) -> SessionRecord {
    SessionRecord { version, user: user.map(str::to_owned), bytes: vec![0, 255, 7] }
}

/// Saves a session of this user that expires in so many hours.
pub(super) async fn session(db: &Db, user: &str, hours: i64) {
    let record = SessionRecord { version: 1, user: Some(user.to_owned()), bytes: b"data".to_vec() };
    let saved = DbSessions::new(db.clone()).save(SessionId::random(), None, record, HOUR).await;
    assert_eq!(saved.unwrap(), SaveOutcome::Saved);
    let sql = "UPDATE sessions SET expires_at = CAST($2 AS BIGINT) WHERE user_id = $1 AND expires_at > CAST($3 AS BIGINT)";
    run(db, sql, &[user, &at(hours), &at(0)]).await.unwrap();
}
