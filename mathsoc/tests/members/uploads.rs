//! Uploading pictures, and their visibility.

use mathsoc::domain::person::Role;
use mathsoc::pages::files;
use serde_json::Value;
use test_support::Folder;
use test_support::servers::{Server, clamd_socket};

use crate::support::browser::{Browser, ORIGIN, Page};
use crate::support::site::{PASSWORD, TestSite};

/// A PNG of one red pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";
const PAGE: &[u8] = b"<!doctype html><script>alert(1)</script>";

async fn with_grace(settings: &[(&str, &str)]) -> (TestSite, Browser) {
    let site = TestSite::with_ada(settings).await;
    site.member("grace@school.example", Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("grace@school.example", PASSWORD).await.location(), "/");
    (site, browser)
}

fn form(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head =
        format!("--b\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat()
}

/// Uploads a file as the editor does.
async fn send(browser: &mut Browser, name: &str, bytes: &[u8]) -> Page {
    let token = browser.token().await;
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", ORIGIN),
        ("content-type", "multipart/form-data; boundary=b"),
        ("x-csrftoken", &token),
    ];
    browser.send("POST", "/admin/api/pictures", &headers, form(name, bytes)).await
}

fn json(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_else(|_| panic!("{} {}", page.status, page.body))
}

async fn upload(browser: &mut Browser, name: &str) -> String {
    let page = send(browser, name, PNG).await;
    assert_eq!(page.status, 201, "{}", page.body);
    json(&page)["src"].as_str().unwrap().to_owned()
}

/// Submits a challenge that shows this picture.
async fn challenge(grace: &mut Browser, src: &str, released_at: &str) -> Page {
    let statement = format!("<p>Look: <img src=\"{src}\" alt=\"A triangle\"></p>");
    let fields = [
        ("title", "Triangles"),
        ("key_stage", "KS3"),
        ("summary", "Look."),
        ("statement", &statement),
        ("released_at", released_at),
        ("locked_at", ""),
        ("box-1-label", "How many?"),
        ("box-1-answer", "3"),
        ("box-1-rules", ""),
    ];
    grace.fill("/admin/challenges/new", &fields).await
}

fn in_store(site: &TestSite) -> usize {
    std::fs::read_dir(site.folder.join("uploads")).unwrap().count()
}

#[tokio::test]
async fn a_picture_is_visible_with_its_article_only() {
    let (site, mut grace) = with_grace(&[]).await;
    let (ahead, out) = (upload(&mut grace, "ahead.png").await, upload(&mut grace, "Übung 1.png").await);
    assert!(out.ends_with("/%C3%9Cbung_1.png"), "{out}");
    let (mut ada, mut visitor) = (site.adas().await, site.browser());
    for src in [&ahead, &out] {
        assert_eq!(grace.get(src).await.status, 200, "admins see their own uploads");
        assert_eq!(
            (ada.get(src).await.status, visitor.get(src).await.status),
            (404, 404),
            "no page uses it yet"
        );
    }
    assert_eq!(challenge(&mut grace, &ahead, "2099-01-01T09:00").await.status, 303);
    assert_eq!(challenge(&mut grace, &out, "2026-01-01T09:00").await.status, 303);
    for browser in [&mut ada, &mut visitor] {
        assert_eq!((browser.get(&ahead).await.status, browser.get(&out).await.status), (404, 200));
    }
    assert!(visitor.get("/challenges/2").await.body.contains(&*out), "the page shows it");

    let token = grace.token().await;
    grace.post("/admin/bin/challenges/2", &[("csrf_token", &token)]).await;
    assert_eq!(visitor.get(&out).await.status, 404, "the article is in the trash");
}

#[tokio::test]
async fn pictures_are_sandboxed_under_their_own_name() {
    let (_site, mut grace) = with_grace(&[]).await;
    let src = upload(&mut grace, "triangle.png").await;
    let page = grace.get(&src).await;
    assert_eq!(page.header("content-type"), "image/png");
    assert_eq!(page.header("content-security-policy"), "default-src 'none'; frame-ancestors 'self'; sandbox");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.header("cache-control").contains("private"), "{}", page.header("cache-control"));
    assert_eq!(page.header("content-disposition"), "inline; filename=\"triangle.png\"");
    let saved = grace.get(&format!("{src}?download")).await;
    assert_eq!(saved.header("content-disposition"), "attachment; filename=\"triangle.png\"");
    let tag = page.header("etag").to_owned();
    assert_eq!(grace.send("GET", &src, &[("if-none-match", &tag)], Vec::new()).await.status, 304);
    for wrong in
        [src.replace("triangle", "other"), src.replace("/files/", "/files/0"), "/files/x/y".to_owned()]
    {
        assert_eq!(grace.get(&wrong).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn html_is_no_picture_and_names_may_repeat() {
    let (site, mut grace) = with_grace(&[]).await;
    for (name, bytes, status, expected) in [
        ("x.png", PAGE, 415, "This is a web page."),
        ("x.svg", b"<svg onload='x()'/>", 415, "This is an SVG drawing."),
        ("x.jpg", PNG, 415, "ends in .png"),
        ("x.pdf", b"%PDF-1.4\n%%EOF", 415, "This is a PDF document."),
        ("x.png", &PNG[..40], 422, "damaged"),
        ("x.png", b"", 415, "sent by a form"),
    ] {
        let page = send(&mut grace, name, bytes).await;
        assert_eq!(page.status, status, "{name}: {}", page.body);
        assert!(page.body.contains(expected), "{}", page.body);
    }
    assert_eq!(in_store(&site), 0);
    let (one, two) = (upload(&mut grace, "файл.png").await, upload(&mut grace, "файл.png").await);
    assert_ne!(one, two);
    assert_eq!(in_store(&site), 2);
}

#[tokio::test]
async fn an_oversized_picture_is_rejected() {
    let (site, mut grace) = with_grace(&[("MAX_CONTENT_LENGTH", "2000000")]).await;
    // Larger than other forms may be, but below this MAX_CONTENT_LENGTH.
    let padded = [PNG, &[0; 1_500_000]].concat();
    assert_eq!(send(&mut grace, "a.png", &padded).await.status, 201);
    let page = send(&mut grace, "a.png", &[PNG, &[0; 2_000_000]].concat()).await;
    assert_eq!(page.status, 413, "{}", page.body);
    assert_eq!(in_store(&site), 1);
}

#[tokio::test]
async fn uploads_need_an_admin_and_our_origin() {
    let (site, mut grace) = with_grace(&[]).await;
    assert_eq!(send(&mut site.adas().await, "a.png", PNG).await.status, 403);
    let visitor = send(&mut site.browser(), "a.png", PNG).await;
    assert!([401, 303].contains(&visitor.status), "{}", visitor.status);
    let headers = [("content-type", "multipart/form-data; boundary=b"), ("sec-fetch-site", "same-origin")];
    let page = grace.send("POST", "/admin/api/pictures", &headers, form("a.png", PNG)).await;
    assert_eq!(page.status, 403, "without a token");
    assert_eq!(in_store(&site), 0);
}

/// Submits the form without JavaScript.
async fn fill(browser: &mut Browser, alt: &str, decorates: bool, name: &str, bytes: &[u8]) -> Page {
    let field = |name: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut texts = field("csrf_token", &browser.token().await) + &field("alt", alt);
    if decorates {
        texts += &field("decorates", "yes");
    }
    let body = [texts.as_bytes(), &form(name, bytes)].concat();
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", ORIGIN),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    browser.send("POST", "/admin/pictures/new", &headers, body).await
}

#[tokio::test]
async fn pictures_can_be_sent_without_script() {
    let (site, mut grace) = with_grace(&[]).await;
    let page = grace.get("/admin/pictures/new").await;
    assert!(
        page.body.contains("multipart/form-data") && page.body.contains(r#"type="file""#),
        "{}",
        page.body
    );
    let sent = fill(&mut grace, r#"A "<triangle>""#, false, "a.png", PNG).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    // The HTML line for the text, escaped once more in the text field.
    assert!(sent.body.contains("alt=&#34;A &#38;#34;&#38;#60;triangle&#38;#62;&#38;#34;&#34; width=&#34;1&#34; height=&#34;1&#34; loading=&#34;lazy&#34;&#62;</textarea>"), "{}", sent.body);
    assert!(fill(&mut grace, "Not this", true, "a.png", PNG).await.body.contains("alt=&#34;&#34; "));
    assert_eq!(in_store(&site), 2);
    assert!(page.status == 200 && site.adas().await.get("/admin/pictures/new").await.status == 403);
    assert_eq!(fill(&mut site.adas().await, "A", false, "a.png", PNG).await.status, 403);

    for (alt, name, bytes, expected) in [
        ("", "a.png", PNG, "Choose the file once more."),
        ("", "a.png", PNG, "Write what the picture shows"),
        ("Kept", "", b"", "Choose a file."),
        ("Kept", "", b"", r#"value="Kept""#),
        ("A", "a.png", PAGE, "This is a web page."),
        ("A", "a.png", &PNG[..40], "damaged"),
    ] {
        let page = fill(&mut grace, alt, false, name, bytes).await;
        assert!(
            page.status == 422 && page.body.contains(expected),
            "{expected}: {} {}",
            page.status,
            page.body
        );
    }
    assert_eq!(in_store(&site), 2);
}

#[tokio::test]
async fn in_quarantine_a_picture_waits_for_the_scanner() {
    let place = Folder::new();
    let socket = clamd_socket(&place);
    let settings = [("CLAMD_ADDR", socket.to_str().unwrap()), ("CLAMD_DOWN", "quarantine")];
    let (site, mut grace) = with_grace(&settings).await;
    let page = send(&mut grace, "a.png", PNG).await;
    assert_eq!((page.status, &json(&page)["waits"]), (201, &Value::Bool(true)));
    let src = json(&page)["src"].as_str().unwrap().to_owned();
    files::rescan_quarantined(&site.app).await.unwrap();
    assert_eq!(grace.get(&src).await.status, 404, "quarantined files are hidden from admins too");

    let _clamd = Server::clamd(place, &[0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef]);
    files::rescan_quarantined(&site.app).await.unwrap();
    assert_eq!(grace.get(&src).await.status, 200);
}

#[tokio::test]
async fn without_its_scanner_the_site_takes_no_file() {
    let (site, mut grace) = with_grace(&[("CLAMD_ADDR", "/nowhere/clamd.ctl")]).await;
    let page = send(&mut grace, "a.png", PNG).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "60"));
    assert_eq!(in_store(&site), 0);
}
