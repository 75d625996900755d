use palisade::test::{Browser, FormFile};

use super::*;

async fn browser() -> Browser {
    let mut browser = Browser::new(app(Palisade::development(), &Keyring::random()).unwrap());
    assert_eq!(browser.get("/").await.status, 200);
    browser
}

fn token(browser: &Browser) -> String {
    let meta = &browser.page().unwrap().select("meta[name=csrf-token]")[0];
    meta.attribute("content").unwrap().to_owned()
}

#[tokio::test]
async fn forms_are_sent_with_the_token_of_the_page() {
    let mut browser = browser().await;
    let page = browser.submit("/notes", &[("text", "<b>Milk</b>")]).await;
    assert_eq!(page.texts("#notes li"), ["<b>Milk</b>"]);
    let file = FormFile::new("file", "a.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
    let page = browser.submit_files("/files", &[], &[file]).await;
    assert_eq!(page.texts("#notes li").last().unwrap(), "a.pdf: 14 bytes");
    let image = FormFile::new("file", "a.pdf", "application/pdf", *b"<svg onload=steal()>");
    assert_eq!(browser.submit_files("/files", &[], &[image]).await.status, 415);
    browser.get("/").await;
    let page = browser.submit("/notes", &[("text", "")]).await;
    assert!(page.status == 422 && page.text.contains("Please check the form."), "{}", page.text);
}

#[tokio::test]
async fn a_request_without_the_token_is_rejected() {
    let mut browser = browser().await;
    let file = FormFile::new("file", "a.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
    for page in [
        browser.post("/notes", &[("text", "forged")]).await,
        browser.post_multipart("/files", &[], &[file]).await,
        browser.post_json("/likes", &serde_json::json!({ "note": 0 })).await,
    ] {
        assert_eq!(page.rejection().unwrap().code(), "csrf_token_missing", "{}", page.path);
    }
    assert!(browser.get("/").await.texts("#notes li").is_empty());
}

#[tokio::test]
async fn fetch_sends_the_token_in_a_header() {
    let browser = browser().await;
    let token = token(&browser);
    let mut script = browser.header("x-csrf-token", &token);
    let answer = script.post_json("/likes", &serde_json::json!({ "note": 0 })).await;
    assert_eq!(answer.json::<serde_json::Value>()["likes"], 1);
    let answer = script.post_json("/likes", &serde_json::json!({})).await;
    assert_eq!(answer.status, 422);
    assert!(answer.json::<serde_json::Value>()["detail"].as_str().unwrap().contains("note"));
}

#[tokio::test]
async fn htmx_goes_to_the_login_page() {
    let browser = browser().await;
    let token = token(&browser);
    let mut htmx = browser.header("hx-request", "true").header("x-csrf-token", &token);
    let answer = htmx.post("/fragments/notes", &[("text", "Milk")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("hx-redirect")), (401, Some("/login")));
}
