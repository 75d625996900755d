//! Uploaded files in every store: the findings of `check`, and backups.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::time::{Duration, SystemTime};

use mathsoc::db::{Db, Url};
use mathsoc::operate::backup::{self, BackupError, Existing};
use mathsoc::operate::check::{self, Depth, Removed};
use palisade::Uploads;
use sha2::{Digest, Sha256};
use test_support::Folder;
use test_support::postgres::Postgres;

use super::backup::forge;
use super::tables::{count, run, texts};

pub(crate) const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccc";
/// The start of a statement that records the use of a file.
const USE: &str = "INSERT INTO file_uses (file_id, kind, subject_id) VALUES";

/// Stores a file and its row.
pub(crate) async fn keep(db: &Db, uploads: &Uploads, id: &str, bytes: &[u8]) {
    put(uploads, id, false, bytes).await;
    let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let row = format!("'{id}', 'x.png', 'png', {}, '{sum}', 5", bytes.len());
    run(db, &format!("INSERT INTO files (id, name, kind, size, sha256, uploaded_at) VALUES ({row})")).await;
}

async fn put(uploads: &Uploads, id: &str, quarantined: bool, bytes: &[u8]) {
    let mut copy = tempfile::tempfile().unwrap();
    copy.write_all(bytes).unwrap();
    copy.rewind().unwrap();
    uploads.admin().restore(id.parse().unwrap(), quarantined, copy).await.unwrap();
}

async fn databases(server: &Postgres, folder: &Folder) -> Vec<Db> {
    let mut all = Vec::new();
    for url in [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()] {
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        all.push(db);
    }
    all
}

async fn found(db: &Db, uploads: &Uploads, depth: Depth) -> Vec<String> {
    let findings = check::files(db, uploads, depth).await.unwrap();
    findings.iter().map(ToString::to_string).collect()
}

/// Makes a file old enough to count as unused.
fn age(folder: &Folder, name: &str) {
    let file = File::options().write(true).open(folder.join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(25 * 60 * 60)).unwrap();
}

#[tokio::test]
async fn mismatches_of_files_and_rows_are_found() {
    let server = Postgres::start();
    let scratch = Folder::new();
    for db in databases(&server, &scratch).await {
        let folder = Folder::new();
        let uploads = Uploads::open(folder.to_str().unwrap()).unwrap();
        for id in [A, B] {
            keep(&db, &uploads, id, b"a picture").await;
            run(&db, &format!("{USE} ('{id}', 'article', 1)")).await;
        }
        assert_eq!(found(&db, &uploads, Depth::Bytes).await, [""; 0]);

        fs::write(folder.join(A), "a pictur3").unwrap();
        assert_eq!(found(&db, &uploads, Depth::Sizes).await, [""; 0], "the size is unchanged");
        let findings = found(&db, &uploads, Depth::Bytes).await;
        assert_eq!(
            findings,
            [format!("M11  file {A} (\"x.png\") has other content than when it was uploaded")]
        );
        fs::write(folder.join(A), "a pic").unwrap();
        let findings = found(&db, &uploads, Depth::Sizes).await;
        assert_eq!(findings, [format!("M11  file {A} (\"x.png\") has 5 bytes instead of 9")]);
        fs::remove_file(folder.join(A)).unwrap();
        let findings = found(&db, &uploads, Depth::Sizes).await;
        assert!(
            findings.len() == 1 && findings[0].contains("is missing from the storage: restore it"),
            "{findings:?}"
        );
        put(&uploads, A, true, b"a picture").await;
        let findings = found(&db, &uploads, Depth::Sizes).await;
        assert!(
            findings.len() == 1 && findings[0].contains("is stored in quarantine, but does not wait"),
            "{findings:?}"
        );
        run(&db, &format!("UPDATE files SET quarantined_at = 7 WHERE id = '{A}'")).await;
        assert_eq!(found(&db, &uploads, Depth::Bytes).await, [""; 0], "the row says quarantine too");

        put(&uploads, A, false, b"a picture").await;
        put(&uploads, C, false, b"left by a crash").await;
        fs::write(folder.join("README"), "not ours").unwrap();
        assert_eq!(found(&db, &uploads, Depth::Sizes).await, [""; 0], "new files may still be in an upload");
        for name in [A, C, "README"] {
            age(&folder, name);
        }
        assert_eq!(
            found(&db, &uploads, Depth::Sizes).await,
            [
                format!("M12  file {A} is stored a second time: 9 bytes (--remove-unused removes it)"),
                format!("M12  file {C} is stored, but has no row: 15 bytes (--remove-unused removes it)"),
            ]
        );
        run(&db, "DELETE FROM file_uses").await;
        let findings = found(&db, &uploads, Depth::Sizes).await;
        assert!(findings.len() == 4 && findings[3].starts_with(&format!("M13  file {B} ")), "{findings:?}");
        db.close().await;
    }
}

#[tokio::test]
async fn only_unused_files_are_removed() {
    let server = Postgres::start();
    let scratch = Folder::new();
    for db in databases(&server, &scratch).await {
        let folder = Folder::new();
        let uploads = Uploads::open(folder.to_str().unwrap()).unwrap();
        for id in [A, B, C, &"d".repeat(32)] {
            keep(&db, &uploads, id, b"a picture").await;
        }
        let (young, stray, arriving) = ("d".repeat(32), "e".repeat(32), "f".repeat(32));
        run(&db, &format!("UPDATE files SET uploaded_at = 99999999999 WHERE id = '{young}'")).await;
        run(&db, &format!("{USE} ('{A}', 'article', 1), ('{B}', 'of the future', 2)")).await;
        put(&uploads, &stray, true, b"left").await;
        put(&uploads, &arriving, false, b"arriving").await;
        put(&uploads, A, true, b"a picture").await;
        for name in [A, B, C, &young, &format!("quarantine/{stray}"), &format!("quarantine/{A}")] {
            age(&folder, name);
        }
        let expected = Removed { unused: 1, strays: 2, bytes: 9 + 4 + 9, young: 2 };
        assert_eq!(check::remove_unused(&db, &uploads, true).await.unwrap(), expected);
        assert_eq!(
            (count(&db, "files").await, uploads.admin().list().await.unwrap().len()),
            (4, 7),
            "a dry run"
        );
        assert_eq!(check::remove_unused(&db, &uploads, false).await.unwrap(), expected);
        let left: Vec<_> = uploads.admin().list().await.unwrap().iter().map(|it| it.id.to_string()).collect();
        assert_eq!(left, [A, B, &young, &arriving]);
        assert_eq!(texts(&db, "SELECT id FROM files ORDER BY id").await, [A, B, &young]);
        let nothing = Removed { young: 2, ..Removed::default() };
        assert_eq!(check::remove_unused(&db, &uploads, false).await.unwrap(), nothing);
        assert_eq!(found(&db, &uploads, Depth::Bytes).await, [""; 0]);
        db.close().await;
    }
}

#[tokio::test]
async fn a_backup_moves_files_between_any_stores() {
    let folder = Folder::new();
    let db = &databases(&Postgres::start(), &folder).await[0];
    let own = Uploads::open(folder.join("own").to_str().unwrap()).unwrap();
    let by_url = Uploads::open(&format!("file://{}/by url", folder.display())).unwrap();
    let memory = Uploads::open("memory://").unwrap();
    keep(db, &own, A, &vec![7; 100_000]).await;
    keep(db, &own, B, &[1; 512]).await;
    keep(db, &own, C, b"it waits").await;
    own.remove(C.parse().unwrap()).await.unwrap();
    put(&own, C, true, b"it waits").await;
    run(db, &format!("UPDATE files SET quarantined_at = 7 WHERE id = '{C}'")).await;
    put(&own, &"d".repeat(32), false, b"without a row").await;

    let mut from = own;
    for (n, to) in [memory, by_url].into_iter().enumerate() {
        let saved = folder.join(format!("{n}.tar.gz"));
        let manifest = backup::create(db, &from, &saved).await.unwrap();
        assert_eq!((manifest.files(), manifest.missing.len()), (3, 0));
        assert_eq!(backup::verify(&saved).unwrap().files(), 3);
        let target = Db::connect(&Url::file(&folder.join(format!("{n}.db")))).await.unwrap();
        backup::restore(&target, &to, &saved, Existing::Refuse).await.unwrap();
        assert_eq!(found(&target, &to, Depth::Bytes).await.len(), 3, "all files are intact but unused");
        assert!(found(&target, &to, Depth::Bytes).await.iter().all(|it| it.starts_with("M13")));
        assert_eq!(to.admin().list().await.unwrap().iter().filter(|it| it.quarantined).count(), 1);
        target.close().await;
        from = to;
    }
}

#[tokio::test]
async fn a_backup_lists_missing_files() {
    let folder = Folder::new();
    let db = &databases(&Postgres::start(), &folder).await[0];
    let place = folder.join("uploads");
    let uploads = Uploads::open(place.to_str().unwrap()).unwrap();
    keep(db, &uploads, A, b"a picture").await;
    keep(db, &uploads, B, b"a picture").await;
    fs::remove_file(place.join(A)).unwrap();
    fs::write(place.join(B), "damaged").unwrap();
    let saved = folder.join("x.tar.gz");
    let manifest = backup::create(db, &uploads, &saved).await.unwrap();
    assert_eq!((manifest.files(), manifest.missing), (1, vec![A.to_owned()]));

    // Both are intact at the target and stay so.
    fs::write(place.join(A), "a picture").unwrap();
    fs::write(place.join(B), "a picture").unwrap();
    backup::restore(db, &uploads, &saved, Existing::Replace).await.unwrap();
    for id in [A, B] {
        assert_eq!(fs::read(place.join(id)).unwrap(), b"a picture");
    }
}

#[tokio::test]
async fn a_restore_names_files_that_were_damaged_before() {
    let folder = Folder::new();
    let db = &databases(&Postgres::start(), &folder).await[0];
    let uploads = Uploads::open(folder.join("uploads").to_str().unwrap()).unwrap();
    keep(db, &uploads, A, b"a picture").await;
    keep(db, &uploads, B, b"another").await;
    fs::write(folder.join("uploads").join(B), "damaged").unwrap();
    let saved = folder.join("x.tar.gz");
    backup::create(db, &uploads, &saved).await.unwrap();
    let target = Db::connect(&Url::file(&folder.join("target.db"))).await.unwrap();
    let to = Uploads::open("memory://").unwrap();
    let restored = backup::restore(&target, &to, &saved, Existing::Refuse).await.unwrap();
    assert_eq!(restored.damaged, [B.parse().unwrap()]);
    assert_eq!(to.admin().list().await.unwrap().len(), 2, "its bytes are all that is left of it");
    target.close().await;
}

#[tokio::test]
async fn a_forced_restore_repairs_and_removes_files() {
    let folder = Folder::new();
    let db = &databases(&Postgres::start(), &folder).await[0];
    let place = folder.join("uploads");
    let uploads = Uploads::open(place.to_str().unwrap()).unwrap();
    keep(db, &uploads, A, b"a picture").await;
    keep(db, &uploads, B, b"another").await;
    let saved = folder.join("x.tar.gz");
    backup::create(db, &uploads, &saved).await.unwrap();
    fs::write(place.join(A), "damaged").unwrap();
    fs::remove_file(place.join(B)).unwrap();
    keep(db, &uploads, C, b"newer than the backup").await;
    fs::write(place.join("README"), "not ours").unwrap();

    let rejected = backup::restore(db, &uploads, &saved, Existing::Refuse).await.unwrap_err();
    assert!(matches!(rejected, BackupError::HasFiles { files: 2 }), "{rejected}");
    // A restore that fails removes the files that it added and leaves the others.
    let wrong = folder.join("wrong.tar.gz");
    forge(&saved, &wrong, |_, manifest| manifest["tables"][0]["rows"] = 99.into());
    let rejected = backup::restore(db, &uploads, &wrong, Existing::Replace).await.unwrap_err();
    assert!(matches!(rejected, BackupError::Changed { .. }), "{rejected}");
    assert!(!place.join(B).exists() && place.join(C).exists());

    backup::restore(db, &uploads, &saved, Existing::Replace).await.unwrap();
    assert_eq!(fs::read(place.join(A)).unwrap(), b"a picture");
    assert_eq!(fs::read(place.join(B)).unwrap(), b"another");
    assert!(!place.join(C).exists() && place.join("README").exists());
    assert_eq!(count(db, "files").await, 2);
}
