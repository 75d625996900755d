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

use super::connection;
use super::shutdown::Shutdown;
use super::{Listener, Serve};
use crate::body_limit::LimitedBody;
use crate::core::client::PeerAddr;

/// The future that stops a server.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Accepts connections until `stop` is ready, then waits for the open ones.
pub(super) async fn run<L, S, B>(
    Serve { limits, opening }: Serve,
    mut listener: L,
    app: S,
    mut stop: Stop,
) -> io::Result<()>
where
    L: Listener,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let protocol = connection::protocol(&limits);
    let (running, shutdown) = Shutdown::new();
    let (at_capacity, headers_check) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let _beside = opening.start();
    let mut open = JoinSet::new();
    loop {
        at_capacity.store(open.len() >= limits.max_connections, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = stop.as_mut() => break,
            // A connection that panicked needs no log line: the panic hook has written one.
            Some(_) = open.join_next() => {}
            (io, peer) = accept(&mut listener), if open.len() < limits.max_connections => {
                let (opening, app, protocol) = (opening.clone(), app.clone(), protocol.clone());
                let (at_capacity, shutdown) = (Arc::clone(&at_capacity), shutdown.clone());
                let headers_check = Arc::clone(&headers_check);
                open.spawn(async move {
                    let Some(opened) = opening.open(io, peer, limits.header_timeout, &shutdown).await else { return };
                    connection::serve_connection(opened, app, protocol, limits, at_capacity, shutdown, headers_check).await
                });
            }
        }
    }
    drop((listener, running));
    if timeout(limits.shutdown_timeout, async { while open.join_next().await.is_some() {} }).await.is_ok() {
        return Ok(());
    }
    let left = open.len();
    open.shutdown().await;
    let message = format!("stopped with {left} connections still open after {:?}", limits.shutdown_timeout);
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
