//! The numbers of connections, requests and streams that a server has at once, in all and for each
//! peer address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};

use super::Serve;
use crate::core::capacity::{Capacity, ClientNetwork, NoPlace, Place};
use crate::core::client::PeerAddr;
use crate::core::log_interval::LogInterval;
use crate::core::request_context::RequestContext;
use crate::proxy::Proxies;

/// The `Retry-After` of a client that has too many requests underway: one of them may end at once.
const RETRY_CLIENT: u32 = 1;
/// The `Retry-After` of a full server, in seconds.
const RETRY_SERVER: u32 = 5;

/// The bounds of one running server.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) connections: Arc<Capacity>,
    pub(super) requests: Arc<Capacity>,
    pub(super) streams: Arc<Capacity>,
    proxies: Option<Proxies>,
    count_loopback: bool,
    pub(super) response_timeout: Duration,
    pub(super) response_timeouts: AtomicU64,
    pub(super) idle_sockets: AtomicU64,
    timeout_log: LogInterval,
}

impl Bounds {
    pub(super) fn new(settings: &Serve) -> Self {
        let bounds = &settings.bounds;
        Self {
            connections: Capacity::new(settings.max_connections, bounds.share_divisor),
            requests: Capacity::new(bounds.max_requests, bounds.share_divisor),
            streams: Capacity::new(bounds.max_streams, bounds.share_divisor),
            proxies: bounds.proxies.clone(),
            count_loopback: bounds.count_loopback,
            response_timeout: bounds.response_timeout,
            response_timeouts: AtomicU64::new(0),
            idle_sockets: AtomicU64::new(0),
            timeout_log: LogInterval::new(),
        }
    }

    /// Returns `true` at most once a minute: a response timeout may be logged.
    pub(super) fn is_timeout_log_due(&self) -> bool {
        self.timeout_log.is_due()
    }

    /// Returns the network whose share a peer uses. `None` for a peer that carries the requests of
    /// many clients: a trusted proxy, this machine, or the proxy on a unix socket.
    pub(super) fn holder(&self, peer: SocketAddr) -> Option<ClientNetwork> {
        let address = peer.ip().to_canonical();
        let is_exempt = match address.is_loopback() {
            true => !self.count_loopback || PeerAddr(peer).is_unix() || self.is_proxy(peer),
            false => self.is_proxy(peer),
        };
        (!is_exempt).then(|| ClientNetwork::of(address))
    }

    fn is_proxy(&self, peer: SocketAddr) -> bool {
        self.proxies.as_ref().is_some_and(|proxies| proxies.trusts(peer))
    }

    /// Takes the place of a connection. `None` if the peer's address holds its share.
    pub(super) fn connection(&self, peer: SocketAddr, holder: Option<ClientNetwork>) -> Option<Place> {
        self.take(&self.connections, "connections", peer, holder).ok()
    }

    /// Takes the place of a request.
    pub(super) fn request(&self, peer: SocketAddr, holder: Option<ClientNetwork>) -> Result<Place, NoPlace> {
        self.take(&self.requests, "requests", peer, holder)
    }

    /// Takes the place of a response that is a stream of events, or of an upgraded socket.
    pub(super) fn stream(&self, peer: SocketAddr, holder: Option<ClientNetwork>) -> Result<Place, NoPlace> {
        self.take(&self.streams, "streams", peer, holder)
    }

    fn take(
        &self,
        capacity: &Arc<Capacity>,
        resource: &'static str,
        peer: SocketAddr,
        holder: Option<ClientNetwork>,
    ) -> Result<Place, NoPlace> {
        capacity.take(holder).inspect_err(|no_place| {
            if capacity.is_log_due() {
                log(*no_place, capacity, resource, peer);
            }
        })
    }
}

/// Logs that a bound is reached: at most once a minute for each of them.
fn log(no_place: NoPlace, capacity: &Capacity, resource: &'static str, peer: SocketAddr) {
    let (max, share) = (capacity.max(), capacity.share());
    match no_place {
        NoPlace::OverShare => tracing::warn!(
            %peer,
            resource,
            share,
            max,
            "one address holds its share of this server, and more are rejected. If the address is your proxy, write \
             `Serve::new().proxies(&proxies)` with the value of `trusted_proxies`"
        ),
        NoPlace::AtCapacity => tracing::warn!(resource, max, "the server is full, and more are rejected"),
    }
}

/// Returns the server's own answer to a request that finds no place: 429 for a client over its
/// share, 503 on a full server.
pub(super) fn rejection(no_place: NoPlace) -> Response<()> {
    let (status, seconds) = match no_place {
        NoPlace::OverShare => (StatusCode::TOO_MANY_REQUESTS, RETRY_CLIENT),
        NoPlace::AtCapacity => (StatusCode::SERVICE_UNAVAILABLE, RETRY_SERVER),
    };
    let mut response = Response::new(());
    *response.status_mut() = status;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The places of one response or socket: the server's own, and that of a limit in the application.
/// They are free when this is dropped.
#[derive(Debug, Default)]
pub(super) struct HeldPlaces {
    pub(super) place: Option<Place>,
    pub(super) context: Option<RequestContext>,
}

impl Drop for HeldPlaces {
    fn drop(&mut self) {
        drop(self.context.as_ref().and_then(RequestContext::take_place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(settings: Serve) -> Bounds {
        Bounds::new(&settings)
    }

    fn is_counted(bounds: &Bounds, address: &str) -> bool {
        bounds.holder(SocketAddr::new(address.parse().unwrap(), 4000)).is_some()
    }

    #[test]
    fn loopback_and_named_proxies_have_no_share() {
        let plain = bounds(Serve::new());
        let proxies = Proxies::trusted(["192.0.2.7", "10.0.0.0/8"]).unwrap();
        let named = bounds(Serve::new().proxies(&proxies));
        let hops = bounds(Serve::new().proxies(&Proxies::hops(1)));
        let strict = bounds(Serve::new().count_loopback());
        for (address, by_default, named_two, one_hop, with_loopback) in [
            ("127.0.0.1", false, false, false, true),
            ("::1", false, false, false, true),
            ("::ffff:127.0.0.1", false, false, false, true),
            ("192.0.2.7", true, false, true, true),
            ("::ffff:192.0.2.7", true, false, true, true),
            ("10.1.2.3", true, false, false, true),
            ("203.0.113.1", true, true, true, true),
            ("2001:db8::1", true, true, true, true),
        ] {
            assert_eq!(is_counted(&plain, address), by_default, "{address}");
            assert_eq!(is_counted(&named, address), named_two, "{address}, named");
            assert_eq!(is_counted(&hops, address), one_hop, "{address}, one hop");
            assert_eq!(is_counted(&strict, address), with_loopback, "{address}, loopback counts");
        }
        let none = bounds(Serve::new().proxies(&Proxies::none()));
        assert!(is_counted(&none, "10.1.2.3"), "no proxy is trusted");
        let loopback_proxy = bounds(Serve::new().count_loopback().proxies(&Proxies::hops(1)));
        assert!(!is_counted(&loopback_proxy, "127.0.0.1"), "a named proxy");
        assert_eq!(strict.holder(PeerAddr::local().0), None, "a proxy on a unix socket");
    }

    #[test]
    fn each_number_of_places_is_its_own() {
        let bounds = bounds(Serve::new().max_connections(16).max_requests(24).max_streams(32));
        let peer: SocketAddr = "203.0.113.1:4000".parse().unwrap();
        let holder = bounds.holder(peer);
        let connections: Vec<_> = (0..3).filter_map(|_| bounds.connection(peer, holder)).collect();
        let requests: Vec<_> = (0..4).filter_map(|_| bounds.request(peer, holder).ok()).collect();
        let streams: Vec<_> = (0..5).filter_map(|_| bounds.stream(peer, holder).ok()).collect();
        assert_eq!([connections.len(), requests.len(), streams.len()], [2, 3, 4]);
        let counts = [&bounds.connections, &bounds.requests, &bounds.streams].map(|it| it.counts());
        assert_eq!(counts.map(|counts| (counts.used, counts.over_share)), [(2, 1), (3, 1), (4, 1)]);
        assert_eq!(bounds.request(peer, holder).map(drop), Err(NoPlace::OverShare));
        let exempt: Vec<_> = (0..21).filter_map(|_| bounds.request(peer, None).ok()).collect();
        assert_eq!((exempt.len(), bounds.request(peer, None).map(drop)), (21, Err(NoPlace::AtCapacity)));
    }

    #[test]
    fn a_rejection_says_when_to_come_again() {
        for (no_place, status, seconds) in [(NoPlace::OverShare, 429, "1"), (NoPlace::AtCapacity, 503, "5")] {
            let response = rejection(no_place);
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[header::RETRY_AFTER], seconds);
        }
    }

    #[test]
    fn the_place_of_a_layer_is_free_with_the_servers_own() {
        let capacity = Capacity::new(2, 1);
        let context = RequestContext::begin(&mut http::Extensions::new());
        context.set_server_keeps_places();
        assert!(context.keep_place(capacity.take(None).unwrap()).is_ok());
        // A handler keeps the context longer than the request.
        let places = HeldPlaces { place: capacity.take(None).ok(), context: Some(context.clone()) };
        assert_eq!(capacity.counts().used, 2);
        drop(places);
        assert_eq!(capacity.counts().used, 0);
        drop(context);
    }

    #[test]
    fn a_timeout_is_logged_at_once_and_not_again() {
        let bounds = bounds(Serve::new());
        assert!(bounds.is_timeout_log_due() && !bounds.is_timeout_log_due());
    }

    fn numbers(bounds: &Bounds) -> [(usize, usize); 3] {
        [&bounds.connections, &bounds.requests, &bounds.streams].map(|it| (it.max(), it.share()))
    }

    #[test]
    fn the_defaults_are_those_of_the_table() {
        assert_eq!(numbers(&bounds(Serve::new())), [(4096, 512), (2048, 256), (2048, 256)]);
    }

    #[test]
    fn times_and_metrics_are_those_that_were_set() {
        let seconds = Duration::from_secs;
        let default = Serve::new().bounds;
        assert_eq!((default.response_timeout, default.upgrade_idle_timeout), (seconds(30), seconds(120)));
        assert_eq!(bounds(Serve::new().response_timeout(seconds(7))).response_timeout, seconds(7));
        assert_eq!(Serve::new().upgrade_idle_timeout(seconds(8)).bounds.upgrade_idle_timeout, seconds(8));
        let metrics = crate::serve::ServeMetrics::new();
        assert!(default.metrics.is_none() && Serve::new().metrics(&metrics).bounds.metrics.is_some());
    }

    #[test]
    fn a_share_is_at_most_a_half() {
        for (divisor, share) in [(0, 512), (1, 512), (2, 512), (4, 256), (2000, 1)] {
            let bounds = bounds(Serve::new().max_requests(1024).share_per_address(divisor));
            assert_eq!(bounds.requests.share(), share, "{divisor}");
        }
        let all = bounds(Serve::new().dangerous_disable_share_per_address());
        assert_eq!(numbers(&all), [(4096, 4096), (2048, 2048), (2048, 2048)]);
    }
}
