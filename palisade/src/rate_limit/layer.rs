//! A limit as a layer: the requests that it counts, their key and cost, the refunds.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderName, Method};

use super::headers::RateLimitHeaders;
use super::key::{METHODS, RateLimitKey};
use super::layer_settings::{Cost, KeySource, LayerSettings};
use super::limit::RateLimit;
use super::service::RateLimitService;
use crate::core::rejection::Rejection;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::Quotas;
use crate::rate_limit::store::RateLimitStore;

/// # Layers
impl RateLimit {
    /// Makes a layer that counts by the client's address, which [`Proxies`](crate::proxy::Proxies)
    /// determines.
    #[doc(alias = "key_func")]
    pub fn per_client(self) -> RateLimitLayer {
        RateLimitLayer::new(self, KeySource::Client)
    }

    /// Makes a layer that counts by the value of a header. A missing header, an empty one, and
    /// several that differ are a missing key.
    ///
    /// # Security
    ///
    /// A client can send any header. Use this behind a layer that checks the header, such as one
    /// that authenticates an API key.
    pub fn per_header(self, name: HeaderName) -> RateLimitLayer {
        RateLimitLayer::new(self, KeySource::Header(name))
    }

    /// Makes a layer that counts by the key which this function finds in the request's head,
    /// [`http::request::Parts`].
    #[doc(alias = "key_func")]
    pub fn per(self, key: impl Fn(&Parts) -> Option<RateLimitKey> + Send + Sync + 'static) -> RateLimitLayer {
        RateLimitLayer::per(self, move |parts| key(parts))
    }

    /// Makes a layer that counts by a key which must be loaded, such as the account of an API key.
    /// The request waits; if loading fails, the rejection is the response.
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{HeaderMap, Request, StatusCode};
    /// use palisade::Rejection;
    /// use palisade::rate_limit::store::MemoryStore;
    /// use palisade::rate_limit::{RateLimit, RateLimitKey};
    /// use tower::ServiceExt;
    ///
    /// /// Looks the account up in the database.
    /// async fn account(headers: HeaderMap) -> Result<RateLimitKey, Rejection> {
    ///     match headers.get("authorization").map(|value| value.as_bytes()) {
    ///         Some(b"Bearer one" | b"Bearer two") => Ok("ada".into()),
    ///         _ => Err(Rejection::new(StatusCode::UNAUTHORIZED, "no_key", "Send an API key.")),
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("api", "2/minute", MemoryStore::new())?;
    /// let layer = limit.per_async(|parts| account(parts.headers.clone()));
    /// let app = Router::new().route("/", get(async || "hello")).layer(layer);
    /// for (key, status) in [("one", 200), ("two", 200), ("one", 429), ("three", 401)] {
    ///     let request = Request::get("/").header("authorization", format!("Bearer {key}"));
    ///     let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    ///     assert_eq!(response.status(), status, "{key}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_async<F>(self, key: impl Fn(&Parts) -> F + Send + Sync + 'static) -> RateLimitLayer
    where
        F: Future<Output = Result<RateLimitKey, Rejection>> + Send + 'static,
    {
        RateLimitLayer::new(self, KeySource::Async(Arc::new(move |parts| Box::pin(key(parts)))))
    }

    /// Makes a layer with one counter for all clients together.
    pub fn global(self) -> RateLimitLayer {
        self.per(|_| Some(RateLimitKey::GLOBAL))
    }
}

/// A rate limit as a layer for a route or a group of routes. Methods of [`RateLimit`] make one;
/// a `RateLimit` converts into the layer [per client](RateLimit::per_client).
///
/// If a request passes several layers, all of them count it.
/// [`default_limit`](Self::default_limit) makes an outer layer a default instead.
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Method, Request};
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{RateLimit, RateLimitLayer};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limit = RateLimit::new("api", "3/minute", MemoryStore::new())?;
/// let layer: RateLimitLayer = limit
///     .per(|parts| parts.uri.query().map(Into::into))
///     .methods([Method::GET])
///     .cost_by(|parts| if parts.uri.path() == "/export" { 2 } else { 1 })
///     .headers();
/// let app = Router::new().fallback(get(|| async { "hello" })).layer(layer);
///
/// for (uri, status, remaining) in [
///     ("/export?ada", 200, "1"),
///     ("/page?ada", 200, "0"),
///     ("/page?ada", 429, "0"),
///     ("/page?bob", 200, "2"),
/// ] {
///     let response = app.clone().oneshot(Request::get(uri).body(Body::empty())?).await?;
///     assert_eq!(response.status(), status, "{uri}");
///     assert_eq!(response.headers()["x-ratelimit-remaining"], remaining, "{uri}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct RateLimitLayer(Arc<LayerSettings>);

impl RateLimitLayer {
    fn new(limit: RateLimit, key: KeySource) -> Self {
        Self(Arc::new(LayerSettings::new(limit, key)))
    }

    pub(crate) fn per(
        limit: RateLimit,
        key: impl Fn(&mut Parts) -> Option<RateLimitKey> + Send + Sync + 'static,
    ) -> Self {
        Self::new(limit, KeySource::Function(Arc::new(key)))
    }

    /// Requires a route if the layer is around a whole router. `has_route` says whether the request
    /// has one.
    #[cfg(feature = "axum")]
    pub(crate) fn needs_route(self, has_route: fn(&Parts) -> bool) -> Self {
        self.with(|settings| settings.needs_route = Some(has_route))
    }

    /// Counts these methods only. Other methods pass. GET includes HEAD, which the same handler
    /// answers.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        let methods = methods.into_iter().collect();
        self.with(|settings| settings.methods = Some(methods))
    }

    /// Gives each method a counter of its own. HEAD shares GET's; all unknown methods share one.
    pub fn per_method(self) -> Self {
        self.with(|settings| settings.per_method = true)
    }

    /// Gives each scope that this function returns a counter of its own, so that a caller has the
    /// quota once per scope.
    ///
    /// # Security
    ///
    /// The scope must not come from the client alone: each invented scope has a fresh quota.
    pub fn scope_by(self, scope: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.scope_by = Some(Arc::new(scope)))
    }

    /// Exempts the requests for which this function returns `true`. They pass uncounted.
    pub fn exempt_when(self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.exempt_when = Some(Arc::new(exempt)))
    }

    /// Sets the cost of each request; the default is 1. A cost of 0 charges nothing.
    pub fn cost(self, cost: u32) -> Self {
        self.with(|settings| settings.cost = Cost::Fixed(cost))
    }

    /// Sets a function that returns the cost of a request.
    pub fn cost_by(self, cost: impl Fn(&Parts) -> u32 + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.cost = Cost::Function(Arc::new(cost)))
    }

    /// Sets a function that returns the quotas of a request. `None` stands for the limit's own.
    pub fn quotas_by(self, quotas: impl Fn(&Parts) -> Option<Quotas> + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.quotas_by = Some(Arc::new(quotas)))
    }

    /// Counts only the requests with a response for which this function returns `true`, such as
    /// failed logins. The function reads the response's head, [`http::response::Parts`].
    ///
    /// Every request is charged on the way in, and refunded if its response should not count. So
    /// concurrent requests cannot pass the check together. This has consequences:
    ///
    /// - In-flight requests count against the quota until they finish. A client that sends
    ///   several good requests at once needs a quota with room for them.
    /// - With fixed windows, requests rejected in the meantime stay counted.
    /// - A request whose client hangs up stays counted.
    /// - A charge to a window that is over is not refunded to the current one.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::StatusCode, routing::get};
    /// use http::Request;
    /// use palisade::rate_limit::RateLimit;
    /// use palisade::rate_limit::store::MemoryStore;
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("misses", "1/minute", MemoryStore::new())?;
    /// let app = Router::new()
    ///     .route("/", get(|| async {}))
    ///     .fallback(|| async { StatusCode::NOT_FOUND })
    ///     .layer(limit.global().count_if(|response| response.status == StatusCode::NOT_FOUND));
    ///
    /// for (path, status) in [("/", 200), ("/", 200), ("/miss", 404), ("/", 429)] {
    ///     let response = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
    ///     assert_eq!(response.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "deduct_when")]
    pub fn count_if(self, count: impl Fn(&http::response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.count_if = Some(Arc::new(count)))
    }

    /// Makes this layer a default: if a layer further in has counted the request, this one
    /// refunds its charge.
    ///
    /// An inner layer that only reports, or cannot count because its store is down, does not
    /// replace the default.
    ///
    /// A client that has used up the default is rejected here, before an inner layer decides, even
    /// if the inner limit is looser. Put a route that must stay available, or has a looser limit,
    /// in a group without the default, and merge the groups.
    #[doc(alias = "override_defaults")]
    pub fn default_limit(self) -> Self {
        self.with(|settings| settings.default_limit = true)
    }

    /// Makes this layer count in addition to a default further out: both count.
    pub fn in_addition(self) -> Self {
        self.with(|settings| settings.in_addition = true)
    }

    /// Sends `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` with every
    /// counted response.
    pub fn headers(self) -> Self {
        self.header_names(RateLimitHeaders::default_names())
    }

    /// Sends the same headers under these names: limit, remaining, reset.
    pub fn header_names(self, names: [HeaderName; 3]) -> Self {
        self.with(|settings| settings.headers.names = Some(names))
    }

    /// Sends `RateLimit-Policy` and `RateLimit` of the IETF draft with every counted response.
    pub fn standard_headers(self) -> Self {
        self.with(|settings| settings.headers.standard = true)
    }

    /// Returns the limit of this layer.
    pub fn limit(&self) -> &RateLimit {
        &self.0.limit
    }

    /// Deletes the counters of this caller, of every method too. Counters per
    /// [scope](Self::scope_by) stay.
    ///
    /// # Errors
    ///
    /// [`StoreError::Down`] if the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let (key, settings) = (key.into(), &*self.0.limit.0);
        let methods = METHODS.iter().map(|method| Some(*method)).filter(|_| self.0.per_method);
        for method in methods.chain([None]) {
            let caller = key.caller(method, settings.ipv6_prefix);
            settings.store.reset(&settings.name, &caller).await?;
        }
        Ok(())
    }

    fn with(mut self, change: impl FnOnce(&mut LayerSettings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// Counts by the client's address, as [`RateLimit::per_client`] does.
impl From<RateLimit> for RateLimitLayer {
    fn from(limit: RateLimit) -> Self {
        limit.per_client()
    }
}

impl<S> tower_layer::Layer<S> for RateLimitLayer {
    type Service = RateLimitService<S>;

    fn layer(&self, inner: S) -> RateLimitService<S> {
        RateLimitService::new(Arc::clone(&self.0), inner)
    }
}

impl fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateLimitLayer({:?})", self.0)
    }
}
