//! Trusted proxies: the client's address and scheme behind a reverse proxy or load balancer.
//!
//! ```
//! use palisade::proxy::{Hops, Proxies, ProxiesError};
//!
//! // One proxy on this machine or in the private network:
//! let nginx = Proxies::hops(1);
//! // One that also sets the host and the path prefix:
//! let sub_path = Proxies::hops(Hops { x_host: 1, x_prefix: 1, ..Hops::from(1) });
//! // Proxies by their addresses:
//! let balancers = Proxies::trusted(["10.0.0.0/8", "2001:db8::/32"])?;
//! // The header of a provider, accepted only from its addresses:
//! let cloudflare = Proxies::cloudflare(["173.245.48.0/20"])?;
//! // A setting from the environment:
//! let from_settings: Proxies = "hops=1".parse()?;
//! assert!(Proxies::trusted(["balancer.internal"]).is_err(), "proxies are addresses, not names");
//! # Ok::<(), ProxiesError>(())
//! ```
//!
//! This is the only module that reads `X-Forwarded-…` and `Forwarded`. Handlers and other layers
//! read the result: [`Client`](crate::request::Client).
//!
//! # What happens, in order
//!
//! 1. The client is the TCP peer: [`PeerAddr`], or axum's `ConnectInfo`. If its address is unknown,
//!    every request is rejected with a 500 that names the missing line.
//! 2. Forwarded headers are ignored unless the peer is trusted. With `hops`, by default, these are
//!    loopback, private addresses and unix sockets ([`Proxies::peers`]). A list names the latter
//!    `unix`; `127.0.0.1` does not name them.
//! 3. The chosen method reads the headers from the right, because each proxy appends to them. All
//!    lines of a header form one list. A text that is not an address ends the walk.
//! 4. A scheme counts only if it is `http` or `https`, a prefix only if it is a plain path.
//! 5. A request over plain HTTP that shows a wrong setting is rejected with a 500 and a log line at
//!    `error` (see below).
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
//! # A proxy that no setting names
//!
//! Behind such a proxy a site would answer, without a redirect, without HSTS, without `Secure`
//! cookies, and with one address for all visitors. Therefore a request over plain HTTP is a 500 if
//!
//! - a peer that is not trusted says that the client came by https (`X-Forwarded-Proto`,
//!   `Forwarded`);
//! - a peer that is not trusted has a local address (loopback, private, link-local, 100.64.0.0/10)
//!   and sends any of `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `Forwarded`,
//!   `X-Real-IP`, `Via`;
//! - a trusted peer says who the client is and not the scheme.
//!
//! The log names the peer and the line to write. Health checks and `curl` on the same machine send
//! no such headers. A public address that sends other headers is a stranger, or the user of a
//! forward proxy: the headers are ignored. [`Proxies::ignore_forwarded`] turns the first two rules
//! off.
//!
//! # Which line for which proxy
//!
//! | proxy | setting | notes |
//! |---|---|---|
//! | nginx | `hops(1)` | set `Host $http_host`, `X-Forwarded-For $remote_addr`, `X-Forwarded-Proto $scheme` |
//! | HAProxy | `hops(1)` | `option forwardfor`, and set `X-Forwarded-Proto` for both schemes |
//! | Apache | `hops(1)` | `ProxyPreserveHost On`; `RequestHeader set X-Forwarded-Proto` |
//! | Caddy | `hops(1)` | sets For, Proto and Host by itself |
//! | Traefik, ingress-nginx | `hops(1)` | replace For and Proto by default |
//! | AWS Application Load Balancer | `hops(1)` | appends For; its peers have addresses of the VPC |
//! | Google Cloud, external | `hops=2 proto=1@130.211.0.0/22,35.191.0.0/16` | appends the client and itself |
//! | Cloudflare to the origin | [`Proxies::cloudflare`] | allow its addresses only in the firewall |
//! | Cloudflare Tunnel | `Proxies::cloudflare(["127.0.0.1"])` | `cloudflared` runs on this machine |
//! | Fly.io | [`Proxies::fly`] | the rightmost For is the app's own address |
//! | Railway | [`Proxies::railway`] | the rightmost For is an edge server's address |
//! | another tunnel, such as ngrok | `hops(1)`, and its name in the list of hosts | the agent runs here |
//! | any of these on a unix socket | `hops(1)`, or `unix` in a list | the peer counts as this machine |
//! | a balancer that passes TCP on | `none()`, and `Serve::proxy_protocol` | the PROXY header has the client |
//!
//! nginx, HAProxy and Apache pass a client's own header on unless they are told to set it. A
//! request to the https site with `X-Forwarded-Proto: http` shows it: the answer is a redirect.
//!
//! # Sub-paths
//!
//! A proxy that serves the site under a path, such as `location /society/ { proxy_pass
//! http://127.0.0.1:3000/; }`, removes the path and sends `X-Forwarded-Prefix: /society`. With the
//! prefix trusted, it is added to redirects to https and to the login page, to
//! [`Redirect`](crate::Redirect)s to a path, and to the URL of browser reports. Write links in
//! pages with [`Client::path`](crate::request::Client::path).
//!
//! Two applications under one host share cookies, since `__Host-` requires `Path=/`. Give each one
//! a cookie name of its own, with `Sessions::cookie_name`.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | method | [`Proxies::none`] | without a proxy, any client can send the headers |
//! | peers with `hops` | loopback, private, link-local, unix socket | a proxy is often on the same network |
//! | host, port, prefix | not trusted | many proxies pass the client's own header on |
//! | forwarded headers of an unknown local peer | a 500 | see above |
//!
//! # What it does not do
//!
//! It does not fetch a provider's list of addresses, and does not combine a count with a list. It
//! does not see a proxy that terminates TLS and sends none of these headers. It does not change URLs
//! in the body of a page, or in a `Location` that is no [`Redirect`](crate::Redirect).
//!
//! # See also
//!
//! [`host`](crate::host) checks the host; [`https`](crate::https) uses the scheme.
//!
//! References: RFC 7239; MDN, `X-Forwarded-For` §Security; Werkzeug's `ProxyFix` for the counts;
//! AWS, "HTTP headers and Application Load Balancers"; Google Cloud, "External Application Load
//! Balancer overview" §X-Forwarded-For and "Firewall rules"; Cloudflare, "HTTP headers"; Fly.io,
//! "Request headers" (and superfly/docs#1714); Railway, "Specs & Limits" (`X-Real-IP`; its
//! `X-Forwarded-For` was observed in fancyboi999/open-tag#107); ingress-nginx,
//! `use-forwarded-headers`; Traefik, `forwardedHeaders`.

mod forwarded;
mod parse;
mod resolve;
mod untrusted;
mod values;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::{Extensions, HeaderName, Request, Response};
use ipnet::IpNet;

use crate::core::client::PeerAddr;
use crate::core::guard::{Guard, guard_layers};
use crate::core::peers::PeerList;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;

pub use parse::ProxiesError;
use resolve::{Method, Peers, Settings};

/// The trusted proxies, and the headers that are trusted. See the [module page](self).
#[doc(alias = "ProxyFix")]
#[doc(alias = "X-Forwarded-For")]
#[doc(alias = "trust proxy")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Proxies(Arc<Settings>);

/// The number of proxies in front of this server, for each header. The value that counts is the
/// n-th from the right, which the outermost of these proxies wrote. 0 ignores the header. Names
/// and defaults are those of Werkzeug's `ProxyFix`.
///
/// ```
/// use palisade::proxy::{Hops, Proxies};
///
/// assert_eq!(Hops::from(1), Hops { x_for: 1, x_proto: 1, x_host: 0, x_port: 0, x_prefix: 0 });
/// // Two proxies; the inner one replaces `X-Forwarded-Proto`, and sets the host.
/// let behind_two = Proxies::hops(Hops { x_for: 2, x_host: 1, ..Hops::from(1) });
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

/// One proxy, trusted for the client's address and scheme.
impl Default for Hops {
    fn default() -> Self {
        Self::from(1)
    }
}

/// This number of proxies, trusted for the client's address and scheme. Host, port and prefix are
/// trusted only by their own fields.
impl From<usize> for Hops {
    fn from(proxies: usize) -> Self {
        Self { x_for: proxies, x_proto: proxies, x_host: 0, x_port: 0, x_prefix: 0 }
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

    /// Trusts this number of proxies: the n-th value from the right of each header, from loopback
    /// and private peers (see [`Proxies::peers`]). `hops(1)` trusts one proxy for the client's
    /// address and scheme; [`Hops`] has a number for each header.
    pub fn hops(hops: impl Into<Hops>) -> Self {
        Self::by(Method::Hops(hops.into()), Peers::Local)
    }

    /// Walks `X-Forwarded-For` from the right, past the addresses of these proxies.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn trusted<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Method::TrustedProxies, parse::peers(proxies)?))
    }

    /// Walks `Forwarded` (RFC 7239) from the right, past the addresses of these proxies.
    ///
    /// # Errors
    /// As [`Proxies::trusted`].
    pub fn forwarded<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Method::Forwarded, parse::peers(proxies)?))
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
        Ok(Self::by(Method::Header(name), parse::peers(proxies)?))
    }

    /// Cloudflare: `CF-Connecting-IP` and `X-Forwarded-Proto`, from these addresses. Its networks
    /// are listed on `cloudflare.com/ips`; with Cloudflare Tunnel, write `["127.0.0.1"]`.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn cloudflare<T: AsRef<str>>(ranges: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        let method = Method::Header(HeaderName::from_static("cf-connecting-ip"));
        Ok(Self::by(method, parse::peers(ranges)?))
    }

    /// Fly.io: `Fly-Client-IP` and `X-Forwarded-Proto`, from private peers.
    ///
    /// ```
    /// use palisade::proxy::Proxies;
    ///
    /// let [fly, railway] = [Proxies::fly(), Proxies::railway()];
    /// assert!(format!("{fly:?}").contains("fly-client-ip"));
    /// assert!(format!("{railway:?}").contains("100.64.0.0/10"));
    /// ```
    pub fn fly() -> Self {
        Self::by(Method::Header(HeaderName::from_static("fly-client-ip")), Peers::Local)
    }

    /// Railway: `X-Real-IP` and `X-Forwarded-Proto`, from peers in 100.64.0.0/10.
    pub fn railway() -> Self {
        let peers = IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10);
        Self::by(
            Method::Header(HeaderName::from_static("x-real-ip")),
            Peers::Listed(PeerList::network(peers)),
        )
    }

    /// Sets the trusted peers of [`Proxies::hops`]: the addresses from which your proxy connects.
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    pub fn peers<T: AsRef<str>>(self, peers: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        let peers = parse::peers(peers)?;
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

    /// Ignores the forwarded headers of a local peer that is not trusted. By default such a request
    /// is a 500, because the headers show a proxy that no setting names.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::proxy::Proxies;
    /// use palisade::request::{ClientIp, PeerAddr};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let routes = Router::new().route("/", get(async |ip: ClientIp| ip.0.to_string()));
    /// let request = || {
    ///     let request = Request::get("/").header("x-forwarded-for", "192.0.2.7");
    ///     request.extension(PeerAddr::local()).body(Body::empty())
    /// };
    /// let strict = routes.clone().layer(Proxies::none());
    /// assert_eq!(strict.oneshot(request()?).await?.status(), 500);
    /// let ignoring = routes.layer(Proxies::none().ignore_forwarded());
    /// assert_eq!(ignoring.oneshot(request()?).await?.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ignore_forwarded(self) -> Self {
        self.change(|settings| settings.ignore_forwarded = true)
    }

    /// Trusts the forwarded host too; with [`Proxies::hops`], the rightmost one, unless
    /// [`Hops::x_host`] says another.
    ///
    /// # Security
    /// Only for a proxy that sets the header: many pass the client's own header on.
    pub fn trust_host(self) -> Self {
        self.trust(|settings| &mut settings.trust_host, |hops| &mut hops.x_host)
    }

    /// Trusts the forwarded port too, of a proxy that sets it, as [`Proxies::trust_host`].
    pub fn trust_port(self) -> Self {
        self.trust(|settings| &mut settings.trust_port, |hops| &mut hops.x_port)
    }

    /// Trusts the forwarded path prefix too, as [`Proxies::trust_host`] does the host. Only for a
    /// proxy that sets the header.
    pub fn trust_prefix(self) -> Self {
        self.trust(|settings| &mut settings.trust_prefix, |hops| &mut hops.x_prefix)
    }

    /// Sets the function that finds the peer's address in the extensions, [`PeerAddr::of`] by default.
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
            ignore_forwarded: false,
            peer_of: PeerAddr::of,
        }))
    }

    fn trust(
        self,
        flag: impl FnOnce(&mut Settings) -> &mut bool,
        count: impl FnOnce(&mut Hops) -> &mut usize,
    ) -> Self {
        self.change(|settings| match &mut settings.method {
            Method::Hops(hops) => {
                let count = count(hops);
                *count = (*count).max(1);
            }
            _ => *flag(settings) = true,
        })
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
        self.0.check(context.client())
    }

    #[cfg_attr(not(feature = "redirect"), allow(unused_variables, reason = "only redirects are changed"))]
    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        #[cfg(feature = "redirect")]
        if let Some(client) = context.client() {
            crate::core::site_path::add_prefix(client, response);
        }
    }
}

guard_layers!(Proxies);
