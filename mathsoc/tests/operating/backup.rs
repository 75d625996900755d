//! Backups: moves between both databases, consistency during writes, and rejected files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use mathsoc::db::{Db, Url, announcements, articles};
use mathsoc::operate::backup::{self, BackupError, Existing};
use mathsoc::operate::import::{self, Options};
use palisade::Uploads;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_support::Folder;
use test_support::postgres::Postgres;

use super::files::{self, A, B};
use super::old_site;
use super::tables::{count, run, table, texts};

async fn empty(url: &Url) -> Db {
    let db = Db::connect(url).await.unwrap();
    db.migrate().await.unwrap();
    db
}

/// Fills every table (with blobs and gaps in the ids) and stores the files of the rows.
async fn full(db: &Db, folder: &Folder) {
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    import::run(db, &old.parse().unwrap(), &Options::default(), &mut |_| {}).await.unwrap();
    let (zero, one) = match db {
        Db::Sqlite(..) => ("X'00FF10'", "X''"),
        Db::Postgres(..) => ("'\\x00FF10'::bytea", "''::bytea"),
    };
    run(
        db,
        &format!(
            "INSERT INTO recovery_codes (user_id, hash, used_at) VALUES (1, {zero}, NULL), (1, {one}, 7);
            INSERT INTO used_links (hash, expires_at) VALUES ({zero}, 9999999999);
            INSERT INTO sessions (id, user_id, version, data, expires_at) VALUES ({zero}, '1', 1, {one}, 9999999999);
            INSERT INTO announcements (title, body, published_at) VALUES ('gone', '', 1), ('odd', 'é ∑ 🧮 \"quotes\" \\ $1
                next line', -5);
            INSERT INTO awards (user_id, key_stage, points, reason, awarded_at) VALUES (1, 'KS4', -2, 'Talked', 7);
            DELETE FROM announcements WHERE title = 'gone';
            INSERT INTO articles (title, author, teaser, body, published_at) VALUES ('last', '', '', '', 1);
            DELETE FROM articles WHERE title = 'last'"
        ),
    )
    .await;
    let uploads = place(&folder.join("data"));
    files::keep(db, &uploads, A, &[0, 1, 2, 255]).await;
    files::keep(db, &uploads, B, b"").await;
}

/// Returns the upload store in this data folder.
fn place(data: &Path) -> Uploads {
    Uploads::open(data.join("uploads").to_str().unwrap()).unwrap()
}

/// Returns all rows of an archive, without the columns that a restore changes.
fn rows(file: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut tables = BTreeMap::<_, Vec<Value>>::new();
    for (path, content) in entries(file) {
        let Some(name) = path.strip_prefix("tables/") else { continue };
        let lines = std::str::from_utf8(&content).unwrap().lines();
        let rows = lines.map(|line| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            row.as_object_mut().unwrap().remove("epoch");
            row
        });
        tables.entry(name.split('/').next().unwrap().to_owned()).or_default().extend(rows);
    }
    tables
}

fn entries(file: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(file).unwrap()));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    });
    entries.collect()
}

/// Copies an archive with changed entries and a manifest that matches them.
pub(crate) fn forge(file: &Path, copy: &Path, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>, &mut Value)) {
    let mut all = entries(file);
    let (_, manifest) = all.pop().unwrap();
    let mut manifest = serde_json::from_slice(&manifest).unwrap();
    change(&mut all, &mut manifest);
    let hashed = all.iter().map(|(path, content)| {
        let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "path": path, "bytes": content.len(), "sha256": sha256 })
    });
    manifest["entries"] = hashed.collect();
    all.push(("manifest.json".to_owned(), serde_json::to_vec(&manifest).unwrap()));
    write(copy, &all);
}

fn write(file: &Path, entries: &[(String, Vec<u8>)]) {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(file).unwrap(), Compression::fast()));
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // Writes the path unchanged, also where the tar library would reject it.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, &content[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

#[tokio::test]
async fn a_backup_moves_between_sqlite_and_postgresql() {
    let server = Postgres::start();
    let folder = Folder::new();
    let file_url = |name: &str| Url::file(&folder.join(name));
    let sources = [file_url("from.db"), server.database().await.parse().unwrap()];
    for (n, from) in sources.iter().enumerate() {
        let source = empty(from).await;
        let filled = Folder::new();
        full(&source, &filled).await;
        let saved = folder.join(format!("{n}.tar.gz"));
        let manifest = backup::create(&source, &place(&filled.join("data")), &saved).await.unwrap();
        assert_eq!(manifest.files(), 2);
        assert!(rows(&saved).len() >= 13, "every table has rows: {:?}", rows(&saved).keys());
        assert!(!rows(&saved).contains_key("sessions"));

        let targets = [file_url(&format!("to-{n}.db")), server.database().await.parse().unwrap()];
        for (m, to) in targets.iter().enumerate() {
            // One target has no tables yet, the other has.
            let target = if m == 0 { Db::connect(to).await.unwrap() } else { empty(to).await };
            let data = folder.join(format!("data-{n}-{m}"));
            backup::restore(&target, &place(&data), &saved, Existing::Refuse).await.unwrap();
            let again = folder.join(format!("{n}-{m}.tar.gz"));
            backup::create(&target, &place(&data), &again).await.unwrap();
            assert_eq!(rows(&saved), rows(&again), "{from} to {to}");
            assert_eq!(fs::read(data.join("uploads").join(A)).unwrap(), [0, 1, 2, 255]);
            assert_eq!(fs::read(data.join("uploads").join(B)).unwrap(), [0; 0]);

            let highest = count(&source, "articles").await + 1;
            run(&target, "INSERT INTO articles (title, author, teaser, body, published_at) VALUES ('n', '', '', '', 1)").await;
            let id = &texts(&target, "SELECT CAST(max(id) AS TEXT) FROM articles").await[0];
            assert!(
                id.parse::<i64>().unwrap() > highest,
                "ids are not reused, not even those of deleted rows"
            );
            target.close().await;
        }
        source.close().await;
    }
}

#[tokio::test]
async fn a_restore_ends_every_session_and_link() {
    let folder = Folder::new();
    let source = empty(&Url::file(&folder.join("from.db"))).await;
    full(&source, &folder).await;
    run(&source, "UPDATE users SET epoch = 5000000000 WHERE id = 1").await;
    let saved = folder.join("x.tar.gz");
    backup::create(&source, &place(&folder.join("data")), &saved).await.unwrap();
    backup::restore(&source, &place(&folder.join("data")), &saved, Existing::Replace).await.unwrap();
    assert_eq!(count(&source, "sessions").await, 0);
    let epochs = table(&source, "users", &["id", "epoch"]).await;
    assert_eq!(epochs[0], "1 5000000001");
    for epoch in &epochs[1..] {
        let epoch: i64 = epoch.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(epoch > 1_700_000_000, "above every earlier epoch: {epoch}");
    }
}

/// Each transaction of a writer adds an announcement and an article, so a consistent snapshot has
/// equal numbers of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_is_a_consistent_snapshot() {
    let server = Postgres::start();
    let folder = Folder::new();
    for (n, url) in
        [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()].iter().enumerate()
    {
        let db = empty(url).await;
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let (db, stop, written) = (db.clone(), stop.clone(), written.clone());
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        pair(&db, &format!("{writer}-{}", written.fetch_add(1, Ordering::Relaxed))).await;
                    }
                })
            })
            .collect();
        let mut sizes = BTreeSet::new();
        let mut round = 0;
        while written.load(Ordering::Relaxed) < 400 || sizes.len() < 4 {
            assert!(writers.iter().all(|writer| !writer.is_finished()), "a writer has ended");
            round += 1;
            let file = folder.join(format!("{n}-{round}.tar.gz"));
            backup::create(&db, &place(&folder), &file).await.unwrap();
            let saved = rows(&file);
            let titles = |name: &str| -> BTreeSet<String> {
                saved.get(name).into_iter().flatten().map(|row| row["title"].to_string()).collect()
            };
            assert!(
                titles("announcements") == titles("articles"),
                "backup {round} of {url} is not consistent"
            );
            sizes.insert(titles("articles").len());
        }
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
        db.close().await;
    }
}

async fn pair(db: &Db, title: &str) {
    let announcement = "INSERT INTO announcements (title, body, published_at) VALUES ($1, '', 1)";
    let article =
        "INSERT INTO articles (title, author, teaser, body, published_at) VALUES ($1, '', '', '', 1)";
    macro_rules! both {
        ($tx:expr) => {{
            let mut tx = $tx.await.unwrap();
            sqlx::query(announcement).bind(title).execute(&mut *tx).await.unwrap();
            sqlx::query(article).bind(title).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }};
    }
    match db {
        Db::Sqlite(pool, _) => both!(pool.begin_with("BEGIN IMMEDIATE")),
        Db::Postgres(pool, _) => both!(pool.begin()),
    }
}

#[tokio::test]
async fn restore_keeps_existing_data_without_replace() {
    let server = Postgres::start();
    let folder = Folder::new();
    for (n, url) in
        [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()].iter().enumerate()
    {
        let db = empty(url).await;
        let data = folder.join(format!("data-{n}"));
        let saved = folder.join(format!("{n}.tar.gz"));
        run(&db, "INSERT INTO announcements (title, body, published_at) VALUES ('saved', '', 1)").await;
        backup::create(&db, &place(&data), &saved).await.unwrap();
        let again = backup::create(&db, &place(&data), &saved).await;
        assert!(matches!(again, Err(BackupError::Exists { .. })), "a backup is never overwritten");

        run(&db, "UPDATE announcements SET title = 'later'").await;
        let rejected = backup::restore(&db, &place(&data), &saved, Existing::Refuse).await.unwrap_err();
        assert!(
            rejected.to_string().contains("announcements has rows")
                && rejected.to_string().contains("--replace")
        );
        run(&db, "DELETE FROM announcements").await;
        fs::write(data.join("uploads").join(A), "mine").unwrap();
        let rejected = backup::restore(&db, &place(&data), &saved, Existing::Refuse).await.unwrap_err();
        assert!(matches!(rejected, BackupError::HasFiles { .. }), "{rejected}");
        assert!(data.join("uploads").join(A).exists());

        backup::restore(&db, &place(&data), &saved, Existing::Replace).await.unwrap();
        assert_eq!(announcements::latest(&db).await.unwrap().unwrap().title, "saved");
        assert!(!data.join("uploads").join(A).exists());
        db.close().await;
    }
}

#[tokio::test]
async fn a_damaged_or_foreign_file_changes_nothing() {
    let server = Postgres::start();
    let folder = Folder::new();
    let data = folder.join("data");
    let source = empty(&Url::file(&folder.join("from.db"))).await;
    full(&source, &folder).await;
    let good = folder.join("good.tar.gz");
    backup::create(&source, &place(&data), &good).await.unwrap();
    let bytes = fs::read(&good).unwrap();
    let bad = |name: &str| folder.join(name);

    fs::write(bad("no archive"), "hello").unwrap();
    fs::write(bad("empty"), "").unwrap();
    fs::write(bad("cut off"), &bytes[..bytes.len() / 2]).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 1;
    fs::write(bad("one bit"), flipped).unwrap();
    let mut all = entries(&good);
    let at = all.iter().position(|(path, _)| path.starts_with("tables/users/")).unwrap();
    all[at].1 = String::from_utf8(all[at].1.clone()).unwrap().replace("\"pupil\"", "\"admin\"").into_bytes();
    write(&bad("other rights"), &all);
    write(&bad("without a manifest"), &all[..all.len() - 1]);
    write(&bad("without an entry"), &all[1..]);
    forge(&good, &bad("another format"), |_, manifest| manifest["format"] = "theirs".into());
    forge(&good, &bad("of the future"), |_, manifest| manifest["migration"] = 9999.into());
    forge(&good, &bad("of the past"), |_, manifest| manifest["migration"] = 1.into());
    forge(&good, &bad("an unknown table"), |_, manifest| manifest["tables"][0]["name"] = "x\" --".into());
    forge(&good, &bad("an unknown column"), |_, manifest| manifest["tables"][0]["columns"][0] = "x".into());
    forge(&good, &bad("fewer rows"), |_, manifest| manifest["tables"][0]["rows"] = 99.into());
    forge(&good, &bad("out of the folder"), |all, _| {
        all.push(("files/../../evil".to_owned(), b"x".to_vec()))
    });
    forge(&good, &bad("from the root"), |all, _| all.push(("files//tmp/evil".to_owned(), b"x".to_vec())));
    forge(&good, &bad("two with one address"), |all, _| {
        let (_, users) = all.iter_mut().find(|(path, _)| path.starts_with("tables/users/")).unwrap();
        *users = String::from_utf8(users.clone()).unwrap().replace("ada@", "bob@").into_bytes();
    });
    forge(&good, &bad("a wrong value"), |all, _| {
        let (_, users) = all.iter_mut().find(|(path, _)| path.starts_with("tables/users/")).unwrap();
        *users = String::from_utf8(users.clone())
            .unwrap()
            .replace("\"year\":11", "\"year\":\"eleven\"")
            .into_bytes();
    });

    for url in [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()] {
        let db = empty(&url).await;
        run(
            &db,
            "INSERT INTO articles (title, author, teaser, body, published_at) VALUES ('mine', '', '', '', 1)",
        )
        .await;
        for name in [
            "no archive",
            "empty",
            "cut off",
            "one bit",
            "other rights",
            "without a manifest",
            "without an entry",
            "another format",
            "of the future",
            "of the past",
            "an unknown table",
            "an unknown column",
            "fewer rows",
            "out of the folder",
            "from the root",
            "two with one address",
            "a wrong value",
            "missing",
        ] {
            let rejected = backup::restore(&db, &place(&data), &bad(name), Existing::Replace).await;
            assert!(rejected.is_err(), "{name}");
            assert_eq!(articles::latest(&db, 9).await.unwrap().len(), 1, "{name}");
            assert_eq!(count(&db, "users").await, 0, "{name}");
            assert_eq!(fs::read(data.join("uploads").join(A)).unwrap(), [0, 1, 2, 255], "{name}");
            assert_eq!(place(&data).admin().list().await.unwrap().len(), 2, "{name}");
            assert!(
                !folder.join("evil").exists() && !folder.parent().unwrap().join("evil").exists(),
                "{name}"
            );
        }
        backup::restore(&db, &place(&data), &good, Existing::Replace).await.expect("the good one passes");
        assert_eq!(count(&db, "users").await, 6);
        db.close().await;
    }
}

#[tokio::test]
async fn of_four_backups_at_once_one_is_made_whole() {
    let folder = Folder::new();
    let db = empty(&Url::file(&folder.join("x.db"))).await;
    let (uploads, file) = (place(&folder), folder.join("x.tar.gz"));
    let all = futures_util::future::join_all((0..4).map(|_| backup::create(&db, &uploads, &file))).await;
    assert_eq!(all.iter().filter(|made| made.is_ok()).count(), 1);
    for failed in all.into_iter().filter_map(Result::err) {
        assert!(matches!(failed, BackupError::Exists { .. }), "{failed:?}");
    }
    backup::verify(&file).unwrap();
}

#[tokio::test]
async fn an_endless_row_changes_nothing() {
    let folder = Folder::new();
    let db = empty(&Url::file(&folder.join("x.db"))).await;
    let (good, bad) = (folder.join("good.tar.gz"), folder.join("bad.tar.gz"));
    backup::create(&db, &place(&folder), &good).await.unwrap();
    forge(&good, &bad, |all, _| all.push(("tables/articles/1.jsonl".to_owned(), vec![b' '; 64 << 20])));
    let rejected = backup::restore(&db, &place(&folder), &bad, Existing::Replace).await.unwrap_err();
    assert!(matches!(rejected, BackupError::Damaged(_)), "{rejected:?}");
}

#[tokio::test]
async fn a_backup_that_fails_leaves_no_file() {
    let folder = Folder::new();
    let db = Db::connect(&Url::file(&folder.join("x.db"))).await.unwrap();
    let file = folder.join("x.tar.gz");
    assert!(matches!(backup::create(&db, &place(&folder), &file).await, Err(BackupError::NoTables)));
    db.migrate().await.unwrap();
    run(&db, "CREATE TABLE odd (id INTEGER PRIMARY KEY, at DATETIME)").await;
    let failed = backup::create(&db, &place(&folder), &file).await.unwrap_err().to_string();
    assert!(failed.contains("odd.at") && failed.contains("DATETIME"), "{failed}");
    let names = fs::read_dir(&*folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_str().unwrap().contains("x.tar.gz")), "a file is left");
}
