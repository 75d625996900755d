//! Newsletters through the whole site: upload, publication, and hostile files and HTML.

use mathsoc::domain::person::Role;

use crate::support::browser::{Browser, ORIGIN, Page};
use crate::support::site::{PASSWORD, TestSite};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";
const PAST: &str = "2026-01-01T09:00";
const AHEAD: &str = "2099-01-01T09:00";
const NEW: &str = "/admin/newsletters/new";

async fn with_grace(settings: &[(&str, &str)]) -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[&[("ADMIN_TOTP_REQUIRED", "false")], settings].concat()).await;
    site.member("grace@school.example", Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("grace@school.example", PASSWORD).await.location(), "/");
    (site, browser)
}

fn march<'a>(body: &'a str, published_at: &'a str) -> [(&'a str, &'a str); 4] {
    [("title", "March"), ("summary", r"All of \(\pi\)."), ("body", body), ("published_at", published_at)]
}

/// Sends a page's form as browsers do: the CSRF token first, then the texts, then the file.
async fn send(browser: &mut Browser, path: &str, texts: &[(&str, &str)], file: (&str, &[u8])) -> Page {
    let form = browser.get(path).await;
    assert!(form.body.contains(r#"enctype="multipart/form-data""#), "{path}: {}", form.body);
    let hidden = form.hidden();
    let hidden: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    let mut body = String::new();
    for (name, text) in hidden.iter().chain(texts) {
        body += &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    }
    let (name, bytes) = file;
    body += &format!("--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let body = [body.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", ORIGIN),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    browser.send("POST", path, &headers, body).await
}

fn in_store(site: &TestSite) -> usize {
    std::fs::read_dir(site.folder.join("uploads")).unwrap().count()
}

/// Returns the address of the PDF on a page.
fn pdf_on(page: &Page) -> String {
    let rest = page.body.split("href=\"/files/").nth(1).expect(&page.body);
    format!("/files/{}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn a_newsletter_is_readable_once_published() {
    let (site, mut grace) = with_grace(&[]).await;
    let saved = send(&mut grace, NEW, &march("", AHEAD), ("März.pdf", PDF)).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/newsletters"), "{}", saved.body);
    let list = grace.get("/admin/newsletters").await.body;
    assert!(
        list.contains("“March” is saved.") && list.contains("Will be shown from 1 January 2099"),
        "{list}"
    );
    assert!(list.contains("März.pdf, 1 kB"), "{list}");
    let address = pdf_on(&grace.get("/admin/newsletters/1").await);
    let (mut visitor, mut ada) = (site.browser(), site.adas().await);
    for path in ["/newsletters/1", &address, &format!("{address}?download")] {
        assert_eq!((visitor.get(path).await.status, ada.get(path).await.status), (404, 404), "{path}");
    }
    assert_eq!(grace.get(&address).await.status, 200, "admins may see their own uploads");
    for path in ["/newsletters", "/", "/search?q=march"] {
        assert!(!visitor.get(path).await.body.contains("March"), "{path}");
    }

    let same = send(&mut grace, "/admin/newsletters/1", &march("<p>Dear all</p>", PAST), ("", b"")).await;
    assert_eq!(same.status, 303, "the file is unchanged: {}", same.body);
    for path in ["/newsletters", "/", "/search?q=dear"] {
        assert!(visitor.get(path).await.body.contains(r#"href="/newsletters/1">March</a>"#), "{path}");
    }
    let page = visitor.get("/newsletters/1").await;
    assert_eq!(pdf_on(&page), address);
    assert!(
        page.body.contains("<p>Dear all</p>") && page.body.contains("Download it (1 kB)"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<iframe") && !page.body.contains("<object"), "{}", page.body);
    let file = visitor.get(&address).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert!(file.header("content-security-policy").ends_with("sandbox"));
    assert!(file.header("content-disposition").starts_with("inline"));
    let saved = visitor.get(&format!("{address}?download")).await;
    assert!(saved.header("content-disposition").starts_with("attachment"));

    assert_eq!(grace.fill("/admin/bin/newsletters/1", &[]).await.location(), "/admin/newsletters");
    assert_eq!((visitor.get("/newsletters/1").await.status, visitor.get(&address).await.status), (404, 404));
    let token = grace.token().await;
    grace.post("/admin/bin/newsletters/1/restore", &[("csrf_token", &token)]).await;
    assert_eq!((visitor.get("/newsletters/1").await.status, visitor.get(&address).await.status), (200, 200));
    let log = grace.get("/admin/log").await.body;
    for line in ["restored the newsletter “March”", "deleted the", "changed the", "created the"] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn a_wrong_pdf_keeps_the_other_input() {
    let (site, mut grace) = with_grace(&[]).await;
    for (name, bytes, expected) in [
        ("a.png", PNG, "a.png: This is a PNG picture. What can be sent here: PDF."),
        ("a.pdf", PNG, "This is a PNG picture."),
        ("a.pdf", b"<!doctype html><script>steal()</script>".as_slice(), "This is a web page."),
        ("a.html", PDF, "ends in .pdf"),
        ("a.pdf", &PDF[..20], "damaged"),
        ("a.pdf", &[PDF, b"PK\x03\x04"].concat(), "something else in the file"),
    ] {
        let page = send(&mut grace, NEW, &march("<p>Dear all</p>", PAST), (name, bytes)).await;
        assert_eq!(page.status, 422, "{name}: {}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        let field = page.body.split(r#"id="file-error">"#).nth(1).expect(&page.body);
        assert!(field.split("</span>").next().unwrap().contains(expected), "{field}");
        assert_eq!(page.body.matches("aria-invalid").count(), 1);
        for typed in
            [r#"value="March""#, r"All of \(\pi\).", "&#60;p&#62;Dear all", r#"value="2026-01-01T09:00""#]
        {
            assert!(page.body.contains(typed), "{typed}: {}", page.body);
        }
    }
    let page = send(&mut grace, NEW, &march("", "soon"), ("a.pdf", PDF)).await;
    assert!(page.status == 422 && page.body.contains("Choose the PDF again"), "{}", page.body);
    assert_eq!(page.body.matches("aria-invalid").count(), 2, "{}", page.body);
    let page = send(&mut grace, NEW, &march("<p></p>", PAST), ("", b"")).await;
    assert!(
        page.status == 422 && page.body.contains("Choose the PDF, or write a text above."),
        "{}",
        page.body
    );
    assert_eq!(in_store(&site), 0, "rejected files are not stored");
    assert!(grace.get("/admin/newsletters").await.body.contains("There is nothing here yet."));
}

#[tokio::test]
async fn pdfs_of_one_name_are_stored_separately() {
    let (site, mut grace) = with_grace(&[]).await;
    for _ in 0..2 {
        assert_eq!(send(&mut grace, NEW, &march("", PAST), ("файл.pdf", PDF)).await.status, 303);
    }
    let mut visitor = site.browser();
    let one = pdf_on(&visitor.get("/newsletters/1").await);
    let other = pdf_on(&visitor.get("/newsletters/2").await);
    assert!(one != other && one.ends_with("/%D1%84%D0%B0%D0%B9%D0%BB.pdf"), "{one}");
    assert_eq!(grace.fill("/admin/bin/newsletters/1", &[]).await.status, 303);
    assert_eq!((visitor.get(&one).await.status, visitor.get(&other).await.status), (404, 200));

    let next = send(&mut grace, "/admin/newsletters/2", &march("", PAST), ("May.pdf", PDF)).await;
    assert_eq!(next.status, 303);
    assert_eq!(visitor.get(&other).await.status, 404, "the replaced file is no longer served");
    assert!(pdf_on(&visitor.get("/newsletters/2").await).ends_with("/May.pdf"));
    assert!(grace.get("/admin/log").await.body.contains("with another PDF"));
}

#[tokio::test]
async fn scripts_in_newsletters_are_removed_and_text_stays() {
    let (site, mut grace) = with_grace(&[]).await;
    let evil = "&lt;script&gt;steal()&lt;/script&gt; <script>steal()</script><img src=x onerror=steal()>";
    let body = r#"<p onclick="steal()" style="position:fixed">One &lt;script&gt;steal()&lt;/script&gt;</p>
        <a href="javascript:steal()">two</a><iframe srcdoc="x"></iframe><script>steal()</script>"#;
    let texts = [("title", evil), ("summary", evil), ("body", body), ("published_at", PAST)];
    assert_eq!(send(&mut grace, NEW, &texts, ("a.pdf", PDF)).await.status, 303);
    let token = grace.get(NEW).await.token();
    let typed = [&texts[..], &[("csrf_token", &*token), ("file", "a.pdf")]].concat();
    let pages = [
        site.browser().get("/newsletters/1").await,
        site.browser().get("/newsletters").await,
        site.browser().get("/").await,
        site.browser().get("/search?q=steal").await,
        grace.get("/admin/newsletters").await,
        grace.get("/admin/bin/newsletters/1").await,
        grace.get("/admin/log").await,
        grace.post("/admin/newsletters/preview", &typed).await,
    ];
    for page in pages {
        assert_eq!(page.status, 200, "{}", page.body);
        let main = page.body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
        assert!(main.contains("steal()"), "shown as text: {main}");
        for tag in main.split('<').skip(1) {
            let tag = &tag[..tag.find('>').unwrap()];
            for live in ["script", "iframe", "img src", " onerror", " onclick", "javascript:", " style"] {
                assert!(!tag.contains(live), "<{tag}>");
            }
        }
    }
}

#[tokio::test]
async fn a_newsletter_preview_saves_nothing() {
    let (site, mut grace) = with_grace(&[]).await;
    let form = grace.get(NEW).await;
    let button = r#"formaction="/admin/newsletters/preview" formtarget="_blank" formenctype="application/x-www-form-urlencoded""#;
    assert!(form.body.contains(button), "{}", form.body);
    let token = form.token();
    let typed =
        [&march("<h2>One</h2>", AHEAD)[..], &[("csrf_token", &*token), ("file", "März.pdf")]].concat();
    let page = grace.post("/admin/newsletters/preview", &typed).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    for part in
        ["This is a preview", "<h1>March</h1>", "<h2>One</h2>", "1 January 2099", "its links stand here"]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let nothing = grace.post("/admin/newsletters/preview", &[("csrf_token", &token)]).await;
    assert!(nothing.status == 200 && nothing.body.contains("Untitled"), "{}", nothing.body);
    assert!(grace.get("/admin/newsletters").await.body.contains("There is nothing here yet."));
    assert_eq!(in_store(&site), 0);
}

#[tokio::test]
async fn newsletters_need_an_admin_a_token_and_limits() {
    let (site, mut grace) = with_grace(&[("MAX_CONTENT_LENGTH", "2000000")]).await;
    assert!(grace.get(NEW).await.body.contains("of at most 1.8 MB"));
    let large = [&b"%PDF-1.4\n"[..], &[b' '; 1_500_000], b"\n%%EOF\n"].concat();
    assert_eq!(
        send(&mut grace, NEW, &march("", PAST), ("a.pdf", &large)).await.status,
        303,
        "more than 1 MiB"
    );
    let large = [&b"%PDF-1.4\n"[..], &[b' '; 2_000_000], b"\n%%EOF\n"].concat();
    assert_eq!(send(&mut grace, NEW, &march("", PAST), ("a.pdf", &large)).await.status, 413);
    assert_eq!(in_store(&site), 1);
    let headers = [("content-type", "multipart/form-data; boundary=b"), ("sec-fetch-site", "same-origin")];
    for path in [NEW, "/admin/newsletters/1"] {
        assert_eq!(grace.send("POST", path, &headers, b"--b--\r\n".to_vec()).await.status, 403, "{path}");
        let mut ada = site.adas().await;
        let token = ada.token().await;
        let headers = [&headers[..], &[("x-csrftoken", &*token)]].concat();
        assert_eq!(ada.send("POST", path, &headers, b"--b--\r\n".to_vec()).await.status, 403, "{path}");
    }
    let missing = ["/admin/newsletters/99", "/admin/newsletters/0", "/newsletters/99", "/newsletters/x"];
    for path in missing {
        assert_eq!(grace.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn without_its_scanner_a_newsletter_keeps_its_input() {
    let (site, mut grace) = with_grace(&[("CLAMD_ADDR", "/nowhere/clamd.ctl")]).await;
    let page = send(&mut grace, NEW, &march("", PAST), ("a.pdf", PDF)).await;
    assert!(page.status == 422 && page.body.contains("cannot be checked for viruses"), "{}", page.body);
    assert!(page.body.contains(r#"value="March""#) && in_store(&site) == 0, "{}", page.body);
}
