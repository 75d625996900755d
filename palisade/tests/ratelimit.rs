//! Rate limits, as a layer and as a call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{HeaderName, Method, Request, StatusCode};
use palisade::store::{Answer, Ask, Counters, Done, MemoryStore, Store, StoreError};
use palisade::{Clock, ErrorPages, Fields, Hand, Key, Palisade, RateLimit, Refusal, Strategy};

use crate::world::{Answer as Heard, ask, with_peer};

fn counted(quotas: &str) -> (RateLimit, Hand) {
    let (clock, hand) = Clock::manual();
    let store = MemoryStore::with_clock(clock.clone());
    (RateLimit::new("login", quotas.parse().unwrap(), store).clock(clock), hand)
}

fn site(limit: palisade::LimitLayer) -> Router {
    Router::new()
        .route("/", get(|| async { "home" }).post(|| async { "taken" }))
        .layer(limit)
        .layer(Palisade::new().https(palisade::Https::new().dangerous_allow_http()))
        .layer(ErrorPages::plain())
}

fn request(method: Method, from: &str) -> Request<Body> {
    let request =
        Request::builder().method(method).uri("/").header("host", "example.org").body(Body::empty());
    with_peer(request.unwrap(), from)
}

const ONE: &str = "203.0.113.1:4000";
const OTHER: &str = "203.0.113.2:4000";

async fn statuses(app: &Router, from: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(ask(app, request(Method::GET, from)).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn the_sixth_login_is_refused_and_a_minute_later_it_passes() {
    let (limit, hand) = counted("5/minute");
    let app = site(limit.per_client());
    assert_eq!(statuses(&app, ONE, 6).await, [200, 200, 200, 200, 200, 429]);
    assert_eq!(statuses(&app, OTHER, 1).await, [200], "another address has its own count");
    hand.advance(Duration::from_millis(30_500));
    let refused: Heard = ask(&app, request(Method::GET, ONE)).await;
    assert_eq!(refused.header("retry-after"), Some("30"), "rounded up");
    assert!(refused.body.contains("Please try again in 30 seconds."), "{}", refused.body);
    assert!(refused.header("content-security-policy").is_some());
    hand.advance(Duration::from_secs(30));
    assert_eq!(statuses(&app, ONE, 1).await, [200]);
}

#[tokio::test]
async fn all_quotas_hold_and_a_refusal_costs_none_of_them() {
    let (limit, hand) = counted("2/minute; 3/hour");
    let app = site(limit.per_client());
    assert_eq!(statuses(&app, ONE, 4).await, [200, 200, 429, 429]);
    hand.advance(Duration::from_secs(61));
    assert_eq!(statuses(&app, ONE, 2).await, [200, 429], "the hour has counted three, not five");
}

#[tokio::test]
async fn lim_31_and_46_only_the_methods_that_are_limited_count() {
    let (limit, _) = counted("1/minute");
    let app = site(limit.methods([Method::POST]).per_client());
    assert_eq!(statuses(&app, ONE, 3).await, [200, 200, 200]);
    let post = || async { ask(&app, request(Method::POST, ONE)).await.status };
    assert_eq!((post().await, post().await), (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn lim_03_each_method_may_count_for_itself() {
    let (limit, _) = counted("1/minute");
    let app = site(limit.per_method().per_client());
    assert_eq!(statuses(&app, ONE, 2).await, [200, 429]);
    assert_eq!(ask(&app, request(Method::POST, ONE)).await.status, 200);
}

#[tokio::test]
async fn lim_01_a_request_without_a_key_is_refused_or_counted_with_its_like_never_free() {
    let token = HeaderName::from_static("x-token");
    let (limit, _) = counted("1/minute");
    let strict = site(limit.clone().per_header(token.clone()));
    assert_eq!(statuses(&strict, ONE, 2).await, [400, 400]);
    let together = site(limit.unkeyed_together().per_header(token));
    assert_eq!(statuses(&together, ONE, 1).await, [200]);
    assert_eq!(statuses(&together, OTHER, 1).await, [429]);
    let mut empty = request(Method::GET, ONE);
    empty.headers_mut().insert("x-token", "".parse().unwrap());
    assert_eq!(ask(&strict, empty).await.status, 400);
}

#[tokio::test]
async fn without_the_resolver_nobody_is_known_and_nobody_passes() {
    let (limit, _) = counted("5/minute");
    let app = Router::new().route("/", get(|| async {})).layer(limit.per_client());
    assert_eq!(ask(&app, request(Method::GET, ONE)).await.status, 400);
}

#[tokio::test]
async fn lim_34_only_what_the_response_says_is_charged() {
    let answers = Arc::new(Mutex::new(vec![401, 401, 401, 401, 200, 200, 200]));
    let login = move || {
        let status = answers.lock().unwrap().pop().unwrap();
        async move { StatusCode::from_u16(status).unwrap() }
    };
    let (limit, _) = counted("2/minute");
    let limit = limit.fields(Fields::classic()).deduct_when(|response| response.status == 401).per_client();
    let app = Router::new().route("/", get(login)).layer(limit).layer(palisade::Proxies::none());
    let first = ask(&app, request(Method::GET, ONE)).await;
    assert_eq!(first.header("x-ratelimit-remaining"), Some("2"), "it was given back");
    assert_eq!(statuses(&app, ONE, 6).await, [200, 200, 401, 401, 429, 429]);
}

#[tokio::test]
async fn fifty_failing_logins_at_once_are_not_more_than_the_quota() {
    for store in [Store::from(MemoryStore::new()), Store::new(Slow(MemoryStore::new(), Arc::default()))] {
        let tried = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tried);
        let fail = move || {
            count.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::task::yield_now().await;
                StatusCode::UNAUTHORIZED
            }
        };
        let limit = RateLimit::new("login", "5/minute".parse().unwrap(), store);
        let limit = limit.deduct_when(|response| response.status == 401).per_client();
        let app = Router::new().route("/", post(fail)).layer(limit).layer(palisade::Proxies::none());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let app = app.clone();
            tasks.spawn(async move { ask(&app, request(Method::POST, ONE)).await.status.as_u16() });
        }
        let statuses = tasks.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
        assert_eq!(tried.load(Ordering::SeqCst), 5, "a refused request never reaches the handler");
    }
}

#[tokio::test]
async fn lim_35_37_cost_exemption_and_tiers_depend_on_the_request() {
    let (limit, _) = counted("4/minute");
    let header =
        |parts: &http::request::Parts, name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
    let limit = limit
        .cost(move |parts| header(parts, "x-cost").and_then(|cost| cost.parse().ok()).unwrap_or(1))
        .exempt_when(move |parts| header(parts, "x-free").is_some())
        .quotas_by(move |parts| header(parts, "x-tier").and_then(|tier| tier.parse().ok()));
    let app = site(limit.strategy(Strategy::MovingWindow).unwrap().per_client());
    let with = |name: &'static str, value: &'static str| {
        let mut request = request(Method::GET, ONE);
        request.headers_mut().insert(name, value.parse().unwrap());
        let app = app.clone();
        async move { ask(&app, request).await.status.as_u16() }
    };
    assert_eq!(
        (with("x-cost", "3").await, with("x-cost", "2").await, with("x-cost", "1").await),
        (200, 429, 200)
    );
    assert_eq!(with("x-free", "yes").await, 200);
    assert_eq!(with("x-tier", "6/minute").await, 200, "another quota, another count");
    assert_eq!(
        with("x-tier", "as you like").await,
        429,
        "what cannot be read is the limit's own, never none"
    );
}

#[tokio::test]
async fn lim_09_and_10_fields_say_where_the_caller_stands() {
    let (limit, _) = counted("5/minute; 20/hour");
    let app = site(limit.clone().fields(Fields::classic().and_ietf()).per_client());
    let answer = ask(&app, request(Method::GET, ONE)).await;
    assert_eq!(answer.header("x-ratelimit-limit"), Some("5"));
    assert_eq!(answer.header("x-ratelimit-remaining"), Some("4"));
    assert_eq!(
        answer.header("x-ratelimit-reset"),
        Some("1767225660"),
        "a minute after the clock's beginning"
    );
    assert_eq!(answer.header("ratelimit-policy"), Some("\"login\";q=5;w=60, \"login-2\";q=20;w=3600"));
    assert_eq!(answer.header("ratelimit"), Some("\"login\";r=4;t=60"));
    assert_eq!(answer.header("retry-after"), None, "only refusals say when to come back");
    let silent = ask(&site(limit.per_client()), request(Method::GET, OTHER)).await;
    assert_eq!(silent.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn lim_43_of_two_limits_the_tighter_is_told_once() {
    let (tight, _) = counted("2/minute");
    let (wide, _) = counted("100/minute");
    for (inner, outer) in [(tight.clone(), wide.clone()), (wide, tight)] {
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(inner.fields(Fields::classic()).per_client())
            .layer(outer.fields(Fields::classic()).per_client())
            .layer(palisade::Proxies::none());
        let answer = ask(&app, request(Method::GET, ONE)).await;
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
    }
}

#[tokio::test]
async fn report_only_counts_and_tells_and_refuses_nothing() {
    let breaches = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&breaches);
    let (limit, _) = counted("1/minute");
    let limit = limit.report_only().on_breach(move |breach| {
        assert_eq!(breach.limit, "login");
        told.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(statuses(&site(limit.per_client()), ONE, 3).await, [200, 200, 200]);
    assert_eq!(breaches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn lim_36_a_limit_has_a_message_of_its_own() {
    let (limit, _) = counted("1/hour");
    let app = site(limit.message("Only one letter an hour.").per_client());
    statuses(&app, ONE, 1).await;
    let refused = ask(&app, request(Method::GET, ONE)).await;
    assert!(
        refused.body.contains("Only one letter an hour. Please try again in 1 hour."),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn as_a_call_it_counts_what_only_the_handler_knows() {
    let (limit, _) = counted("2/minute");
    assert!(limit.check("a@example.org").await.is_ok() && limit.check("a@example.org").await.is_ok());
    let refused = limit.check("a@example.org").await.unwrap_err();
    assert!(matches!(refused, Refusal::TooManyRequests { .. }));
    assert!(limit.check("b@example.org").await.is_ok());
    assert_eq!(limit.standing("b@example.org").await.unwrap().remaining, 1);
    assert_eq!(limit.standing("b@example.org").await.unwrap().remaining, 1, "looking costs nothing");
    limit.refund("b@example.org").await.unwrap();
    assert_eq!(limit.standing("b@example.org").await.unwrap().remaining, 2);
    limit.reset("a@example.org").await.unwrap();
    assert!(limit.check("a@example.org").await.is_ok());
}

#[tokio::test]
async fn lim_02_a_name_is_a_count_of_its_own_and_one_name_is_one_count() {
    let store = Store::from(MemoryStore::new());
    let limit = |name| RateLimit::new(name, "1/minute".parse().unwrap(), store.clone());
    assert!(limit("one").check("k").await.is_ok());
    assert!(limit("one").check("k").await.is_err());
    assert!(limit("other").check("k").await.is_ok());
    assert!(limit("on").check("ek").await.is_ok(), "name and key do not run together");
}

/// A store that takes its time, as one behind a network does.
#[derive(Debug)]
struct Slow(MemoryStore, Arc<AtomicUsize>);

impl Counters for Slow {
    fn decide<'a>(&'a self, ask: Ask<'a>) -> Answer<'a> {
        Answer::Soon(Box::pin(async move {
            self.1.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.0.decide(ask).wait().await
        }))
    }

    fn refund<'a>(&'a self, ask: Ask<'a>) -> Done<'a> {
        Answer::Soon(Box::pin(async move { self.0.refund(ask).wait().await }))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> Done<'a> {
        self.0.reset(limit, caller)
    }

    fn ping(&self) -> Done<'_> {
        self.0.ping()
    }

    fn name(&self) -> &'static str {
        "slow"
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        self.0.supports(strategy)
    }
}

#[tokio::test]
async fn a_store_that_takes_its_time_is_asked_once_and_decides_the_same() {
    let asked = Arc::new(AtomicUsize::new(0));
    let limit = RateLimit::new(
        "slow",
        "2/minute".parse().unwrap(),
        Store::new(Slow(MemoryStore::new(), Arc::clone(&asked))),
    );
    let app = site(limit.clone().per_client());
    assert_eq!(statuses(&app, ONE, 3).await, [200, 200, 429]);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let free = site(limit.deduct_when(|_| false).per_client());
    assert_eq!(statuses(&free, OTHER, 4).await, [200; 4], "each is given back");
}

/// A store that does not answer.
#[derive(Debug)]
struct Gone;

impl Gone {
    fn error() -> StoreError {
        StoreError::Down { store: "gone", reason: "connection refused".to_owned() }
    }
}

impl Counters for Gone {
    fn decide<'a>(&'a self, _: Ask<'a>) -> Answer<'a> {
        Answer::Now(Err(Self::error()))
    }

    fn refund<'a>(&'a self, _: Ask<'a>) -> Done<'a> {
        Answer::Now(Err(Self::error()))
    }

    fn reset<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Done<'a> {
        Answer::Now(Err(Self::error()))
    }

    fn ping(&self) -> Done<'_> {
        Answer::Now(Err(Self::error()))
    }

    fn name(&self) -> &'static str {
        "gone"
    }

    fn supports(&self, _: Strategy) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn lim_15_when_the_store_is_down_a_limit_is_closed_unless_it_is_told_to_be_open() {
    let limit = || RateLimit::new("login", "5/minute".parse().unwrap(), Store::new(Gone));
    let closed = site(limit().per_client());
    let refused = ask(&closed, request(Method::GET, ONE)).await;
    assert_eq!(refused.status, 503);
    assert!(!refused.body.contains("connection refused"), "{}", refused.body);
    assert_eq!(statuses(&site(limit().open_when_down().per_client()), ONE, 9).await, [200; 9]);
    assert_eq!(limit().check("k").await.unwrap_err(), Refusal::LimiterDown);
}

#[tokio::test]
async fn any_function_and_everybody_together_are_keys_too() {
    let (limit, _) = counted("1/minute");
    let by_path = limit.clone().per(|parts| Some(Key::from(parts.uri.path())));
    assert_eq!(statuses(&site(by_path), ONE, 2).await, [200, 429]);
    let (limit, _) = counted("1/minute");
    let app = site(limit.together());
    assert_eq!((statuses(&app, ONE, 1).await, statuses(&app, OTHER, 1).await), (vec![200], vec![429]));
}
