//! Uploaded files in their own folder, at a URL and in a bucket, as the commands find them.

use mathsoc::db::{Db, Url};
use palisade::Uploads;
use test_support::Folder;
use test_support::servers::Server;

use super::commands::run as mathsoc;
use super::files::{A, B, keep};

/// Backs up a site with files, restores it into this store, and from there into another folder.
async fn travels(place: &str, keys: &[(&str, &str)]) {
    let folder = Folder::new();
    let own = [("UPLOAD_FOLDER", "pictures")];
    assert_eq!(mathsoc(&folder, &own, &["migrate"]).0, 0);
    let db = Db::connect(&Url::file(&folder.join("data/mathsoc.db"))).await.unwrap();
    let uploads = Uploads::open(folder.join("pictures").to_str().unwrap()).unwrap();
    keep(&db, &uploads, A, &vec![3; 70_000]).await;
    keep(&db, &uploads, B, b"another").await;
    db.close().await;
    let (code, text) = mathsoc(&folder, &own, &["backup", "one.tar.gz"]);
    assert!(code == 0 && text.contains(" and 2 files are in one.tar.gz"), "{text}");
    let (code, text) = mathsoc(&folder, &[("UPLOAD_FOLDER", "nowhere")], &["backup", "none.tar.gz"]);
    assert!(code == 0 && text.contains("2 files of the database are missing from the storage"), "{text}");
    assert!(text.contains(&format!("{A}, {B}")) && !folder.join("nowhere").exists(), "{text}");

    let there = [keys, &[("DATA_DIR", "there"), ("UPLOAD_STORE_URI", place)]].concat();
    let (code, text) = mathsoc(&folder, &there, &["restore", "one.tar.gz"]);
    assert!(code == 0 && text.contains("        2 files\n"), "{text}");
    let (code, text) = mathsoc(&folder, &there, &["check", "--read-files"]);
    assert!(code == 1 && text.matches("M13").count() == 2 && text.lines().count() == 2, "{text}");
    let elsewhere = [keys, &[("DATA_DIR", "elsewhere"), ("UPLOAD_STORE_URI", place)]].concat();
    let (code, text) = mathsoc(&folder, &elsewhere, &["restore", "one.tar.gz"]);
    assert!(code == 1 && text.contains("there are 2 uploaded files already: add --replace"), "{text}");
    assert_eq!(mathsoc(&folder, &there, &["restore", "one.tar.gz", "--replace"]).0, 0);

    let (code, text) = mathsoc(&folder, &there, &["backup", "two.tar.gz"]);
    assert!(code == 0 && text.contains(" and 2 files are in two.tar.gz"), "{text}");
    let back = [("DATA_DIR", "back")];
    assert_eq!(mathsoc(&folder, &back, &["restore", "two.tar.gz"]).0, 0);
    for id in [A, B] {
        let bytes = |place: &str| std::fs::read(folder.join(place).join(id)).unwrap();
        assert_eq!(bytes("back/uploads"), bytes("pictures"));
    }

    let (code, text) = mathsoc(&folder, &there, &["check", "--remove-unused", "--dry-run"]);
    let would = "Would be removed: 2 unused files, 0 files without a row, 70007 bytes.\n\
                 This was a dry run: nothing was changed.\n";
    assert!(code == 1 && text.starts_with(would) && text.contains("M13"), "{text}");
    let (code, text) = mathsoc(&folder, &there, &["check", "--remove-unused"]);
    assert!(code == 0 && text.starts_with("Removed: 2 unused files"), "{text}");
    assert!(text.ends_with("Nothing found.\n"), "{text}");
    let (code, text) = mathsoc(&folder, &there, &["check", "--dry-run"]);
    assert!(code == 2 && text.contains("--remove-unused"), "{text}");
}

#[tokio::test]
async fn backups_and_checks_accept_file_urls() {
    let folder = Folder::new();
    travels(&format!("file://{}/deep/in here", folder.display()), &[]).await;
}

#[tokio::test]
async fn backups_and_checks_find_files_in_a_bucket() {
    let Some(server) = Server::s3() else { return };
    let place = format!("s3://files/society?region=eu-west-2&endpoint={}", server.uri);
    travels(&place, &[("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]).await;
}

#[test]
fn memory_storage_is_not_checked_or_restored() {
    let folder = Folder::new();
    let memory = [("UPLOAD_STORE_URI", "memory://")];
    assert_eq!(mathsoc(&folder, &memory, &["migrate"]).0, 0);
    let (code, text) = mathsoc(&folder, &memory, &["check"]);
    assert!(code == 0 && text.contains("in the memory of the site process"), "{text}");
    assert_eq!(mathsoc(&folder, &[], &["backup", "x.tar.gz"]).0, 0);
    let (code, text) = mathsoc(&folder, &memory, &["restore", "x.tar.gz"]);
    assert!(
        code == 1 && text.contains("set UPLOAD_FOLDER or UPLOAD_STORE_URI to permanent storage"),
        "{text}"
    );
}
