//! The rule for requests over plain HTTP that come through a proxy that no setting names, or
//! through a named proxy that does not say the scheme.
//!
//! Such a site would work without its protections: no redirect, no HSTS, cookies without `Secure`,
//! and one address for all visitors. It is a 500 instead, and the text names the line to write.
//! The same headers from a stranger with a public address are ignored: forward proxies send them
//! too, and their users must reach the redirect to https.

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

use super::forwarded;
use super::resolve::{FOR, Method, PROTO, Settings};
use super::values::from_right;
use crate::core::client::{Client, Forwarding, PeerAddr, Scheme};
use crate::core::local_network::is_local_ip;
use crate::core::rejection::{MissingLayer, Rejection};

const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

const UNKNOWN_PEER: MissingLayer = MissingLayer(
    "The peer's address is unknown, so clients cannot be told apart. Serve with `palisade::serve(listener, app)`, \
     or with `axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())`. On a unix socket \
     under another server, add `axum::Extension(palisade::request::PeerAddr::local())` outside of every layer. In a test, put \
     `palisade::request::PeerAddr(address)` into the request's extensions, or add axum's \
     `MockConnectInfo(address)` outside of every layer.",
);

const UNKNOWN_PROXY: MissingLayer = MissingLayer(
    "A proxy that no setting names has sent the request, so the client's address and scheme are unknown; the log \
     has the proxy's address. For one proxy in the local network, write `.trusted_proxies(Proxies::hops(1))`; for \
     another address, `Proxies::hops(1).peers([\"203.0.113.0/24\"])?`; for a provider, `Proxies::cloudflare(ranges)?`, \
     `Proxies::fly()` or `Proxies::railway()`. To ignore the headers of every proxy, write \
     `Proxies::none().ignore_forwarded()`.",
);

const UNKNOWN_PEER_OF_PROXIES: MissingLayer = MissingLayer(
    "A proxy that is not among the trusted ones has sent the request, so the client's address and scheme are \
     unknown; the log has the proxy's address. Add it to the list of the trusted proxies: with `Proxies::hops(1)`, \
     write `.peers([\"203.0.113.0/24\"])?`. To ignore the headers of proxies that are not trusted, write \
     `.ignore_forwarded()`.",
);

const UNNAMED_SOCKET: MissingLayer = MissingLayer(
    "A proxy on the unix socket has sent the request, and no setting names it, so the client's address and scheme \
     are unknown. For one proxy, write `.trusted_proxies(Proxies::hops(1))`; in a list of proxies, add `unix`: \
     `Proxies::trusted([\"unix\"])?`, or `hops=1@unix` in a setting. To ignore the headers of every proxy, write \
     `Proxies::none().ignore_forwarded()`.",
);

const SCHEME_MISSING: MissingLayer = MissingLayer(
    "A trusted proxy says who the client is, and not whether it came by https. nginx: \
     `proxy_set_header X-Forwarded-Proto $scheme;`. HAProxy: `http-request set-header X-Forwarded-Proto https if \
     { ssl_fc }` and `http-request set-header X-Forwarded-Proto http if !{ ssl_fc }`. Apache: \
     `RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}`. Of several proxies, the inner ones often replace \
     the header: count it as one, `Hops { x_for: 2, ..Hops::from(1) }` or `hops=2 proto=1`. `Proxies::forwarded` \
     reads `proto` of `Forwarded` alone.",
);

/// Returns `true` for a header that proxies add.
fn is_forwarding(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "forwarded" | "via" | "x-forwarded-for" | "x-forwarded-host" | "x-forwarded-proto" | "x-real-ip"
    )
}

impl Settings {
    /// Returns the part that proxies have in a request.
    pub(super) fn forwarding(
        &self,
        client: &Client,
        headers: &HeaderMap,
        trusted: bool,
        scheme_known: bool,
    ) -> Forwarding {
        let has = |name: &HeaderName| headers.contains_key(name);
        if client.scheme == Scheme::Https || scheme_known {
            return Forwarding::SchemeKnown;
        }
        if trusted {
            let own_header = matches!(&self.method, Method::Header(name) if has(name));
            let names_client = own_header || [FOR, REAL_IP, FORWARDED].iter().any(has);
            return if names_client { Forwarding::SchemeMissing } else { Forwarding::Direct };
        }
        if self.ignore_forwarded {
            return Forwarding::Direct;
        }
        // One pass costs less than a look-up of each name, and almost no request has one of them.
        if !headers.keys().any(is_forwarding) {
            return Forwarding::Direct;
        }
        let is_https = |text: &str| text.eq_ignore_ascii_case("https");
        let says_https = || {
            from_right(headers, &PROTO).any(is_https)
                || forwarded::from_right(headers)
                    .iter()
                    .any(|element| element.proto.as_deref().is_some_and(is_https))
        };
        let is_unknown_proxy = is_local_ip(client.peer.ip()) || says_https();
        if is_unknown_proxy { Forwarding::UnknownProxy } else { Forwarding::Direct }
    }

    /// Rejects a request whose client is unknown.
    pub(super) fn check(&self, client: Option<&Client>) -> Result<(), Rejection> {
        let client = client.ok_or(UNKNOWN_PEER)?;
        let missing = match (client.forwarding, &self.method) {
            (Forwarding::Direct | Forwarding::SchemeKnown, _) => return Ok(()),
            (Forwarding::SchemeMissing, _) => SCHEME_MISSING,
            (Forwarding::UnknownProxy, _) if PeerAddr(client.peer).is_unix() => UNNAMED_SOCKET,
            (Forwarding::UnknownProxy, Method::PeerOnly) => UNKNOWN_PROXY,
            (Forwarding::UnknownProxy, _) => UNKNOWN_PEER_OF_PROXIES,
        };
        Err(match PeerAddr(client.peer).is_unix() {
            true => missing.rejection("peer on the unix socket"),
            false => missing.rejection(format_args!("peer {}", client.peer())),
        })
    }
}
