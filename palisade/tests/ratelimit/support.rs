//! A store with a manual clock, a store that can fail, and routes behind a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Method, Request};
use palisade::clock::{Clock, ManualClock};
use palisade::proxy::Proxies;
use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{
    Decision, MemoryStore, RateLimitRequest, RateLimitStore, Store, StoreError, StoreReply,
};
use palisade::rate_limit::{FallbackStore, RateLimitLayer};
use palisade::{ErrorPages, RateLimit};

use crate::support::{Answer as Page, STRANGER, ask, with_peer};

/// Returns a memory store with a manual clock.
pub fn memory() -> (FallbackStore, Clock, ManualClock) {
    let (clock, manual) = Clock::manual();
    let store = MemoryStore::with_clock(clock.clone());
    (FallbackStore::new(store).clock(clock.clone()), clock, manual)
}

pub fn limit(name: &str, quotas: &str, store: &FallbackStore) -> RateLimit {
    RateLimit::new(name, quotas, store.clone()).unwrap()
}

/// Returns a limit with a store of its own.
pub fn lone(quotas: &str) -> RateLimit {
    limit("lone", quotas, &memory().0)
}

/// Returns the routes `/` and `/other` behind this limit.
pub fn behind(gate: RateLimitLayer) -> Router {
    wrapped(Router::new().route("/", any(hello)).route("/other", any(hello)).layer(gate))
}

pub async fn hello() -> &'static str {
    "hello"
}

/// Adds proxies and error pages.
pub fn wrapped(routes: Router) -> Router {
    routes.layer(Proxies::none()).layer(ErrorPages::plain())
}

pub fn request(method: Method, target: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(target).header("accept", "text/html");
    with_peer(request.body(Body::empty()).unwrap(), STRANGER)
}

pub fn get(target: &str) -> Request<Body> {
    request(Method::GET, target)
}

pub fn get_by(peer: &str) -> Request<Body> {
    with_peer(get("/"), peer)
}

pub fn get_with(name: &'static str, value: &str) -> Request<Body> {
    let mut request = get("/");
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

pub async fn page(app: &Router) -> Page {
    ask(app, get("/")).await
}

/// Returns the status of each of these requests.
pub async fn statuses(app: &Router, requests: impl IntoIterator<Item = Request<Body>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(ask(app, request).await.status.as_u16());
    }
    statuses
}

/// Sends this many requests in turn, and returns their statuses.
pub async fn times(app: &Router, count: usize) -> Vec<u16> {
    statuses(app, (0..count).map(|_| get("/"))).await
}

/// A store that a test can make fail; its answers are always asynchronous.
#[derive(Clone, Debug)]
pub struct Server {
    memory: Arc<MemoryStore>,
    state: Arc<AtomicU8>,
    calls: Arc<AtomicUsize>,
}

const RUNNING: u8 = 0;
const REFUSING: u8 = 1;
const SILENT: u8 = 2;

impl Server {
    pub fn new(clock: &Clock) -> Self {
        let memory = Arc::new(MemoryStore::with_clock(clock.clone()));
        Self { memory, state: Arc::default(), calls: Arc::default() }
    }

    pub fn store(&self) -> Store {
        Store::new(self.clone())
    }

    /// Refuses connections.
    pub fn stop(&self) {
        self.state.store(REFUSING, Ordering::SeqCst);
    }

    /// Accepts connections without answering.
    pub fn pause(&self) {
        self.state.store(SILENT, Ordering::SeqCst);
    }

    pub fn start(&self) {
        self.state.store(RUNNING, Ordering::SeqCst);
    }

    /// Returns the number of calls so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        of: impl FnOnce(&'a MemoryStore) -> StoreReply<'a, T> + Send + 'a,
    ) -> StoreReply<'a, T> {
        StoreReply::Pending(Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            match self.state.load(Ordering::SeqCst) {
                RUNNING => of(&self.memory).await,
                REFUSING => {
                    Err(StoreError::Down { store: "server", reason: "connection refused".to_owned() })
                }
                _ => std::future::pending().await,
            }
        }))
    }
}

impl RateLimitStore for Server {
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        self.answer(move |memory| memory.decide(ask))
    }

    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()> {
        self.answer(move |memory| memory.refund(ask, charged))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        self.answer(move |memory| memory.reset(limit, caller))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        self.answer(|memory| memory.ping())
    }

    fn name(&self) -> &'static str {
        "server"
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        match strategy {
            Strategy::MovingWindow => Err(StoreError::Unsupported {
                store: "server",
                strategy: strategy.name(),
                reason: "it keeps no list",
            }),
            _ => Ok(()),
        }
    }
}
