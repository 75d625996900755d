//! Sessions in real databases: SQLite and PostgreSQL.

use std::sync::LazyLock;
use std::time::Duration;

use http::StatusCode;
use palisade::clock::Clock;
use palisade::session::store::{SaveOutcome, SessionId, SessionStore, SqlSessions, StoreError};
use palisade::test::session_store;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use test_support::Folder;
use test_support::postgres::Postgres;

use super::{Site, record};

const HOUR: Duration = Duration::from_secs(3600);

/// A database, and the server or the folder that it needs.
struct Database {
    open: Open,
    _folder: Option<Folder>,
}

#[derive(Clone)]
enum Open {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    async fn sqlite() -> Self {
        let folder = Folder::new();
        let file = SqliteConnectOptions::new().filename(folder.join("site.db")).create_if_missing(true);
        Self { open: Open::Sqlite(SqlitePool::connect_with(file).await.unwrap()), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        // Each test is a process of its own, and the server ends with it.
        static SERVER: LazyLock<Postgres> = LazyLock::new(Postgres::start);
        Self { open: Open::Postgres(PgPool::connect(&SERVER.database().await).await.unwrap()), _folder: None }
    }

    async fn both() -> [Self; 2] {
        [Self::sqlite().await, Self::postgres().await]
    }

    fn sessions(&self) -> SqlSessions {
        match self.open.clone() {
            Open::Sqlite(pool) => SqlSessions::sqlite(pool),
            Open::Postgres(pool) => SqlSessions::postgres(pool),
        }
    }

    async fn migrated(&self) -> SqlSessions {
        let store = self.sessions();
        store.migrate().await.unwrap();
        store
    }

    async fn rows(&self, table: &str) -> i64 {
        let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        match &self.open {
            Open::Sqlite(pool) => sqlx::query_scalar(count).fetch_one(pool).await.unwrap(),
            Open::Postgres(pool) => sqlx::query_scalar(count).fetch_one(pool).await.unwrap(),
        }
    }

    async fn close(&self) {
        match &self.open {
            Open::Sqlite(pool) => pool.close().await,
            Open::Postgres(pool) => pool.close().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_and_postgres_pass_the_suite() {
    for database in Database::both().await {
        session_store::check(database.migrated().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_may_migrate_at_once() {
    for database in Database::both().await {
        let mut processes = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = database.sessions();
            processes.spawn(async move { store.migrate().await });
        }
        for migrated in processes.join_all().await {
            migrated.unwrap();
        }
        let id = SessionId::random();
        database.sessions().save(id, None, record(1, None), HOUR).await.unwrap();
        database.migrated().await;
        assert_eq!(database.rows("palisade_sessions").await, 1, "a later migration keeps the rows");
    }
}

#[tokio::test]
async fn a_missing_table_names_the_migration() {
    for database in Database::both().await {
        let error = database.sessions().load(SessionId::random()).await.unwrap_err();
        assert!(matches!(error, StoreError::Down { store: "database", .. }), "{error:?}");
        assert!(error.to_string().contains("call SqlSessions::migrate"), "{error}");
    }
}

#[tokio::test]
async fn later_saves_delete_expired_rows() {
    for database in Database::both().await {
        let (clock, manual) = Clock::manual();
        let store = database.migrated().await.clock(clock);
        for _ in 0..3 {
            store.save(SessionId::random(), None, record(1, Some("7")), HOUR).await.unwrap();
        }
        manual.advance(Duration::from_secs(3600 + 2));
        assert!(store.of_user("7").await.unwrap().is_empty());
        assert_eq!(database.rows("palisade_sessions").await, 3);
        let id = SessionId::random();
        store.save(id, None, record(1, Some("7")), HOUR).await.unwrap();
        assert_eq!(database.rows("palisade_sessions").await, 1, "the save has deleted the expired rows");
        assert_eq!(store.delete_expired().await.unwrap(), 0);
        manual.advance(Duration::from_secs(3600 + 2));
        assert_eq!(store.delete_expired().await.unwrap(), 1);
        let saved = store.save(id, Some(1), record(2, None), HOUR).await.unwrap();
        assert_eq!(saved, SaveOutcome::Conflict, "an expired session is not revived");
    }
}

#[tokio::test]
async fn a_table_per_site_keeps_sites_apart() {
    for database in Database::both().await {
        let mut sites = Vec::new();
        for table in ["forum_sessions", "shop_sessions"] {
            let store = database.sessions().table(table).unwrap();
            store.migrate().await.unwrap();
            sites.push(Site::with_store(store));
        }
        let (mut member, mut customer) = (sites[0].browser(), sites[1].browser());
        member.post("/login/7").await;
        customer.post("/login/7").await;
        assert_eq!(member.get("/sessions").await.body.lines().count(), 1);
        member.post("/sessions/end").await;
        assert_eq!(customer.who().await, "7", "the shop's session goes on");
        let rows = (database.rows("forum_sessions").await, database.rows("shop_sessions").await);
        assert_eq!(rows, (1, 1));
    }
}

#[tokio::test]
async fn rejects_table_names_that_are_no_identifiers() {
    let database = Database::sqlite().await;
    let long = "a".repeat(41);
    for name in
        ["", "Sessions", "1_sessions", "_s", "a-b", "a b", "a;drop table b", "a.b", "ä", "\"a\"", &long]
    {
        assert!(matches!(database.sessions().table(name), Err(StoreError::Table)), "{name}");
    }
    assert!(database.sessions().table(&long[1..]).is_ok());
}

#[tokio::test]
async fn sessions_survive_a_restart_and_are_listed() {
    for database in Database::both().await {
        let before = Site::with_store(database.migrated().await);
        let (mut laptop, mut phone) = (before.browser(), before.browser());
        laptop.post("/login/ada").await;
        phone.post("/login/ada").await;
        let after = Site::with_store(database.migrated().await);
        (laptop.site, phone.site) = (after.app.clone(), after.app.clone());
        assert_eq!(laptop.who().await, "ada");
        assert_eq!(laptop.get("/sessions").await.body.lines().count(), 2);
        laptop.post("/sessions/end").await;
        assert_eq!((phone.who().await, laptop.who().await), ("anonymous".to_owned(), "ada".to_owned()));
        laptop.post("/logout").await;
        assert_eq!(laptop.who().await, "anonymous");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_503() {
    for database in Database::both().await {
        let site = Site::with_store(database.migrated().await);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        database.close().await;
        assert_eq!(browser.get("/who").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(browser.get("/plain").await.status, StatusCode::OK, "a page without a session is served");
    }
}
