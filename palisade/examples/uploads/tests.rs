use palisade::test::{Browser, FormFile};

use super::*;

async fn browser() -> Browser {
    let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let database = options.connect("sqlite::memory:").await.unwrap();
    let uploads = Uploads::open("memory://").unwrap();
    let mut browser = Browser::new(app(uploads, database).await.unwrap());
    browser.get("/").await;
    browser
}

#[tokio::test]
async fn shows_a_file_to_its_owner_only() {
    let mut ada = browser().await;
    let mut bob = ada.clone();
    bob.remove_cookie("session");
    let proof = FormFile::new("file", "A proof.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
    let page = ada.submit_files("/", &[], &[proof]).await;
    let link = page.select("li a").remove(0);
    assert_eq!((page.status.as_u16(), &*link.text), (200, "A_proof.pdf"));

    let path = link.attribute("href").unwrap();
    let file = ada.get(path).await;
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    assert!(file.header("content-security-policy").unwrap().ends_with("; sandbox"));
    assert_eq!(bob.get(path).await.status, 404);
}

#[tokio::test]
async fn takes_a_file_of_more_than_a_mebibyte() {
    let mut content = b"%PDF-1.7\n".to_vec();
    content.resize(3 << 20, b' ');
    content.extend_from_slice(b"\n%%EOF");
    let large = FormFile::new("file", "large.pdf", "application/pdf", content);
    let page = browser().await.submit_files("/", &[], &[large]).await;
    assert_eq!(page.texts("li"), ["large.pdf"]);
}

#[tokio::test]
async fn rejects_a_drawing_that_calls_itself_png() {
    let mut ada = browser().await;
    let drawing = FormFile::new("file", "cat.png", "image/png", *b"<svg onload=steal()>");
    let page = ada.submit_files("/", &[], &[drawing]).await;
    assert_eq!(page.status, 415);
    assert!(page.text.contains("This is an SVG drawing."), "{}", page.text);
    assert!(ada.get("/").await.select("li").is_empty());
}

#[tokio::test]
async fn rejects_a_form_without_its_token() {
    let proof = FormFile::new("file", "a.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
    assert_eq!(browser().await.post_multipart("/", &[], &[proof]).await.status, 403);
}
