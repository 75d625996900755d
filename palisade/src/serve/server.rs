//! The listener's loop: accepts connections, and drains them at a shutdown.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::Serve;
use super::connection;
use super::shutdown::Shutdown;
use crate::body_limit::LimitedBody;

/// The future that stops a server.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Accepts connections until `stop` is ready, then waits for the open ones.
pub(super) async fn run<S, B>(
    settings: Serve,
    listener: TcpListener,
    app: S,
    mut stop: Stop,
) -> io::Result<()>
where
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let protocol = connection::protocol(&settings);
    let (running, shutdown) = Shutdown::new();
    let (at_capacity, headers_check) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let mut open = JoinSet::new();
    loop {
        at_capacity.store(open.len() >= settings.max_connections, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = stop.as_mut() => break,
            // A connection that panicked needs no log line: the panic hook has written one.
            Some(_) = open.join_next() => {}
            (stream, peer) = accept(&listener), if open.len() < settings.max_connections => {
                open.spawn(connection::serve_connection(
                    (stream, peer),
                    app.clone(),
                    protocol.clone(),
                    settings,
                    at_capacity.clone(),
                    shutdown.clone(),
                    Arc::clone(&headers_check),
                ));
            }
        }
    }
    drop((listener, running));
    if timeout(settings.shutdown_timeout, async { while open.join_next().await.is_some() {} }).await.is_ok() {
        return Ok(());
    }
    let left = open.len();
    open.shutdown().await;
    let message = format!("stopped with {left} connections still open after {:?}", settings.shutdown_timeout);
    Err(io::Error::new(io::ErrorKind::TimedOut, message))
}

/// Accepts the next connection. An error of one connection is skipped; an error that affects all
/// of them, such as no file descriptors left, is retried after a second.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
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
