//! Which proxies to believe: the one place that reads `X-Forwarded-…` and `Forwarded`.
//!
//! ```
//! # use palisade::proxy::{Hops, Proxies};
//! let nobody = Proxies::none();
//! let one_in_front = Proxies::hops(Hops { x_host: 1, ..Hops::default() });
//! let by_address = Proxies::trusted(["10.0.0.0/8", "2001:db8::/32"])?;
//! let cloudflare = Proxies::header("cf-connecting-ip", ["173.245.48.0/20"])?;
//! let from_settings: Proxies = "hops=1".parse()?;
//! # Ok::<(), palisade::proxy::ProxiesError>(())
//! ```
//!
//! What is believed, in this order:
//! 1. the TCP peer, always; where its address is unknown every request is a 500 that names the missing line;
//! 2. nothing else, unless the peer is one of ours (by default with `hops`: loopback and private addresses);
//! 3. then by the chosen way, from the right: the entries that our own proxies wrote. All lines of a header count
//!    as one list. An entry that is no address ends the walk; it never steps left over one;
//! 4. a scheme only if it is `http` or `https`, a prefix only if it is a plain path.
//!
//! | way | client | scheme | host, port, prefix |
//! |---|---|---|---|
//! | [`Proxies::none`] (default) | the peer | the listener's | the request's |
//! | [`Proxies::hops`] | n-th from the right, per header; untouched where there are fewer | likewise | likewise |
//! | [`Proxies::trusted`] | first address from the right that is not a proxy's | the same proxy's `X-Forwarded-Proto` | when asked for |
//! | [`Proxies::forwarded`] | likewise, in `Forwarded` (RFC 7239) | the same element's `proto` | `host` when asked for |
//! | [`Proxies::header`] | the one address in the named header | rightmost `X-Forwarded-Proto` | when asked for |
//!
//! It does not fetch a provider's list of addresses, and it does not take a count and a list of addresses at once.
//!
//! References: RFC 7239; MDN, `X-Forwarded-For` §Security; Werkzeug's `ProxyFix` for the counts.

mod forwarded;
mod settings;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{Extensions, HeaderMap, HeaderName, Request, Response};
use ipnet::IpNet;

use crate::core::client::{Client, PeerAddr, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;

pub use settings::ProxiesError;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Which proxies to believe, and what.
#[derive(Clone, Debug)]
pub struct Proxies(Arc<Rules>);

#[derive(Clone, Debug)]
struct Rules {
    way: Way,
    peers: Peers,
    host: bool,
    port: bool,
    prefix: bool,
    peer_of: fn(&Extensions) -> Option<SocketAddr>,
}

#[derive(Clone, Debug)]
enum Way {
    Nobody,
    Hops(Hops),
    Walk,
    Forwarded,
    Header(HeaderName),
}

#[derive(Clone, Debug)]
enum Peers {
    Local,
    StoredEntry(Vec<IpNet>),
    Any,
}

/// How many proxies stand in front, header by header: the n-th value from the right is the one that the outermost
/// of them wrote. 0 ignores the header. Names and defaults are those of Werkzeug's `ProxyFix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// `X-Forwarded-For`: the client's address.
    pub x_for: usize,
    /// `X-Forwarded-Proto`: http or https.
    pub x_proto: usize,
    /// `X-Forwarded-Host`: the host, perhaps with a port.
    pub x_host: usize,
    /// `X-Forwarded-Port`: the port.
    pub x_port: usize,
    /// `X-Forwarded-Prefix`: the path under which the proxy shows this site.
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
    /// Believes nobody: the client is the TCP peer.
    pub fn none() -> Self {
        Self::by(Way::Nobody, Peers::Local)
    }

    /// Counts from the right, per header. Believed from loopback and private peers; see [`Proxies::peers`].
    pub fn hops(hops: Hops) -> Self {
        Self::by(Way::Hops(hops), Peers::Local)
    }

    /// Walks `X-Forwarded-For` from the right over the addresses of our proxies.
    ///
    /// # Errors
    /// When a text is neither an address nor a network in CIDR notation.
    pub fn trusted<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Way::Walk, Peers::StoredEntry(settings::networks(proxies)?)))
    }

    /// Walks `Forwarded` (RFC 7239) from the right over the addresses of our proxies.
    ///
    /// # Errors
    /// When a text is neither an address nor a network in CIDR notation.
    pub fn forwarded<T: AsRef<str>>(proxies: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        Ok(Self::by(Way::Forwarded, Peers::StoredEntry(settings::networks(proxies)?)))
    }

    /// Reads the client's address from one header that a provider sets, such as `cf-connecting-ip`.
    ///
    /// # Errors
    /// When the name is no header's name, or a text is neither an address nor a network in CIDR notation.
    pub fn header<T: AsRef<str>>(
        name: &str,
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self, ProxiesError> {
        let name = name.parse().map_err(|_| ProxiesError::HeaderName(name.to_owned()))?;
        Ok(Self::by(Way::Header(name), Peers::StoredEntry(settings::networks(proxies)?)))
    }

    /// The peers whose word counts, for [`Proxies::hops`]: the addresses from which our proxy connects.
    ///
    /// # Errors
    /// When a text is neither an address nor a network in CIDR notation.
    pub fn peers<T: AsRef<str>>(self, peers: impl IntoIterator<Item = T>) -> Result<Self, ProxiesError> {
        let peers = Peers::StoredEntry(settings::networks(peers)?);
        Ok(self.change(|rules| rules.peers = peers))
    }

    /// Believes whoever connects.
    ///
    /// # Danger
    /// Where anybody but the proxy can reach the port, anybody chooses the address, scheme and host that we see.
    pub fn dangerous_allow_any_peer(self) -> Self {
        self.change(|rules| rules.peers = Peers::Any)
    }

    /// Believes the forwarded host too. Only for a proxy that sets it: many pass on what the client sent.
    pub fn believe_host(self) -> Self {
        self.change(|rules| rules.host = true)
    }

    /// Believes the forwarded port too. Only for a proxy that sets it.
    pub fn believe_port(self) -> Self {
        self.change(|rules| rules.port = true)
    }

    /// Believes the forwarded prefix too. Only for a proxy that sets it.
    pub fn believe_prefix(self) -> Self {
        self.change(|rules| rules.prefix = true)
    }

    /// Where the listener leaves the peer's address, if not in [`PeerAddr`].
    pub fn peer_from(self, peer_of: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.change(|rules| rules.peer_of = peer_of)
    }

    fn by(way: Way, peers: Peers) -> Self {
        Self(Arc::new(Rules { way, peers, host: false, port: false, prefix: false, peer_of: PeerAddr::of }))
    }

    fn change(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Rules {
    fn client<B>(&self, request: &Request<B>) -> Option<Client> {
        let scheme = request.extensions().get::<Scheme>().copied().unwrap_or_default();
        let mut client = Client::direct((self.peer_of)(request.extensions())?, scheme);
        if self.peers.contain(client.ip) {
            self.believe(&mut client, request.headers());
        }
        Some(client)
    }

    fn believe(&self, client: &mut Client, headers: &HeaderMap) {
        match &self.way {
            Way::Nobody => {}
            Way::Hops(hops) => {
                let nth = |name, n: usize| from_right(headers, &name).nth(n.checked_sub(1)?);
                if let Some(ip) = nth(FOR, hops.x_for).and_then(address) {
                    client.ip = ip;
                }
                if let Some(scheme) = nth(PROTO, hops.x_proto).and_then(scheme) {
                    client.scheme = scheme;
                }
                client.host = nth(HOST, hops.x_host).map(Box::from);
                client.port = nth(PORT, hops.x_port).and_then(port);
                client.prefix = nth(PREFIX, hops.x_prefix).and_then(prefix);
            }
            Way::Walk => {
                let mut hops = 0;
                for entry in from_right(headers, &FOR) {
                    let Some(ip) = address(entry) else { break };
                    hops += 1;
                    client.ip = ip;
                    if !self.peers.contain(ip) {
                        break;
                    }
                }
                self.believe_beside(client, headers, hops.max(1));
            }
            Way::Forwarded => {
                let direct = client.scheme;
                for element in forwarded::from_right(headers) {
                    let Some(ip) = element.client.as_deref().and_then(address) else { break };
                    client.ip = ip;
                    client.scheme = element.proto.as_deref().and_then(scheme).unwrap_or(direct);
                    if self.host {
                        client.host = element.host.map(Box::from);
                    }
                    if !self.peers.contain(ip) {
                        break;
                    }
                }
            }
            Way::Header(name) => {
                let mut values = from_right(headers, name);
                if let (Some(only), None) = (values.next(), values.next())
                    && let Some(ip) = address(only)
                {
                    client.ip = ip;
                }
                self.believe_beside(client, headers, 1);
            }
        }
    }

    /// What the proxy that is `hops` from us said beside the client's address. Proxies that replace a header
    /// instead of adding to it leave fewer values than hops; the leftmost is then the outermost proxy's.
    fn believe_beside(&self, client: &mut Client, headers: &HeaderMap, hops: usize) {
        let said = |name| from_right(headers, &name).take(hops).last();
        if let Some(scheme) = said(PROTO).and_then(scheme) {
            client.scheme = scheme;
        }
        if self.host {
            client.host = said(HOST).map(Box::from);
        }
        if self.port {
            client.port = said(PORT).and_then(port);
        }
        if self.prefix {
            client.prefix = said(PREFIX).and_then(prefix);
        }
    }
}

impl Peers {
    fn contain(&self, ip: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::StoredEntry(networks) => networks.iter().any(|network| network.contains(&ip)),
            Self::Local => match ip {
                IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
                IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
            },
        }
    }
}

impl Guard for Proxies {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let exchange = RequestContext::begin(request.extensions_mut());
        if exchange.client().is_none()
            && let Some(client) = self.0.client(request)
        {
            exchange.set_client(client);
        }
        exchange
    }

    fn check<B>(&self, _: &Request<B>, exchange: &RequestContext) -> Result<(), Rejection> {
        match exchange.client() {
            Some(_) => Ok(()),
            None => Err(MissingLayer(
                "The peer's address is unknown, so nobody can be told apart. Serve with `palisade::serve(listener, app)`, \
                 or with `axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())`; in a test, \
                 put `palisade::request::PeerAddr(address)` into the request's extensions.",
            )
            .into()),
        }
    }

    fn finish<B>(&self, _: &RequestContext, _: &mut Response<B>) {}
}

guard_layers!(Proxies);

/// The values of a header that is a list, all its lines joined, from the right. A line that is no text counts as
/// one value that is neither address nor scheme nor host.
fn from_right<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().rev();
    lines
        .flat_map(|line| line.to_str().unwrap_or("?").rsplit(','))
        .map(str::trim_ascii)
        .filter(|value| !value.is_empty())
}

/// An address, with or without a port, brackets or quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    ip.ok().map(|ip: IpAddr| ip.to_canonical())
}

fn scheme(text: &str) -> Option<Scheme> {
    match text {
        _ if text.eq_ignore_ascii_case("https") => Some(Scheme::Https),
        _ if text.eq_ignore_ascii_case("http") => Some(Scheme::Http),
        _ => None,
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn prefix(text: &str) -> Option<Box<str>> {
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let segments_are_names = || path[1..].split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    (path.starts_with('/') && path.bytes().all(plain) && segments_are_names()).then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_with_ports_brackets_and_quotes() {
        for (text, ip) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), ip, "{text}");
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:x",
            "192.0.2.1, 192.0.2.2",
            "1.2.3.4 ",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_prefix_is_a_plain_path() {
        for (text, path) in [("/society", "/society"), ("/a/b/", "/a/b")] {
            assert_eq!(prefix(text).as_deref(), Some(path));
        }
        for text in ["", "/", "society", "//evil", "/a/../b", "/a\\b", "/a?b", "/%2e", "/a//b"] {
            assert_eq!(prefix(text), None, "{text}");
        }
    }
}
