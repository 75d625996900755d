//! The builder: [`Palisade`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tower_layer::Layer;

use super::Guards;
use super::optional::Optional;
#[cfg(feature = "session")]
use super::optional::with_token;
#[cfg(feature = "session")]
use super::rejected_forms::{FormPages, RejectedFormsService};
use super::stack::{Adapted, Stack, Unplaced};
use crate::body_limit::BodyLimit;
use crate::concurrency::ConcurrencyLimit;
use crate::cookies::Cookies;
use crate::csrf::Csrf;
#[cfg(feature = "session")]
use crate::csrf::CsrfTokens;
use crate::deadline::Deadline;
use crate::error_page::ErrorPages;
use crate::headers::SecurityHeaders;
use crate::host::{Hosts, HostsError};
use crate::https::Https;
use crate::proxy::Proxies;
#[cfg(feature = "rate-limit")]
use crate::rate_limit::RateLimitLayer;
use crate::request_id::RequestIds;
#[cfg(feature = "session")]
use crate::session::Sessions;

/// Every layer of a site as one value, in the right order. The [module page](super) has the order
/// and the defaults.
///
/// ```
/// use axum::{Router, routing::get};
/// use palisade::Palisade;
///
/// let palisade = Palisade::for_hosts(["example.org", "www.example.org"])?;
/// let app: Router = palisade.protect(Router::new().route("/", get(async || "Hello")));
/// assert!(Palisade::for_hosts(["https://example.org"]).is_err(), "a host has no scheme");
/// # Ok::<(), palisade::host::HostsError>(())
/// ```
#[doc(alias = "helmet")]
#[doc(alias = "Talisman")]
#[doc(alias = "ServiceBuilder")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Palisade(pub(super) Arc<Settings>);

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) error_pages: ErrorPages,
    pub(super) guards: Guards,
    pub(super) concurrency: Option<ConcurrencyLimit>,
    pub(super) deadline: Deadline,
    pub(super) body_limit: BodyLimit,
    #[cfg(feature = "rate-limit")]
    pub(super) rate_limit: Option<RateLimitLayer>,
    #[cfg(feature = "session")]
    pub(super) sessions: Option<Sessions>,
    /// The token check of `sessions`.
    #[cfg(feature = "session")]
    pub(super) csrf_tokens: Option<CsrfTokens>,
    #[cfg(feature = "session")]
    change_tokens: Option<Arc<TokenChange>>,
    /// The pages that show rejected forms.
    #[cfg(feature = "session")]
    pub(super) rejected_forms: Option<FormPages>,
}

#[cfg(feature = "session")]
type TokenChange = dyn Fn(CsrfTokens) -> CsrfTokens + Send + Sync;

/// Puts the other layers around guards of your own. [`Guards::new`] answers every host: set
/// [`Guards::hosts`].
///
/// ```
/// use palisade::Palisade;
/// use palisade::front_door::Guards;
///
/// let palisade = Palisade::from(Guards::new().hosts(["example.org"])?);
/// assert!(format!("{palisade:?}").contains("example.org"));
/// # Ok::<(), palisade::host::HostsError>(())
/// ```
impl From<Guards> for Palisade {
    fn from(guards: Guards) -> Self {
        Self::with(guards)
    }
}

/// # Where the site runs
impl Palisade {
    /// Protects a site that is served under these names: see [`Hosts::only`]. Requests for other
    /// names are rejected with 421.
    ///
    /// # Errors
    /// If the list is empty, or an entry is not a host.
    pub fn for_hosts<T: AsRef<str>>(hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        Ok(Self::with(Guards::new()).allowed_hosts(Hosts::only(hosts)?))
    }

    /// Protects a site on a developer's machine: over plain HTTP without a redirect, under local
    /// names, for this machine and the local network. Error pages show causes.
    ///
    /// Local are loopback, private, link-local and shared (100.64.0.0/10) addresses; names without
    /// a dot, `*.localhost` and `*.local`. Every other request is a 500, so that this cannot be
    /// deployed unnoticed. Docker's published ports, a phone in the same network and a local
    /// front-end server work.
    ///
    /// ```
    /// use axum::Router;
    /// use palisade::Palisade;
    /// use palisade::test::Browser;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Palisade::development().protect(Router::new());
    /// let mut phone = Browser::new(app.clone()).at("http://192.168.1.5:3000").from("192.168.1.7");
    /// assert_eq!(phone.get("/").await.status, 404);
    /// let mut stranger = Browser::new(app).at("http://example.org").from("203.0.113.9");
    /// assert_eq!(stranger.get("/").await.status, 500);
    /// # }
    /// ```
    pub fn development() -> Self {
        Self::with(Guards::development())
    }

    /// Sets the names of the site, in place of earlier ones. In
    /// [`development`](Self::development), these names are allowed beside the local ones: for a
    /// tunnel, whose agent runs on this machine.
    ///
    /// # Errors
    /// If the list is empty, or an entry is not a host.
    pub fn hosts<T: AsRef<str>>(self, hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        Ok(self.allowed_hosts(Hosts::only(hosts)?))
    }

    /// Sets the names of the site from an existing value.
    pub fn allowed_hosts(self, hosts: Hosts) -> Self {
        self.change_guards(|guards| guards.allowed_hosts(hosts))
    }

    /// Sets the proxies whose forwarded headers are trusted; none by default.
    #[doc(alias = "ProxyFix")]
    pub fn trusted_proxies(self, proxies: Proxies) -> Self {
        self.change_guards(|guards| guards.trusted_proxies(proxies))
    }

    /// Sets the redirect to https, and HSTS.
    pub fn https(self, https: Https) -> Self {
        self.change_guards(|guards| guards.https(https))
    }

    fn with(guards: Guards) -> Self {
        Self(Arc::new(Settings {
            error_pages: ErrorPages::plain(),
            guards,
            concurrency: Some(ConcurrencyLimit::new()),
            deadline: Deadline::default(),
            body_limit: BodyLimit::default(),
            #[cfg(feature = "rate-limit")]
            rate_limit: None,
            #[cfg(feature = "session")]
            sessions: None,
            #[cfg(feature = "session")]
            csrf_tokens: None,
            #[cfg(feature = "session")]
            change_tokens: None,
            #[cfg(feature = "session")]
            rejected_forms: None,
        }))
    }
}

/// # What the site uses
impl Palisade {
    /// Sets the security headers.
    pub fn headers(self, headers: SecurityHeaders) -> Self {
        self.change_guards(|guards| guards.headers(headers))
    }

    /// Sets the attributes of cookies.
    pub fn cookies(self, cookies: Cookies) -> Self {
        self.change_guards(|guards| guards.cookies(cookies))
    }

    /// Sets the check of requests that pages of other sites make. By default they are rejected.
    #[doc(alias = "csrf")]
    pub fn cross_origin(self, csrf: Csrf) -> Self {
        self.change_guards(|guards| guards.cross_origin(csrf))
    }

    /// Sends the id of the request with every response, and takes it from trusted proxies: see
    /// [`request_id`](crate::request_id). Off by default; error pages and the log always have one.
    #[doc(alias = "X-Request-Id")]
    pub fn request_ids(self, ids: RequestIds) -> Self {
        self.change_guards(|guards| guards.request_ids(ids))
    }

    /// Adds sessions, and with them [`CsrfTokens`] by the same keys.
    #[cfg(feature = "session")]
    pub fn sessions(self, sessions: Sessions) -> Self {
        self.change(|settings| {
            settings.sessions = Some(sessions);
            settings.key_tokens();
        })
    }

    /// Changes the token check, which comes with the sessions: its time limit, field or headers.
    #[cfg(feature = "session")]
    pub fn csrf_tokens(self, change: impl Fn(CsrfTokens) -> CsrfTokens + Send + Sync + 'static) -> Self {
        self.change(|settings| {
            settings.change_tokens = Some(Arc::new(change));
            settings.key_tokens();
        })
    }

    /// Requires no tokens in forms.
    ///
    /// # Security
    /// The check of the headers that browsers send ([`cross_origin`](Self::cross_origin)) is then
    /// the only protection against forged requests. It lets requests without these headers pass.
    #[cfg(feature = "session")]
    pub fn dangerous_disable_csrf_tokens(self) -> Self {
        self.csrf_tokens(CsrfTokens::dangerous_disable_token_check)
    }

    /// Counts requests: a [`RateLimit`](crate::RateLimit), which counts per client, or one of its
    /// layers. Replaces an earlier one; write further limits as layers on the router, such as one
    /// per signed-in user, which belongs inside of the sessions.
    #[cfg(feature = "rate-limit")]
    pub fn rate_limit(self, limit: impl Into<RateLimitLayer>) -> Self {
        self.change(|settings| settings.rate_limit = Some(limit.into()))
    }

    /// Sets the number of requests that are underway at once, in all and for each client; 1024 and
    /// 128 by default. Groups share the places. Keep a clone for its
    /// [`metrics`](ConcurrencyLimit::metrics).
    pub fn concurrency_limit(self, limit: ConcurrencyLimit) -> Self {
        self.change(|settings| settings.concurrency = Some(limit))
    }

    /// Limits the requests that are underway at once no more.
    ///
    /// # Danger
    /// The server's own bound is left, which knows the peer and not the client: behind a proxy, one
    /// client can then keep all others out.
    pub fn dangerous_disable_concurrency_limit(self) -> Self {
        self.change(|settings| settings.concurrency = None)
    }

    /// Sets the time in which a response must begin; 30 s by default. A [`Deadline`] on a route
    /// overrides it.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.change(|settings| settings.deadline = Deadline::new(timeout))
    }

    /// Sets the limit of request bodies; 1 MiB in 30 s by default. A [`BodyLimit`] on a route
    /// overrides it.
    pub fn body_limit(self, limit: BodyLimit) -> Self {
        self.change(|settings| settings.body_limit = limit)
    }

    /// Sets the error pages; plain ones by default.
    pub fn error_pages(self, pages: ErrorPages) -> Self {
        self.change(|settings| settings.error_pages = pages)
    }
}

/// # Around the routes
impl Palisade {
    /// Protects every route that the router has now, its fallback and its 405. Routes added later
    /// are not covered.
    pub fn protect<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        router.layer(self.clone())
    }

    /// Protects a tower service, such as tower-http's `ServeDir`. An error of the service becomes
    /// a 500 whose cause is logged.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use axum::body::Body;
    /// use http::{Request, Response};
    /// use palisade::Palisade;
    /// use palisade::front_door::{Adapted, Stack};
    /// use palisade::test::Browser;
    /// use tower::service_fn;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let broken = service_fn(async |_: Request<Body>| Err::<Response<Body>, _>("the disk is full"));
    /// let service: Stack<Adapted<_>> = Palisade::development().protect_service(broken);
    /// assert_eq!(Browser::new(service).get("/").await.status, 500);
    /// # }
    /// ```
    pub fn protect_service<S: Clone>(&self, service: S) -> Stack<Adapted<S>> {
        self.layer(Adapted::new(service))
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(super) fn change_guards(self, change: impl FnOnce(Guards) -> Guards) -> Self {
        self.change(|settings| settings.guards = change(settings.guards.clone()))
    }
}

impl<S: Clone> Layer<S> for Palisade {
    type Service = Stack<S>;

    fn layer(&self, inner: S) -> Stack<S> {
        let settings = &*self.0;
        #[cfg(feature = "session")]
        let inner = with_token(settings.csrf_tokens.as_ref(), inner);
        #[cfg(feature = "session")]
        let inner = match &settings.sessions {
            Some(sessions) => {
                let (pages, tokens) = (settings.rejected_forms.as_ref(), settings.csrf_tokens.as_ref());
                let inner = RejectedFormsService::new(pages, tokens, inner);
                Optional::With { service: sessions.layer(inner) }
            }
            None => Optional::Without { service: inner },
        };
        #[cfg(feature = "rate-limit")]
        let inner = match &settings.rate_limit {
            Some(limit) => Optional::With { service: limit.layer(inner) },
            None => Optional::Without { service: inner },
        };
        let inner = settings.deadline.layer(settings.body_limit.layer(inner));
        let inner = match &settings.concurrency {
            Some(limit) => Optional::With { service: Unplaced(limit.layer(inner)) },
            None => Optional::Without { service: inner },
        };
        Stack(settings.error_pages.layer(settings.guards.layer(inner)))
    }
}

#[cfg(feature = "session")]
impl Settings {
    /// Makes the token check of the sessions.
    fn key_tokens(&mut self) {
        self.csrf_tokens = self.sessions.as_ref().map(|sessions| {
            let tokens = CsrfTokens::with_keys(sessions.csrf_keys().clone());
            self.change_tokens.as_ref().map_or_else(|| tokens.clone(), |change| change(tokens.clone()))
        });
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Settings");
        debug.field("guards", &self.guards).field("deadline", &self.deadline);
        #[cfg(feature = "session")]
        debug.field("sessions", &self.sessions);
        debug.finish_non_exhaustive()
    }
}
