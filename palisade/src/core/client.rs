//! Who is asking: the client's address and scheme, and the host, port and prefix it asked for.
//!
//! [`Proxies`](crate::Proxies) decides these once per request; every other layer and every handler reads them
//! here, never from a header of its own choosing.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, Request, header};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::rejection::MissingLayer;

/// The other end of the TCP connection, put into the request's extensions by whoever accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// The peer's address that the listener left in the request's extensions.
    pub fn of(extensions: &Extensions) -> Option<SocketAddr> {
        extensions.get::<Self>().map(|peer| peer.0)
    }
}

/// How the client's request travelled.
///
/// A listener that speaks TLS itself puts `Scheme::Https` into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// In the clear.
    #[default]
    Http,
    /// Over TLS.
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

/// Who is asking, and for which site, as far as we believe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub(crate) peer: SocketAddr,
    pub(crate) ip: IpAddr,
    pub(crate) scheme: Scheme,
    /// Only what a believed proxy said: otherwise the request's own is read where it stands.
    pub(crate) host: Option<Box<str>>,
    pub(crate) port: Option<u16>,
    pub(crate) prefix: Option<Box<str>>,
}

impl Client {
    /// What a guard says that needs to know who is asking when nobody has looked.
    pub(crate) const MISSING: MissingLayer = MissingLayer(
        "Nobody has looked who is asking. Add the layer `Palisade::new()`, or `Proxies::none()`, outside of this one.",
    );

    /// A client that speaks to us without a proxy between.
    pub fn direct(peer: SocketAddr, scheme: Scheme) -> Self {
        Self { peer, ip: peer.ip().to_canonical(), scheme, host: None, port: None, prefix: None }
    }

    /// The other end of the TCP connection: a proxy, where there is one.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The client's address. An IPv4 address in IPv6 clothing (`::ffff:192.0.2.1`) is given as IPv4.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// How the client's request travelled to us or to our outermost proxy.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The path under which a believed proxy shows this site, such as `/society`; empty where there is none.
    /// It never ends with a slash.
    pub fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or("")
    }

    /// The host that the client asked for: the forwarded one where it is believed, else the request target's,
    /// else the `Host` header's.
    ///
    /// # Errors
    /// When there is none, several that differ, or one that no host can be.
    pub fn authority<'a, B>(&'a self, request: &'a Request<B>) -> Result<Authority<'a>, AuthorityError> {
        match &self.host {
            Some(host) => Authority::parse(host),
            None => requested(request),
        }
    }

    /// The port that the client used, where it can be known: the forwarded one, the one beside the host, or the scheme's.
    pub fn port(&self, authority: Authority<'_>) -> u16 {
        self.port.or(authority.port()).unwrap_or(self.scheme.default_port())
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
    fn one_host_is_believed_and_two_that_differ_are_not() {
        assert_eq!(asked("/", &["example.org:81"]).unwrap(), "example.org:81");
        assert_eq!(asked("http://example.org/", &[]).unwrap(), "example.org");
        assert_eq!(asked("http://example.org/", &["EXAMPLE.org"]).unwrap(), "example.org");
        assert!(asked("http://example.org/", &["other.org"]).is_err());
        assert!(asked("/", &["example.org", "example.org"]).is_err());
        assert!(asked("/", &[]).is_err());
    }

    #[test]
    fn a_v4_address_in_v6_clothing_is_v4() {
        let client = Client::direct("[::ffff:192.0.2.7]:1".parse().unwrap(), Scheme::Http);
        assert_eq!(client.ip().to_string(), "192.0.2.7");
    }
}
