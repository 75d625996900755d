//! Uploads in a bucket of moto's S3 server.

use std::process::Command;

use axum::body::Body;
use http::StatusCode;
use http::header::{CONTENT_RANGE, RANGE};
use palisade::Uploads;
use palisade::upload::UploadId;
use test_support::servers::Server;

use super::copying::{check_copies, copy, read};
use super::samples::{every, png};
use super::site::{Files, Site, text};

/// The variable that holds the bucket's settings for [`in_a_bucket`].
const BUCKET: &str = "PALISADE_TEST_BUCKET";

/// The keys come from the environment, so the test runs in a process of its own.
#[test]
fn a_bucket_keeps_files_as_a_folder_does() {
    let Some(server) = Server::s3() else { return };
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "upload::s3::in_a_bucket", "--ignored", "--nocapture"]);
    again.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    again.env(BUCKET, format!("?region=eu-west-2&endpoint={}", server.uri));
    let output = again.env_remove("NEXTEST_EXECUTION_MODE").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

#[tokio::test]
#[ignore = "a_bucket_keeps_files_as_a_folder_does runs it, with the keys"]
async fn in_a_bucket() {
    let Ok(server) = std::env::var(BUCKET) else { return };
    let uploads = Uploads::open(&format!("s3://files/deep/folder{server}")).unwrap();
    let site = Site::new(uploads.clone().max_file_bytes(15 << 20).max_request_bytes(16 << 20));
    let mut stored = Vec::new();
    for (name, bytes) in every() {
        stored.push(site.keep(name, &bytes).await);
        assert!(!site.bytes(stored.last().unwrap()).await.is_empty());
    }
    // An upload in several parts.
    let words: Vec<u8> = (0..12_000_000_u32).map(|number| (number / 251) as u8).collect();
    let large = [&b"%PDF-1.4\n"[..], &words, b"\n%%EOF"].concat();
    let upload = site.keep("large.pdf", &large).await;
    assert!(site.bytes(&upload).await == large);

    let ask = http::Request::get(format!("/files/{}", upload.id)).header(RANGE, "bytes=9-12");
    let part = site.ask(ask.body(Body::empty()).unwrap()).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[CONTENT_RANGE], format!("bytes 9-12/{}", large.len()));
    assert_eq!(text(part).await.as_bytes(), &large[9..13]);

    assert_eq!(uploads.admin().list().await.unwrap().len(), 6);
    let beside = Uploads::open(&format!("s3://files/other{server}")).unwrap();
    assert!(beside.admin().list().await.unwrap().is_empty(), "each folder of a bucket is a store of its own");
    uploads.remove(upload.id).await.unwrap();
    assert_eq!(read(&uploads, upload.id).await, None);

    uploads.admin().restore(upload.id, true, copy(b"quarantined")).await.unwrap();
    assert_eq!(read(&uploads, upload.id).await.unwrap(), (b"quarantined".to_vec(), true));
    let quarantined = uploads.admin().list().await.unwrap().into_iter().find(|it| it.quarantined).unwrap();
    uploads.admin().delete(&quarantined).await.unwrap();
    assert_eq!(uploads.admin().list().await.unwrap().len(), 5);

    let local = Files::new();
    check_copies(&Site::new(local.uploads()), &beside).await;
    let unknown: UploadId = "0".repeat(32).parse().unwrap();
    assert_eq!(read(&beside, unknown).await, None);
    let gone = Uploads::open(&format!("s3://no-such-bucket/x{server}")).unwrap();
    assert!(gone.admin().list().await.is_err());
    assert!(gone.admin().restore(unknown, false, copy(&png())).await.is_err());
}
