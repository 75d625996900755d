//! ClamAV's own daemon, with one signature that we made, says what is malware.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use http::StatusCode;
use palisade::{Clamd, FileFault, Refusal, Unscanned};

use super::samples::{every, pdf, png, png_chunk};
use super::world::{Folder, Site};
use crate::stores::servers::{Server, folder};

/// What scanners are tried with, in two halves, so that none finds it in this file.
fn eicar() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// A PDF, all in order, with that in it.
fn infected() -> Vec<u8> {
    let pdf = pdf();
    let end = pdf.len() - 6;
    [&pdf[..end], &eicar(), &pdf[end..]].concat()
}

/// A daemon on a socket of its own, that knows one signature: where it stands in a file does not matter.
fn clamd() -> (Server, Clamd) {
    let folder = folder();
    clamd_in(folder)
}

fn clamd_in(folder: PathBuf) -> (Server, Clamd) {
    let hex: String = eicar().iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(folder.join("ours.ndb"), format!("Ours.Test:0:*:{hex}\n")).unwrap();
    let socket = folder.join("clamd.sock");
    let settings = format!(
        "Foreground yes\nDatabaseDirectory {folder}\nLocalSocket {socket}\nTemporaryDirectory {folder}\nUser root\n\
         StreamMaxLength 1M\nConcurrentDatabaseReload no\n",
        folder = folder.display(),
        socket = socket.display(),
    );
    let config = folder.join("clamd.conf");
    std::fs::write(&config, settings).unwrap();
    let mut command = Command::new("clamd");
    command.arg("--config-file").arg(&config);
    let clamd = Clamd::at(socket.to_str().unwrap()).unwrap().within(Duration::from_secs(20));
    let server = Server::start(command, folder, String::new(), || UnixStream::connect(&socket).is_ok());
    (server, clamd)
}

#[tokio::test]
async fn malware_is_refused_and_everything_else_kept() {
    let (_server, clamd) = clamd();
    clamd.ping().await.unwrap();
    let folder = Folder::new();
    let site = Site::new(folder.uploads().scan(clamd));
    for (name, bytes) in every() {
        site.keep(name, &bytes).await;
    }
    let kept = folder.files().len();
    let log = crate::world::Log::default();
    let listening = log.listen();
    let refusal = site.refuse("a.pdf", &infected()).await;
    drop(listening);
    assert_eq!(refusal, Refusal::File { name: "a.pdf".into(), fault: FileFault::Infected });
    assert_eq!(refusal.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(log.text().contains("Ours.Test"), "the log names it: {}", log.text());
    assert!(!refusal.message().contains("Ours"), "the visitor is not told what is known");

    // Where it would be left out anyhow, it is found before.
    let mut png = png();
    png.splice(33..33, png_chunk(b"tEXt", &eicar()));
    assert_eq!(site.fault("a.png", &png).await, FileFault::Infected);
    // And where it is the whole file, its kind is refused already.
    assert!(matches!(site.fault("eicar.com", &eicar()).await, FileFault::Unwanted { .. }));
    assert_eq!(folder.files().len(), kept);
}

#[tokio::test]
async fn without_a_scanner_nothing_is_taken_by_default() {
    let folder = Folder::new();
    let nobody = Clamd::at(folder.0.join("nobody.sock").to_str().unwrap()).unwrap();
    let site = Site::new(folder.uploads().scan(nobody.clone()));
    let response = site.send(&[super::world::file("a.png", &png())]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "60");
    assert_eq!(super::world::refusal(&response), Refusal::ScannerDown);
    assert!(folder.files().is_empty());
    assert!(nobody.ping().await.is_err());
}

#[tokio::test]
async fn a_scanner_that_says_nothing_is_not_waited_for() {
    let (server, clamd) = clamd();
    server.pause(true);
    let folder = Folder::new();
    let site = Site::new(folder.uploads().scan(clamd.within(Duration::from_millis(50))));
    assert_eq!(site.refuse("a.png", &png()).await, Refusal::ScannerDown);
    server.pause(false);
}

#[tokio::test]
async fn what_the_scanner_is_too_small_for_is_not_taken() {
    let (_server, clamd) = clamd();
    let folder = Folder::new();
    let site = Site::new(folder.uploads().scan(clamd));
    let large = [&b"%PDF-1.4\n"[..], &vec![b'x'; 2 << 20], b"\n%%EOF"].concat();
    assert_eq!(site.refuse("a.pdf", &large).await, Refusal::ScannerDown);
}

#[tokio::test]
async fn in_quarantine_files_wait_for_the_scanner() {
    let place = folder();
    let socket = place.join("clamd.sock");
    let clamd = Clamd::at(socket.to_str().unwrap()).unwrap().within(Duration::from_secs(20));
    let folder = Folder::new();
    let site = Site::new(folder.uploads().scan(clamd).unscanned(Unscanned::Quarantine));
    let clean = site.keep("a.png", &png()).await;
    let infected = site.keep("a.pdf", &infected()).await;
    for upload in [&clean, &infected] {
        assert!(upload.quarantined);
        let response = site.uploads.serve(upload, &http::Request::new(()).into_parts().0).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "nobody sees it");
        assert_eq!(site.uploads.examine(upload).await, Err(Refusal::ScannerDown));
    }
    assert!(site.uploads.list().await.unwrap().iter().all(|listed| listed.quarantined));

    let (_server, _) = clamd_in(place);
    let passed = site.uploads.examine(&clean).await.unwrap();
    assert!(!passed.quarantined);
    let response = site.uploads.serve(&passed, &http::Request::new(()).into_parts().0).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(site.uploads.examine(&passed).await.as_ref(), Ok(&passed), "it has passed already");

    let refused = site.uploads.examine(&infected).await.unwrap_err();
    assert_eq!(refused, Refusal::File { name: "a.pdf".into(), fault: FileFault::Infected });
    let listed = site.uploads.list().await.unwrap();
    assert_eq!(
        listed.iter().map(|listed| (listed.id, listed.quarantined)).collect::<Vec<_>>(),
        [(clean.id, false)]
    );
}
