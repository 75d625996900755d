//! Stored files: names, listing, removal, and cancelled uploads.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use palisade::Uploads;
use palisade::upload::{Upload, UploadId, UploadsError};

use super::samples::{every, pdf, png};
use super::site::{Files, Part, Site, encode, file, form, form_of, text};

/// A body of these chunks, then this many zero bytes, that never ends.
pub struct Sender {
    chunks: std::vec::IntoIter<Vec<u8>>,
    more: usize,
    pub taken: Arc<AtomicUsize>,
}

impl Sender {
    pub fn new(chunks: Vec<Vec<u8>>, more: usize) -> Self {
        Self { chunks: chunks.into_iter(), more, taken: Arc::default() }
    }
}

impl http_body::Body for Sender {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = match self.chunks.next() {
            Some(chunk) => chunk,
            None if self.more == 0 => return Poll::Pending,
            None => vec![0; self.more.min(16 * 1024)],
        };
        if self.chunks.len() == 0 {
            self.more = self.more.saturating_sub(chunk.len());
        }
        self.taken.fetch_add(chunk.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(chunk.into()))))
    }
}

/// Polls a future until this condition holds.
async fn until(future: &mut (impl Future + Unpin), holds: impl Fn() -> bool) {
    while !holds() {
        tokio::select! {
            biased;
            _ = &mut *future => panic!("the future finished"),
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn names_are_safe_and_keep_their_letters() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (called, name) in [
        ("a.png", "a.png"),
        ("../../../etc/cron.d/a.png", "a.png"),
        ("C:\\\\Users\\\\Ada\\\\Übung 1.png", "Übung_1.png"),
        ("con.png", "_con.png"),
        ("NUL.png", "_NUL.png"),
        ("...hidden.png", "hidden.png"),
        (".png", "file.png"),
        ("-rf.png", "rf.png"),
        ("файл.png", "файл.png"),
        ("a\u{202e}gnp.png", "agnp.png"),
        ("a:stream.png", "astream.png"),
    ] {
        let upload = site.keep(called, &png()).await;
        assert_eq!(upload.name.as_str(), name, "{called}");
    }
    let ascii = Site::new(folder.uploads().ascii_names());
    assert_eq!(ascii.keep("Übung.png", &png()).await.name.as_str(), "Ubung.png");
    assert_eq!(ascii.keep("файл.png", &png()).await.name.as_str(), "file.png");
}

#[tokio::test]
async fn files_are_stored_under_random_names() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("../../a.png", &png()).await;
    assert_eq!(folder.files(), [upload.id.to_string()]);
    assert_eq!(folder.files()[0].len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = std::fs::metadata(folder.0.join("files")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "other users cannot open the folder");
    }
}

#[tokio::test]
async fn concurrent_files_of_one_name_are_separate() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let (first, other) = (png(), super::samples::tagged_png());
    let same = Site::new(folder.uploads().image_policy(palisade::upload::ImagePolicy::Recode));
    let (one, two) = tokio::join!(site.keep("a.png", &first), same.keep("a.png", &other));
    assert_ne!(one.id, two.id);
    assert_eq!(one.name, two.name);
    assert_eq!(site.bytes(&one).await, first);
    assert_eq!(folder.files().len(), 2);
}

#[tokio::test]
async fn the_record_suffices_to_serve_the_file() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("Übung.pdf", &pdf()).await;
    let row = (
        upload.id.to_string(),
        upload.name.to_string(),
        upload.file_type.to_string(),
        upload.digest.to_string(),
    );
    let known = Upload::from_parts(
        row.0.parse().unwrap(),
        &row.1,
        row.2.parse().unwrap(),
        upload.bytes,
        row.3.parse().unwrap(),
        false,
    );
    assert_eq!(known, upload);
    // The digest is that of `sha256sum`.
    use sha2::{Digest, Sha256};
    let sum: String = Sha256::digest(pdf()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(upload.digest.to_string(), sum);
}

#[tokio::test]
async fn texts_and_files_come_together() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let png = png();
    let mut form = site
        .uploads
        .take(form(&[
            Part { field: "title", called: None, bytes: "Primes – a start".as_bytes() },
            Part { field: "empty", called: Some(""), bytes: b"" },
            Part { field: "cover", called: Some("cover.png"), bytes: &png },
            Part { field: "title", called: None, bytes: b"again" },
        ]))
        .await
        .unwrap();
    assert_eq!(form.text("title"), Some("Primes – a start"));
    assert_eq!(form.texts().collect::<Vec<_>>(), [("title", "Primes – a start"), ("title", "again")]);
    assert!(form.take_file("empty").is_none(), "a field that was left empty is no file");
    let cover = form.take_file("cover").unwrap();
    assert_eq!(
        (cover.field(), cover.name().as_str(), cover.dimensions()),
        ("cover", "cover.png", Some((40, 24)))
    );
    assert!(form.take_file("cover").is_none());
    drop(cover);
    assert!(folder.files().is_empty(), "a file that is not stored is deleted");
}

#[tokio::test]
async fn a_file_of_many_parts_is_stored_whole() {
    let folder = Files::new();
    let site = Site::new(folder.uploads().max_file_bytes(15 << 20).max_request_bytes(16 << 20));
    // Larger than one part of an upload to the store.
    let words: Vec<u8> = (0..12_000_000_u32).map(|number| (number / 251) as u8).collect();
    let large = [&b"%PDF-1.4\n"[..], &words, b"\n%%EOF"].concat();
    let upload = site.keep("a.pdf", &large).await;
    assert!(site.bytes(&upload).await == large);
}

#[tokio::test]
async fn a_disconnected_client_leaves_nothing() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let whole = encode(&[file("a.png", &png()), file("b.png", &png())]);
    for length in [100, 300, whole.len() / 2, whole.len() - 40, whole.len() - 10] {
        let body = Sender::new(vec![whole[..length].to_vec()], 0);
        let taken = body.taken.clone();
        let mut asked = Box::pin(site.ask(form_of(Body::new(body))));
        until(&mut asked, || taken.load(Ordering::Relaxed) == length).await;
        drop(asked);
        assert!(folder.files().is_empty(), "after {length} bytes");
    }
    assert!(site.uploads.admin().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cancelled_upload_leaves_nothing() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let mut form = site.uploads.take(form(&[file("a.png", &png())])).await.unwrap();
    let mut keeping = Box::pin(site.uploads.keep(form.take_file("file").unwrap()));
    let begun = std::future::poll_fn(|cx| Poll::Ready(keeping.as_mut().poll(cx).is_pending())).await;
    assert!(begun);
    drop(keeping);
    // The task runs to its end, finds no receiver, and deletes the file.
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(folder.files().is_empty());
    site.keep("a.png", &png()).await;
    assert_eq!(folder.files().len(), 1);
}

#[tokio::test]
async fn files_are_listed_and_removed() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let mut stored = Vec::new();
    for (name, bytes) in every() {
        stored.push(site.keep(name, &bytes).await);
    }
    std::fs::write(folder.0.join("files/README"), "not ours").unwrap();
    stored.sort_by_key(|upload| upload.id);
    let listed = site.uploads.admin().list().await.unwrap();
    let expected: Vec<_> = stored.iter().map(|upload| (upload.id, upload.bytes, false)).collect();
    assert_eq!(listed.iter().map(|it| (it.id, it.bytes, it.quarantined)).collect::<Vec<_>>(), expected);

    site.uploads.remove(stored[0].id).await.unwrap();
    site.uploads.remove(stored[0].id).await.unwrap();
    assert_eq!(site.uploads.admin().list().await.unwrap().len(), stored.len() - 1);
    assert_eq!(site.uploads.serve(&stored[0], &request()).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn memory_keeps_files_as_a_folder_does() {
    let site = Site::new(Uploads::open("memory://").unwrap());
    for (name, bytes) in every() {
        let upload = site.keep(name, &bytes).await;
        assert_eq!(site.bytes(&upload).await.len() as u64, upload.bytes);
    }
    assert_eq!(site.uploads.admin().list().await.unwrap().len(), 5);
}

#[tokio::test]
async fn storage_is_a_folder_memory_or_bucket() {
    let folder = Files::new();
    for place in [format!("file://{}/new/deep", folder.0.display()), format!("{}/plain", folder.0.display())]
    {
        Site::new(Uploads::open(&place).unwrap()).keep("a.png", &png()).await;
    }
    assert_eq!(folder.files().len(), 2);
    for wrong in [
        "",
        "ftp://example.org/a",
        "file://host.example/a",
        "s3://",
        "s3://key:secret@bucket",
        "s3://bucket?a=b",
    ] {
        let error = Uploads::open(wrong).unwrap_err();
        assert!(matches!(error, UploadsError::InvalidLocation(_)), "{wrong}: {error:?}");
        assert!(error.to_string().contains("file:///srv/uploads"));
    }
    let file = folder.0.join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Uploads::open(file.to_str().unwrap()), Err(UploadsError::Folder { .. })));
    // A missing bucket is an error of the first file, not of `open`.
    let _uploads =
        Uploads::open("s3://bucket/folder?region=eu-west-2&endpoint=http://127.0.0.1:9000").unwrap();
}

#[tokio::test]
async fn only_an_exact_id_names_a_file() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let id = text(site.send(&[file("a.png", &png())]).await).await;
    let unknown: UploadId = "0".repeat(32).parse().unwrap();
    assert_ne!(id, unknown.to_string());
    for path in ["/files/..%2f..%2fetc%2fpasswd", "/files/x", &format!("/files/{}", id.to_uppercase())] {
        let response = site.ask(http::Request::get(path).body(Body::empty()).unwrap()).await;
        assert!(response.status().is_client_error(), "{path}");
    }
}

fn request() -> http::request::Parts {
    http::Request::get("/").body(()).unwrap().into_parts().0
}
