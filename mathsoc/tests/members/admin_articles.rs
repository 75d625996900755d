//! Writing articles through the whole site, and hostile HTML in them.

use mathsoc::domain::person::Role;

use crate::support::assets_are_built;
use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    site.member("grace@school.example", Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("grace@school.example", PASSWORD).await.location(), "/");
    (site, browser)
}

const PRIMES: [(&str, &str); 5] = [
    ("title", "Primes"),
    ("author", "Ann"),
    ("teaser", r"They \(\to\infty\)."),
    ("body", r"<h2>Why</h2><p>Since \(p_1 &lt; p_2\).</p>"),
    ("published_at", "2026-01-01T09:00"),
];

fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let other = |(name, _): &(&str, &str)| changed.iter().all(|(changed, _)| name != changed);
    changed.iter().copied().chain(PRIMES.into_iter().filter(other)).collect()
}

#[tokio::test]
async fn articles_can_be_written_changed_deleted_and_restored() {
    let (site, mut grace) = with_grace().await;
    assert!(grace.get("/admin/articles/new").await.body.contains(r#"name="author" value=""#));
    let saved = grace.fill("/admin/articles/new", &PRIMES).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/articles"), "{}", saved.body);
    let list = grace.get("/admin/articles").await.body;
    assert!(list.contains("“Primes” is saved.") && list.contains("Shown since 1 January 2026"), "{list}");
    let page = site.browser().get("/article/1").await.body;
    assert!(page.contains("<h2>Why</h2>") && page.contains("<msub>") && page.contains("&lt;"), "{page}");

    let form = grace.get("/admin/articles/1").await.body;
    assert!(form.contains("p_1 &#38;lt; p_2"), "the input is preserved: {form}");
    let later = with(&[("title", "Later"), ("published_at", "2099-01-01T09:00")]);
    assert_eq!(grace.fill("/admin/articles/1", &later).await.status, 303);
    assert_eq!(site.browser().get("/article/1").await.status, 404);
    assert!(!site.browser().get("/articles").await.body.contains("Later"));
    assert!(grace.get("/admin/articles").await.body.contains("Will be shown from 1 January 2099"));

    assert_eq!(grace.fill("/admin/articles/1", &PRIMES).await.status, 303);
    assert_eq!(grace.fill("/admin/bin/articles/1", &[]).await.location(), "/admin/articles");
    assert_eq!(site.browser().get("/article/1").await.status, 404);
    assert_eq!(grace.get("/admin/articles/1").await.status, 404);
    let token = grace.token().await;
    grace.post("/admin/bin/articles/1/restore", &[("csrf_token", &token)]).await;
    assert_eq!(site.browser().get("/article/1").await.status, 200);
    let log = grace.get("/admin/log").await.body;
    for line in ["restored the article “Primes”", "changed the article “Later”", "created the article"]
    {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn an_invalid_article_preserves_the_input() {
    let (site, mut grace) = with_grace().await;
    let wrong = [("title", "Kept"), ("author", " "), ("published_at", "soon")];
    let page = grace.fill("/admin/articles/new", &wrong).await;
    assert_eq!((page.status, page.body.matches("aria-invalid").count()), (422, 4), "{}", page.body);
    assert!(page.body.contains(r#"value="Kept""#) && page.body.contains(r#"value="soon""#), "{}", page.body);
    assert!(site.browser().get("/articles").await.body.contains("No article has been written yet."));
}

#[tokio::test]
async fn an_article_preview_saves_nothing() {
    let (site, mut grace) = with_grace().await;
    let form = grace.get("/admin/articles/new").await;
    assert!(form.body.contains(r#"formaction="/admin/articles/preview""#));
    let token = form.token();
    let page = grace.post("/admin/articles/preview", &with(&[("csrf_token", &token)])).await;
    assert!(page.status == 200 && page.body.contains("This is a preview"), "{}", page.body);
    assert!(page.body.contains("<msub>") && page.body.contains("<h1>Primes</h1>"), "{}", page.body);
    let nothing = grace.post("/admin/articles/preview", &[("csrf_token", &token)]).await;
    assert!(nothing.status == 200 && nothing.body.contains("Untitled"), "{}", nothing.body);
    assert_eq!(site.browser().get("/article/1").await.status, 404);
    let mut ada = site.adas().await;
    let token = ada.token().await;
    assert_eq!(ada.post("/admin/articles/preview", &with(&[("csrf_token", &token)])).await.status, 403);
}

#[tokio::test]
async fn only_editor_pages_allow_its_trusted_types() {
    if !assets_are_built() {
        return;
    }
    let (_site, mut grace) = with_grace().await;
    for (path, has_editor) in [
        ("/admin/articles/new", true),
        ("/admin/challenges/new", true),
        ("/admin/announcements/new", false),
        ("/admin/articles", false),
    ] {
        let page = grace.get(path).await;
        let policy = page.header("content-security-policy");
        let names = if has_editor { "editor ProseMirrorClipboard" } else { "'none'" };
        assert!(policy.contains(&format!("trusted-types {names}")), "{path}: {policy}");
        assert!(
            policy.contains("require-trusted-types-for 'script'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.body.contains("/static/dist/editor."), has_editor, "{path}");
        assert_eq!(page.body.contains("data-rich"), has_editor, "{path}");
    }
}

/// Attributes that would run a script or cover the page.
const LIVE: [&str; 6] = ["script", "iframe", " onerror", " onclick", "javascript:", " style"];

#[tokio::test]
async fn scripts_in_an_article_appear_nowhere() {
    let (site, mut grace) = with_grace().await;
    let body = r#"<p onclick="steal()" style="position:fixed">One <script>steal()</script><img src=x onerror=steal()>
        <a href="javascript:steal()">two</a> <iframe srcdoc="<script>steal()</script>"></iframe>
        \(\text{<img src=x onerror=steal()>}\) <math><mtext><script>steal()</script></mtext></math></p>"#;
    let evil = "<script>steal()</script><img src=x onerror=steal()>";
    let fields = with(&[("body", body), ("teaser", evil), ("title", evil), ("author", evil)]);
    assert_eq!(grace.fill("/admin/articles/new", &fields).await.status, 303);
    let token = grace.token().await;
    let mut typed = fields.clone();
    typed.push(("csrf_token", &token));
    let pages = [
        site.browser().get("/article/1").await,
        site.browser().get("/articles").await,
        site.browser().get("/").await,
        grace.get("/admin/articles").await,
        grace.get("/admin/bin/articles/1").await,
        grace.get("/admin/log").await,
        grace.post("/admin/articles/preview", &typed).await,
    ];
    for page in pages {
        assert_eq!(page.status, 200);
        for tag in main(&page.body).split('<').skip(1) {
            let tag = &tag[..tag.find('>').unwrap()];
            assert!(LIVE.iter().all(|live| !tag.contains(live)), "<{tag}>");
        }
    }
    let page = site.browser().get("/article/1").await.body;
    assert!(main(&page).contains("One ") && main(&page).contains("two"), "harmless text stays: {page}");
    let form = grace.get("/admin/articles/1").await.body;
    assert!(form.contains("&#60;script&#62;steal()") && !main(&form).contains("<script"), "{form}");
}

#[tokio::test]
async fn escaped_text_in_an_article_stays_text() {
    let (site, mut grace) = with_grace().await;
    let text = "&lt;script&gt;steal()&lt;/script&gt; &amp;lt;b&amp;gt;";
    let body = format!("<p>{text}</p>");
    let fields = with(&[("teaser", text), ("title", text), ("body", &body)]);
    assert_eq!(grace.fill("/admin/articles/new", &fields).await.status, 303);
    let shown = "&lt;script&gt;steal()&lt;/script&gt; &amp;lt;b&amp;gt;";
    let page = site.browser().get("/article/1").await.body;
    assert!(page.contains(&format!("<p>{shown}</p>")), "the body's text is unchanged: {page}");
    for path in ["/article/1", "/articles", "/"] {
        let page = site.browser().get(path).await.body;
        let main = main(&page);
        // A teaser is plain text, not HTML: an ampersand stays an ampersand.
        assert!(main.contains("&amp;lt;script&amp;gt;steal()"), "{path}: {main}");
        assert!(!main.contains("<script"), "{path}: {main}");
    }
}

/// Returns the main element of a page.
fn main(page: &str) -> &str {
    let from = page.find("<main").unwrap();
    &page[from..page.find("</main>").unwrap()]
}
