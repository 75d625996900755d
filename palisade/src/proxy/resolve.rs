//! Resolves the client of a request from the peer's address and the forwarded headers.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap, HeaderName, Request};

#[cfg(feature = "serve")]
use super::Proxies;
use super::values::{from_right, parse_address, parse_port, parse_prefix, parse_scheme};
use super::{Hops, forwarded};
use crate::core::client::{Client, PeerAddr, Scheme};
use crate::core::local_network::is_private_ip;
use crate::core::peers::PeerList;

pub(super) const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// The settings of `Proxies`.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) method: Method,
    pub(super) peers: Peers,
    pub(super) trust_host: bool,
    pub(super) trust_port: bool,
    pub(super) trust_prefix: bool,
    pub(super) ignore_forwarded: bool,
    pub(super) peer_of: fn(&Extensions) -> Option<SocketAddr>,
}

/// The way in which the forwarded headers are read.
#[derive(Clone, Debug)]
pub(super) enum Method {
    PeerOnly,
    Hops(Hops),
    TrustedProxies,
    Forwarded,
    Header(HeaderName),
}

/// The peers whose forwarded headers are trusted.
#[derive(Clone, Debug)]
pub(super) enum Peers {
    Local,
    Listed(PeerList),
    Any,
}

#[cfg(feature = "serve")]
impl Proxies {
    /// Returns `true` if the forwarded headers of this peer are believed.
    pub(crate) fn trusts(&self, peer: SocketAddr) -> bool {
        self.0.trusts(peer)
    }
}

impl Settings {
    /// Returns the client, or `None` if the peer's address is unknown.
    pub(super) fn client<B>(&self, request: &Request<B>) -> Option<Client> {
        let scheme = request.extensions().get::<Scheme>().copied().unwrap_or_default();
        let mut client = Client::direct((self.peer_of)(request.extensions())?, scheme);
        let headers = request.headers();
        let trusted = self.trusts(client.peer);
        client.via_proxy = trusted;
        let scheme_known = trusted && self.apply_forwarded(&mut client, headers);
        client.forwarding = self.forwarding(&client, headers, trusted, scheme_known);
        Some(client)
    }

    /// Returns `true` if the headers of this peer count.
    fn trusts(&self, peer: SocketAddr) -> bool {
        !matches!(self.method, Method::PeerOnly) && self.peers.contain_peer(peer)
    }

    /// Applies the headers of a trusted peer. Returns `true` if one of them says the scheme.
    fn apply_forwarded(&self, client: &mut Client, headers: &HeaderMap) -> bool {
        match &self.method {
            Method::PeerOnly => false,
            Method::Hops(hops) => {
                let nth = |name, n: usize| from_right(headers, &name).nth(n.checked_sub(1)?);
                if let Some(ip) = nth(FOR, hops.x_for).and_then(parse_address) {
                    client.ip = ip;
                }
                let scheme = nth(PROTO, hops.x_proto);
                client.scheme = scheme.and_then(parse_scheme).unwrap_or(client.scheme);
                client.host = nth(HOST, hops.x_host).map(Box::from);
                client.port = nth(PORT, hops.x_port).and_then(parse_port);
                client.prefix = nth(PREFIX, hops.x_prefix).and_then(parse_prefix);
                hops.x_proto == 0 || scheme.is_some()
            }
            Method::TrustedProxies => {
                let mut hops = 0;
                for entry in from_right(headers, &FOR) {
                    let Some(ip) = parse_address(entry) else { break };
                    hops += 1;
                    client.ip = ip;
                    if !self.peers.contain(ip) {
                        break;
                    }
                }
                self.apply_other_headers(client, headers, hops.max(1))
            }
            Method::Forwarded => {
                let listener = client.scheme;
                let mut scheme_known = false;
                // A trusted proxy has written each element that the loop reaches.
                for element in forwarded::from_right(headers) {
                    scheme_known = element.proto.is_some();
                    client.scheme = element.proto.as_deref().and_then(parse_scheme).unwrap_or(listener);
                    if self.trust_host {
                        client.host = element.host.map(Box::from);
                    }
                    let Some(ip) = element.client.as_deref().and_then(parse_address) else { break };
                    client.ip = ip;
                    if !self.peers.contain(ip) {
                        break;
                    }
                }
                scheme_known
            }
            Method::Header(name) => {
                let mut values = from_right(headers, name);
                if let (Some(only), None) = (values.next(), values.next())
                    && let Some(ip) = parse_address(only)
                {
                    client.ip = ip;
                }
                self.apply_other_headers(client, headers, 1)
            }
        }
    }

    /// Applies the other values from the proxy that wrote the client's address, `hops` from here.
    /// A proxy that replaces a header leaves fewer values than hops; the leftmost is then the
    /// outermost proxy's. Returns `true` if one of them says the scheme.
    fn apply_other_headers(&self, client: &mut Client, headers: &HeaderMap, hops: usize) -> bool {
        let value = |name| from_right(headers, &name).take(hops).last();
        let scheme = value(PROTO);
        client.scheme = scheme.and_then(parse_scheme).unwrap_or(client.scheme);
        if self.trust_host {
            client.host = value(HOST).map(Box::from);
        }
        if self.trust_port {
            client.port = value(PORT).and_then(parse_port);
        }
        if self.trust_prefix {
            client.prefix = value(PREFIX).and_then(parse_prefix);
        }
        scheme.is_some()
    }
}

impl Peers {
    /// Returns `true` if a proxy with this address is trusted.
    pub(super) fn contain(&self, ip: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(list) => list.contains_ip(ip),
            Self::Local => is_private_ip(ip),
        }
    }

    /// Returns `true` if the peer is trusted. A list names the peers of a unix socket as such.
    fn contain_peer(&self, peer: SocketAddr) -> bool {
        match self {
            Self::Listed(list) => list.contains(PeerAddr(peer)),
            _ => self.contain(peer.ip().to_canonical()),
        }
    }
}
