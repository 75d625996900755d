//! Request ids: taken from a trusted proxy or random; in responses, pages, log lines and spans.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderName, Request};
use palisade::front_door::Guards;
use palisade::request::RequestId;
use palisade::request_id::{RequestIds, make_span};
use palisade::{ErrorPages, Palisade, Rejection};
use test_support::log::Log;
use tower_http::trace::TraceLayer;

use crate::support::{Answer, HERE, PROXY, STRANGER, ask, get_from, https_get, site};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn routes() -> Router {
    site()
        .route("/id", get(async |id: RequestId| id.to_string()))
        .route("/own", get(async || ([("x-request-id", "own")], "own")))
        .route("/articles/{id}", get(async || tracing::info!("read")))
}

fn guards() -> Guards {
    let proxies = palisade::proxy::Proxies::trusted(["10.0.0.1"]).unwrap();
    Guards::new().hosts(["example.org", "localhost"]).unwrap().trusted_proxies(proxies)
}

fn app(ids: RequestIds) -> Router {
    routes().layer(ids).layer(guards()).layer(ErrorPages::plain())
}

async fn fetched(app: &Router, mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Answer {
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    ask(app, request).await
}

fn id_of(answer: &Answer) -> &str {
    answer.header("x-request-id").expect("the response has an id")
}

fn is_random(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[tokio::test]
async fn every_response_has_its_own_id() {
    let app = app(RequestIds::new());
    let mut seen = Vec::new();
    for (target, status) in [("/", 200), ("/id", 200), ("/own", 200), ("/missing", 404), ("/panic", 500)] {
        let answer = ask(&app, https_get(target)).await;
        assert_eq!(answer.status, status, "{target}");
        assert!(is_random(id_of(&answer)) && !seen.contains(&id_of(&answer).to_owned()), "{target}");
        seen.push(id_of(&answer).to_owned());
    }
}

#[tokio::test]
async fn handler_page_and_header_have_one_id() {
    let app = app(RequestIds::new());
    let answer = ask(&app, https_get("/id")).await;
    assert_eq!(answer.body, id_of(&answer));
    let page = ask(&app, https_get("/missing")).await;
    assert!(page.body.contains(&format!("Request {}", id_of(&page))), "{}", page.body);
}

#[tokio::test]
async fn a_trusted_proxys_id_is_taken() {
    let app = app(RequestIds::new());
    let answer = fetched(&app, https_get("/id"), &[("x-request-id", "Root=1-67:ab/c+d_e.f")]).await;
    assert_eq!((id_of(&answer), &*answer.body), ("Root=1-67:ab/c+d_e.f", "Root=1-67:ab/c+d_e.f"));
    let longest = "a".repeat(64);
    assert_eq!(id_of(&fetched(&app, https_get("/"), &[("x-request-id", &longest)]).await), longest);
}

#[tokio::test]
async fn the_trace_id_is_taken_without_a_request_id() {
    let app = app(RequestIds::new());
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = fetched(&app, https_get("/"), &[("traceparent", &traceparent)]).await;
    assert_eq!(id_of(&answer), TRACE);
    let both = [("traceparent", &*traceparent), ("x-request-id", "7f3a")];
    assert_eq!(id_of(&fetched(&app, https_get("/"), &both).await), "7f3a");
    let unsafe_id = [("traceparent", &*traceparent), ("x-request-id", "a b")];
    assert_eq!(id_of(&fetched(&app, https_get("/"), &unsafe_id).await), TRACE);
}

#[tokio::test]
async fn a_strangers_id_is_ignored() {
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let headers = [("x-request-id", "7f3a"), ("traceparent", &*traceparent)];
    let with_proxy = app(RequestIds::new());
    let no_proxy = routes().layer(RequestIds::new()).layer(palisade::proxy::Proxies::none());
    for (app, peer) in [(&with_proxy, HERE), (&no_proxy, STRANGER), (&no_proxy, HERE), (&no_proxy, PROXY)] {
        let mut request = get_from(peer, "/id");
        request.headers_mut().insert("host", "localhost".parse().unwrap());
        let answer = fetched(app, request, &headers).await;
        assert!(is_random(id_of(&answer)) && answer.body == id_of(&answer), "{peer}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_unsafe_id_is_replaced() {
    let app = app(RequestIds::new());
    let long = "a".repeat(65);
    for unsafe_id in ["", " ", "a b", "<script>", "a\"b", "a;b", "{}", &long] {
        let answer = fetched(&app, https_get("/"), &[("x-request-id", unsafe_id)]).await;
        assert!(is_random(id_of(&answer)), "{unsafe_id:?}");
    }
    let twice = [("x-request-id", "one"), ("x-request-id", "two")];
    assert!(is_random(id_of(&fetched(&app, https_get("/"), &twice).await)));
}

#[tokio::test]
async fn header_name_and_incoming_ids_are_settings() {
    let renamed = app(RequestIds::new().header(HeaderName::from_static("x-correlation-id")));
    let answer = fetched(&renamed, https_get("/"), &[("x-correlation-id", "7f3a")]).await;
    assert_eq!((answer.header("x-correlation-id"), answer.header("x-request-id")), (Some("7f3a"), None));
    let random = app(RequestIds::new().ignore_incoming());
    assert!(is_random(id_of(&fetched(&random, https_get("/"), &[("x-request-id", "7f3a")]).await)));
}

#[tokio::test]
async fn incoming_ids_need_a_known_client() {
    let outside = routes().layer(guards()).layer(RequestIds::new()).layer(ErrorPages::plain());
    let answer = ask(&outside, https_get("/")).await;
    let rejection = answer.response.extensions.get::<Rejection>().map(Rejection::code);
    assert_eq!((answer.status.as_u16(), rejection), (500, Some("missing_layer")));
    assert!(is_random(id_of(&answer)));

    let outside = routes().layer(guards()).layer(RequestIds::new().ignore_incoming());
    assert_eq!(ask(&outside, https_get("/")).await.status, 200, "a random id needs no client");
}

#[tokio::test]
async fn the_front_door_sends_ids_with_rejections() {
    let app = front_door();
    for (host, status) in [("example.org", 200), ("evil.example", 421)] {
        let mut request = https_get("/");
        request.headers_mut().insert("host", host.parse().unwrap());
        let answer = fetched(&app, request, &[("x-request-id", "7f3a")]).await;
        assert_eq!((answer.status.as_u16(), id_of(&answer)), (status, "7f3a"), "{host}");
        assert!(status == 200 || answer.body.contains("Request 7f3a"), "{}", answer.body);
    }
    let stranger = fetched(&app, get_from(STRANGER, "/"), &[("x-request-id", "7f3a")]).await;
    assert_eq!((stranger.status.as_u16(), is_random(id_of(&stranger))), (302, true));
}

fn front_door() -> Router {
    let proxies = palisade::proxy::Proxies::trusted(["10.0.0.1"]).unwrap();
    let palisade = Palisade::for_hosts(["example.org"]).unwrap().trusted_proxies(proxies);
    palisade.request_ids(RequestIds::new()).protect(routes())
}

#[tokio::test]
async fn log_lines_have_route_id_and_client() {
    let trace = || TraceLayer::new_for_http().make_span_with(make_span);
    let outside = routes().layer(RequestIds::new()).layer(guards()).layer(trace());
    let inside = routes().layer(trace()).layer(RequestIds::new()).layer(guards());
    let around_the_front_door = front_door().layer(trace());
    for app in [outside, inside, around_the_front_door] {
        let log = Log::default();
        let logging = log.listen();
        let answer = ask(&app, https_get("/articles/7?token=secret")).await;
        drop(logging);
        let span = format!(
            "request{{method=GET route=\"/articles/{{id}}\" request_id={} client_ip=198.51.100.7}}",
            id_of(&answer)
        );
        assert!(log.text().contains(&span), "{span} in {}", log.text());
        assert!(log.text().contains(": read") && !log.text().contains("secret"), "{}", log.text());
    }
}

#[tokio::test]
async fn a_missing_page_has_no_route() {
    let fallback = async || tracing::info!("nothing here");
    let trace = TraceLayer::new_for_http().make_span_with(make_span);
    let app = routes().fallback(fallback).layer(RequestIds::new()).layer(guards()).layer(trace);
    let log = Log::default();
    let logging = log.listen();
    let answer = ask(&app, https_get("/reset/secret-token")).await;
    drop(logging);
    let span = format!("request{{method=GET request_id={} client_ip=198.51.100.7}}", id_of(&answer));
    assert!(log.text().contains(&span) && !log.text().contains("secret"), "{}", log.text());
}

#[tokio::test]
async fn an_internal_error_is_logged_under_the_sent_id() {
    let app = app(RequestIds::new());
    let log = Log::default();
    let logging = log.listen();
    let answer = fetched(&app, https_get("/panic"), &[("x-request-id", "7f3a")]).await;
    drop(logging);
    assert!(log.text().contains("request_id=7f3a"), "{}", log.text());
    assert_eq!((id_of(&answer), answer.body.contains("Request 7f3a")), ("7f3a", true));
}
