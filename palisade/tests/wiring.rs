//! Layers in every order. Each arrangement either protects as the right one does, or every ordinary
//! request is a 500 whose cause is in the log.
//!
//! The arrangements are generated: of each stack, every layer is moved to every other place, doubled
//! at every place, and left out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use palisade::rate_limit::store::MemoryStore;
use palisade::rejection::MissingLayer;
use palisade::request::PeerAddr;
use palisade::session::Session;
use palisade::session::store::MemorySessions;
use palisade::{CsrfToken, Keyring, Palisade, Rejection, SecurityHeaders};
use tower::ServiceExt;

/// A layer of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    ErrorPages,
    Guards,
    Proxies,
    Headers,
    Cookies,
    Hosts,
    Https,
    Csrf,
    ConcurrencyLimit,
    Deadline,
    BodyLimit,
    RateLimit,
    RateLimitForAll,
    Sessions,
    SecureSessions,
    CsrfTokens,
    PageHeaders,
}

use Part::*;

/// The right stacks, outermost first: by the guards, and by single layers.
const STACKS: [&[Part]; 3] = [
    &[
        ErrorPages,
        Guards,
        ConcurrencyLimit,
        Deadline,
        BodyLimit,
        RateLimit,
        Sessions,
        CsrfTokens,
        PageHeaders,
    ],
    &[ErrorPages, Guards, Deadline, BodyLimit, RateLimitForAll, SecureSessions, CsrfTokens, PageHeaders],
    &[
        ErrorPages,
        Proxies,
        Headers,
        Cookies,
        Hosts,
        Https,
        Csrf,
        ConcurrencyLimit,
        Deadline,
        BodyLimit,
        RateLimit,
        SecureSessions,
        CsrfTokens,
        PageHeaders,
    ],
];

/// A protection, and the stacks that promise it.
type Promise = (&'static str, fn(&[Part]) -> bool);

/// The protections that a stack promises.
const PROMISES: [Promise; 12] = [
    ("rejects another host", |parts| has(parts, &[Guards, Hosts])),
    ("redirects plain HTTP", |parts| has(parts, &[Guards, Https])),
    ("rejects another site's page", |parts| has(parts, &[Guards, Csrf])),
    ("completes cookies", |parts| has(parts, &[Guards, Cookies])),
    ("bounds the requests at once", |parts| has(parts, &[ConcurrencyLimit])),
    ("ends a slow request", |parts| has(parts, &[Deadline])),
    ("rejects a large body", |parts| has(parts, &[BodyLimit])),
    ("rejects the fourth request", |parts| has(parts, &[RateLimit, RateLimitForAll])),
    ("seals the session", |parts| has(parts, &[Sessions, SecureSessions])),
    ("requires a token", |parts| has(parts, &[CsrfTokens])),
    ("applies the page's headers", |parts| has(parts, &[PageHeaders])),
    ("writes a page for 404", |parts| has(parts, &[ErrorPages])),
];

fn has(parts: &[Part], any: &[Part]) -> bool {
    parts.iter().any(|part| any.contains(part))
}

/// An arrangement of layers around a router, and what was seen of it.
struct Site {
    parts: Vec<Part>,
    app: Router,
    handled: Arc<AtomicUsize>,
    /// The texts of the wiring errors.
    faults: Mutex<BTreeSet<String>>,
}

/// Addresses of clients: each request comes from another one.
static CLIENT: AtomicU32 = AtomicU32::new(0);

impl Site {
    fn new(parts: &[Part]) -> Self {
        let handled = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&handled);
        let form = post(async move |body: Bytes| {
            counter.fetch_add(1, Ordering::Relaxed);
            format!("{} bytes", body.len())
        });
        let routes = Router::new()
            .route("/", get(home))
            .route("/form", form)
            .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(3600)).await));
        let app = parts.iter().rev().fold(routes, |routes, part| part.around(routes));
        Self { parts: parts.to_vec(), app, handled, faults: Mutex::default() }
    }

    /// Completes a request: it is of a new client over https, unless it says otherwise.
    fn complete(mut request: Request<Body>) -> Request<Body> {
        let peer: std::net::SocketAddr = "10.0.0.1:40000".parse().unwrap();
        request.extensions_mut().insert(PeerAddr(peer));
        let headers = request.headers_mut();
        let client = CLIENT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let client = format!("100.{}.{}.{}", client[1], client[2], client[3]);
        headers.entry("host").or_insert_with(|| "example.org".parse().unwrap());
        headers.entry("x-forwarded-for").or_insert_with(|| client.parse().unwrap());
        headers.entry("x-forwarded-proto").or_insert_with(|| "https".parse().unwrap());
        headers.entry("accept").or_insert_with(|| "text/html".parse().unwrap());
        request
    }

    /// Sends a request of a new client over https, unless it says otherwise.
    async fn send(&self, request: Request<Body>) -> Result<Response<String>, Failure> {
        let request = Self::complete(request);
        let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        let response = Response::from_parts(parts, body);
        if let Some(rejection) = response.extensions().get::<Rejection>()
            && rejection.code() == MissingLayer::CODE
        {
            assert_eq!(response.status(), 500);
            self.faults.lock().unwrap().insert(rejection.message().into_owned());
            return Err(Failure::Fault);
        }
        self.expect_headers(&response)?;
        Ok(response)
    }

    /// The promises about every response.
    fn expect_headers(&self, response: &Response<String>) -> Result<(), Failure> {
        if has(&self.parts, &[Guards, Headers]) {
            for name in ["content-security-policy", "x-content-type-options", "x-frame-options"] {
                expect(response.headers().contains_key(name), "security headers", response)?;
            }
        }
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        if has(&self.parts, &[ErrorPages]) && is_error {
            expect(!response.body().is_empty(), "a body of the error", response)?;
        }
        Ok(())
    }

    async fn keeps(&self, promise: &str) -> Result<(), Failure> {
        match promise {
            "rejects another host" => {
                let response = self.send(request("GET", "/", &[("host", "evil.example")])).await?;
                expect(response.status() == 421, promise, &response)
            }
            "redirects plain HTTP" => {
                let response = self.send(request("GET", "/", &[("x-forwarded-proto", "http")])).await?;
                expect(response.status() == 302, promise, &response)
            }
            "rejects another site's page" => {
                let forged = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
                let handled = self.handled.load(Ordering::Relaxed);
                let response = self.send(request("POST", "/form", &forged)).await?;
                let unhandled = self.handled.load(Ordering::Relaxed) == handled;
                expect(response.status() == 403 && unhandled, promise, &response)
            }
            "completes cookies" => {
                let response = self.send(request("GET", "/", &[])).await?;
                let theme = cookie(&response, "theme=").unwrap_or_default();
                let complete = ["Secure", "HttpOnly", "SameSite"].iter().all(|part| theme.contains(part));
                expect(complete, promise, &response)
            }
            "bounds the requests at once" => {
                let ask = || request("GET", "/", &[("x-forwarded-for", "192.0.2.9")]);
                let mut unread = Vec::new();
                for _ in 0..2 {
                    unread.push(self.app.clone().oneshot(Self::complete(ask())).await.unwrap());
                }
                let response = self.send(ask()).await?;
                drop(unread);
                expect(response.status() == 429, promise, &response)
            }
            "ends a slow request" => {
                let response = self.send(request("GET", "/slow", &[])).await?;
                expect(response.status() == 503, promise, &response)
            }
            "rejects a large body" => {
                let (cookie, token) = self.token().await?;
                let mut large = request("POST", "/form", &[("cookie", &cookie), ("x-csrf-token", &token)]);
                *large.body_mut() = Body::from("x".repeat(2000));
                let response = self.send(large).await?;
                expect(response.status() == 413, promise, &response)
            }
            "rejects the fourth request" => {
                for _ in 0..3 {
                    let _ = self.send(request("GET", "/", &[("x-forwarded-for", "192.0.2.7")])).await?;
                }
                let response = self.send(request("GET", "/", &[("x-forwarded-for", "192.0.2.7")])).await?;
                expect(response.status() == 429, promise, &response)
            }
            "seals the session" => {
                let first = self.send(request("GET", "/", &[])).await?;
                let line = cookie(&first, "__Host-session=").unwrap_or_default();
                let sealed = ["Secure", "HttpOnly", "SameSite=Lax"].iter().all(|part| line.contains(part));
                expect(sealed, promise, &first)?;
                let sent = line.split(';').next().unwrap_or_default();
                let second = self.send(request("GET", "/", &[("cookie", sent)])).await?;
                expect(second.body().starts_with("visit 2"), promise, &second)
            }
            "requires a token" => {
                let handled = self.handled.load(Ordering::Relaxed);
                let own = [("origin", "https://example.org"), ("sec-fetch-site", "same-origin")];
                let response = self.send(request("POST", "/form", &own)).await?;
                let unhandled = self.handled.load(Ordering::Relaxed) == handled;
                expect(response.status() == 403 && unhandled, promise, &response)?;
                let (cookie, token) = self.token().await?;
                let with_token = [("cookie", &*cookie), ("x-csrf-token", &*token)];
                let response = self.send(request("POST", "/form", &with_token)).await?;
                expect(response.status() == 200, promise, &response)
            }
            "applies the page's headers" => {
                let response = self.send(request("GET", "/", &[])).await?;
                let control = response.headers().get("cache-control");
                expect(control.is_some_and(|control| control == "no-store"), promise, &response)
            }
            "writes a page for 404" => {
                let response = self.send(request("GET", "/missing", &[])).await?;
                expect(response.body().contains("<h1>"), promise, &response)
            }
            _ => unreachable!("{promise}"),
        }
    }

    /// Returns the cookie of a new session and a token for it; empty without these layers.
    async fn token(&self) -> Result<(String, String), Failure> {
        let page = self.send(request("GET", "/", &[])).await?;
        let line = cookie(&page, "__Host-session=").unwrap_or_default();
        let token = page.body().split("token ").nth(1).unwrap_or_default().to_owned();
        Ok((line.split(';').next().unwrap_or_default().to_owned(), token))
    }
}

/// A promise that was not kept.
enum Failure {
    /// The request was a 500 that says what to write.
    Fault,
    /// The site protects less, and does not say so.
    Silent(String),
}

fn expect(kept: bool, promise: &str, response: &Response<String>) -> Result<(), Failure> {
    if kept {
        return Ok(());
    }
    let (status, body) = (response.status(), response.body());
    let names: Vec<_> = response.headers().keys().collect();
    Err(Failure::Silent(format!("{promise}: {status} {} {body:.30}", names.len())))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Body::empty()).unwrap()
}

fn cookie(response: &Response<String>, start: &str) -> Option<String> {
    let mut lines = response.headers().get_all("set-cookie").iter();
    lines.find_map(|line| line.to_str().ok().filter(|line| line.starts_with(start)).map(str::to_owned))
}

/// A page with a value of the session, a token and a cookie, as far as there are layers for them.
async fn home(request: Request<Body>) -> Result<Response<Body>, Rejection> {
    let mut text = String::from("visit 1");
    if let Some(session) = request.extensions().get::<Session>() {
        let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
        session.set("visits", visits).await?;
        text = format!("visit {visits}");
    }
    if let Ok(token) = CsrfToken::of(request.extensions()) {
        text = format!("{text} token {token}");
    }
    Ok(Response::builder().header("set-cookie", "theme=dark").body(text.into()).unwrap())
}

impl Part {
    fn around(self, routes: Router) -> Router {
        let keyring = || Keyring::new("uR7mQ2xK9vT4pL8wN3sB6yH1cF5jD0gZaXeVoIiPqMk").unwrap();
        let sessions = || palisade::Sessions::in_store(MemorySessions::new(), &keyring());
        let limit = || palisade::RateLimit::new("site", "3/minute", MemoryStore::new()).unwrap();
        let proxies = || palisade::proxy::Proxies::hops(1);
        match self {
            ErrorPages => routes.layer(palisade::ErrorPages::plain()),
            Guards => {
                let guards = palisade::front_door::Guards::new().trusted_proxies(proxies());
                routes.layer(guards.hosts(["example.org"]).unwrap())
            }
            Proxies => routes.layer(proxies()),
            Headers => routes.layer(SecurityHeaders::strict()),
            Cookies => routes.layer(palisade::cookies::Cookies::new()),
            Hosts => routes.layer(palisade::host::Hosts::only(["example.org"]).unwrap()),
            Https => routes.layer(palisade::https::Https::new()),
            Csrf => routes.layer(palisade::csrf::Csrf::new()),
            ConcurrencyLimit => routes.layer(palisade::concurrency::ConcurrencyLimit::new().max_requests(16)),
            Deadline => routes.layer(palisade::deadline::Deadline::new(Duration::from_secs(5))),
            BodyLimit => routes.layer(palisade::body_limit::BodyLimit::bytes(1000)),
            RateLimit => routes.layer(limit().per_client()),
            RateLimitForAll => {
                // One count for all would reject the requests of the other promises.
                let limit = limit().per(|parts| {
                    let client = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
                    Some(client.into())
                });
                routes.layer(limit)
            }
            Sessions => routes.layer(sessions()),
            SecureSessions => routes.layer(sessions().secure(true)),
            CsrfTokens => routes.layer(palisade::CsrfTokens::new(&keyring())),
            PageHeaders => routes.layer(palisade::PageHeaders::new().no_store()),
        }
    }
}

/// Every arrangement of a stack in which one layer is moved, doubled or left out.
fn arrangements(stack: &[Part]) -> Vec<(String, Vec<Part>)> {
    let mut all = Vec::new();
    for (from, part) in stack.iter().enumerate() {
        let mut without = stack.to_vec();
        without.remove(from);
        for to in 0..stack.len() {
            if to != from {
                let mut moved = without.clone();
                moved.insert(to, *part);
                all.push((format!("{part:?} moved to {to}"), moved));
            }
            let mut doubled = stack.to_vec();
            doubled.insert(to, *part);
            all.push((format!("{part:?} again at {to}"), doubled));
        }
        all.push((format!("without {part:?}"), without));
    }
    all
}

#[tokio::test(start_paused = true)]
async fn the_right_order_keeps_every_promise() {
    for stack in STACKS {
        for (promise, _) in PROMISES.iter().filter(|(_, applies)| applies(stack)) {
            match Site::new(stack).keeps(promise).await {
                Ok(()) => {}
                Err(Failure::Fault) => panic!("{stack:?}: {promise}: a wiring error"),
                Err(Failure::Silent(seen)) => panic!("{stack:?}: {seen}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_order_of_layers_protects_less_in_silence() {
    let log = test_support::log::Log::default();
    let _listening = log.listen();
    let (mut count, mut faulty, mut silent, mut texts) = (0, 0, Vec::new(), BTreeSet::new());
    for stack in STACKS {
        for (name, parts) in arrangements(stack) {
            count += 1;
            let site = Site::new(&parts);
            if let Err(Failure::Fault) = site.send(request("GET", "/", &[])).await {
                faulty += 1;
                texts.append(&mut site.faults.lock().unwrap());
                continue;
            }
            for (promise, _) in PROMISES.iter().filter(|(_, applies)| applies(&parts)) {
                match Site::new(&parts).keeps(promise).await {
                    Ok(()) => {}
                    Err(Failure::Fault) => {
                        silent.push(format!("{name} of {stack:?}: {promise}: not at every request"))
                    }
                    Err(Failure::Silent(seen)) => silent.push(format!("{name} of {stack:?}: {seen}")),
                }
            }
        }
    }
    assert!(silent.is_empty(), "{} of {count} in silence:\n{}", silent.len(), silent.join("\n"));
    assert!(faulty > count / 8, "only {faulty} of {count} arrangements are faulty: the test sees nothing");
    let lines = log.text();
    for text in texts {
        let says =
            ["Write", "write", "Add", "Use", "Protect", "Remove"].iter().any(|verb| text.contains(verb));
        assert!(says, "it says what to write: {text}");
        // At most once in ten seconds; a slow machine takes longer than that.
        let count = lines.matches(&*text).count();
        assert!((1..=10).contains(&count), "logged {count} times: {text}");
    }
}

#[tokio::test]
async fn two_doors_around_a_route_are_an_error() {
    let door =
        Palisade::for_hosts(["example.org"]).unwrap().trusted_proxies(palisade::proxy::Proxies::hops(1));
    let inner = door.for_api().protect(Router::new().route("/", get(async || "hello")));
    let site = Site {
        parts: Vec::new(),
        app: door.protect(inner),
        handled: Arc::default(),
        faults: Mutex::default(),
    };
    assert!(matches!(site.send(request("GET", "/", &[])).await, Err(Failure::Fault)));
    let faults = site.faults.lock().unwrap();
    assert!(faults.iter().all(|text| text.contains("Protect each router once")), "{faults:?}");
}

#[tokio::test]
async fn a_route_in_a_group_without_sessions_is_told_to_move() {
    let keyring = Keyring::random();
    let sessions = palisade::Sessions::in_store(MemorySessions::new(), &keyring);
    let door = Palisade::for_hosts(["example.org"]).unwrap().sessions(sessions);
    let door = door.trusted_proxies(palisade::proxy::Proxies::hops(1));
    let routes = || {
        Router::new()
            .route("/session", get(async |_: Session| "hello"))
            .route("/token", get(async |_: CsrfToken| "hello"))
    };
    for (group, door) in [("api", door.for_api()), ("files", door.without_sessions())] {
        for path in ["/session", "/token"] {
            let app = door.protect(routes());
            let site = Site { parts: Vec::new(), app, handled: Arc::default(), faults: Mutex::default() };
            assert!(matches!(site.send(request("GET", path, &[])).await, Err(Failure::Fault)));
            let faults = site.faults.lock().unwrap();
            let says = |text: &String| text.contains("move the route") && text.contains("`without_sessions`");
            assert!(faults.iter().all(says), "{group} {path}: {faults:?}");
        }
    }
}

#[tokio::test]
async fn a_nonce_without_a_policy_is_an_error() {
    let page = get(async |nonce: palisade::CspNonce| format!("<script nonce={nonce}>"));
    let bare = Router::new().route("/", page.clone());
    let response = bare.oneshot(request("GET", "/", &[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let protected = Router::new().route("/", page).layer(SecurityHeaders::strict());
    assert_eq!(protected.oneshot(request("GET", "/", &[])).await.unwrap().status(), StatusCode::OK);
}
