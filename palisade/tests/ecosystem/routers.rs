//! axum's ways to put routers together.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::Request;
use tower_http::services::ServeDir;

use super::{assert_protected, pages, palisade, protect, visit};
use crate::support::{HERE, ask, with_peer};

#[tokio::test]
async fn answers_that_no_handler_made_are_protected() {
    let app = protect(pages());
    assert_protected(&visit(&app, "/").await, 200);
    assert_protected(&visit(&app, "/missing").await, 404);
    assert_protected(&visit(&app, "/panic").await, 500);
    let request = Request::post("/").header("host", "localhost").body(Body::empty()).unwrap();
    let wrong_method = ask(&app, with_peer(request, HERE)).await;
    assert_protected(&wrong_method, 405);
    assert_eq!(wrong_method.header("allow"), Some("GET,HEAD"));
}

#[tokio::test]
async fn state_may_be_given_before_or_after() {
    let routes = || Router::new().route("/", get(async |State(text): State<&'static str>| text));
    for app in [protect(routes().with_state("text")), protect(routes()).with_state("text")] {
        let page = visit(&app, "/").await;
        assert_protected(&page, 200);
        assert_eq!(page.body, "text");
    }
}

#[tokio::test]
async fn merged_and_nested_routers_keep_their_layers() {
    let api = palisade().for_api().protect(Router::new().route("/items", get(async || "items")));
    let other = protect(Router::new().route("/other", get(async || "other")));
    let app = other.merge(protect(pages())).nest("/api", api);
    for path in ["/", "/other", "/api/items"] {
        assert_protected(&visit(&app, path).await, 200);
    }
}

#[tokio::test]
async fn forged_requests_are_rejected_in_every_group() {
    let form = || Router::new().route("/form", post(async || "taken"));
    let app = protect(form()).nest("/group", protect(form()));
    for path in ["/form", "/group/form"] {
        let request =
            Request::post(path).header("host", "localhost").header("origin", "https://evil.example");
        let answer = ask(&app, with_peer(request.body(Body::empty()).unwrap(), HERE)).await;
        assert_eq!(answer.status, 403, "{path}");
    }
}

#[tokio::test]
async fn files_of_a_folder_are_protected() {
    let folder = test_support::Folder::new();
    std::fs::write(folder.join("page.html"), "<p>file</p>").unwrap();
    let app = protect(pages().nest_service("/files", ServeDir::new(&*folder)));
    let file = visit(&app, "/files/page.html").await;
    assert_protected(&file, 200);
    assert_eq!(file.body, "<p>file</p>");
    assert_protected(&visit(&app, "/files/missing").await, 404);
    let service = Router::new().fallback_service(palisade().protect_service(ServeDir::new(&*folder)));
    assert_protected(&visit(&service, "/page.html").await, 200);
    let fallback = protect(pages().fallback_service(ServeDir::new(&*folder)));
    assert_protected(&visit(&fallback, "/page.html").await, 200);
}
