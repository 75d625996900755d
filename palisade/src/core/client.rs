//! The client: its address and scheme, and the host, port and path prefix of its request.
//!
//! [`Proxies`](crate::proxy::Proxies) resolves these once per request. Every other layer and every
//! handler reads them here, and not from a header.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{Extensions, Request, header};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::local_network::is_local_ip;
use crate::core::rejection::MissingLayer;

/// The address of the other end of the TCP connection. The server puts it into the request's extensions.
///
/// The peers of a unix socket have no address. [`serve`](crate::serve()) puts in [`PeerAddr::local`]
/// for them; under another server, add `axum::Extension(PeerAddr::local())` outside of every other
/// layer:
///
/// ```
/// use palisade::request::PeerAddr;
///
/// let unix = PeerAddr::local();
/// assert!(unix.is_unix() && unix.0.ip().is_loopback());
/// assert!(!PeerAddr(([127, 0, 0, 1], 40000).into()).is_unix());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// Returns the peer's address from the request's extensions. With the feature `axum`, axum's
    /// `ConnectInfo<SocketAddr>` and, for tests, `MockConnectInfo<SocketAddr>` count too.
    pub fn of(extensions: &Extensions) -> Option<SocketAddr> {
        let own = extensions.get::<Self>().map(|peer| peer.0);
        #[cfg(feature = "axum")]
        let own = own.or_else(|| super::axum_compat::connect_info(extensions));
        own
    }

    /// The peer of a unix socket: it counts as this machine, 127.0.0.1, with the port 0, which no
    /// TCP connection has.
    pub const fn local() -> Self {
        Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
    }

    /// Returns `true` for the peer of a unix socket. Lists of peers name it as `unix`.
    pub fn is_unix(self) -> bool {
        self == Self::local()
    }
}

/// The scheme of the client's request.
///
/// A server that terminates TLS puts `Scheme::Https` into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// Plain HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme leaves out: 80 or 443.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

/// The client of a request, as the trusted proxies describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub(crate) peer: SocketAddr,
    pub(crate) ip: IpAddr,
    pub(crate) scheme: Scheme,
    /// The host that a trusted proxy forwarded; `None` if the request's own counts.
    pub(crate) host: Option<Box<str>>,
    pub(crate) port: Option<u16>,
    pub(crate) prefix: Option<Box<str>>,
    pub(crate) via_proxy: bool,
    pub(crate) forwarding: Forwarding,
}

/// The part that proxies have in a request, as [`Proxies`](crate::proxy::Proxies) sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// No proxy is visible.
    Direct,
    /// A trusted proxy, or the listener's own TLS, has said the scheme.
    SchemeKnown,
    /// A trusted proxy says who the client is, and not whether it came by https.
    SchemeMissing,
    /// A peer that no setting trusts has sent the headers of a proxy.
    UnknownProxy,
}

impl Client {
    /// The rejection of a layer that needs the client when no layer has resolved it.
    pub(crate) const MISSING: MissingLayer = MissingLayer(
        "The client is unknown: no layer has resolved it. Write `Palisade` outside of this layer, or `Proxies::none()`.",
    );

    /// A client that is connected without a proxy.
    pub fn direct(peer: SocketAddr, scheme: Scheme) -> Self {
        Self {
            peer,
            ip: peer.ip().to_canonical(),
            scheme,
            host: None,
            port: None,
            prefix: None,
            via_proxy: false,
            forwarding: Forwarding::Direct,
        }
    }

    /// The other end of the TCP connection; with a proxy, the proxy.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Returns `true` if the peer is a trusted proxy, so that headers which only a proxy sets are
    /// believed.
    pub fn via_proxy(&self) -> bool {
        self.via_proxy
    }

    /// The client's address. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is returned as IPv4.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The scheme of the request to this server or to its outermost trusted proxy.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The path prefix under which a trusted proxy serves this site, such as `/society`; often empty.
    /// It never ends with a slash.
    pub fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or("")
    }

    /// Returns the URL path under which browsers reach a path of this site, for links and forms: the
    /// [`prefix`](Self::prefix) and the path.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::proxy::{Hops, Proxies};
    /// use palisade::request::{Client, PeerAddr};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new()
    ///     .route("/", get(|client: Client| async move { client.path("/account") }))
    ///     .layer(Proxies::hops(Hops { x_prefix: 1, ..Hops::from(1) }));
    /// let request = Request::get("/")
    ///     .header("x-forwarded-for", "192.0.2.7")
    ///     .header("x-forwarded-proto", "https")
    ///     .header("x-forwarded-prefix", "/society")
    ///     .extension(PeerAddr::local())
    ///     .body(Body::empty())?;
    /// let response = app.oneshot(request).await?;
    /// assert_eq!(axum::body::to_bytes(response.into_body(), 100).await?, "/society/account");
    /// # Ok(())
    /// # }
    /// ```
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix())
    }

    /// Returns `true` if the peer is this machine, or in the local network.
    pub(crate) fn has_local_peer(&self) -> bool {
        is_local_ip(self.peer.ip())
    }

    /// The host of the request: the one that a trusted proxy forwarded, else the request target's, else
    /// the `Host` header's.
    ///
    /// # Errors
    /// If there is no host, if there are several different ones, or if it is invalid.
    pub fn authority<'a, B>(&'a self, request: &'a Request<B>) -> Result<Authority<'a>, AuthorityError> {
        match &self.host {
            Some(host) => Authority::parse(host),
            None => requested(request),
        }
    }

    /// The port of the request: the forwarded one, the one beside the host, or the scheme's default.
    pub fn port(&self, authority: Authority<'_>) -> u16 {
        self.port.or_else(|| authority.port()).unwrap_or_else(|| self.scheme.default_port())
    }
}

fn requested<B>(request: &Request<B>) -> Result<Authority<'_>, AuthorityError> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let header = match (lines.next(), lines.next()) {
        (None, _) => None,
        (Some(line), None) => Some(Authority::parse(line.to_str().map_err(|_| AuthorityError::Host)?)?),
        (Some(_), Some(_)) => return Err(AuthorityError::Host),
    };
    let target =
        request.uri().authority().map(|authority| Authority::parse(authority.as_str())).transpose()?;
    match (target, header) {
        (Some(target), Some(header)) if !target.is(header.host()) => Err(AuthorityError::Host),
        (Some(site), _) | (None, Some(site)) => Ok(site),
        (None, None) => Err(AuthorityError::Host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str, hosts: &[&str]) -> Result<String, AuthorityError> {
        let mut request = Request::builder().uri(target);
        for host in hosts {
            request = request.header("host", *host);
        }
        let client = Client::direct(([192, 0, 2, 1], 4000).into(), Scheme::Http);
        client.authority(&request.body(()).unwrap()).map(|site| site.to_string())
    }

    #[test]
    fn rejects_contradicting_hosts() {
        assert_eq!(asked("/", &["example.org:81"]).unwrap(), "example.org:81");
        assert_eq!(asked("http://example.org/", &[]).unwrap(), "example.org");
        assert_eq!(asked("http://example.org/", &["EXAMPLE.org"]).unwrap(), "example.org");
        assert!(asked("http://example.org/", &["other.org"]).is_err());
        assert!(asked("/", &["example.org", "example.org"]).is_err());
        assert!(asked("/", &[]).is_err());
    }

    #[test]
    fn returns_mapped_addresses_as_ipv4() {
        let client = Client::direct("[::ffff:192.0.2.7]:1".parse().unwrap(), Scheme::Http);
        assert_eq!(client.ip().to_string(), "192.0.2.7");
    }
}
