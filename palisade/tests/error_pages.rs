//! Error pages: a rejection or an internal error becomes HTML or JSON.

use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use palisade::front_door::Guards;
use palisade::rejection::InternalError;
use palisade::request::{RequestContext, RequestId};
use palisade::{ErrorPages, Rejection};
use test_support::log::Log;

use axum::body::Body;
use http_body_util::{BodyExt, Full};
use palisade::rejection::MissingLayer;
use palisade::{Error, Keyring, Session, Sessions};
use serde_json::Value;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;

use crate::support::{Answer, HERE, ask, get_from, guarded, site};

fn app() -> Router {
    let broken =
        || async { InternalError::new(std::io::Error::other("disk /var/secret is full")).into_response() };
    let routes = site()
        .route("/broken", get(broken))
        .route("/number/{n}", get(|Path(n): Path<u32>| async move { n.to_string() }))
        .route("/own", get(|| async { (StatusCode::NOT_FOUND, Json("mine")) }))
        .route("/own-html", get(|| async { (StatusCode::GONE, axum::response::Html("mine")) }));
    let palisade = Guards::new().hosts(["example.org"]).unwrap();
    routes
        .layer(palisade.https(palisade::https::Https::new().dangerous_allow_http()))
        .layer(ErrorPages::plain())
}

async fn fetched(target: &str, accept: &'static str) -> Answer {
    let mut request = get_from(HERE, target);
    request.headers_mut().insert("accept", accept.parse().unwrap());
    ask(&app(), request).await
}

#[tokio::test]
async fn a_404_is_html_or_json_by_accept() {
    let page = fetched("/nowhere", "text/html").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("Page not found"));
    let json = fetched("/nowhere", "application/json").await;
    assert_eq!((json.status.as_u16(), json.header("content-type")), (404, Some("application/problem+json")));
    let problem: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["title"], "Page not found");
    assert_eq!(json.header("vary"), Some("accept, sec-fetch-mode, hx-request"));
    assert_eq!(
        (page.header("cache-control"), json.header("cache-control")),
        (Some("no-store"), Some("no-store"))
    );
}

#[tokio::test]
async fn a_wrong_method_keeps_its_allow_header() {
    let answer = fetched("/form", "*/*").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")));
    assert!(answer.body.contains("Not possible here"));
}

#[tokio::test]
async fn no_page_shows_a_cause_type_or_version() {
    for target in ["/broken", "/panic", "/number/x"] {
        for accept in ["text/html", "application/json"] {
            let answer = fetched(target, accept).await;
            assert!(answer.status.is_client_error() || answer.status.is_server_error());
            for secret in ["secret", "disk", "u32", "parse", "panick", "axum"] {
                let is_for_programs = target == "/number/x" && accept == "application/json";
                let shown = is_for_programs && ["u32", "parse"].contains(&secret);
                assert_eq!(answer.body.contains(secret), shown, "{target}, {secret}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn a_handlers_own_body_stays_unchanged() {
    assert_eq!(fetched("/own", "text/html").await.body, "\"mine\"");
    assert_eq!(fetched("/own-html", "application/json").await.body, "mine");
    assert_eq!(fetched("/", "text/html").await.body, "home");
}

#[tokio::test]
async fn a_rejection_has_a_page_a_redirect_none() {
    let mut request = get_from(HERE, "/");
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    let answer = ask(&app(), request).await;
    assert!(answer.body.contains(&*Rejection::from(palisade::host::HostRejection::Unknown).message()));
    let strict = guarded(Guards::new().hosts(["example.org"]).unwrap());
    let redirect = ask(&strict, get_from("203.0.113.9:1", "/")).await;
    assert_eq!(
        (redirect.status.as_u16(), redirect.body.as_str(), redirect.header("content-type")),
        (302, "", None)
    );
}

#[tokio::test]
async fn the_cause_is_logged_under_the_shown_id() {
    let log = Log::default();
    let id = RequestId::random();
    let mut request = get_from(HERE, "/broken");
    RequestContext::begin(request.extensions_mut()).set_request_id(id);
    let logging = log.listen();
    let answer = ask(&app(), request).await;
    drop(logging);
    let log = log.text();
    assert_eq!(log.matches("disk /var/secret is full").count(), 1, "{log}");
    assert!(log.contains(&id.to_string()) && answer.body.contains(&id.to_string()));
}

const PERSON: &[(&str, &str)] = &[("sec-fetch-mode", "navigate")];
const PROGRAM: &[(&str, &str)] = &[];

/// Returns the response to a GET with these headers.
async fn got(app: &Router, target: &str, headers: &[(&'static str, &str)]) -> Answer {
    let mut request = http::Request::get(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(app, request.body(Body::empty()).unwrap()).await
}

fn json(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// Returns a site whose only page answers with this.
fn answering<A: IntoResponse + Clone + Send + Sync + 'static>(answer: A) -> Router {
    Router::new().route("/", get(move || async move { answer })).layer(ErrorPages::plain())
}

#[tokio::test]
async fn each_client_gets_what_it_can_read() {
    const HTML: &str = "text/html; charset=utf-8";
    const PROBLEM: &str = "application/problem+json";
    let keyring = Keyring::random();
    let sessions =
        Sessions::in_cookie(&keyring).dangerous_forgets_on_restart().login_path("/login").secure(true);
    let members = || {
        Router::new()
            .route("/me", get(async |session: Session| Err::<(), _>(session.sign_in_required())))
            .fallback(async || StatusCode::NOT_FOUND)
            .layer(sessions.clone())
    };
    let api = members().layer(ErrorPages::problem_json());
    let app = members().nest("/api", api).layer(ErrorPages::plain());
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (who, prefix, headers, signed_out, content_type) in [
        ("browser", "", &[("sec-fetch-mode", "navigate"), ("accept", browser)][..], 303, HTML),
        ("browser over http", "", &[("accept", browser)], 303, HTML),
        ("browser at the API", "/api", &[("sec-fetch-mode", "navigate"), ("accept", browser)], 401, PROBLEM),
        ("fetch", "", &[("sec-fetch-mode", "cors"), ("accept", "*/*")], 401, PROBLEM),
        ("XMLHttpRequest", "", &[("x-requested-with", "XMLHttpRequest"), ("accept", browser)], 401, PROBLEM),
        ("htmx", "", &[("hx-request", "true"), ("sec-fetch-mode", "cors"), ("accept", "*/*")], 401, HTML),
        (
            "boosted htmx",
            "",
            &[("hx-request", "true"), ("hx-boosted", "true"), ("sec-fetch-mode", "cors")],
            303,
            HTML,
        ),
        ("curl", "", &[("accept", "*/*")], 401, PROBLEM),
        ("axios", "", &[("accept", "application/json, text/plain, */*")], 401, PROBLEM),
        ("no Accept", "", &[], 401, PROBLEM),
    ] {
        let missing = got(&app, &format!("{prefix}/nowhere"), headers).await;
        assert_eq!(
            (missing.status.as_u16(), missing.header("content-type")),
            (404, Some(content_type)),
            "{who}"
        );
        let whole = missing.body.starts_with("<!doctype html>");
        assert_eq!(whole, content_type == HTML && who != "htmx", "{who}: {}", missing.body);
        let members_only = got(&app, &format!("{prefix}/me"), headers).await;
        assert_eq!(members_only.status, signed_out, "{who}");
        let login = Some("/login?next=/me");
        let locations = (members_only.header("location"), members_only.header("hx-redirect"));
        match (signed_out, who) {
            (303, _) => assert_eq!(locations, (login, None), "{who}"),
            (_, "htmx") => assert_eq!(locations, (None, login)),
            _ => assert_eq!(locations, (None, None), "{who}"),
        }
    }
}

#[tokio::test]
async fn a_handlers_words_reach_page_and_json() {
    let app = answering((StatusCode::CONFLICT, "The name <b>Ada</b> is taken."));
    let page = got(&app, "/", PERSON).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("<p>The name &lt;b&gt;Ada&lt;/b&gt; is taken.</p>"), "{}", page.body);
    assert_eq!(json(&got(&app, "/", PROGRAM).await)["detail"], "The name <b>Ada</b> is taken.");
    let fragment = got(&app, "/", &[("hx-request", "true")]).await;
    assert_eq!(fragment.body, "<p>The name &lt;b&gt;Ada&lt;/b&gt; is taken.</p>");
}

#[tokio::test]
async fn a_long_or_unreadable_text_is_replaced() {
    let general = "The request was not in a form that this page takes.";
    let long = "word ".repeat(201);
    let app = Router::new()
        .route("/long", get(move || async move { (StatusCode::CONFLICT, long) }))
        .route("/blank", get(|| async { (StatusCode::CONFLICT, " \n") }))
        .route(
            "/bytes",
            get(|| async { (StatusCode::CONFLICT, [("content-type", "text/plain")], &b"\xff\xfe"[..]) }),
        )
        .route(
            "/streamed",
            get(|| async {
                // A mapped body does not know its length.
                let words = Full::<bytes::Bytes>::from("words").map_frame(|frame| frame);
                (StatusCode::CONFLICT, [("content-type", "text/plain")], Body::new(words))
            }),
        )
        .layer(ErrorPages::plain());
    for path in ["/long", "/blank", "/bytes", "/streamed"] {
        let answer = got(&app, path, PROGRAM).await;
        assert_eq!(json(&answer)["detail"], general, "{path}");
    }
}

#[tokio::test]
async fn a_5xx_text_is_logged_and_not_shown() {
    let app = answering((StatusCode::INTERNAL_SERVER_ERROR, "relation \"users\" does not exist"));
    for headers in [PERSON, PROGRAM] {
        let log = Log::default();
        let logging = log.listen();
        let answer = got(&app, "/", headers).await;
        drop(logging);
        assert_eq!(answer.status, 500);
        assert!(!answer.body.contains("relation"), "{}", answer.body);
        assert!(log.text().contains("ERROR") && log.text().contains("does not exist"), "{}", log.text());
    }
}

#[tokio::test]
async fn axums_texts_are_for_programs_only() {
    use axum::extract::{Extension, Query};
    #[derive(serde::Deserialize)]
    struct Secret {
        #[allow(dead_code, reason = "only its name is looked at")]
        secret_field: u32,
    }
    let app = Router::new()
        .route("/json", axum::routing::post(|_: Json<Secret>| async {}))
        .route("/form", axum::routing::post(|_: axum::Form<Secret>| async {}))
        .route("/query", get(|_: Query<Secret>| async {}))
        .route("/path/{n}", get(|_: Path<u32>| async {}))
        .route("/two/{n}/{m}", get(|_: Path<u32>| async {}))
        .route("/text", axum::routing::post(|_: String| async {}))
        .route("/extension", get(|_: Extension<u8>| async {}))
        .layer(ErrorPages::plain());
    const FORM: &str = "application/x-www-form-urlencoded";
    for (method, path, content_type, body) in [
        ("POST", "/json", "application/json", &b"{\"secret_field\": \"x\"}"[..]),
        ("POST", "/json", "application/json", b"{"),
        ("POST", "/json", "text/plain", b"{}"),
        ("POST", "/form", FORM, b"secret_field=x"),
        ("POST", "/form", "text/plain", b""),
        ("GET", "/query?secret_field=x", "", b""),
        ("GET", "/path/x", "", b""),
        ("GET", "/path/%ff", "", b""),
        ("GET", "/two/1/2", "", b""),
        ("POST", "/text", "text/plain", b"\xff"),
        ("GET", "/extension", "", b""),
    ] {
        let request = |accept: &str| {
            let request = http::Request::builder().method(method).uri(path).header("accept", accept);
            request.header("content-type", content_type).body(Body::from(body)).unwrap()
        };
        let page = ask(&app, request("text/html")).await;
        assert!(page.status.is_client_error() || page.status == 500, "{path}");
        let general = ["The request was not in a form that this page takes.", "This is our mistake"];
        assert!(general.iter().any(|text| page.body.contains(text)), "{path}: {}", page.body);
        let detail = json(&ask(&app, request("*/*")).await)["detail"].as_str().unwrap().to_owned();
        let is_general = general.iter().any(|text| detail.starts_with(text));
        assert_eq!(is_general, page.status == 500, "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_replaced_body_takes_its_headers_along() {
    let stale = [
        ("content-disposition", "attachment"),
        ("etag", "\"1\""),
        ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("cache-control", "public, max-age=600"),
        ("expires", "Sun, 06 Nov 2094 08:49:37 GMT"),
        ("retry-after", "7"),
    ];
    let fail =
        move || async move { (StatusCode::BAD_REQUEST, stale, "That is no number of a page. ".repeat(9)) };
    let app = Router::new().route("/", get(fail)).layer(CompressionLayer::new()).layer(ErrorPages::plain());
    let page = got(&app, "/", &[("accept", "text/html"), ("accept-encoding", "gzip")]).await;
    assert!(page.body.starts_with("<!doctype html>"));
    for (name, _) in &stale[..3] {
        assert_eq!(page.header(name), None, "{name}");
    }
    assert_eq!((page.header("content-encoding"), page.header("expires")), (None, None));
    assert_eq!((page.header("cache-control"), page.header("retry-after")), (Some("no-store"), Some("7")));
}

#[tokio::test]
async fn an_inner_error_page_stays() {
    let inner = ErrorPages::new(|_| "inner".to_owned());
    let app = Router::new().fallback(async || StatusCode::NOT_FOUND).layer(inner);
    let app = app.layer(ErrorPages::new(|_| "outer".to_owned()));
    let log = Log::default();
    let logging = log.listen_at(tracing::Level::DEBUG);
    let page = got(&app, "/", PERSON).await;
    drop(logging);
    assert_eq!(page.body, "inner");
    assert_eq!(page.headers.get_all("vary").iter().count(), 1);
    assert_eq!(log.text().matches("error response").count(), 1, "{}", log.text());
}

#[tokio::test]
async fn the_plain_page_escapes_what_it_prints() {
    let script = "<img src=x onerror=alert(1)>";
    let rejection = palisade::upload::UploadRejection::File {
        name: script.into(),
        error: palisade::upload::UploadError::Infected,
    };
    let fields = Router::new()
        .route("/", get(move || async move { Error::unprocessable(script).field(script, script) }))
        .layer(ErrorPages::plain());
    for app in [answering(rejection), fields] {
        for headers in [PERSON, &[("hx-request", "true")]] {
            let page = got(&app, "/", headers).await;
            assert!(page.body.contains("&lt;img") && !page.body.contains("<img"), "{}", page.body);
        }
    }
}

/// Returns the site as the front door shows it in development.
fn in_development(app: Router) -> Router {
    app.layer(MapRequestLayer::new(|mut request: http::Request<Body>| {
        RequestContext::begin(request.extensions_mut()).set_shows_causes();
        request
    }))
}

#[tokio::test]
async fn causes_are_shown_in_development_only() {
    let missing = Rejection::from(MissingLayer("add <Proxies> around the routes"));
    let cause = InternalError::new("the <disk> is full");
    let text = (StatusCode::BAD_GATEWAY, "upstream <10.0.0.7> is down");
    for (app, secret) in
        [(answering(missing), "Proxies"), (answering(cause), "disk"), (answering(text), "10.0.0.7")]
    {
        for headers in [PERSON, PROGRAM, &[("hx-request", "true")]] {
            let answer = got(&app, "/", headers).await;
            assert!(!answer.body.contains(secret), "{}", answer.body);
            assert!(answer.body.contains("This is our mistake"), "{}", answer.body);
            let answer = got(&in_development(app.clone()), "/", headers).await;
            let shown = if headers == PROGRAM { format!("<{secret}>") } else { format!("&lt;{secret}&gt;") };
            assert!(answer.body.contains(&shown), "{}", answer.body);
        }
    }
    let app = Router::new().route("/{n}", get(|_: Path<u32>| async {})).layer(ErrorPages::plain());
    assert!(got(&in_development(app), "/x", PERSON).await.body.contains("Cannot parse `x` to a `u32`"));
}

#[tokio::test]
async fn a_rejection_is_logged_without_the_query() {
    let app = answering(Rejection::new(StatusCode::FORBIDDEN, "closed", "The shop is closed."));
    let app = app.layer(MapRequestLayer::new(|mut request: http::Request<Body>| {
        request.extensions_mut().insert(RequestId::random());
        request
    }));
    let log = Log::default();
    let logging = log.listen();
    let answer = got(&app, "/?token=secret", PROGRAM).await;
    drop(logging);
    let (line, id) = (log.text(), json(&answer)["request_id"].as_str().unwrap().to_owned());
    for part in ["INFO", "request rejected", "code=\"closed\"", "status=403", "method=GET", "path=\"/\"", &id]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("secret"), "{line}");
}

#[tokio::test]
async fn a_secret_path_is_cut_in_the_log() {
    let app = Router::new()
        .route("/reset/{token}", get(|| async { Rejection::new(StatusCode::FORBIDDEN, "closed", "Closed.") }))
        .layer(
            ErrorPages::plain().logged_path(|path| path.split_inclusive("/reset/").next().unwrap_or(path)),
        );
    let log = Log::default();
    let logging = log.listen();
    let _ = got(&app, "/reset/abcdef", PROGRAM).await;
    drop(logging);
    assert!(log.text().contains("path=\"/reset/\"") && !log.text().contains("abcdef"), "{}", log.text());
}
