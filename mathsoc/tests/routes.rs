//! The URL map: the expected public addresses, a response for each, and their protections.

use axum::body::Body;
use http::{Request, StatusCode};
use mathsoc::config::{Config, Vars};
use mathsoc::operate::demo;
use mathsoc::routes;
use mathsoc::state::App;
use test_support::Folder;
use tower::ServiceExt;

#[test]
fn the_route_map_keeps_its_public_addresses() {
    let map = routes::map();
    let paths: Vec<_> = map.rows().iter().map(|row| row.path).collect();
    for path in [
        "/",
        "/home",
        "/about",
        "/privacy_policy",
        "/challenges",
        "/challenges/{id}",
        "/challenges/{id}/answers",
        "/api/submit",
        "/leaderboard",
        "/leaderboard/events",
        "/competitions",
        "/competitions/{id}",
        "/articles",
        "/article/{id}",
        "/static/{*path}",
        "/favicon.ico",
        "/robots.txt",
        "/csp-report",
        "/healthz",
        "/readyz",
    ] {
        assert_eq!(paths.iter().filter(|it| **it == path).count(), 1, "{path}");
    }
    assert_eq!(map.to_string().lines().count(), map.rows().len());
    assert!(map.to_string().starts_with("GET"), "{map}");
}

#[tokio::test]
async fn every_route_answers_and_others_are_404() {
    let folder = Folder::new();
    let vars = Vars::new([("APP_ENV", "testing"), ("DATA_DIR", folder.to_str().unwrap())], []);
    let app = App::open(Config::load(&vars).unwrap()).await.unwrap();
    demo::load(&app.db).await.unwrap();
    let site = mathsoc::app(app);
    let status = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("host", "example.org");
        let request = request.header("accept", "text/html");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(palisade::request::PeerAddr(([127, 0, 0, 1], 40_000).into()));
        site.clone().oneshot(request).await.unwrap()
    };

    for row in routes::map().rows() {
        let path = row.path.replace("{id}", "1").replace("{*path}", "none.css").replace("{kind}", "schools");
        let answer = status(row.methods, &path).await;
        assert!(!answer.status().is_server_error(), "{path}: {}", answer.status());
        let other = status("PUT", &path).await;
        let gated = |group: &str| ["members", "submit", "drafts", "admin", "live"].contains(&group);
        let members = routes::map().rows().iter().any(|other| gated(other.group) && other.path == row.path);
        let expected = if members { StatusCode::SEE_OTHER } else { StatusCode::METHOD_NOT_ALLOWED };
        assert_eq!(other.status(), expected, "{path}");
    }
    let moved = status("GET", "/home").await;
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].to_str().unwrap()), (308, "/"));
    for path in ["/", "/about", "/privacy_policy", "/challenges", "/challenges/1", "/articles", "/article/1"]
    {
        assert_eq!(status("GET", path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/none", "/challenges/999", "/article/999", "/About", "/challenges/"] {
        assert_eq!(status("GET", path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_route_is_behind_its_gates() {
    let folder = Folder::new();
    let settings = [
        ("APP_ENV", "testing"),
        ("DATA_DIR", folder.to_str().unwrap()),
        ("SERVER_NAME", "example.org"),
        ("FORCE_HTTPS", "true"),
    ];
    let site = mathsoc::app(App::open(Config::load(&Vars::new(settings, [])).unwrap()).await.unwrap());
    let answer = async |host: &str, path: &str| {
        let mut request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
        request.extensions_mut().insert(palisade::request::PeerAddr(([203, 0, 113, 9], 40_000).into()));
        site.clone().oneshot(request).await.unwrap()
    };
    for row in routes::map().rows() {
        let path = row.path.replace("{id}", "1").replace("{*path}", "none.css");
        let (strange, clear) = (answer("evil.example", &path).await, answer("example.org", &path).await);
        let expected = if row.group == "open" { (200, 200) } else { (421, 302) };
        assert_eq!((strange.status().as_u16(), clear.status().as_u16()), expected, "{path}");
        for answer in [strange, clear] {
            assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        }
    }
    assert_eq!(answer("evil.example", "/none").await.status(), 421, "the fallback is protected too");
}

#[tokio::test]
async fn posts_need_tokens_and_personal_pages_a_login() {
    let folder = Folder::new();
    let settings = [("DATA_DIR", folder.to_str().unwrap()), ("RATELIMIT_ENABLED", "false")];
    let site = mathsoc::app(App::open(Config::load(&Vars::new(settings, [])).unwrap()).await.unwrap());
    let answer = async |method: &str, path: &str| {
        let path = path
            .replace("{id}", "1")
            .replace("{*path}", "none.css")
            .replace("{token}", "none")
            .replace("{kind}", "schools")
            .replace("{file}", "users.csv");
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("accept", "text/html");
        let mut request = request.body(Body::from("a=b")).unwrap();
        request.extensions_mut().insert(palisade::request::PeerAddr(([127, 0, 0, 1], 40_000).into()));
        site.clone().oneshot(request).await.unwrap()
    };
    let (mut sent, mut own) = (0, 0);
    for row in routes::map().rows() {
        if row.methods == "POST" {
            let answer = answer("POST", row.path).await;
            // The exception: browsers send reports without a token, and reports only count. A form
            // there is rejected for its type.
            if (row.group, row.path) == ("reports", "/csp-report") {
                assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
                continue;
            }
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{}", row.path);
            let code = answer.extensions().get::<palisade::Rejection>().map(palisade::Rejection::code);
            assert_eq!(code, Some("csrf_token_missing"), "{}", row.path);
            sent += 1;
        } else if ["members", "admin", "live"].contains(&row.group) {
            let answer = answer("GET", row.path).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", row.path);
            let path =
                row.path.replace("{id}", "1").replace("{kind}", "schools").replace("{file}", "users.csv");
            assert_eq!(answer.headers()["location"], format!("/login?next={path}"));
            own += 1;
        }
    }
    assert!(sent >= 16 && own >= 6, "{sent} {own}");
}
