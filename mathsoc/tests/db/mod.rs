//! The database: every check passes on SQLite and on PostgreSQL.
//!
//! Each database has one test, which runs all checks, each on a new database. So PostgreSQL is
//! started once, with any test runner.

use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use mathsoc::db::challenges;
use mathsoc::db::{Db, ReadCache, Url, announcements, articles};
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::operate::demo::{self, Demo};
use sqlx::{PgPool, SqlitePool};
use test_support::Folder;
use test_support::postgres::Postgres;

type Check = (&'static str, fn(Db) -> Pin<Box<dyn Future<Output = ()> + Send>>);

macro_rules! checks {
    ($($name:ident,)+) => { &[$((stringify!($name), |db| Box::pin($name(db)))),+] };
}

mod accounts;
mod admin;
mod admin_articles;
mod admin_challenges;
mod answers;
mod awards;
mod boards;
mod competitions;
mod drafts;
mod files;
mod marking;
mod marking_random;
mod newsletters;
mod progress;
mod read_cache;
mod reports;
mod rulings;
mod second_factor;
mod sessions;
mod users;

static CHECKS: &[Check] = checks![
    migrating_again_changes_nothing,
    a_ping_succeeds_until_the_database_closes,
    an_empty_database_has_empty_pages,
    lists_are_ordered_newest_first,
    unreleased_content_is_hidden,
    a_page_holds_ten_items,
    a_key_stage_filters_list_and_count,
    a_challenge_comes_with_its_boxes_in_order,
    an_unknown_id_is_not_found,
    text_is_read_as_written,
    a_box_is_deleted_with_its_challenge,
    an_unknown_key_stage_is_rejected,
    the_demo_fills_an_empty_database_once,
    the_demo_leaves_other_content_alone,
    concurrent_queries_all_succeed,
];

fn all_checks() -> impl Iterator<Item = &'static Check> {
    CHECKS
        .iter()
        .chain(accounts::CHECKS)
        .chain(second_factor::CHECKS)
        .chain(sessions::CHECKS)
        .chain(answers::CHECKS)
        .chain(progress::CHECKS)
        .chain(admin::CHECKS)
        .chain(admin_articles::CHECKS)
        .chain(admin_challenges::CHECKS)
        .chain(marking::CHECKS)
        .chain(marking_random::CHECKS)
        .chain(rulings::CHECKS)
        .chain(awards::CHECKS)
        .chain(boards::CHECKS)
        .chain(competitions::CHECKS)
        .chain(users::CHECKS)
        .chain(drafts::CHECKS)
        .chain(files::CHECKS)
        .chain(read_cache::CHECKS)
        .chain(newsletters::CHECKS)
        .chain(reports::CHECKS)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_passes_on_sqlite() {
    let folder = Folder::new();
    let urls = (0..all_checks().count()).map(|n| Url::file(&folder.join(format!("{n}.db")))).collect();
    run_all(urls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_passes_on_postgresql() {
    let server = Postgres::start();
    let mut urls = Vec::new();
    for _ in all_checks() {
        urls.push(server.database().await.parse().unwrap());
    }
    run_all(urls).await;
}

async fn run_all(urls: Vec<Url>) {
    let mut failed = Vec::new();
    for ((name, check), url) in all_checks().zip(urls) {
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        if tokio::spawn(check(db.clone())).await.is_err() {
            failed.push(name);
        }
        db.close().await;
    }
    assert!(failed.is_empty(), "failed checks (the reason is above): {failed:?}");
}

async fn migrating_again_changes_nothing(db: Db) {
    challenge(&db, "Kept", "KS3", -1).await;
    db.migrate().await.unwrap();
    assert_eq!(challenges::latest(&db, 9).await.unwrap().len(), 1);
}

async fn a_ping_succeeds_until_the_database_closes(db: Db) {
    db.ping().await.unwrap();
    db.close().await;
    assert!(db.ping().await.is_err());
}

async fn an_empty_database_has_empty_pages(db: Db) {
    let page = challenges::page(&db, None, 3).await.unwrap();
    assert_eq!((page.items.len(), page.page, page.pages, page.total), (0, 1, 1, 0));
    let page = articles::page(&db, 0).await.unwrap();
    assert_eq!((page.items.len(), page.page, page.pages, page.total), (0, 1, 1, 0));
    assert_eq!(announcements::latest(&db).await.unwrap(), None);
}

async fn lists_are_ordered_newest_first(db: Db) {
    for (title, hours) in [("old", -9), ("new", -1), ("also new", -1), ("middle", -5)] {
        challenge(&db, title, "KS4", hours).await;
        article(&db, title, hours).await;
        announcement(&db, title, hours).await;
    }
    let order = ["also new", "new", "middle", "old"]; // equal times: the higher id is newer
    let titles: Vec<_> = challenges::latest(&db, 9).await.unwrap().into_iter().map(|it| it.title).collect();
    assert_eq!(titles, order);
    let titles: Vec<_> = articles::latest(&db, 3).await.unwrap().into_iter().map(|it| it.title).collect();
    assert_eq!(titles, order[..3], "no more than the requested number");
    assert_eq!(announcements::latest(&db).await.unwrap().unwrap().title, "also new");
}

async fn unreleased_content_is_hidden(db: Db) {
    for (title, hours) in [("out", -1), ("ahead", 1)] {
        challenge(&db, title, "KS5", hours).await;
        article(&db, title, hours).await;
        announcement(&db, title, hours).await;
    }
    let (out, ahead) = (1, 2);
    assert_eq!(challenges::latest(&db, 9).await.unwrap().len(), 1);
    assert_eq!(challenges::page(&db, Some(KeyStage::Ks5), 1).await.unwrap().total, 1);
    assert_eq!(challenges::by_id(&db, out).await.unwrap().unwrap().title, "out");
    assert_eq!(challenges::by_id(&db, ahead).await.unwrap(), None);
    assert_eq!(articles::latest(&db, 9).await.unwrap().len(), 1);
    assert_eq!(articles::page(&db, 1).await.unwrap().total, 1);
    assert_eq!(articles::by_id(&db, out).await.unwrap().unwrap().title, "out");
    assert_eq!(articles::by_id(&db, ahead).await.unwrap(), None);
    assert_eq!(announcements::latest(&db).await.unwrap().unwrap().title, "out");

    run(&db, "UPDATE challenges SET released_at = released_at - 7200", &[]).await.unwrap();
    assert_eq!(
        challenges::by_id(&db, ahead).await.unwrap().unwrap().title,
        "ahead",
        "its release time has passed"
    );
}

async fn a_page_holds_ten_items(db: Db) {
    for n in 1..=23 {
        challenge(&db, &format!("{n}"), "KS3", -n).await;
        article(&db, &format!("{n}"), -n).await;
    }
    let mut listed = Vec::new();
    for page in 1..=3 {
        let found = challenges::page(&db, None, page).await.unwrap();
        assert_eq!((found.page, found.pages, found.total), (page, 3, 23));
        listed.extend(found.items.into_iter().map(|it| it.title));
    }
    assert_eq!(listed, (1..=23).map(|n| n.to_string()).collect::<Vec<_>>());

    let beyond = articles::page(&db, u32::MAX).await.unwrap();
    let titles: Vec<_> = beyond.items.iter().map(|it| it.title.as_str()).collect();
    assert_eq!((beyond.page, titles), (3, vec!["21", "22", "23"]), "a page past the end is the last page");
    assert_eq!(articles::page(&db, 0).await.unwrap().page, 1);
}

async fn a_key_stage_filters_list_and_count(db: Db) {
    for n in 0..12 {
        challenge(&db, "for the young", "KS3", -1 - n).await;
        challenge(&db, "for the old", "KS5", -1 - n).await;
    }
    let young = challenges::page(&db, Some(KeyStage::Ks3), 2).await.unwrap();
    assert_eq!((young.items.len(), young.pages, young.total), (2, 2, 12));
    assert!(young.items.iter().all(|it| it.key_stage == KeyStage::Ks3 && it.title == "for the young"));
    assert_eq!(challenges::page(&db, Some(KeyStage::Ks4), 1).await.unwrap().total, 0);
    assert_eq!(challenges::page(&db, None, 1).await.unwrap().total, 24);
}

async fn a_challenge_comes_with_its_boxes_in_order(db: Db) {
    challenge(&db, "Two answers", "KS4", -1).await;
    challenge(&db, "Another", "KS4", -1).await;
    for (challenge, position, label) in [("1", "2", "y ="), ("1", "1", "x ="), ("2", "1", "z =")] {
        let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
            VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), $3, '42')";
        run(&db, sql, &[challenge, position, label]).await.unwrap();
    }
    let found = challenges::by_id(&db, 1).await.unwrap().unwrap();
    assert_eq!(found.boxes.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(), ["x =", "y ="]);
    assert_eq!((found.key_stage, found.summary.as_str()), (KeyStage::Ks4, "summary of Two answers"));
}

async fn an_unknown_id_is_not_found(db: Db) {
    for id in [0, -1, 7, i64::MAX, i64::MIN] {
        assert_eq!(challenges::by_id(&db, id).await.unwrap(), None);
        assert_eq!(articles::by_id(&db, id).await.unwrap(), None);
    }
}

async fn text_is_read_as_written(db: Db) {
    let odd = "'; DROP TABLE challenges; -- $1 ? :name \" \\ \r\n∑ 🧮 ½";
    challenge(&db, odd, "KS3", -1).await;
    article(&db, odd, -1).await;
    assert_eq!(challenges::by_id(&db, 1).await.unwrap().unwrap().title, odd);
    assert_eq!(articles::by_id(&db, 1).await.unwrap().unwrap().title, odd);
}

async fn a_box_is_deleted_with_its_challenge(db: Db) {
    let insert = "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'x', '1')";
    assert!(run(&db, insert, &[]).await.is_err(), "challenge 1 does not exist yet");
    challenge(&db, "Now there is", "KS3", -1).await;
    run(&db, insert, &[]).await.unwrap();
    assert!(run(&db, insert, &[]).await.is_err(), "one box per position");
    run(&db, "DELETE FROM challenges", &[]).await.expect("boxes do not prevent the deletion");
    challenge(&db, "The next", "KS3", -1).await;
    assert_eq!(challenges::latest(&db, 1).await.unwrap()[0].id, 2, "ids are not reused");
}

async fn an_unknown_key_stage_is_rejected(db: Db) {
    let insert = "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
        VALUES ('t', $1, 's', 's', 0)";
    assert!(run(&db, insert, &["KS2"]).await.is_err());
    run(&db, insert, &["KS5"]).await.unwrap();
}

async fn the_demo_fills_an_empty_database_once(db: Db) {
    assert_eq!(demo::load(&db).await.unwrap(), Demo::Loaded);
    let found = challenges::page(&db, None, 1).await.unwrap();
    let newest = challenges::by_id(&db, found.items[0].id).await.unwrap().unwrap();
    assert!(!newest.boxes.is_empty());
    assert!(articles::page(&db, 1).await.unwrap().total > 0);
    assert!(mathsoc::db::newsletters::page(&db, 1).await.unwrap().total > 0);
    assert!(announcements::latest(&db).await.unwrap().is_some());

    assert_eq!(demo::load(&db).await.unwrap(), Demo::NotNeeded);
    assert_eq!(challenges::page(&db, None, 1).await.unwrap().total, found.total);
}

async fn the_demo_leaves_other_content_alone(db: Db) {
    announcement(&db, "Ours", -1).await;
    assert_eq!(demo::load(&db).await.unwrap(), Demo::NotNeeded);
    assert_eq!(challenges::page(&db, None, 1).await.unwrap().total, 0);
}

async fn concurrent_queries_all_succeed(db: Db) {
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                article(&db, &n.to_string(), -1).await;
                articles::latest(&db, 5).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(articles::page(&db, 1).await.unwrap().total, 50);
}

async fn challenge(db: &Db, title: &str, stage: &str, hours: i64) {
    let sql = "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
        VALUES ($1, $2, 'summary of ' || $1, 'statement', CAST($3 AS BIGINT))";
    run(db, sql, &[title, stage, &at(hours)]).await.unwrap();
}

async fn article(db: &Db, title: &str, hours: i64) {
    let sql = "INSERT INTO articles (title, author, teaser, body, published_at)
        VALUES ($1, 'author', 'teaser', 'body', CAST($2 AS BIGINT))";
    run(db, sql, &[title, &at(hours)]).await.unwrap();
}

async fn announcement(db: &Db, title: &str, hours: i64) {
    let sql = "INSERT INTO announcements (title, body, published_at) VALUES ($1, 'body', CAST($2 AS BIGINT))";
    run(db, sql, &[title, &at(hours)]).await.unwrap();
}

/// Returns the time in so many hours, in Unix seconds.
fn at(hours: i64) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    (seconds + hours * 3600).to_string()
}

/// Returns a second pool for the same database, as another process has.
async fn another_process(db: &Db) -> Db {
    match db {
        Db::Sqlite(pool, _) => Db::Sqlite(
            SqlitePool::connect_with((*pool.connect_options()).clone()).await.unwrap(),
            ReadCache::default(),
        ),
        Db::Postgres(pool, _) => {
            let pool = PgPool::connect_with((*pool.connect_options()).clone()).await.unwrap();
            Db::Postgres(pool, ReadCache::default())
        }
    }
}

async fn run(db: &Db, sql: &'static str, texts: &[&str]) -> sqlx::Result<()> {
    macro_rules! with {
        ($pool:expr) => {{
            let query = texts.iter().fold(sqlx::query(sql), |query, text| query.bind(text.to_string()));
            query.execute($pool).await.map(drop)
        }};
    }
    match db {
        Db::Sqlite(pool, _) => with!(pool),
        Db::Postgres(pool, _) => with!(pool),
    }
}
