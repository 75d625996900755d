use std::fs;
use std::time::Duration;

use palisade::session::store::{SessionId, SessionRecord};
use palisade::test::{Browser, session_store};
use test_support::Folder;

use super::*;

#[tokio::test]
async fn the_store_keeps_the_contract() {
    let folder = Folder::new();
    session_store::check(FolderSessions::open(&*folder).unwrap()).await;
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let (folder, keyring) = (Folder::new(), Keyring::random());
    let start = || app(FolderSessions::open(&*folder).unwrap(), &keyring);
    let mut ada = Browser::new(start());
    assert_eq!(ada.get("/").await.text, "visit 1");
    let mut ada = ada.service(start());
    assert_eq!(ada.get("/").await.text, "visit 2");
    let other_key = app(FolderSessions::open(&*folder).unwrap(), &Keyring::random());
    assert_eq!(ada.service(other_key).get("/").await.text, "visit 1");
}

#[tokio::test]
async fn expired_sessions_leave_no_files() {
    let folder = Folder::new();
    let store = FolderSessions::open(&*folder).unwrap();
    for _ in 0..1000 {
        let record = SessionRecord { version: 1, user: None, bytes: Vec::new() };
        store.save(SessionId::random(), None, record, Duration::ZERO).await.unwrap();
    }
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1, "the last one");
}

#[tokio::test]
async fn a_broken_store_is_a_503() {
    let folder = Folder::new();
    let mut ada = Browser::new(app(FolderSessions::open(&*folder).unwrap(), &Keyring::random()));
    drop(folder); // deletes it
    assert_eq!(ada.get("/").await.status, 503);
}
