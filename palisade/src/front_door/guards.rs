//! The stateless layers as one layer: [`Guards`].

use std::sync::Arc;

use http::header::COOKIE;
use http::{Request, Response};

use super::development;
use crate::cookies::Cookies;
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::{LayerMark, RequestContext, rejecting_layers};
use crate::csrf::Csrf;
use crate::headers::SecurityHeaders;
use crate::host::{Hosts, HostsError};
use crate::https::Https;
use crate::proxy::Proxies;
use crate::request_id::RequestIds;

/// The stateless layers of a site as one layer: client, hosts, https, origin check, cookies,
/// headers.
///
/// [`Palisade`](crate::Palisade) contains it. Use it alone where the other layers do not fit, for
/// example under hyper without axum.
///
/// ```
/// use palisade::front_door::Guards;
/// use palisade::headers::{ReferrerPolicy, SecurityHeaders};
/// use palisade::host::HostsError;
/// use palisade::proxy::Proxies;
///
/// let guards = Guards::new()
///     .hosts(["example.org", "localhost"])?
///     .trusted_proxies(Proxies::none())
///     .headers(SecurityHeaders::strict().referrer_policy(ReferrerPolicy::NoReferrer));
/// let probes = guards.for_probes(); // a second value, for health checks
/// assert!(Guards::new().hosts(["https://example.org"]).is_err(), "a host has no scheme");
/// # Ok::<(), HostsError>(())
/// ```
///
/// Without a list of hosts, a redirect to https is a 500 that says so: an attacker could choose
/// the host in `Location`.
#[doc(alias = "helmet")]
#[doc(alias = "Talisman")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Guards(Arc<Settings>);

#[derive(Clone, Debug)]
struct Settings {
    proxies: Proxies,
    hosts: Hosts,
    https: Https,
    csrf: Csrf,
    cookies: Cookies,
    headers: SecurityHeaders,
    request_ids: Option<RequestIds>,
    /// Local names and peers only, causes on error pages.
    development: bool,
    /// No cookie is read: the callers are programs.
    without_cookies: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self::new()
    }
}

impl Guards {
    /// Makes the layer with every default.
    pub fn new() -> Self {
        Self(Arc::new(Settings {
            proxies: Proxies::none(),
            hosts: Hosts::any(),
            https: Https::new(),
            csrf: Csrf::new(),
            cookies: Cookies::new(),
            headers: SecurityHeaders::strict(),
            request_ids: None,
            development: false,
            without_cookies: false,
        }))
    }

    /// Makes the layer for a developer's machine: see
    /// [`Palisade::development`](crate::Palisade::development).
    pub fn development() -> Self {
        Self::new()
            .https(Https::new().dangerous_disable_hsts().dangerous_allow_http())
            .change(|guards| guards.development = true)
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

    /// Sets the origin check against requests that pages of other sites make.
    #[doc(alias = "csrf")]
    pub fn cross_origin(self, csrf: Csrf) -> Self {
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

    /// Sends the id of the request with every response, and takes it from trusted proxies: see
    /// [`request_id`](crate::request_id).
    pub fn request_ids(self, ids: RequestIds) -> Self {
        self.change(|guards| guards.request_ids = Some(ids))
    }

    /// Returns a variant for health checks, which often use an address as the host, and plain
    /// HTTP: no host is checked and nothing is redirected. Everything else stays: the client, the
    /// headers, and the rejection of forged requests.
    pub fn for_probes(&self) -> Self {
        self.clone().change(|guards| {
            guards.hosts = Hosts::unchecked();
            guards.https = guards.https.clone().dangerous_allow_http();
            guards.development = false;
        })
    }

    /// Returns a variant for programs: pages of other sites may send requests, because no cookie
    /// of the request is read. The only exception are requests with a password that the browser
    /// adds by itself (`Authorization: Basic`).
    pub fn for_api(&self) -> Self {
        self.clone().change(|guards| {
            guards.csrf = guards.csrf.clone().only_basic_auth();
            guards.without_cookies = true;
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// The layers that belong inside of the guards.
const INSIDE: &[(LayerMark, &str)] = rejecting_layers!(
    "`",
    "` stands outside of `Palisade`, so its rejections would have no security headers. Write it inside: on the router \
     that `Palisade::protect` gets, or as a setting of `Palisade`."
);

const TWICE: MissingLayer = MissingLayer(
    "A request passes through two `Palisade` layers. Protect each router once, and then merge or nest it; a group \
     inside of a protected router can only add single layers.",
);

impl Guard for Guards {
    type State = GuardsState;

    fn begin<B>(&self, request: &mut Request<B>) -> GuardsState {
        let context = RequestContext::begin(request.extensions_mut());
        let misplaced = match context.has_entered(LayerMark::Guards) {
            true => Some(TWICE),
            false => context.reject_outside(INSIDE).err(),
        };
        context.enter(LayerMark::Guards);
        context.enter(LayerMark::Headers);
        if self.0.development {
            context.set_shows_causes();
        }
        self.0.proxies.begin(request);
        if let Some(ids) = &self.0.request_ids {
            ids.begin(request);
        }
        if self.0.without_cookies {
            request.headers_mut().remove(COOKIE);
        }
        self.0.csrf.attach_verdict(request, &context);
        GuardsState { context, misplaced }
    }

    fn check<B>(&self, request: &Request<B>, state: &GuardsState) -> Result<(), Rejection> {
        if let Some(misplaced) = state.misplaced {
            return Err(misplaced.into());
        }
        let Settings { proxies, hosts, https, csrf, .. } = &*self.0;
        proxies.check(request, &state.context)?;
        let client = state.context.client().ok_or(Client::MISSING)?;
        let host = client.authority(request);
        if self.0.development {
            development::check(client, host, hosts)?;
        } else {
            hosts.check_host(client, host)?;
        }
        if !hosts.has_list() && https.needs_hosts() && !https.passes(request, client, host) {
            return Err(MissingLayer(
                "A request over plain HTTP cannot be redirected to https, because no list of hosts is set. Write \
                 `Palisade::for_hosts([\"example.org\"])?`; on a developer's machine, `Palisade::development()`. Behind a \
                 proxy that terminates TLS, add `.trusted_proxies(Proxies::hops(1))`.",
            )
            .into());
        }
        https.require_https(request, client, host)?;
        csrf.check(request, &state.context)
    }

    fn finish<B>(&self, state: &GuardsState, response: &mut Response<B>) {
        self.0.cookies.finish(&state.context, response);
        self.0.https.finish(&state.context, response);
        self.0.headers.finish(&state.context, response);
        if let Some(ids) = &self.0.request_ids {
            ids.finish(&state.context, response);
        }
        self.0.proxies.finish(&state.context, response);
    }
}

/// The state of [`Guards`] during a request.
///
/// ```
/// use palisade::front_door::{Guards, GuardsState};
/// use palisade::guard::Guard;
///
/// let guards = Guards::development();
/// let mut request = http::Request::new(());
/// let state: GuardsState = guards.begin(&mut request);
/// assert!(guards.check(&request, &state).is_err(), "the peer is unknown");
/// ```
pub struct GuardsState {
    context: RequestContext,
    misplaced: Option<MissingLayer>,
}

guard_layers!(Guards);
