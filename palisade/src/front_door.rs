//! The stateless layers of a site as one layer, in the right order: [`Palisade`].
//!
//! ```
//! use palisade::Palisade;
//! use palisade::csrf::Csrf;
//! use palisade::headers::{ReferrerPolicy, SecurityHeaders};
//! use palisade::host::HostsError;
//! use palisade::proxy::Proxies;
//!
//! let palisade = Palisade::new()
//!     .hosts(["example.org", "localhost"])?
//!     .trusted_proxies(Proxies::none())
//!     .headers(SecurityHeaders::strict().referrer_policy(ReferrerPolicy::NoReferrer));
//! let probes = palisade.for_probes(); // a second value, for health checks
//! assert!(Palisade::new().hosts(["https://example.org"]).is_err(), "a host has no scheme");
//! # Ok::<(), HostsError>(())
//! ```
//!
//! # A whole stack
//!
//! One tuple around the router, outermost first. Only the login route has a limit of its own:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, response::Html, routing::{get, post}};
//! use palisade::rate_limit::{FallbackStore, store::MemoryStore};
//! use palisade::request::PeerAddr;
//! use palisade::{
//!     CsrfToken, CsrfTokens, ErrorPages, Keyring, Palisade, RateLimit, Rejection, Sessions,
//! };
//! use tower::{Layer, ServiceExt};
//!
//! async fn form(token: CsrfToken) -> Html<String> {
//!     Html(format!("<form method=\"post\" action=\"/login\">{}</form>", token.input()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq")?;
//! let store = FallbackStore::new(MemoryStore::new());
//! let site = RateLimit::new("site", "300/minute".parse()?, store.clone());
//! let login = RateLimit::new("login", "5/minute".parse()?, store);
//! let routes = Router::new()
//!     .route("/", get(form))
//!     .route("/login", post(async || "signed in").layer(login.per_client()));
//! let app = (
//!     ErrorPages::plain(),                  // bodies of all rejections
//!     Palisade::new().hosts(["localhost"])?, // client, hosts, https, origin check, headers
//!     site.per_client(),                    // needs the client's address
//!     Sessions::new(&keyring),              // needs the scheme, for `Secure`
//!     CsrfTokens::new(&keyring),            // needs the session
//! )
//!     .layer(routes);
//!
//! let peer = PeerAddr("127.0.0.1:40000".parse()?);
//! let request = |builder: http::request::Builder| {
//!     builder.header("host", "localhost").extension(peer).body(Body::empty())
//! };
//! let page = app.clone().oneshot(request(Request::get("/"))?).await?;
//! assert_eq!(page.status(), 200);
//! assert!(page.headers().contains_key("content-security-policy"));
//! assert!(page.headers().contains_key("set-cookie"), "the session that the token belongs to");
//!
//! let without_token = app.oneshot(request(Request::post("/login"))?).await?;
//! assert_eq!(without_token.status(), 403);
//! let rejection = without_token.extensions().get::<Rejection>().expect("it carries its reason");
//! assert_eq!(rejection.code(), "csrf_token_missing");
//! assert_eq!(without_token.headers()["content-type"], "text/html; charset=utf-8");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. [`Proxies`] resolves the client's address and scheme. If the peer is unknown, the response
//!    is a 500 that names the missing setting.
//! 2. [`Hosts`] rejects requests for other sites: 400, 421.
//! 3. [`Https`] redirects requests over plain HTTP: 302, 307.
//! 4. [`Csrf`] rejects requests that pages of other sites have made: 403.
//! 5. The application responds, or panics, which becomes a 500.
//! 6. [`Cookies`], [`Https`] and [`SecurityHeaders`] complete every response, rejections included.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`trusted_proxies`](Palisade::trusted_proxies) | none | any client can send the headers |
//! | [`hosts`](Palisade::hosts) | any valid host | the library cannot know the site's names |
//! | [`https`](Palisade::https) | redirect; HSTS of one year | OWASP |
//! | [`csrf`](Palisade::csrf) | on, no other site is trusted | forged requests |
//! | [`cookies`](Palisade::cookies) | Secure, HttpOnly, SameSite=Lax | every cookie |
//! | [`headers`](Palisade::headers) | [`SecurityHeaders::strict`] | see its module |
//!
//! Without a list of hosts, a redirect to https is a 500 that says so: an attacker could choose
//! the host in `Location`.
//!
//! # Where it goes
//!
//! Outside of every other layer but [`ErrorPages`](crate::ErrorPages): write it second in the
//! tuple of layers, or call `Router::layer` with it last but one. It has no state and needs no async runtime.
//!
//! # What it does not do
//!
//! It sets no limits: see [`deadline`](crate::deadline), [`body_limit`](crate::body_limit),
//! [`rate_limit`](crate::rate_limit) and [`serve`](mod@crate::serve). Tokens in forms are
//! [`CsrfTokens`](crate::CsrfTokens).

use std::sync::Arc;

use http::{Request, Response};

use crate::cookies::Cookies;
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::csrf::Csrf;
use crate::headers::SecurityHeaders;
use crate::host::{HostRejection, Hosts, HostsError, development_fault};
use crate::https::Https;
use crate::proxy::Proxies;

/// The stateless layers of a site as one layer. See the [module page](self).
#[doc(alias = "helmet")]
#[doc(alias = "Talisman")]
#[derive(Clone, Debug)]
pub struct Palisade(Arc<Guards>);

#[derive(Clone, Debug)]
struct Guards {
    proxies: Proxies,
    hosts: Hosts,
    https: Https,
    csrf: Csrf,
    cookies: Cookies,
    headers: SecurityHeaders,
    is_development: bool,
}

impl Default for Palisade {
    fn default() -> Self {
        Self::new()
    }
}

impl Palisade {
    /// Makes the layer with every default.
    pub fn new() -> Self {
        Self(Arc::new(Guards {
            proxies: Proxies::none(),
            hosts: Hosts::any(),
            https: Https::new(),
            csrf: Csrf::new(),
            cookies: Cookies::new(),
            headers: SecurityHeaders::strict(),
            is_development: false,
        }))
    }

    /// For development on this machine and in the local network: plain HTTP without a redirect and
    /// without HSTS, for local names and local peers only. Any other request is a 500.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::Palisade;
    /// use palisade::request::PeerAddr;
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/", get(async || "hello")).layer(Palisade::development());
    /// let request = |host| {
    ///     Request::get("/").header("host", host).extension(PeerAddr::local()).body(Body::empty())
    /// };
    /// assert_eq!(app.clone().oneshot(request("localhost:3000")?).await?.status(), 200);
    /// assert_eq!(app.oneshot(request("example.org")?).await?.status(), 500);
    /// # Ok(())
    /// # }
    /// ```
    pub fn development() -> Self {
        Self::new().https(Https::development()).change(|guards| guards.is_development = true)
    }

    /// Sets the proxies whose forwarded headers are trusted.
    #[doc(alias = "ProxyFix")]
    pub fn trusted_proxies(self, proxies: Proxies) -> Self {
        self.change(|guards| guards.proxies = proxies)
    }

    /// Sets the hosts of the site: see [`Hosts::only`].
    ///
    /// # Errors
    /// If the list is empty, or an entry is not a host.
    pub fn hosts<T: AsRef<str>>(self, hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        Ok(self.allowed_hosts(Hosts::only(hosts)?))
    }

    /// Sets the hosts of the site from an existing value.
    pub fn allowed_hosts(self, hosts: Hosts) -> Self {
        self.change(|guards| guards.hosts = hosts)
    }

    /// Sets the redirect to https, and HSTS.
    pub fn https(self, https: Https) -> Self {
        self.change(|guards| guards.https = https)
    }

    /// Sets the origin check against forged requests.
    pub fn csrf(self, csrf: Csrf) -> Self {
        self.change(|guards| guards.csrf = csrf)
    }

    /// Sets the attributes of cookies.
    pub fn cookies(self, cookies: Cookies) -> Self {
        self.change(|guards| guards.cookies = cookies)
    }

    /// Sets the security headers.
    pub fn headers(self, headers: SecurityHeaders) -> Self {
        self.change(|guards| guards.headers = headers)
    }

    /// Returns a variant for health checks, which often use an address as the host, and plain
    /// HTTP: no host is checked and nothing is redirected. Everything else stays: the client, the
    /// headers, and the rejection of forged requests.
    pub fn for_probes(&self) -> Self {
        self.clone().change(|guards| {
            guards.hosts = Hosts::unchecked();
            guards.is_development = false;
            guards.https = guards.https.clone().dangerous_allow_http();
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Guards)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Guard for Palisade {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = self.0.proxies.begin(request);
        self.0.csrf.attach_verdict(request, &context);
        context
    }

    fn check<B>(&self, request: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        let Guards { proxies, hosts, https, csrf, is_development, .. } = &*self.0;
        proxies.check(request, context)?;
        let client = context.client().ok_or(Client::MISSING)?;
        let host = client.authority(request);
        if *is_development {
            let host = host.map_err(|_| HostRejection::Malformed)?;
            if let Some(fault) = development_fault(client, host, hosts.lists(client, host)) {
                return Err(fault.into());
            }
        } else {
            hosts.check_host(client, host)?;
        }
        if !hosts.has_list() && https.needs_hosts() && !https.passes(request, client, host) {
            return Err(MissingLayer(
                "A request over plain HTTP cannot be redirected to https, because no list of hosts is set. Write \
                 `Palisade::new().hosts([\"example.org\"])?`, or set one by `Https::new().host(\"example.org\")?`. \
                 Behind a proxy that terminates TLS, write \
                 `.trusted_proxies(Proxies::trusted([\"10.0.0.1\"])?)`.",
            )
            .into());
        }
        https.require_https(request, client, host)?;
        csrf.check(request, context)
    }

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        self.0.cookies.finish(context, response);
        self.0.https.finish(context, response);
        self.0.headers.finish(context, response);
        self.0.proxies.finish(context, response);
    }
}

guard_layers!(Palisade);
