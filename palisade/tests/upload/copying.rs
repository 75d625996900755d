//! Copies of stored files: list, read, restore, discard.

use std::fs::File;
use std::io::{Seek, Write};
use std::time::{Duration, SystemTime};

use palisade::Uploads;
use palisade::upload::{UploadId, UploadsError};

use super::samples::{every, png};
use super::site::{Files, Site};

/// Returns the bytes of a file, and `true` if it is quarantined.
pub async fn read(uploads: &Uploads, id: UploadId) -> Option<(Vec<u8>, bool)> {
    let mut stored = uploads.admin().read(id).await.unwrap()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stored.chunk().await.unwrap() {
        bytes.extend_from_slice(&chunk);
    }
    assert_eq!(stored.bytes(), bytes.len() as u64);
    Some((bytes, stored.is_quarantined()))
}

/// Returns a local file of these bytes, positioned at its start.
pub fn copy(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

/// Copies all files from one store to another, and checks the copies.
pub async fn check_copies(from: &Site, to: &Uploads) {
    let begun = SystemTime::now() - Duration::from_secs(2);
    let mut stored = Vec::new();
    for (name, bytes) in every() {
        stored.push(from.keep(name, &bytes).await);
    }
    for listed in from.uploads.admin().list().await.unwrap() {
        assert!(
            listed.last_modified >= begun
                && listed.last_modified <= SystemTime::now() + Duration::from_secs(2)
        );
        let (bytes, _) = read(&from.uploads, listed.id).await.unwrap();
        to.admin().restore(listed.id, listed.quarantined, copy(&bytes)).await.unwrap();
    }
    let there = Site { uploads: to.clone(), records: from.records.clone() };
    for upload in &stored {
        assert_eq!(there.bytes(upload).await, from.bytes(upload).await, "under the same id");
    }
    // The copy is damaged, and restored once more.
    let whole = read(to, stored[0].id).await.unwrap().0;
    to.admin().restore(stored[0].id, false, copy(b"no picture")).await.unwrap();
    assert_eq!(read(to, stored[0].id).await.unwrap().0, b"no picture");
    to.admin().restore(stored[0].id, false, copy(&whole)).await.unwrap();
    assert_eq!(there.bytes(&stored[0]).await, whole);
    assert_eq!(to.admin().list().await.unwrap().len(), stored.len());
}

#[tokio::test]
async fn files_move_between_stores_under_their_ids() {
    let folder = Files::new();
    let by_url = format!("file://{}/by-url", folder.0.display());
    let places = ["memory://".to_owned(), by_url, folder.0.join("plain").display().to_string()];
    for to in &places {
        check_copies(&Site::new(Uploads::open(&places[2]).unwrap()), &Uploads::open(to).unwrap()).await;
        let again = Uploads::open(&places[2]).unwrap();
        for listed in again.admin().list().await.unwrap() {
            again.admin().delete(&listed).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_quarantined_copy_is_restored_and_removed_separately() {
    let folder = Files::new();
    let uploads = folder.uploads();
    let upload = Site::new(uploads.clone()).keep("a.png", &png()).await;
    uploads.admin().restore(upload.id, true, copy(b"quarantined")).await.unwrap();
    assert_eq!(read(&uploads, upload.id).await.unwrap(), (png(), false), "a served copy has priority");
    let listed = uploads.admin().list().await.unwrap();
    assert_eq!(listed.len(), 2);
    let served = listed.iter().find(|it| !it.quarantined).unwrap();
    uploads.admin().delete(served).await.unwrap();
    uploads.admin().delete(served).await.unwrap();
    assert_eq!(read(&uploads, upload.id).await.unwrap(), (b"quarantined".to_vec(), true));
    uploads.remove(upload.id).await.unwrap();
    assert_eq!(read(&uploads, upload.id).await, None);
}

#[tokio::test]
async fn a_reader_creates_nothing() {
    let folder = Files::new();
    let place = folder.0.join("files");
    let reader = Uploads::open_read_only(place.to_str().unwrap()).unwrap();
    assert!(reader.admin().list().await.unwrap().is_empty() && !place.exists());
    let upload = Site::new(folder.uploads()).keep("a.png", &png()).await;
    let reader = Uploads::open_read_only(place.to_str().unwrap()).unwrap();
    assert_eq!(read(&reader, upload.id).await.unwrap().0, png());
    assert!(matches!(Uploads::open_read_only("ftp://x/y"), Err(UploadsError::InvalidLocation(_))));
}
