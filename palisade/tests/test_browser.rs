//! The browser for tests: cookies, redirects, forms, headers, and what fails a test.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, Query};
use axum::response::{AppendHeaders, Html, IntoResponse};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body::Frame;
use http_body_util::BodyExt;
use palisade::PageHeaders;
use palisade::csp::Csp;
use palisade::front_door::Guards;
use palisade::https::Https;
use palisade::request::{Client, PeerAddr};
use palisade::test::{Browser, FormFile};

const SITE: &str = "https://example.org";

fn protected(routes: Router) -> Router {
    routes.layer(
        Guards::new().hosts(["example.org", "localhost"]).unwrap().https(Https::new().dangerous_allow_http()),
    )
}

fn page(html: &'static str) -> Router {
    protected(Router::new().route("/", get(async move || Html(html)).post(echo)).fallback(echo))
}

async fn echo(method: Method, uri: Uri, body: String) -> String {
    format!("{method} {uri} {body}")
}

fn browser(routes: Router) -> Browser {
    Browser::new(protected(routes)).at(SITE)
}

/// Returns the request's headers as JSON.
async fn headers(headers: HeaderMap) -> Json<Vec<(String, String)>> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Json(headers.iter().map(line).collect())
}

fn sent(page: &palisade::test::Page, name: &str) -> Option<String> {
    page.json::<Vec<(String, String)>>().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn redirect(status: u16, to: &'static str) -> impl IntoResponse + Clone {
    (StatusCode::from_u16(status).unwrap(), [("location", to)])
}

#[tokio::test]
async fn sends_cookies_to_their_own_paths() {
    let set = async || AppendHeaders([("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/deep")]);
    let mut browser = browser(Router::new().route("/set", get(set)).fallback(headers));
    browser.get("/set").await;
    assert_eq!(sent(&browser.get("/").await, "cookie").as_deref(), Some("a=1"));
    assert_eq!(sent(&browser.get("/deep/er").await, "cookie").as_deref(), Some("b=2; a=1"));
    assert_eq!(browser.cookie("b"), Some("2"));
}

#[tokio::test]
async fn a_clone_has_cookies_of_its_own() {
    let set = async || AppendHeaders([("set-cookie", "a=1; Path=/")]);
    let mut one = browser(Router::new().route("/set", get(set)).fallback(headers));
    let mut other = one.clone();
    one.get("/set").await;
    assert_eq!(sent(&other.get("/").await, "cookie"), None);
    assert_eq!(sent(&one.clone().get("/").await, "cookie").as_deref(), Some("a=1"));
}

#[tokio::test]
async fn follows_redirects_as_browsers_do() {
    let echo = async |method: Method, body: String| format!("{method} {body}");
    let mut routes = Router::new().route("/there", any(echo));
    for (path, status) in [("/301", 301), ("/302", 302), ("/303", 303), ("/307", 307), ("/308", 308)] {
        let answer = redirect(status, "/there?x=1#part");
        routes = routes.route(path, any(async move || answer.clone()));
    }
    let mut browser = browser(routes);
    for (path, text) in
        [("/301", "GET "), ("/302", "GET "), ("/303", "GET "), ("/307", "POST a=b"), ("/308", "POST a=b")]
    {
        let page = browser.post(path, &[("a", "b")]).await;
        assert_eq!((&*page.path, &*page.text), ("/there?x=1", text), "{path}");
    }
    let page = browser.clone().without_following().get("/302").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (302, Some("/there?x=1#part")));
}

#[tokio::test]
async fn follows_the_redirect_to_https() {
    let app = Router::new().route("/", get(async |client: Client| client.scheme().as_str()));
    let app = app.layer(Guards::new().hosts(["example.org"]).unwrap());
    let mut browser = Browser::new(app).at("http://example.org").from("192.0.2.7");
    let page = browser.get("/").await;
    assert_eq!((page.status.as_u16(), &*page.text), (200, "https"));
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000; includeSubDomains"));
}

#[tokio::test]
async fn does_not_follow_to_another_host() {
    let routes = Router::new().route("/", get(async || redirect(303, "https://accounts.example/login")));
    let page = browser(routes).get("/").await;
    assert_eq!((page.status.as_u16(), &*page.path), (303, "/"));
}

#[tokio::test]
#[should_panic(expected = "https://example.org/: more than 20 redirects")]
async fn fails_on_an_endless_redirect() {
    browser(Router::new().route("/", get(async || redirect(302, "/")))).get("/").await;
}

#[tokio::test]
async fn sends_the_headers_of_a_browser() {
    let mut browser = browser(Router::new().fallback(headers));
    let typed = browser.get("/?a=1").await;
    for (name, value) in [
        ("host", Some("example.org")),
        ("sec-fetch-site", Some("none")),
        ("sec-fetch-mode", Some("navigate")),
        ("origin", None),
        ("referer", None),
    ] {
        assert_eq!(sent(&typed, name).as_deref(), value, "{name}");
    }
    assert!(sent(&typed, "accept").unwrap().starts_with("text/html,"));
    let posted = browser.post("/", &[]).await;
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("origin", SITE),
        ("referer", "https://example.org/?a=1"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        assert_eq!(sent(&posted, name).as_deref(), Some(value), "{name}");
    }
    let script = browser.post_json("/", &()).await;
    assert_eq!(sent(&script, "sec-fetch-mode").as_deref(), Some("cors"));
    let program = browser.clone().as_program().post("/", &[]).await;
    assert_eq!(sent(&program, "accept").as_deref(), Some("application/json"));
    assert_eq!((sent(&program, "origin"), sent(&program, "sec-fetch-mode")), (None, None));
    let http = browser.at("http://example.org").header("accept", "text/plain").get("/").await;
    assert_eq!((sent(&http, "sec-fetch-mode"), sent(&http, "accept").as_deref()), (None, Some("text/plain")));
}

#[tokio::test]
async fn a_page_without_referrer_has_no_origin() {
    let hidden = async || ([("referrer-policy", "no-referrer")], "");
    let mut browser = browser(Router::new().route("/hidden", get(hidden)).fallback(headers));
    browser.get("/hidden").await;
    let posted = browser.post("/", &[]).await;
    assert_eq!((sent(&posted, "origin").as_deref(), sent(&posted, "referer")), (Some("null"), None));
}

#[tokio::test]
async fn sends_the_peer_and_the_scheme() {
    let show = async |client: Client| format!("{} {}", client.peer(), client.scheme().as_str());
    let mut browser = browser(Router::new().route("/", get(show))).from("192.0.2.7:1234");
    assert_eq!(browser.get("/").await.text, "192.0.2.7:1234 https");
    let mut other = browser.at("http://example.org").extension(PeerAddr(([192, 0, 2, 8], 1).into()));
    assert_eq!(other.get("/").await.text, "192.0.2.8:1 http");
}

const FORM: &str = r#"
    <form action="/search"><input name=q></form>
    <form method=post id=note action="/notes?draft=1">
      <input type=hidden name=token value="a&amp;b"> <input name=title value=old>
      <textarea name=text>
line</textarea>
      <input type=checkbox name=pinned checked> <input type=checkbox name=public value=yes>
      <input type=radio name=color value=red checked> <input type=radio name=color value=blue>
      <select name=kind><option>note<option value=t>task</select>
      <input name=off value=1 disabled> <button name=do value=save>Save</button>
      <button formaction="/preview">Preview</button>
    </form>
    <input form=note name=outside value=2>
    <form method=post action="/files" enctype="multipart/form-data">
      <input type=hidden name=token value=t> <input type=file name=file>
    </form>"#;

#[tokio::test]
async fn submits_a_form_with_its_own_values() {
    let mut browser = Browser::new(page(FORM)).at(SITE);
    browser.get("/").await;
    let posted = browser.clone().submit("/notes", &[("title", "new")]).await.text;
    assert_eq!(
        posted,
        "POST /notes?draft=1 token=a%26b&title=new&text=line&pinned=on&color=red&kind=note&outside=2"
    );
    let chosen = [("public", "yes"), ("pinned", ""), ("color", "blue"), ("kind", "t"), ("do", "save")];
    let posted = browser.clone().submit("#note", &chosen).await.text;
    assert_eq!(
        posted,
        "POST /notes?draft=1 token=a%26b&title=old&text=line&public=yes&color=blue&kind=t&do=save&outside=2"
    );
    assert!(browser.clone().submit("/preview", &[]).await.text.starts_with("POST /preview token=a%26b"));
    assert_eq!(browser.submit("/search", &[("q", "x y")]).await.text, "GET /search?q=x+y ");
}

#[tokio::test]
#[should_panic(
    expected = "no form sends to `/nowhere`; the page has GET /search, POST /notes?draft=1 (#note)"
)]
async fn fails_without_the_form() {
    let mut browser = Browser::new(page(FORM)).at(SITE);
    browser.get("/").await;
    browser.submit("/nowhere", &[]).await;
}

#[tokio::test]
#[should_panic(expected = "POST /notes?draft=1 (#note) has no field `titel`; it has token, title, text")]
async fn fails_without_the_field() {
    let mut browser = Browser::new(page(FORM)).at(SITE);
    browser.get("/").await;
    browser.submit("/notes", &[("titel", "x")]).await;
}

#[tokio::test]
#[should_panic(expected = "does not offer `green` for `color`; it offers red, blue")]
async fn fails_without_the_option() {
    let mut browser = Browser::new(page(FORM)).at(SITE);
    browser.get("/").await;
    browser.submit("/notes", &[("color", "green")]).await;
}

#[tokio::test]
#[should_panic(expected = "sends no files: add `enctype=\"multipart/form-data\"`")]
async fn fails_if_the_form_sends_no_files() {
    let mut browser = Browser::new(page("<form method=post><input type=file name=file></form>")).at(SITE);
    browser.get("/").await;
    browser.submit_files("/", &[], &[FormFile::new("file", "a.txt", "text/plain", *b"a")]).await;
}

#[tokio::test]
async fn submits_files() {
    let read = async |headers: HeaderMap, body: Body| {
        let boundary = multer::parse_boundary(headers["content-type"].to_str().unwrap()).unwrap();
        let mut form = multer::Multipart::new(body.into_data_stream(), boundary);
        let mut lines = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            let head = format!(
                "{:?} {:?} {:?}",
                field.name(),
                field.file_name(),
                field.content_type().map(ToString::to_string)
            );
            lines.push(format!("{head} {}", field.text().await.unwrap()));
        }
        lines.join("\n")
    };
    let routes = Router::new().route("/", get(async || Html(FORM))).route("/files", post(read));
    let mut browser = browser(routes);
    browser.get("/").await;
    let file = FormFile::new("file", "a \"b\".txt", "text/plain", *b"one\r\ntwo");
    let page = browser.submit_files("/files", &[], &[file]).await;
    let lines =
        "Some(\"token\") None None t\nSome(\"file\") Some(\"a %22b%22.txt\") Some(\"text/plain\") one\r\ntwo";
    assert_eq!(page.text, lines);
}

#[tokio::test]
async fn a_form_without_an_action_keeps_the_query() {
    let app = page("<form method=post><input name=a></form>");
    let mut browser = Browser::new(app).at(SITE);
    browser.get("/?next=%2Fme").await;
    assert_eq!(browser.submit("/", &[("a", "1")]).await.text, "POST /?next=%2Fme a=1");
}

#[tokio::test]
async fn reads_forms_and_queries_with_axum() {
    type Pairs = Vec<(String, String)>;
    let routes = Router::new()
        .route("/form", post(async |Form(fields): Form<Pairs>| Json(fields)))
        .route("/query", get(async |Query(fields): Query<Pairs>| Json(fields)));
    let mut browser = browser(routes);
    let fields = [("a", "ä & =")];
    let pairs = vec![("a".to_owned(), "ä & =".to_owned())];
    assert_eq!(browser.post("/form", &fields).await.json::<Pairs>(), pairs);
    assert_eq!(browser.get("/query?a=%C3%A4+%26+%3D").await.json::<Pairs>(), pairs);
}

#[tokio::test]
#[should_panic(expected = "a Secure cookie was set over plain HTTP")]
async fn fails_on_a_secure_cookie_over_http() {
    let set = async || AppendHeaders([("set-cookie", "a=1; Secure")]);
    browser(Router::new().route("/", get(set))).at("http://example.org").get("/").await;
}

#[tokio::test]
#[should_panic(
    expected = "GET /late: no layer of palisade has completed the response; was the route added after"
)]
async fn fails_on_a_route_outside_of_the_layers() {
    let app = protected(Router::new()).route("/late", get(async || "bare"));
    Browser::new(app).at(SITE).get("/late").await;
}

#[tokio::test]
async fn accepts_a_preflight_that_cors_answers() {
    let cors = tower_http::cors::CorsLayer::new().allow_methods([Method::PUT]);
    let mut browser = Browser::new(page("a page").layer(cors)).at(SITE);
    let preflight = Request::options("/").header("origin", "https://partner.example");
    let preflight = preflight.header("access-control-request-method", "PUT").body(Body::empty()).unwrap();
    assert_eq!(browser.send(preflight).await.header("access-control-allow-methods"), Some("PUT"));
}

#[tokio::test]
async fn accepts_an_unprotected_route_by_name() {
    let app = Router::new().route("/", get(async || "bare"));
    assert_eq!(Browser::new(app).dangerous_allow_unprotected().get("/").await.text, "bare");
}

#[tokio::test]
#[should_panic(expected = "no layer has applied the response's `PageHeaders`")]
async fn fails_on_page_headers_that_nothing_applies() {
    let app = Router::new().route("/", get(async || (PageHeaders::new().csp(Csp::api()), "page")));
    Browser::new(app).dangerous_allow_unprotected().get("/").await;
}

/// A body with one frame and no end.
struct Endless(Option<&'static str>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |text| Poll::Ready(Some(Ok(Frame::data(text.into())))))
    }
}

#[tokio::test]
async fn opens_a_stream_without_reading_it() {
    let events = async || Body::new(Endless(Some("data: hello\n\n")));
    let mut response = browser(Router::new().route("/live", get(events))).open("/live").await;
    let frame = response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: hello\n\n");
}

#[tokio::test]
#[should_panic(expected = "the response is a stream, which has no end: use `open`")]
async fn fails_on_a_stream_instead_of_waiting() {
    let stream = async || ([("content-type", "text/event-stream")], "data: x\n\n");
    browser(Router::new().route("/live", get(stream))).get("/live").await;
}

#[tokio::test]
async fn sends_any_request_unchanged() {
    let mut browser = browser(Router::new().fallback(headers)).header("x-tab", "1");
    browser.set_cookie("a=1; Path=/");
    let page = browser.send(Request::get("/x").header("x-own", "2").body(Body::empty()).unwrap()).await;
    let names: Vec<String> = page.json::<Vec<(String, String)>>().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for (name, value) in [("x-own", "2"), ("x-tab", "1"), ("cookie", "a=1"), ("host", "example.org")] {
        assert_eq!(sent(&page, name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn forgets_session_cookies_when_closed() {
    let set = async || {
        AppendHeaders([("set-cookie", "session=1; Path=/"), ("set-cookie", "remember=2; Path=/; Max-Age=60")])
    };
    let mut browser = browser(Router::new().route("/set", get(set)).fallback(headers));
    browser.get("/set").await;
    browser.close();
    assert_eq!(sent(&browser.get("/").await, "cookie").as_deref(), Some("remember=2"));
    browser.advance(Duration::from_secs(61));
    assert_eq!(sent(&browser.get("/").await, "cookie"), None);
}
