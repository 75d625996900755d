//! The error type of handlers, through a real router.

use std::num::ParseIntError;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::{Request, StatusCode};
use palisade::body_limit::BodyLimit;
use palisade::error::{Error, OrNotFound};
use palisade::rejection::{InternalError, MissingLayer};
use palisade::{ErrorPages, Rejection};
use serde_json::Value;
use test_support::log::Log;
use tower_http::compression::CompressionLayer;

use crate::support::{Answer, ask};

type Body = axum::body::Body;

async fn json(app: &Router, method: &str, target: &str, body: &'static str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(target).header("content-type", "application/json");
    let answer: Answer = ask(app, request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.body);
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap())
}

fn routed(path: &str, handler: axum::routing::MethodRouter) -> Router {
    Router::new().route(path, handler).layer(ErrorPages::plain())
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[tokio::test]
async fn each_source_has_its_status() {
    fn of(error: impl Into<Error>) -> Error {
        error.into()
    }
    let parse: ParseIntError = "x".parse::<u8>().unwrap_err();
    let path = "//evil.example".parse::<palisade::redirect::SafePath>().unwrap_err();
    let busy = palisade::password::HashingError::Busy { retry_after: std::time::Duration::from_secs(2) };
    let html = palisade::Sanitizer::plain().max_bytes(100).clean(&"a".repeat(101)).unwrap_err();
    for (error, status) in [
        (of(parse), 500),
        (of(std::io::Error::other("the disk is full")), 500),
        (of(InternalError::new("the disk is full")), 500),
        (Error::internal("the disk is full"), 500),
        (of(MissingLayer("add `Proxies`")), 500),
        (of(Rejection::new(StatusCode::GONE, "sold", "Sold.")), 410),
        (of(palisade::password::PasswordRejected::Common), 422),
        (of(palisade::host::HostRejection::Unknown), 421),
        (of(palisade::csrf::CsrfRejection::CrossSite), 403),
        (of(palisade::body_limit::BodyRejection::TooLarge), 413),
        (of(palisade::concurrency::ConcurrencyRejection::ClientBusy), 429),
        (of(palisade::deadline::DeadlinePassed), 503),
        (of(palisade::rate_limit::RateLimitRejection::MissingKey), 400),
        (of(palisade::session::SessionRejection::NotAllowed), 403),
        (of(palisade::upload::UploadRejection::ScannerDown), 503),
        (of(busy), 503),
        (of(path), 400),
        (of(html), 422),
        (Error::not_found(), 404),
        (Error::bad_request("Which one?"), 400),
        (Error::forbidden("Members only."), 403),
        (Error::conflict("That name is taken."), 409),
        (Error::unprocessable("Please check the form."), 422),
        (Error::new(StatusCode::BAD_GATEWAY, "upstream is down"), 502),
    ] {
        assert_eq!(error.status(), status, "{error:?}");
        let response: http::Response<String> = error.into_response();
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn the_cause_of_an_internal_error_is_logged() {
    async fn fails() -> palisade::Result {
        let number: u8 = "300".parse()?;
        Err(Error::conflict(number.to_string()))
    }
    let app = routed("/", get(fails));
    let log = Log::default();
    let logging = log.listen();
    let (status, problem) = json(&app, "GET", "/", "").await;
    drop(logging);
    assert_eq!(status, 500);
    assert!(!problem.to_string().contains("too large"), "{problem}");
    assert_eq!(log.text().matches("number too large").count(), 1, "{}", log.text());
}

#[tokio::test]
async fn a_multipart_form_that_cannot_be_read_is_the_clients_fault() {
    async fn send(mut form: axum::extract::Multipart) -> palisade::Result<String> {
        let mut texts = Vec::new();
        while let Some(field) = form.next_field().await? {
            texts.push(field.text().await?);
        }
        Ok(texts.join(" "))
    }
    let app = Router::new().route("/", post(send)).layer(BodyLimit::bytes(200)).layer(ErrorPages::plain());
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    for (body, status) in [
        (format!("{part}one\r\n--x--\r\n"), 200),
        (format!("{part}one"), 400),
        (format!("{part}{}\r\n--x--\r\n", "a".repeat(200)), 413),
    ] {
        let request = Request::post("/").header("content-type", "multipart/form-data; boundary=x");
        // A stream has no length, so it is the handler that reads too much.
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let answer = ask(&app, request.body(Body::from_stream(stream)).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

#[test]
fn main_takes_an_error_by_the_question_mark() {
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        Err(Error::internal("the disk is full"))?
    }
    fn sent() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(Error::not_found())?
    }
    assert_eq!(format!("{:?}", main().unwrap_err()), "Error(500, the disk is full)");
    assert_eq!(sent().unwrap_err().to_string(), "404 Not Found");
}

#[test]
fn main_prints_the_text_of_every_error() {
    let weak = palisade::Keyring::new("change-me").unwrap_err();
    assert_eq!(format!("{weak:?}"), weak.to_string(), "`main` prints errors by `Debug`");
    // The kind: no error of the library derives its `Debug`.
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                let derives =
                    |line: &&str| line.starts_with("#[derive(") && line.contains("thiserror::Error");
                let derived = text.lines().filter(derives).find(|line| line.contains("Debug"));
                assert_eq!(derived, None, "{}: use `debug_is_text!`", path.display());
            }
        }
    }
    assert!(files > 100, "{files} files");
}

#[tokio::test]
async fn extractor_rejections_keep_status_and_text() {
    async fn body(body: Result<Json<u8>, JsonRejection>) -> palisade::Result<String> {
        Ok(body?.0.to_string())
    }
    async fn query(query: Result<Query<Vec<(String, u8)>>, QueryRejection>) -> palisade::Result<String> {
        Ok(query?.0.len().to_string())
    }
    async fn path(
        path: Result<Path<u8>, axum::extract::rejection::PathRejection>,
    ) -> palisade::Result<String> {
        Ok(path?.0.to_string())
    }
    type FormOf = Form<Vec<(String, u8)>>;
    async fn form(form: Result<FormOf, axum::extract::rejection::FormRejection>) -> palisade::Result<String> {
        Ok(form?.0.len().to_string())
    }
    async fn extension(
        it: Result<axum::Extension<u8>, axum::extract::rejection::ExtensionRejection>,
    ) -> palisade::Result<String> {
        Ok(it?.0.to_string())
    }
    let app = Router::new()
        .route("/json", post(body))
        .route("/query", get(query))
        .route("/path/{n}", get(path))
        .route("/form", post(form))
        .route("/extension", get(extension))
        .layer(ErrorPages::plain());
    for (method, target, body, status, text) in [
        ("POST", "/json", "nonsense", 400, "Failed to parse the request body as JSON"),
        ("POST", "/json", "\"x\"", 422, "Failed to deserialize the JSON body"),
        ("GET", "/query?a=x", "", 400, "Failed to deserialize query string"),
        ("GET", "/path/x", "", 400, "Cannot parse `x` to a `u8`"),
        ("POST", "/form", "", 415, "Form requests must have"),
        ("GET", "/extension", "", 500, "This is our mistake"),
    ] {
        let (seen, problem) = json(&app, method, target, body).await;
        assert_eq!(seen, status, "{target}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(text), "{target}: {problem}");
        let request = Request::builder().method(method).uri(target).header("accept", "text/html");
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        let page = ask(&app, request).await;
        assert!(!page.body.contains("Failed") && !page.body.contains("u8"), "{target}: {}", page.body);
    }
}

#[tokio::test]
async fn field_errors_reach_json_and_page() {
    let register = || async {
        Error::unprocessable("Please check the form.")
            .field("email", "already taken")
            .field("first name", "is <empty>")
    };
    let app = routed("/", get(register));
    let (status, problem) = json(&app, "GET", "/", "").await;
    assert_eq!((status, &problem["detail"]), (422, &"Please check the form.".into()));
    assert_eq!(
        problem["errors"],
        serde_json::json!([
            {"detail": "already taken", "pointer": "#/email"},
            {"detail": "is <empty>", "pointer": "#/first%20name"},
        ])
    );
    let request = Request::get("/").header("accept", "text/html").body(Body::empty()).unwrap();
    let page = ask(&app, request).await.body;
    assert!(page.contains("<li>email: already taken") && page.contains("is &lt;empty&gt;"), "{page}");
}

#[tokio::test]
async fn fields_of_a_rejection_are_kept() {
    let rejection = || Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "order", "Please check the order.");
    let app = routed("/", get(move || async move { Error::from(rejection()).field("/items/0", "sold out") }));
    let (_, problem) = json(&app, "GET", "/", "").await;
    assert_eq!(problem["detail"], "Please check the order.");
    assert_eq!(problem["errors"][0]["pointer"], "#/items/0");
}

#[tokio::test]
async fn a_status_that_is_no_error_is_500() {
    let error = Error::new(StatusCode::OK, "Done.");
    assert_eq!(error.status(), 500);
    assert!(error.to_string().ends_with("write a status of 4xx or 5xx"), "{error}");
}

#[tokio::test]
async fn a_message_of_a_5xx_is_not_shown() {
    let app = routed("/", get(async || Error::new(StatusCode::BAD_GATEWAY, "10.0.0.7 is down")));
    let (status, problem) = json(&app, "GET", "/", "").await;
    assert_eq!(status, 502);
    assert!(!problem.to_string().contains("10.0.0.7"), "{problem}");
}

#[tokio::test]
async fn a_missing_value_is_a_404() {
    async fn find(Path(id): Path<u8>) -> palisade::Result<&'static str> {
        let found = match id {
            1 => Ok(Some("one")),
            2 => Ok(None),
            _ => Err(std::io::Error::other("the disk is gone")),
        };
        found.or_not_found()
    }
    let app = routed("/{id}", get(find));
    let request = Request::get("/1").body(Body::empty()).unwrap();
    assert_eq!(ask(&app, request).await.body, "one");
    assert_eq!(json(&app, "GET", "/2", "").await.0, 404);
    assert_eq!(json(&app, "GET", "/3", "").await.0, 500);
    assert_eq!(None::<u8>.or_not_found().unwrap_err().status(), 404);
}

#[tokio::test]
async fn without_error_pages_the_message_is_the_body() {
    let app = Router::new()
        .route("/taken", get(async || Error::conflict("That name is taken.").field("name", "taken")))
        .route("/gone", get(async || Error::not_found()))
        .route("/broken", get(async || Error::internal("the disk is full")));
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let taken = ask(&app, get("/taken")).await;
    assert_eq!(taken.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!((taken.status.as_u16(), &*taken.body), (409, "That name is taken.\nname: taken"));
    for path in ["/gone", "/broken"] {
        assert_eq!(ask(&app, get(path)).await.body, "", "{path}");
    }
}

#[tokio::test]
async fn words_survive_a_compressing_layer_inside() {
    let app = Router::new()
        .route("/", get(async || Error::conflict("That name is taken. ".repeat(9))))
        .layer(CompressionLayer::new())
        .layer(ErrorPages::plain());
    let request = Request::get("/").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let answer = ask(&app, request).await;
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.body.contains("That name is taken."), "{}", answer.body);
}
