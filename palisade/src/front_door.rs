//! The one layer that most applications need: the stateless guards, in the right order.
//!
//! ```
//! # use palisade::Palisade;
//! # use palisade::proxy::Proxies;
//! let palisade = Palisade::new().hosts(["example.org"])?.trusted_proxies(Proxies::none());
//! # Ok::<(), palisade::host::HostsError>(())
//! ```
//!
//! What happens to a request, in this order:
//! 1. [`Proxies`] decides who is asking, and over what; where it cannot, the answer is a 500 that says why;
//! 2. [`Hosts`] refuses requests for other sites: 400, 421;
//! 3. [`Https`] redirects those in the clear: 302, 307;
//! 4. [`Csrf`] refuses requests that pages of other sites made: 403;
//! 5. the application answers, or panics, which is a 500;
//! 6. [`Cookies`], [`Https`] and [`SecurityHeaders`] complete the response, whichever of these it was.
//!
//! | part | default | why |
//! |---|---|---|
//! | [`behind`](Palisade::trusted_proxies) | nobody is believed | a header is anybody's word |
//! | [`hosts`](Palisade::hosts) | any well-formed host over https or from this machine; a redirect to https wants a list | `Location` must not be a stranger's choice |
//! | [`https`](Palisade::https) | redirect; HSTS for a year over TLS | OWASP |
//! | [`csrf`](Palisade::csrf) | no page of another site may send a form here | it would act in its visitor's name |
//! | [`cookies`](Palisade::cookies) | Secure over TLS, HttpOnly, SameSite=Lax | all cookies, not only the session's |
//! | [`headers`](Palisade::headers) | [`SecurityHeaders::strict`] | |
//!
//! It goes outside of everything but [`ErrorPages`](crate::ErrorPages): add it last but one, after the fallback.
//! It has no state and needs no runtime; limits on time and size are [`Deadline`](crate::Deadline)'s and
//! [`serve`](crate::serve())'s.

use std::sync::Arc;

use http::{Request, Response};

use crate::cookies::Cookies;
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::csrf::Csrf;
use crate::headers::SecurityHeaders;
use crate::host::{Hosts, HostsError};
use crate::https::Https;
use crate::proxy::Proxies;

/// The stateless guards, in the right order.
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
}

impl Default for Palisade {
    fn default() -> Self {
        Self::new()
    }
}

impl Palisade {
    /// Every guard with its defaults.
    pub fn new() -> Self {
        Self(Arc::new(Guards {
            proxies: listening(Proxies::none()),
            hosts: Hosts::any(),
            https: Https::new(),
            csrf: Csrf::new(),
            cookies: Cookies::new(),
            headers: SecurityHeaders::strict(),
        }))
    }

    /// The proxies to believe.
    pub fn trusted_proxies(self, proxies: Proxies) -> Self {
        self.change(|guards| guards.proxies = listening(proxies))
    }

    /// The hosts to answer for.
    ///
    /// # Errors
    /// When there is none, or one is no host: see [`Hosts::only`].
    pub fn hosts<T: AsRef<str>>(self, hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        Ok(self.allowed_hosts(Hosts::only(hosts)?))
    }

    /// The hosts to answer for, where a list has been made before.
    pub fn allowed_hosts(self, hosts: Hosts) -> Self {
        self.change(|guards| guards.hosts = hosts)
    }

    /// How to insist on https.
    pub fn https(self, https: Https) -> Self {
        self.change(|guards| guards.https = https)
    }

    /// What to do about requests that pages of other sites made.
    pub fn csrf(self, csrf: Csrf) -> Self {
        self.change(|guards| guards.csrf = csrf)
    }

    /// The flags that cookies leave with.
    pub fn cookies(self, cookies: Cookies) -> Self {
        self.change(|guards| guards.cookies = cookies)
    }

    /// The headers to send.
    pub fn headers(self, headers: SecurityHeaders) -> Self {
        self.change(|guards| guards.headers = headers)
    }

    /// The same for a group that must answer whoever asks, such as health checks: who is asking is known and the
    /// headers are complete, but no host is checked and nothing is redirected. Other sites' pages are refused here too.
    pub fn for_probes(&self) -> Self {
        self.clone().change(|guards| {
            guards.hosts = Hosts::unchecked();
            guards.https = guards.https.clone().dangerous_allow_http();
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Guards)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// axum's own way to hand on the peer's address counts as well as ours.
fn listening(proxies: Proxies) -> Proxies {
    #[cfg(feature = "axum")]
    let proxies = proxies.peer_from(crate::extract::peer);
    proxies
}

impl Guard for Palisade {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let exchange = self.0.proxies.begin(request);
        self.0.csrf.look(request, &exchange);
        exchange
    }

    fn check<B>(&self, request: &Request<B>, exchange: &RequestContext) -> Result<(), Rejection> {
        let Guards { proxies, hosts, https, csrf, .. } = &*self.0;
        proxies.check(request, exchange)?;
        let client = exchange.client().ok_or(Client::MISSING)?;
        let site = client.authority(request);
        hosts.answer(client, site)?;
        if !hosts.are_listed() && https.needs_hosts() && !https.passes(request, client, site) {
            return Err(MissingLayer(
                "A request in the clear cannot be redirected to https: which hosts are ours is not said. Write \
                 `Palisade::new().hosts([\"example.org\"])?`, or name one by `Https::new().host(\"example.org\")?`. \
                 Behind a proxy that speaks TLS, name the proxy: `.trusted_proxies(Proxies::trusted([\"10.0.0.1\"])?)`.",
            )
            .into());
        }
        https.insist(request, client, site)?;
        csrf.check(request, exchange)
    }

    fn finish<B>(&self, exchange: &RequestContext, response: &mut Response<B>) {
        self.0.cookies.finish(exchange, response);
        self.0.https.finish(exchange, response);
        self.0.headers.finish(exchange, response);
    }
}

guard_layers!(Palisade);
