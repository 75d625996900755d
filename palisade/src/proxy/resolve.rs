//! Resolves the client of a request from the peer's address and the forwarded headers.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap, HeaderName, Request};
use ipnet::IpNet;

use super::values::{from_right, parse_address, parse_port, parse_prefix, parse_scheme};
use super::{Hops, forwarded};
use crate::core::client::{Client, Scheme};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
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
    Listed(Vec<IpNet>),
    Any,
}

impl Settings {
    /// Returns the client, or `None` if the peer's address is unknown.
    pub(super) fn client<B>(&self, request: &Request<B>) -> Option<Client> {
        let scheme = request.extensions().get::<Scheme>().copied().unwrap_or_default();
        let mut client = Client::direct((self.peer_of)(request.extensions())?, scheme);
        if self.peers.contain(client.ip) {
            self.apply_forwarded(&mut client, request.headers());
        }
        Some(client)
    }

    fn apply_forwarded(&self, client: &mut Client, headers: &HeaderMap) {
        client.via_proxy = !matches!(self.method, Method::PeerOnly);
        match &self.method {
            Method::PeerOnly => {}
            Method::Hops(hops) => {
                let nth = |name, n: usize| from_right(headers, &name).nth(n.checked_sub(1)?);
                if let Some(ip) = nth(FOR, hops.x_for).and_then(parse_address) {
                    client.ip = ip;
                }
                if let Some(scheme) = nth(PROTO, hops.x_proto).and_then(parse_scheme) {
                    client.scheme = scheme;
                }
                client.host = nth(HOST, hops.x_host).map(Box::from);
                client.port = nth(PORT, hops.x_port).and_then(parse_port);
                client.prefix = nth(PREFIX, hops.x_prefix).and_then(parse_prefix);
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
                self.apply_other_headers(client, headers, hops.max(1));
            }
            Method::Forwarded => {
                let listener = client.scheme;
                for element in forwarded::from_right(headers) {
                    let Some(ip) = element.client.as_deref().and_then(parse_address) else { break };
                    client.ip = ip;
                    client.scheme = element.proto.as_deref().and_then(parse_scheme).unwrap_or(listener);
                    if self.trust_host {
                        client.host = element.host.map(Box::from);
                    }
                    if !self.peers.contain(ip) {
                        break;
                    }
                }
            }
            Method::Header(name) => {
                let mut values = from_right(headers, name);
                if let (Some(only), None) = (values.next(), values.next())
                    && let Some(ip) = parse_address(only)
                {
                    client.ip = ip;
                }
                self.apply_other_headers(client, headers, 1);
            }
        }
    }

    /// Applies the other values from the proxy that wrote the client's address, `hops` from here.
    /// A proxy that replaces a header leaves fewer values than hops; the leftmost is then the
    /// outermost proxy's.
    fn apply_other_headers(&self, client: &mut Client, headers: &HeaderMap, hops: usize) {
        let value = |name| from_right(headers, &name).take(hops).last();
        if let Some(scheme) = value(PROTO).and_then(parse_scheme) {
            client.scheme = scheme;
        }
        if self.trust_host {
            client.host = value(HOST).map(Box::from);
        }
        if self.trust_port {
            client.port = value(PORT).and_then(parse_port);
        }
        if self.trust_prefix {
            client.prefix = value(PREFIX).and_then(parse_prefix);
        }
    }
}

impl Peers {
    pub(super) fn contain(&self, ip: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(networks) => networks.iter().any(|network| network.contains(&ip)),
            Self::Local => match ip {
                IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
                IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
            },
        }
    }
}
