//! Files in the database, and their visibility.

use mathsoc::db::{Db, files, trash};
use mathsoc::domain::log_subject::LogSubject;
use palisade::upload::{Upload, UploadId};

use super::accounts::admin;
use super::{Check, article, challenge, run};

/// The id of the first challenge and of the first article.
const FIRST: i64 = 1;

pub(super) static CHECKS: &[Check] = checks![
    a_file_record_is_read_as_written,
    a_file_is_visible_with_its_content_only,
    trashed_content_shows_no_file,
    purged_content_uses_no_file,
    quarantined_files_are_hidden,
    a_file_outlives_its_sender_but_not_uses,
];

fn file(digit: char, quarantined: bool) -> Upload {
    let id = digit.to_string().repeat(32).parse().unwrap();
    let digest = digit.to_string().repeat(64).parse().unwrap();
    Upload::from_parts(id, "Übung.png", palisade::upload::FileType::Png, 4_000_000_000, digest, quarantined)
}

async fn insert_file(db: &Db, digit: char) -> UploadId {
    let grace = admin(db, &format!("grace{digit}@school.example")).await;
    let file = file(digit, false);
    files::insert(db, &file, Some((640, 480)), grace.id).await.unwrap();
    file.id
}

async fn is_shown(db: &Db, id: UploadId) -> bool {
    files::shown(db, id).await.unwrap().is_some()
}

async fn a_file_record_is_read_as_written(db: Db) {
    let id = insert_file(&db, 'a').await;
    assert_eq!(files::any(&db, id).await.unwrap(), Some(file('a', false)));
    assert_eq!(files::any(&db, file('b', false).id).await.unwrap(), None);
    assert!(!is_shown(&db, id).await, "no content uses it");
}

async fn a_file_is_visible_with_its_content_only(db: Db) {
    let id = insert_file(&db, 'a').await;
    challenge(&db, "Ahead", "KS3", 1).await;
    article(&db, "Out", -1).await;
    files::use_in(&db, LogSubject::Challenge, FIRST, &[id]).await.unwrap();
    assert!(!is_shown(&db, id).await, "the challenge is not released");
    files::use_in(&db, LogSubject::Article, 99, &[id]).await.unwrap();
    assert!(!is_shown(&db, id).await, "the article does not exist");
    files::use_in(&db, LogSubject::Article, FIRST, &[id, id, file('f', false).id]).await.unwrap();
    assert!(is_shown(&db, id).await);
    files::use_in(&db, LogSubject::Article, FIRST, &[]).await.unwrap();
    assert!(!is_shown(&db, id).await, "the article no longer uses it");
    run(&db, "UPDATE challenges SET released_at = 1", &[]).await.unwrap();
    assert!(is_shown(&db, id).await);
}

async fn trashed_content_shows_no_file(db: Db) {
    let id = insert_file(&db, 'a').await;
    challenge(&db, "Out", "KS3", -1).await;
    files::use_in(&db, LogSubject::Challenge, FIRST, &[id]).await.unwrap();
    assert!(is_shown(&db, id).await);
    run(&db, "UPDATE challenges SET deleted_at = 1", &[]).await.unwrap();
    assert!(!is_shown(&db, id).await);
}

async fn purged_content_uses_no_file(db: Db) {
    let id = insert_file(&db, 'a').await;
    challenge(&db, "Out", "KS3", -1).await;
    article(&db, "Out", -1).await;
    files::use_in(&db, LogSubject::Challenge, FIRST, &[id]).await.unwrap();
    files::use_in(&db, LogSubject::Article, FIRST, &[id]).await.unwrap();
    run(&db, "UPDATE challenges SET deleted_at = 1", &[]).await.unwrap();
    trash::empty(&db).await.unwrap();
    let uses: [&'static str; 2] = [
        "INSERT INTO file_uses (file_id, kind, subject_id) VALUES ($1, 'challenge', 1)",
        "INSERT INTO file_uses (file_id, kind, subject_id) VALUES ($1, 'article', 1)",
    ];
    let id = id.to_string();
    assert!(run(&db, uses[0], &[&id]).await.is_ok(), "the rows of the purged challenge are gone");
    assert!(run(&db, uses[1], &[&id]).await.is_err(), "the rows of the article are still there");
}

async fn quarantined_files_are_hidden(db: Db) {
    let grace = admin(&db, "grace@school.example").await;
    let waiting = file('b', true);
    files::insert(&db, &waiting, None, grace.id).await.unwrap();
    challenge(&db, "Out", "KS3", -1).await;
    files::use_in(&db, LogSubject::Challenge, FIRST, &[waiting.id]).await.unwrap();
    assert!(!is_shown(&db, waiting.id).await);
    assert_eq!(files::waiting(&db).await.unwrap(), std::slice::from_ref(&waiting));
    files::pass(&db, waiting.id).await.unwrap();
    assert!(is_shown(&db, waiting.id).await && files::waiting(&db).await.unwrap().is_empty());
}

async fn a_file_outlives_its_sender_but_not_uses(db: Db) {
    let id = insert_file(&db, 'a').await;
    challenge(&db, "Out", "KS3", -1).await;
    files::use_in(&db, LogSubject::Challenge, FIRST, &[id]).await.unwrap();
    run(&db, "DELETE FROM users", &[]).await.unwrap();
    assert!(is_shown(&db, id).await);
    files::forget(&db, id).await.unwrap();
    assert_eq!(files::any(&db, id).await.unwrap(), None);
    files::insert(&db, &file('a', false), None, admin(&db, "ada@school.example").await.id).await.unwrap();
    assert!(!is_shown(&db, id).await, "its uses were deleted too");
}
