//! Malware scanning by a real ClamAV daemon, with one signature of our own.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use palisade::upload::{Clamd, ScanFailurePolicy, UploadError};
use test_support::Folder;
use test_support::servers::{Server, clamd_socket};

use super::samples::{every, pdf, png, png_chunk};
use super::site::{Files, Site};

/// Returns the EICAR test file. It is in two halves, so that no scanner finds it in this source.
fn eicar() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// Returns a valid PDF that contains the EICAR test file.
fn infected() -> Vec<u8> {
    let pdf = pdf();
    let end = pdf.len() - 6;
    [&pdf[..end], &eicar(), &pdf[end..]].concat()
}

/// Starts the daemon with the EICAR signature, which matches anywhere in a file.
fn clamd() -> (Server, Clamd) {
    let server = Server::clamd(Folder::new(), &eicar());
    let clamd = client(&clamd_socket(server.folder()));
    (server, clamd)
}

fn client(socket: &Path) -> Clamd {
    Clamd::at(socket.to_str().unwrap()).unwrap().timeout(Duration::from_secs(20))
}

#[tokio::test]
async fn malware_is_rejected_and_other_files_stored() {
    let (_server, clamd) = clamd();
    clamd.ping().await.unwrap();
    let folder = Files::new();
    let site = Site::new(folder.uploads().scanner(clamd));
    for (name, bytes) in every() {
        site.keep(name, &bytes).await;
    }
    let kept = folder.files().len();
    let log = test_support::log::Log::default();
    let listening = log.listen();
    let rejection = site.reject("a.pdf", &infected()).await;
    drop(listening);
    assert_eq!(
        rejection,
        palisade::upload::UploadRejection::File { name: "a.pdf".into(), error: UploadError::Infected }
    );
    assert_eq!(rejection.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(log.text().contains("Ours.Test"), "the log names it: {}", log.text());
    assert!(!rejection.message().contains("Ours"), "the message does not name the signature");

    // Malware in metadata is found before the metadata is removed.
    let mut png = png();
    png.splice(33..33, png_chunk(b"tEXt", &eicar()));
    assert_eq!(site.error("a.png", &png).await, UploadError::Infected);
    // The EICAR file itself is rejected for its type.
    assert!(matches!(site.error("eicar.com", &eicar()).await, UploadError::UnsupportedType { .. }));
    assert_eq!(folder.files().len(), kept);
}

#[tokio::test]
async fn without_a_scanner_uploads_are_rejected_by_default() {
    let folder = Files::new();
    let missing = Clamd::at(folder.0.join("missing.sock").to_str().unwrap()).unwrap();
    let site = Site::new(folder.uploads().scanner(missing.clone()));
    let response = site.send(&[super::site::file("a.png", &png())]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "60");
    assert_eq!(super::site::rejection(&response), palisade::upload::UploadRejection::ScannerDown);
    assert!(folder.files().is_empty());
    assert!(missing.ping().await.is_err());
}

#[tokio::test]
async fn a_silent_scanner_times_out() {
    let (server, clamd) = clamd();
    server.pause(true);
    let folder = Files::new();
    let site = Site::new(folder.uploads().scanner(clamd.timeout(Duration::from_millis(50))));
    assert_eq!(site.reject("a.png", &png()).await, palisade::upload::UploadRejection::ScannerDown);
    server.pause(false);
}

#[tokio::test]
async fn a_file_too_large_to_scan_is_rejected() {
    let (_server, clamd) = clamd();
    let folder = Files::new();
    let site = Site::new(folder.uploads().scanner(clamd));
    let large = [&b"%PDF-1.4\n"[..], &vec![b'x'; 2 << 20], b"\n%%EOF"].concat();
    assert_eq!(site.reject("a.pdf", &large).await, palisade::upload::UploadRejection::ScannerDown);
}

#[tokio::test]
async fn in_quarantine_files_wait_for_the_scanner() {
    let place = Folder::new();
    let clamd = client(&clamd_socket(&place));
    let folder = Files::new();
    let site = Site::new(folder.uploads().scanner(clamd).scan_failure(ScanFailurePolicy::Quarantine));
    let clean = site.keep("a.png", &png()).await;
    let infected = site.keep("a.pdf", &infected()).await;
    for upload in [&clean, &infected] {
        assert!(upload.quarantined);
        let response = site.uploads.serve(upload, &http::Request::new(()).into_parts().0).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "a quarantined file is not served");
        assert_eq!(site.uploads.rescan(upload).await, Err(palisade::upload::UploadRejection::ScannerDown));
    }
    assert!(site.uploads.admin().list().await.unwrap().iter().all(|listed| listed.quarantined));

    let _server = Server::clamd(place, &eicar());
    let passed = site.uploads.rescan(&clean).await.unwrap();
    assert!(!passed.quarantined);
    let response = site.uploads.serve(&passed, &http::Request::new(()).into_parts().0).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(site.uploads.rescan(&passed).await.as_ref(), Ok(&passed), "it has passed already");

    let rejected = site.uploads.rescan(&infected).await.unwrap_err();
    assert_eq!(
        rejected,
        palisade::upload::UploadRejection::File { name: "a.pdf".into(), error: UploadError::Infected }
    );
    let listed = site.uploads.admin().list().await.unwrap();
    assert_eq!(
        listed.iter().map(|listed| (listed.id, listed.quarantined)).collect::<Vec<_>>(),
        [(clean.id, false)]
    );
}
