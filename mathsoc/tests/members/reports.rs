//! Browser reports: intake without a token, limits, groups, and the admins' page.

use http::{Request, Response};
use mathsoc::db::reports;
use mathsoc::domain::person::Role;
use palisade::request::PeerAddr;
use tower::ServiceExt;

use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

async fn with_grace(settings: &[(&str, &str)]) -> (TestSite, Browser) {
    let site = TestSite::with_ada(settings).await;
    site.member("grace@school.example", Role::Admin).await;
    let mut browser = site.browser();
    browser.log_in("grace@school.example", PASSWORD).await;
    (site, browser)
}

fn report(page: &str, blocked: &str) -> String {
    serde_json::json!({"csp-report": {"document-uri": format!("http://localhost{page}"), "blocked-uri": blocked,
        "effective-directive": "img-src", "disposition": "enforce"}})
    .to_string()
}

async fn send(site: &TestSite, content_type: &str, body: String) -> Response<axum::body::Body> {
    let request =
        Request::post("/csp-report").header("host", "localhost").header("content-type", content_type);
    let mut request = request.body(axum::body::Body::from(body)).unwrap();
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 40_000).into()));
    mathsoc::app(site.app.clone()).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn reports_are_grouped_for_admins() {
    let (site, mut browser) = with_grace(&[]).await;
    let visitor = site.browser().get("/admin/reports").await;
    assert_eq!(visitor.status, 303, "the page is for admins");
    assert!(browser.get("/admin/reports").await.body.contains("Nothing was reported."));
    for _ in 0..2 {
        let answer =
            send(&site, "application/csp-report", report("/about?from=7", "https://cdn.example/<b>.png"))
                .await;
        assert_eq!(answer.status(), 204);
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    let page = browser.get("/admin/reports").await;
    assert_eq!(page.status, 200);
    for part in [
        "Browsers stopped an image from https://cdn.example on the page /about.",
        "2 reports, on ",
        "img-src &#39;self&#39; https://cdn.example",
        "has nothing to say against it",
        "<code>img-src https://cdn.example</code> to <code>CSP_EXTRA</code>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("from=7"));
}

#[tokio::test]
async fn reports_are_bounded_by_type_size_and_number() {
    let site = TestSite::new(&[("RATELIMIT_ENABLED", "true")]).await;
    assert_eq!(send(&site, "application/json", report("/", "inline")).await.status(), 415);
    assert_eq!(send(&site, "application/csp-report", " ".repeat(70_000)).await.status(), 413);
    for sent in 2..60 {
        assert_eq!(
            send(&site, "application/csp-report", report("/", "inline")).await.status(),
            204,
            "{sent}"
        );
    }
    assert_eq!(send(&site, "application/csp-report", report("/", "inline")).await.status(), 429);
    assert_eq!(reports::most(&site.app.db).await.unwrap()[0].group.count, 58);
}

#[tokio::test]
async fn trial_and_enforced_reports_are_separate() {
    let trial = [("CSP_REPORT_ONLY_EXTRA", "img-src 'self'; style-src-attr 'none'")];
    let (site, mut grace) = with_grace(&trial).await;
    let stopped = report("/about", "https://cdn.example");
    for body in [stopped.replace("enforce", "report"), stopped.clone(), stopped] {
        assert_eq!(send(&site, "application/csp-report", body).await.status(), 204);
    }
    let page = grace.get("/admin/reports").await.body;
    for part in [
        "Browsers stopped an image from https://cdn.example on the page /about.</h3>",
        "Browsers would have stopped an image from https://cdn.example on the page /about. <span class=\"trial\">",
        "to <code>CSP_EXTRA</code>",
        "Write <code>img-src &#39;self&#39; https://cdn.example</code> into <code>CSP_REPORT_ONLY_EXTRA</code>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let hours = reports::hours(&site.app.db, 0).await.unwrap();
    assert_eq!((hours[0].stopped, hours[0].reported), (2, 3));
}

#[tokio::test]
async fn an_admin_deletes_report_groups() {
    let (site, mut grace) = with_grace(&[]).await;
    for page in ["/about", "/about", "/articles", "/challenges"] {
        send(&site, "application/csp-report", report(page, "https://cdn.example")).await;
    }
    let first = reports::most(&site.app.db).await.unwrap()[0].clone();
    let (address, count) = (format!("/admin/reports/{}/forget", first.id), first.group.count);
    assert_eq!((grace.post(&address, &[]).await.status, count), (403, 2), "it needs a token");
    let mut ada = site.adas().await;
    assert_eq!(ada.post(&address, &[]).await.status, 403, "it is for admins");
    assert_eq!(reports::most(&site.app.db).await.unwrap().len(), 3);

    let token = grace.token().await;
    let done = grace.post(&address, &[("csrf_token", &token)]).await;
    assert_eq!((done.status, done.location()), (303, "/admin/reports"));
    let page = grace.get("/admin/reports").await.body;
    assert!(page.contains("It is forgotten.") && !page.contains("the page /about"), "{page}");
    let again = grace.post(&address, &[("csrf_token", &token)]).await;
    assert_eq!(again.status, 303, "deleting twice is not an error");
    assert_eq!(grace.post("/admin/reports/forget", &[("csrf_token", &token)]).await.status, 303);
    let page = grace.get("/admin/reports").await.body;
    assert!(page.contains("There is nothing here since it was forgotten."), "{page}");
    let log = grace.get("/admin/log").await.body;
    assert!(log.contains("forgot the reports “all of them”: 2 groups"), "{log}");
    assert_eq!(log.matches("forgot the report “Browsers stopped an image").count(), 1, "{log}");
}

#[tokio::test]
async fn metrics_count_reports_by_outcome() {
    let site = TestSite::new(&[]).await;
    for (kind, body) in [
        ("application/csp-report", report("/about", "inline")),
        ("application/csp-report", report("/about", "chrome-extension")),
        ("application/csp-report", report("/about", "no <b> url")),
        ("text/plain", report("/about", "inline")),
    ] {
        send(&site, kind, body).await;
    }
    let request = Request::get("/metrics").header("host", "localhost");
    let mut request = request.body(axum::body::Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 40_000).into()));
    let answer = mathsoc::routes::metrics(&site.app).oneshot(request).await.unwrap();
    let text = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    for line in [
        "# TYPE browser_reports_total counter",
        "browser_reports_total{outcome=\"grouped\"} 1",
        "browser_reports_total{outcome=\"others\"} 0",
        "browser_reports_total{outcome=\"noise\"} 1",
        "browser_reports_total{outcome=\"unread\"} 1",
        "browser_reports_total{outcome=\"cut\"} 0",
        "browser_report_requests_refused_total 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
}
