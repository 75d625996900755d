//! The listener's loop: accepts connections, and drains them at a shutdown.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::bounds::Bounds;
use super::connection;
use super::headers_check::HeadersCheck;
use super::shutdown::Shutdown;
use super::state::{Peer, ServerState};
use super::{Listener, Serve};
use crate::body_limit::LimitedBody;
use crate::core::client::PeerAddr;

/// The future that stops a server.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Accepts connections until `stop` is ready, then waits for the open ones.
pub(super) async fn run<L, S, B>(settings: Serve, mut listener: L, app: S, mut stop: Stop) -> io::Result<()>
where
    L: Listener,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (running, shutdown) = Shutdown::new();
    let bounds = Arc::new(Bounds::new(&settings));
    if let Some(metrics) = &settings.bounds.metrics {
        metrics.observe(&bounds);
    }
    let (max_connections, shutdown_timeout) = (settings.max_connections, settings.shutdown_timeout);
    let protocol = connection::protocol(&settings);
    let (at_capacity, headers_check) = (Arc::new(AtomicBool::new(false)), HeadersCheck::default());
    let server = Arc::new(ServerState { settings, bounds, protocol, shutdown, at_capacity, headers_check });
    let _beside = server.settings.opening.start();
    let mut open = JoinSet::new();
    loop {
        server.at_capacity.store(open.len() >= max_connections, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = stop.as_mut() => break,
            // A connection that panicked needs no log line: the panic hook has written one.
            Some(_) = open.join_next() => {}
            (stream, PeerAddr(address)) = accept(&mut listener), if open.len() < max_connections => {
                // A balancer carries many clients: the client in its header takes the share.
                let is_balancer = server.settings.opening.announces_client(address);
                let holder = if is_balancer { None } else { server.bounds.holder(address) };
                let peer = Peer { address, holder };
                // Without a place, the connection is closed: its stream is dropped.
                if let Some(place) = server.bounds.connection(address, peer.holder) {
                    let connection =
                        connection::serve_connection(stream, (peer, place), app.clone(), Arc::clone(&server));
                    open.spawn(connection);
                }
            }
        }
    }
    drop((listener, running));
    if timeout(shutdown_timeout, async { while open.join_next().await.is_some() {} }).await.is_ok() {
        return Ok(());
    }
    let left = open.len();
    open.shutdown().await;
    let message = format!("stopped with {left} connections still open after {:?}", shutdown_timeout);
    Err(io::Error::new(io::ErrorKind::TimedOut, message))
}

/// Accepts the next connection. An error of one connection is skipped; an error that affects all
/// of them, such as no file descriptors left, is retried after a second.
async fn accept<L: Listener>(listener: &mut L) -> (L::Io, PeerAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again in a second");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
