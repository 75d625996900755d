//! Health checks: a liveness probe and a readiness probe.
//!
//! ```
//! use axum::{Router, body::Body, http::Request};
//! use palisade::health::Health;
//! use tower::ServiceExt;
//!
//! # use std::io;
//! # async fn ping_database() -> io::Result<()> { Err(io::Error::other("no such host")) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let health = Health::new().check("database", ping_database);
//! let app = Router::new()
//!     .route_service("/healthz", health.liveness())
//!     .route_service("/readyz", health.readiness());
//!
//! let probe = |path| Request::get(path).body(Body::empty());
//! assert_eq!(app.clone().oneshot(probe("/healthz")?).await?.status(), 200);
//! assert_eq!(app.oneshot(probe("/readyz")?).await?.status(), 503); // this database is down
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. Methods other than GET and HEAD are answered with 405 and `Allow`.
//! 2. [`Liveness`] answers 200 `{"status": "ok"}`: the process runs.
//! 3. [`Readiness`] uses the last result if it is younger than [`cache_ttl`](Health::cache_ttl).
//!    Otherwise it runs all checks at once; other probes wait for the same result.
//! 4. If all checks pass, it answers 200 `{"status": "ready"}`, else 503
//!    `{"status": "degraded"}`. A check that fails, panics or exceeds
//!    [`timeout`](Health::timeout) does not pass.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`timeout`](Health::timeout) | 2 s | probes give up after a few seconds |
//! | [`cache_ttl`](Health::cache_ttl) | 1 s | many probes cause one database query a second |
//! | `Cache-Control` | `no-store` | a cached response would be out of date |
//!
//! # What it does not do
//!
//! - The response does not name the failed check. The log does: `warn` once when a check begins
//!   to fail, `info` once when it passes again.
//! - It does not bypass other layers. Put its routes where no layer limits, redirects or checks
//!   the host: see [`Palisade::for_probes`](crate::Palisade::for_probes).
//!
//! # See also
//!
//! [`deadline`](crate::deadline) for the time of other responses.
//!
//! # References
//!
//! RFC 9110 §15.5.6 (405), RFC 9111 §5.2.2.5 (`no-store`); Kubernetes, "Liveness, Readiness and
//! Startup Probes".

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

type CheckFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type CheckFn = dyn Fn() -> CheckFuture + Send + Sync;

/// The checks that decide whether the server is ready. The [module page](self) has an example.
#[doc(alias = "healthcheck")]
#[doc(alias = "liveness probe")]
#[doc(alias = "readiness probe")]
#[derive(Clone)]
pub struct Health {
    checks: Vec<Check>,
    timeout: Duration,
    cache_ttl: Duration,
}

#[derive(Clone)]
struct Check {
    name: &'static str,
    run: Arc<CheckFn>,
}

impl Health {
    /// Returns the defaults without checks: the server is ready once it runs.
    pub fn new() -> Self {
        Self { checks: Vec::new(), timeout: Duration::from_secs(2), cache_ttl: Duration::from_secs(1) }
    }

    /// Adds a check. Its name and its error appear in the log.
    #[must_use]
    pub fn check<C, F, E>(mut self, name: &'static str, check: C) -> Self
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let run = Arc::new(move || {
            let result = check();
            Box::pin(async move { result.await.map_err(|error| error.to_string()) }) as CheckFuture
        });
        self.checks.push(Check { name, run });
        self
    }

    /// Sets the timeout of each check.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the time for which a result is reused.
    #[must_use]
    pub fn cache_ttl(self, cache_ttl: Duration) -> Self {
        Self { cache_ttl, ..self }
    }

    /// Returns the service for `/healthz`.
    pub fn liveness(&self) -> Liveness {
        Liveness(())
    }

    /// Returns the service for `/readyz`. Its clones share one result.
    pub fn readiness(self) -> Readiness {
        let last = LastResult { ready: None, failing: vec![false; self.checks.len()] };
        Readiness(Arc::new(CachedChecks { health: self, last: Mutex::new(last) }))
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

/// The service of the liveness probe: 200 while the process runs.
///
/// ```
/// use http::Request;
/// use palisade::health::{Health, Liveness};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let probe: Liveness = Health::new().liveness();
/// let response = probe.oneshot(Request::post("/healthz").body(())?).await?;
/// assert_eq!(response.status(), 405);
/// assert_eq!(response.headers()["allow"], "GET, HEAD");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Liveness(());

impl<B> Service<Request<B>> for Liveness {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        future::ready(Ok(method_not_allowed(&request)
            .unwrap_or_else(|| json(request.method(), StatusCode::OK, r#"{"status": "ok"}"#))))
    }
}

/// The service of the readiness probe: 200 if all checks pass, else 503.
///
/// ```
/// use http::Request;
/// use palisade::health::{Health, Readiness};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::new().check("queue", async || Ok::<_, std::io::Error>(()));
/// let probe: Readiness = health.readiness();
/// let response = probe.oneshot(Request::get("/readyz").body(())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Readiness(Arc<CachedChecks>);

impl<B> Service<Request<B>> for Readiness {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(rejection) = method_not_allowed(&request) {
            return Box::pin(future::ready(Ok(rejection)));
        }
        let (method, checks) = (request.method().clone(), self.0.clone());
        Box::pin(async move {
            Ok(if checks.is_ready().await {
                json(&method, StatusCode::OK, r#"{"status": "ready"}"#)
            } else {
                json(&method, StatusCode::SERVICE_UNAVAILABLE, r#"{"status": "degraded"}"#)
            })
        })
    }
}

#[derive(Debug)]
struct CachedChecks {
    health: Health,
    /// Locked while the checks run, so that other probes wait for the same result.
    last: Mutex<LastResult>,
}

#[derive(Debug)]
struct LastResult {
    ready: Option<(Instant, bool)>,
    failing: Vec<bool>,
}

impl CachedChecks {
    async fn is_ready(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((time, ready)) = last.ready
            && time.elapsed() < self.health.cache_ttl
        {
            return ready;
        }
        let results = self.health.run_checks().await;
        let ready = results.iter().all(Result::is_ok);
        for ((check, result), failing) in self.health.checks.iter().zip(results).zip(&mut last.failing) {
            match result {
                Err(error) if !*failing => tracing::warn!(check = check.name, %error, "health check fails"),
                Ok(()) if *failing => tracing::info!(check = check.name, "health check passes again"),
                _ => continue,
            }
            *failing = !*failing;
        }
        last.ready = Some((Instant::now(), ready));
        ready
    }
}

impl Health {
    /// Runs all checks at once, each in its own task, so that a panic ends only that check.
    async fn run_checks(&self) -> Vec<Result<(), String>> {
        let mut results = vec![Err("panicked".to_owned()); self.checks.len()];
        let mut tasks = JoinSet::new();
        for (index, check) in self.checks.iter().enumerate() {
            let (run, limit) = (check.run.clone(), self.timeout);
            tasks.spawn(async move {
                let result = timeout(limit, async { run().await }).await;
                (index, result.unwrap_or_else(|_| Err(format!("took longer than {limit:?}"))))
            });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Ok((index, result)) = ended {
                results[index] = result;
            }
        }
        results
    }
}

fn method_not_allowed<B>(request: &Request<B>) -> Option<Response<Full<Bytes>>> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(response)
}

fn json(method: &Method, status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let body = if method == Method::HEAD { "" } else { text };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
