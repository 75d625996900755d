//! Two answers for those who watch over the server: is it alive, and is it ready?
//!
//! ```
//! # use axum::Router;
//! # use palisade::health::Health;
//! # async fn ping_the_database() -> Result<(), std::io::Error> { Ok(()) }
//! let health = Health::new().check("database", ping_the_database);
//! let app: Router = Router::new()
//!     .route_service("/healthz", health.live())
//!     .route_service("/readyz", health.ready());
//! ```
//!
//! What is answered, in this order:
//! 1. to anything but GET and HEAD: 405 with `Allow`;
//! 2. at [`live`](Health::live): 200 `{"status": "ok"}`, which only says that the process answers;
//! 3. at [`ready`](Health::ready): what the checks said less than [`fresh`](Health::fresh) ago, else the checks are asked,
//!    all at once, and other probes wait for the same result: 200 `{"status": "ready"}` if all pass, else
//!    503 `{"status": "degraded"}`. A check that fails, panics or takes longer than [`within`](Health::within) does not
//!    pass.
//!
//! | default | is | because |
//! |---|---|---|
//! | [`within`](Health::within) | 2 s | those who watch give up after some seconds |
//! | [`fresh`](Health::fresh) | 1 s | however many watch, the database is asked once a second |
//! | `Cache-Control` | `no-store` | an answer of a minute ago is a lie |
//!
//! It does not say which check failed: that is for the log, once when a check begins to fail (`warn`) and once when it
//! passes again (`info`). It is not a guard; put it where no layer limits, redirects or asks for the host.
//!
//! References: RFC 9110 §15.5.6 (405), RFC 9111 §5.2.2.5 (`no-store`).

use std::convert::Infallible;
use std::fmt;
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tower_service::Service;

type Outcome = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Run = dyn Fn() -> Outcome + Send + Sync;

/// What must work for the server to be ready.
#[derive(Clone)]
pub struct Health {
    checks: Vec<Check>,
    within: Duration,
    fresh: Duration,
}

#[derive(Clone)]
struct Check {
    name: &'static str,
    run: Arc<Run>,
}

impl Health {
    /// Without checks: ready when alive.
    pub fn new() -> Self {
        Self { checks: Vec::new(), within: Duration::from_secs(2), fresh: Duration::from_secs(1) }
    }

    /// What else must work. The name and the error go to the log.
    #[must_use]
    pub fn check<C, F, E>(mut self, name: &'static str, check: C) -> Self
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let run = Arc::new(move || {
            let outcome = check();
            Box::pin(async move { outcome.await.map_err(|error| error.to_string()) }) as Outcome
        });
        self.checks.push(Check { name, run });
        self
    }

    /// How long each check may take.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// How long the checks' result stands before they are asked again.
    #[must_use]
    pub fn fresh(self, fresh: Duration) -> Self {
        Self { fresh, ..self }
    }

    /// The service for `/healthz`.
    pub fn live(&self) -> Live {
        Live(())
    }

    /// The service for `/readyz`. Its clones share one result.
    pub fn ready(self) -> Ready {
        let known = Known { ready: None, failing: vec![false; self.checks.len()] };
        Ready(Arc::new(Readiness { health: self, known: Mutex::new(known) }))
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|check| check.name)).finish()
    }
}

/// Is the process alive?
#[derive(Clone, Debug)]
pub struct Live(());

impl<B> Service<Request<B>> for Live {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        future::ready(Ok(not_a_reading(&request)
            .unwrap_or_else(|| says(request.method(), StatusCode::OK, r#"{"status": "ok"}"#))))
    }
}

/// Is all there that the server needs?
#[derive(Clone, Debug)]
pub struct Ready(Arc<Readiness>);

impl<B> Service<Request<B>> for Ready {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(refused) = not_a_reading(&request) {
            return Box::pin(future::ready(Ok(refused)));
        }
        let (method, readiness) = (request.method().clone(), self.0.clone());
        Box::pin(async move {
            Ok(if readiness.is_ready().await {
                says(&method, StatusCode::OK, r#"{"status": "ready"}"#)
            } else {
                says(&method, StatusCode::SERVICE_UNAVAILABLE, r#"{"status": "degraded"}"#)
            })
        })
    }
}

#[derive(Debug)]
struct Readiness {
    health: Health,
    /// Held while the checks run, so that other probes wait for this result instead of asking again.
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    ready: Option<(Instant, bool)>,
    failing: Vec<bool>,
}

impl Readiness {
    async fn is_ready(&self) -> bool {
        let mut known = self.known.lock().await;
        if let Some((asked, ready)) = known.ready
            && asked.elapsed() < self.health.fresh
        {
            return ready;
        }
        let outcomes = self.health.ask().await;
        let ready = outcomes.iter().all(Result::is_ok);
        for ((check, outcome), failing) in self.health.checks.iter().zip(outcomes).zip(&mut known.failing) {
            match outcome {
                Err(reason) if !*failing => tracing::warn!(check = check.name, %reason, "no longer ready"),
                Ok(()) if *failing => tracing::info!(check = check.name, "ready again"),
                _ => continue,
            }
            *failing = !*failing;
        }
        known.ready = Some((Instant::now(), ready));
        ready
    }
}

impl Health {
    /// Asks all checks at once. Each has a task of its own, so that a panic stays there.
    async fn ask(&self) -> Vec<Result<(), String>> {
        let mut outcomes = vec![Err("panicked".to_owned()); self.checks.len()];
        let mut asked = JoinSet::new();
        for (place, check) in self.checks.iter().enumerate() {
            let (run, within) = (check.run.clone(), self.within);
            asked.spawn(async move {
                let outcome = timeout(within, async { run().await }).await;
                (place, outcome.unwrap_or_else(|_| Err(format!("took longer than {within:?}"))))
            });
        }
        while let Some(ended) = asked.join_next().await {
            if let Ok((place, outcome)) = ended {
                outcomes[place] = outcome;
            }
        }
        outcomes
    }
}

fn not_a_reading<B>(request: &Request<B>) -> Option<Response<Full<Bytes>>> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(response)
}

fn says(method: &Method, status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let body = if method == Method::HEAD { "" } else { text };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
