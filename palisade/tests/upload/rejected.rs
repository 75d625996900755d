//! Rejected files: forms keep their text fields, and a file may come without a form.

use palisade::upload::{FileType, UploadError};

use super::samples::{pdf, png};
use super::site::{Files, Part, file, form};

fn text_part<'a>(field: &'a str, text: &'a str) -> Part<'a> {
    Part { field, called: None, bytes: text.as_bytes() }
}

fn upload_error(rejection: Option<&palisade::upload::UploadRejection>) -> &UploadError {
    match rejection {
        Some(palisade::upload::UploadRejection::File { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn typed_text_survives_a_rejected_file() {
    let folder = Files::new();
    let uploads = folder.uploads().file_types([FileType::Pdf]).max_file_bytes(100_000);
    let large = [&pdf()[..], &[b' '; 400_000]].concat();
    for (name, bytes) in
        [("a.pdf", &large[..]), ("a.pdf", &png()), ("a.html", &pdf()), ("a.pdf", &pdf()[..40])]
    {
        let good = pdf();
        let cover = Part { field: "cover", called: Some("b.pdf"), bytes: &good };
        let parts = [text_part("title", "March"), file(name, bytes), text_part("text", "All of it"), cover];
        assert!(uploads.take(form(&parts)).await.is_err(), "{name}: `take` stops at a rejected file");
        let mut received = uploads.take_each(form(&parts)).await.unwrap();
        assert_eq!((received.text("title"), received.text("text")), (Some("March"), Some("All of it")));
        assert!(received.rejection("file").unwrap().message().starts_with(name));
        assert!(received.rejection("cover").is_none() && received.take_file("file").is_none());
        assert_eq!(
            received.take_file("cover").unwrap().file_type(),
            FileType::Pdf,
            "later files are accepted"
        );
    }
    assert!(folder.files().is_empty());
}

#[tokio::test]
async fn a_form_with_rejected_files_stays_bounded() {
    let folder = Files::new();
    let uploads = folder.uploads().max_files(2).max_request_bytes(300_000);
    let bad = [file("a.png", b"nothing"), file("b.png", b"nothing"), file("c.png", b"nothing")];
    let received = uploads.take_each(form(&bad[..2])).await.unwrap();
    assert!(received.rejection("file").unwrap().message().starts_with("a.png"), "the first of them");
    let rejection = uploads.take_each(form(&bad)).await.unwrap_err();
    assert!(matches!(rejection, palisade::upload::UploadRejection::File { .. }), "{rejection:?}");
    let good = png();
    let many = [file("a.png", &good), file("b.png", &good), file("c.png", &good)];
    let received = uploads.take_each(form(&many)).await.unwrap();
    assert_eq!(upload_error(received.rejection("file")), &UploadError::TooMany { max: 2 });
    assert_eq!(received.into_files().len(), 2);
    let rejection = uploads.take_each(form(&[file("a.png", &[0; 400_000])])).await.unwrap_err();
    assert_eq!(rejection, palisade::body_limit::BodyRejection::TooLarge.into());
    let no_form = http::Request::post("/").body(axum::body::Body::empty()).unwrap();
    assert!(matches!(
        uploads.take_each(no_form).await,
        Err(palisade::upload::UploadRejection::File { error: UploadError::NotAForm, .. })
    ));
}

#[tokio::test]
async fn a_bare_file_follows_the_same_rules() {
    let folder = Files::new();
    let uploads = folder.uploads().file_types([FileType::Pdf]).max_file_bytes(100_000);
    let large = [&pdf()[..], &[b' '; 400_000]].concat();
    let error_of = async |name: &str, bytes: &[u8]| match uploads.take_file(name, bytes).await {
        Err(palisade::upload::UploadRejection::File { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error_of("a.pdf", b"").await, UploadError::Damaged);
    assert_eq!(error_of("a.pdf", &large).await, UploadError::TooLarge { max_bytes: 100_000 });
    assert!(matches!(error_of("a.pdf", &png()).await, UploadError::UnsupportedType { .. }));
    assert!(matches!(error_of("a.txt", &pdf()).await, UploadError::WrongExtension { .. }));
    let file = uploads.take_file("../März.pdf", &pdf()).await.unwrap();
    let upload = uploads.keep(file).await.unwrap();
    assert_eq!((upload.name.as_str(), upload.bytes), ("März.pdf", pdf().len() as u64));
    assert_eq!(uploads.admin().list().await.unwrap().len(), 1);
}
