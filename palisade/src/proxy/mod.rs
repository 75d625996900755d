//! Trusted proxies: the client's address and scheme behind a reverse proxy or load balancer.
//!
//! ```
//! use palisade::front_door::Guards;
//! use palisade::proxy::{Hops, Proxies, ProxiesError};
//!
//! // One proxy on this machine or in the private network, which sets the forwarded host too:
//! let nginx = Proxies::hops(Hops { x_host: 1, ..Hops::default() });
//! // Proxies by their addresses:
//! let balancers = Proxies::trusted(["10.0.0.0/8", "2001:db8::/32"])?;
//! // The header of a provider, accepted only from its addresses:
//! let cloudflare = Proxies::header("cf-connecting-ip", ["173.245.48.0/20"])?;
//! // A setting from the environment:
//! let guards = Guards::new().trusted_proxies("hops=1".parse()?);
//! assert!(Proxies::trusted(["balancer.internal"]).is_err(), "proxies are addresses, not names");
//! # Ok::<(), ProxiesError>(())
//! ```
//!
//! This is the only module that reads `X-Forwarded-…` and `Forwarded`. Handlers and other layers
//! read the result: [`Client`](crate::request::Client).
//!
//! # What happens, in order
//!
//! 1. The client is the TCP peer. If its address is unknown, every request is rejected with a 500
//!    that names the missing setting.
//! 2. Forwarded headers are ignored unless the peer is trusted. With `hops`, by default, these are
//!    loopback and private addresses ([`Proxies::peers`]).
//! 3. The chosen method reads the headers from the right, because each proxy appends to them. All
//!    lines of a header form one list. A text that is not an address ends the walk.
//! 4. A scheme counts only if it is `http` or `https`, a prefix only if it is a plain path.
//!
//! | method | client | scheme | host, port, prefix |
//! |---|---|---|---|
//! | [`Proxies::none`] | the peer | the listener's | the request's |
//! | [`Proxies::hops`] | n-th from the right | n-th from the right | n-th from the right |
//! | [`Proxies::trusted`] | first untrusted address | the same proxy's | if trusted |
//! | [`Proxies::forwarded`] | the same, in `Forwarded` | its `proto` | `host`, if trusted |
//! | [`Proxies::header`] | the only address in the header | rightmost | if trusted |
//!
//! "If trusted" means: after [`Proxies::trust_host`], [`Proxies::trust_port`] and
//! [`Proxies::trust_prefix`]. With `hops`, a header with fewer values than hops changes nothing.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | method | [`Proxies::none`] | without a proxy, any client can send the headers |
//! | peers with `hops` | loopback, private, link-local | a proxy is often on the same network |
//! | host, port, prefix | not trusted | many proxies pass the client's own header on |
//!
//! # What it does not do
//!
//! It does not fetch a provider's list of addresses, and it does not combine a count with a list
//! of addresses.
//!
//! # See also
//!
//! [`host`](crate::host) for the check of the host; [`https`](crate::https) for the use of the
//! scheme.
//!
//! References: RFC 7239; MDN, `X-Forwarded-For` §Security; Werkzeug's `ProxyFix` for the counts.

mod forwarded;
mod parse;
mod resolve;
mod values;

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Extensions, Request, Response};

use crate::core::client::PeerAddr;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;

pub use parse::ProxiesError;
use resolve::{Method, Peers, Settings};

/// The trusted proxies, and the headers that are trusted. See the [module page](self).
#[doc(alias = "ProxyFix")]
#[doc(alias = "X-Forwarded-For")]
#[doc(alias = "trust proxy")]
#[derive(Clone, Debug)]
pub struct Proxies(Arc<Settings>);

/// The number of proxies in front of this server, for each header. The value that counts is the
/// n-th from the right, which the outermost of these proxies wrote. 0 ignores the header. Names
/// and defaults are those of Werkzeug's `ProxyFix`.
///
/// ```
/// use palisade::proxy::{Hops, Proxies};
///
/// assert_eq!(Hops::default(), Hops { x_for: 1, x_proto: 1, x_host: 0, x_port: 0, x_prefix: 0 });
/// let behind_two = Proxies::hops(Hops { x_for: 2, x_proto: 2, ..Hops::default() });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// Hops for `X-Forwarded-For`: the client's address.
    pub x_for: usize,
    /// Hops for `X-Forwarded-Proto`: http or https.
    pub x_proto: usize,
    /// Hops for `X-Forwarded-Host`: the host, with an optional port.
    pub x_host: usize,
    /// Hops for `X-Forwarded-Port`: the port.
    pub x_port: usize,
    /// Hops for `X-Forwarded-Prefix`: the path under which the proxy serves this site.
    pub x_prefix: usize,
}

impl Default for Hops {
    fn default() -> Self {
        Self { x_for: 1, x_proto: 1, x_host: 0, x_port: 0, x_prefix: 0 }
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Self::none()
    }
}

impl Proxies {
    /// Trusts no proxy: the client is the TCP peer.
    pub fn none() -> Self {
        Self::by(Method::PeerOnly, Peers::Local)
    }

    /// Trusts the n-th value from the right of each header, from loopback and private peers: see
    /// [`Proxies::peers`].
    pub fn hops(hops: Hops) -> Self {
        Self::by(Method::Hops(hops), Peers::Local)
    }

    /// Walks `X-Forwarded-For` from the right, past the addresses of these proxies.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn trusted<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Method::TrustedProxies, Peers::Listed(parse::networks(proxies)?)))
    }

    /// Walks `Forwarded` (RFC 7239) from the right, past the addresses of these proxies.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn forwarded<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Method::Forwarded, Peers::Listed(parse::networks(proxies)?)))
    }

    /// Reads the client's address from a provider's header, such as `cf-connecting-ip`.
    ///
    /// # Errors
    /// If the name is not a header's name, the list is empty, or a text is neither an address nor
    /// a network in CIDR notation.
    pub fn header<T: AsRef<str>>(
        name: &str,
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self, ProxiesError> {
        let name = name.parse().map_err(|_| ProxiesError::HeaderName(name.to_owned()))?;
        Ok(Self::by(Method::Header(name), Peers::Listed(parse::networks(proxies)?)))
    }

    /// Sets the trusted peers of [`Proxies::hops`]: the addresses from which your proxy connects.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn peers<T: AsRef<str>>(self, peers: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        let peers = Peers::Listed(parse::networks(peers)?);
        Ok(self.change(|settings| settings.peers = peers))
    }

    /// Trusts the forwarded headers of every peer.
    ///
    /// # Security
    /// A client that reaches the port without the proxy chooses its own address, scheme and host.
    /// Rate limits and logs then show what the client wants.
    pub fn dangerous_allow_any_peer(self) -> Self {
        self.change(|settings| settings.peers = Peers::Any)
    }

    /// Trusts the forwarded host too.
    ///
    /// # Security
    /// Only for a proxy that sets the header: many pass the client's own header on.
    pub fn trust_host(self) -> Self {
        self.change(|settings| settings.trust_host = true)
    }

    /// Trusts the forwarded port too. Only for a proxy that sets the header.
    pub fn trust_port(self) -> Self {
        self.change(|settings| settings.trust_port = true)
    }

    /// Trusts the forwarded path prefix too. Only for a proxy that sets the header.
    pub fn trust_prefix(self) -> Self {
        self.change(|settings| settings.trust_prefix = true)
    }

    /// Sets the function that finds the peer's address in the request's extensions. The default
    /// reads [`PeerAddr`].
    pub fn peer_from(self, peer_of: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.change(|settings| settings.peer_of = peer_of)
    }

    fn by(method: Method, peers: Peers) -> Self {
        Self(Arc::new(Settings {
            method,
            peers,
            trust_host: false,
            trust_port: false,
            trust_prefix: false,
            peer_of: PeerAddr::of,
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Guard for Proxies {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        if context.client().is_none()
            && let Some(client) = self.0.client(request)
        {
            context.set_client(client);
        }
        context
    }

    fn check<B>(&self, _: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        match context.client() {
            Some(_) => Ok(()),
            None => Err(MissingLayer(
                "The peer's address is unknown, so clients cannot be told apart. Serve with `palisade::serve(listener, app)`, \
                 or with `axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())`; in a test, \
                 put `palisade::request::PeerAddr(address)` into the request's extensions.",
            )
            .into()),
        }
    }

    fn finish<B>(&self, _: &RequestContext, _: &mut Response<B>) {}
}

guard_layers!(Proxies);
