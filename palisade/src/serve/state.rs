//! The values that the connections of one server share, and the other end of one of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;

use super::Serve;
use super::activity::Activity;
use super::bounds::Bounds;
use super::headers_check::HeadersCheck;
use super::shutdown::Shutdown;
use crate::core::capacity::ClientNetwork;
use crate::core::client::Scheme;

/// The values that the connections of one server share.
pub(super) struct ServerState {
    pub(super) settings: Serve,
    pub(super) bounds: Arc<Bounds>,
    pub(super) protocol: Builder<TokioExecutor>,
    pub(super) shutdown: Shutdown,
    /// `true` while as many connections are open as there may be.
    pub(super) at_capacity: Arc<AtomicBool>,
    pub(super) headers_check: HeadersCheck,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// The network whose share the peer uses. `None` if it is exempt.
    pub(super) holder: Option<ClientNetwork>,
}

/// The values that the requests of one connection share. A request holds a reference to this, and none
/// to the [`ServerState`]: the requests of all cores would count those in one word.
pub(super) struct Connection {
    pub(super) server: Arc<ServerState>,
    pub(super) shutdown: Shutdown,
    pub(super) peer: Peer,
    /// The scheme of every request, if the server knows it.
    pub(super) scheme: Option<Scheme>,
    pub(super) activity: Activity,
}
