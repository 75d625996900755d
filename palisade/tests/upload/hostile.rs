//! Rejected uploads, and the reason for each.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::{Request, StatusCode};
use palisade::Rejection;
use palisade::upload::{FileType, UploadError};

use super::keeping::Sender;
use super::samples::{jpeg, pdf, png, png_of};
use super::site::{BOUNDARY, Files, Part, Site, encode, file, form_of, rejection};

const PAGE: &[u8] = b"<!doctype html><script>alert(document.domain)</script>";
const DRAWING: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";

fn unwanted(is: &'static str) -> UploadError {
    UploadError::UnsupportedType { detected: Some(is), accepted: "PNG, JPEG, GIF, WebP or PDF".to_owned() }
}

#[tokio::test]
async fn html_is_rejected_under_any_name() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for name in ["a.png", "a.html", "a.html.png", "a.png.html", "a.jpg", "a"] {
        assert_eq!(site.error(name, PAGE).await, unwanted("a web page"), "{name}");
    }
    for name in ["a.svg", "a.png"] {
        assert_eq!(site.error(name, DRAWING).await, unwanted("an SVG drawing"), "{name}");
    }
    let spaced = [&b"\xef\xbb\xbf \r\n\t"[..], PAGE].concat();
    assert_eq!(site.error("a.png", &spaced).await, unwanted("a web page"));
    assert_eq!(
        site.error("a.png", b"bytes of no known type").await,
        UploadError::UnsupportedType { detected: None, accepted: "PNG, JPEG, GIF, WebP or PDF".to_owned() }
    );
}

#[tokio::test]
async fn an_archive_is_rejected_without_unpacking_it() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    // The head of 42.zip is that of any ZIP archive.
    let bomb = [&b"PK\x03\x04\x14\0\x01\0\x08\0"[..], &[0; 4_000]].concat();
    for name in ["bomb.zip", "bomb.png", "bomb.docx"] {
        assert_eq!(site.error(name, &bomb).await, unwanted("a ZIP archive or an office document"));
    }
}

#[tokio::test]
async fn a_name_with_another_extension_is_rejected() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for name in ["a.jpg", "a.pdf", "a.html", "a.png.exe", "a", "png"] {
        let error = UploadError::WrongExtension { detected: "a PNG picture", extension: "png" };
        assert_eq!(site.error(name, &png()).await, error, "{name}");
    }
    for name in ["a.PNG", "a.exe.png"] {
        site.keep(name, &png()).await;
    }
    for name in ["a.jpg", "a.JPEG", "a.jpe", "a.jfif"] {
        assert_eq!(site.keep(name, &jpeg()).await.file_type, FileType::Jpeg);
    }
}

#[tokio::test]
async fn only_allowed_types_are_accepted() {
    let folder = Files::new();
    let site = Site::new(folder.uploads().file_types([FileType::Pdf]));
    let error = UploadError::UnsupportedType { detected: Some("a PNG picture"), accepted: "PDF".to_owned() };
    assert_eq!(site.error("a.png", &png()).await, error);
    site.keep("a.pdf", &pdf()).await;
    assert_eq!(site.uploads.accepted_types().accept(), ".pdf");
}

#[tokio::test]
async fn a_decompression_bomb_is_rejected_by_its_header() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (width, height) in [(50_000, 50_000), (40_000_001, 1), (u32::MAX, u32::MAX)] {
        let error = site.error("a.png", &png_of(width, height)).await;
        assert_eq!(error, UploadError::TooManyPixels { max: 40_000_000 });
        assert_eq!(
            Rejection::from(palisade::upload::UploadRejection::File { name: "".into(), error }).status(),
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
    let mut gif = super::samples::gif();
    gif[6..10].fill(0xff);
    assert_eq!(site.error("a.gif", &gif).await, UploadError::TooManyPixels { max: 40_000_000 });
    // 40 by 24.
    let tight = Site::new(folder.uploads().max_pixels(40 * 24));
    tight.keep("a.png", &png()).await;
    let tighter = Site::new(folder.uploads().max_pixels(40 * 24 - 1));
    tighter.error("a.png", &png()).await;
}

#[tokio::test]
async fn a_document_with_other_content_is_rejected() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    site.keep("a.pdf", &[&pdf()[..], b"\r\n \0\0"].concat()).await;
    site.keep("a.pdf", &pdf().repeat(3)).await; // as a PDF that was edited twice
    let before = [PAGE, &pdf()].concat();
    assert_eq!(site.error("a.pdf", &before).await, unwanted("a web page"));
    let inside = [&b"%PDF-1.4\n"[..], PAGE, &pdf()].concat();
    assert_eq!(site.error("a.pdf", &inside).await, UploadError::HiddenContent);
    for behind in [&b"PK\x03\x04"[..], PAGE, &[b'x'; 3_000]] {
        assert_eq!(site.error("a.pdf", &[&pdf()[..], behind].concat()).await, UploadError::HiddenContent);
    }
    assert_eq!(site.error("a.pdf", b"%PDF-1.4\nand no end").await, UploadError::Damaged);
}

#[tokio::test]
async fn a_file_over_the_limit_is_rejected() {
    let folder = Files::new();
    let exactly = pdf().len() as u64;
    Site::new(folder.uploads().max_file_bytes(exactly)).keep("a.pdf", &pdf()).await;
    let site = Site::new(folder.uploads().max_file_bytes(exactly - 1));
    assert_eq!(site.error("a.pdf", &pdf()).await, UploadError::TooLarge { max_bytes: exactly - 1 });
    assert_eq!(folder.files().len(), 1);
}

#[tokio::test]
async fn an_oversized_request_is_rejected_early() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let body = encode(&[file("a.png", &vec![0; 17 << 20])]);
    let announced = Request::post("/send")
        .header("content-type", format!("multipart/form-data; boundary={}", BOUNDARY))
        .header("content-length", body.len())
        .body(Body::new(Sender::new(vec![], 0)))
        .unwrap();
    assert_eq!(rejection(&site.ask(announced).await), palisade::body_limit::BodyRejection::TooLarge);

    // Without a declared length, and with a valid start: no more is read than a file may have.
    let beginning = encode(&[file("a.png", &png())]);
    let body = Sender::new(vec![beginning[..300].to_vec()], 17 << 20);
    let taken = body.taken.clone();
    let response = site.ask(form_of(Body::new(body))).await;
    assert_eq!(
        rejection(&response),
        palisade::upload::UploadRejection::File {
            name: "a.png".into(),
            error: UploadError::TooLarge { max_bytes: 8 << 20 }
        }
    );
    let taken = taken.load(Ordering::Relaxed);
    assert!((8 << 20..9 << 20).contains(&taken), "{taken} bytes were read");
    assert!(folder.files().is_empty());
}

#[tokio::test]
async fn an_unwanted_type_is_rejected_at_its_start() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let beginning = encode(&[file("a.png", &PAGE.repeat(40))]);
    let body = Sender::new(vec![beginning], 8 << 20);
    let taken = body.taken.clone();
    assert_eq!(site.ask(form_of(Body::new(body))).await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(taken.load(Ordering::Relaxed) < 100_000);
}

#[tokio::test]
async fn too_many_files_or_texts_are_rejected() {
    let folder = Files::new();
    let site = Site::new(folder.uploads().max_files(2).max_text_bytes(100));
    let png = png();
    assert_eq!(site.send(&[file("a.png", &png), file("b.png", &png)]).await.status(), StatusCode::OK);
    let three = site.send(&[file("a.png", &png), file("b.png", &png), file("c.png", &png)]).await;
    assert_eq!(
        rejection(&three),
        palisade::upload::UploadRejection::File {
            name: "c.png".into(),
            error: UploadError::TooMany { max: 2 }
        }
    );
    assert_eq!(folder.files().len(), 2, "no file of the rejected form is stored");

    let text = |bytes| Part { field: "title", called: None, bytes };
    assert_eq!(site.send(&[text(&[b'a'; 60]), text(&[b'a'; 40])]).await.status(), StatusCode::OK);
    assert_eq!(
        rejection(&site.send(&[text(&[b'a'; 60]), text(&[b'a'; 41])]).await),
        palisade::body_limit::BodyRejection::TooLarge
    );
    let many: Vec<_> = (0..300).map(|_| text(b"")).collect();
    assert_eq!(rejection(&site.send(&many).await), palisade::body_limit::BodyRejection::TooLarge);
    assert_eq!(rejection(&site.send(&[text(b"\xff")]).await), palisade::body_limit::BodyRejection::Broken);
}

#[tokio::test]
async fn a_part_with_an_endless_head_is_rejected() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let body = Sender::new(
        vec![format!("--{}\r\nContent-Disposition: form-data; name=\"", BOUNDARY).into_bytes()],
        15 << 20,
    );
    let taken = body.taken.clone();
    assert_eq!(
        rejection(&site.ask(form_of(Body::new(body))).await),
        palisade::body_limit::BodyRejection::TooLarge
    );
    assert!(taken.load(Ordering::Relaxed) < 200_000);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_rejected() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for kind in ["application/json", "multipart/form-data", "multipart/mixed; boundary=a", "text/html"] {
        let request = Request::post("/send").header("content-type", kind).body(Body::from("--a--")).unwrap();
        let rejection = rejection(&site.ask(request).await);
        assert_eq!(
            rejection,
            palisade::upload::UploadRejection::File { name: "".into(), error: UploadError::NotAForm },
            "{kind}"
        );
    }
    for body in ["", "nothing", "------palisade", "--\r\n"] {
        assert_eq!(
            rejection(&site.ask(form_of(Body::from(body))).await),
            palisade::body_limit::BodyRejection::Broken,
            "{body}"
        );
    }
    let whole = encode(&[file("a.png", &png())]);
    let broken = Body::from(whole[..whole.len() - 30].to_vec());
    assert_eq!(rejection(&site.ask(form_of(broken)).await), palisade::body_limit::BodyRejection::Broken);
    assert!(folder.files().is_empty());
}

#[tokio::test]
async fn every_rejection_says_what_to_do() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let message = async |name, bytes: &[u8]| site.reject(name, bytes).await.message().into_owned();
    assert_eq!(
        message("Übung 1.png", PAGE).await,
        "Übung_1.png: This is a web page. What can be sent here: PNG, JPEG, GIF, WebP or PDF."
    );
    assert_eq!(
        message("a.jpg", &png()).await,
        "a.jpg: This is a PNG picture, but its name says otherwise. Please give it a name that ends in .png."
    );
    let big = UploadError::TooLarge { max_bytes: 8 << 20 };
    let big = palisade::upload::UploadRejection::File { name: "".into(), error: big };
    assert_eq!(big.message(), "A file may have at most 8 MiB here.");
}
