//! One connection: its protocol and its timeouts.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tower_service::Service;

use super::Serve;
use super::activity::{Activity, TimeoutAction, Timeouts};
use super::activity_state::MAX_BUSY;
use super::opening::{self, Opened, Transport};
use super::request::RequestService;
use super::state::{Connection, Peer, ServerState};
use super::stream::ConnectionStream;
use crate::body_limit::LimitedBody;
use crate::core::capacity::Place;

/// The HTTP/2 flow-control windows of a stream and of a connection, in bytes: they bound our
/// buffers.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// The number of headers that hyper's HTTP/1 parser takes by default.
const HYPER_MAX_HEADERS: usize = 100;
/// The interval between HTTP/2 pings to the client, and the timeout of its replies.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of pending streams that a client may reset (CVE-2023-44487).
const MAX_CLIENT_RESETS: usize = 20;
/// The number of streams that a client may make the server reset (CVE-2025-8671).
const MAX_SERVER_RESETS: usize = 256;
/// The time that an application has at the shutdown to close an upgraded socket, and then to
/// notice that the server has closed it.
const UPGRADE_GRACE: Duration = Duration::from_secs(1);

/// Returns the protocol settings of every connection.
pub(super) fn protocol(settings: &Serve) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // `Activity` enforces the header timeout: hyper's own would also apply to idle connections.
    let http1 = &mut builder.http1();
    http1.header_read_timeout(None).max_buf_size(settings.header_bytes);
    // Any call makes hyper parse into allocated memory, even with its own default.
    if settings.header_count != HYPER_MAX_HEADERS {
        http1.max_headers(settings.header_count);
    }
    let http2 = &mut builder.http2();
    http2
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(settings.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(settings.max_concurrent_streams.min(MAX_BUSY))
        .max_pending_accept_reset_streams(MAX_CLIENT_RESETS)
        .max_local_error_reset_streams(MAX_SERVER_RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Serves one connection until the client leaves, a timeout passes, or the server shuts down. Its
/// place is free when it ends.
pub(super) async fn serve_connection<I, S, B>(
    io: I,
    (peer, place): (Peer, Place),
    app: S,
    server: Arc<ServerState>,
) where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Some(opened) = opening::open(io, peer, place, &server).await else { return };
    let Opened { stream, peer, scheme, place: _place } = opened;
    let settings = &server.settings;
    let timeouts = Timeouts {
        header: settings.header_timeout,
        idle: settings.idle_timeout,
        upgrade_idle: settings.bounds.upgrade_idle_timeout,
    };
    let activity = Activity::new(timeouts, Arc::clone(&server.at_capacity));
    let (open, closed) = oneshot::channel();
    let stream = ConnectionStream::new(stream, activity.clone(), open);
    let shutdown = server.shutdown.of_connection();
    let connection = Arc::new(Connection { server, shutdown, peer, scheme, activity });
    serve_http(stream, RequestService { app, connection: Arc::clone(&connection) }).await;
    // If the stream still exists, an upgrade has handed it to the application.
    watch_upgraded(&connection, closed).await;
}

/// Waits until an upgraded socket is dropped. Closes it if it is idle, or at the shutdown.
async fn watch_upgraded(connection: &Connection, mut closed: oneshot::Receiver<()>) {
    let Connection { server, shutdown, peer, activity, .. } = connection;
    let mut shutdown = pin!(shutdown.started());
    let mut timer = pin!(sleep_until(Instant::now()));
    loop {
        tokio::select! {
            biased;
            _ = &mut closed => return,
            () = shutdown.as_mut() => {
                if timeout(UPGRADE_GRACE, &mut closed).await.is_ok() {
                    return;
                }
                break;
            }
            () = timer.as_mut() => match activity.timeout_action() {
                TimeoutAction::CheckAt(time) => timer.as_mut().reset(time),
                TimeoutAction::Close | TimeoutAction::Abort => {
                    tracing::debug!(peer = %peer.address, "upgraded socket closed: it was idle");
                    server.bounds.idle_sockets.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
        }
    }
    activity.close_stream();
    let _ = timeout(UPGRADE_GRACE, &mut closed).await;
}

/// Serves the requests of one connection.
async fn serve_http<I, S, B>(stream: ConnectionStream<Transport<I>>, service: RequestService<S>)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let shared = Arc::clone(&service.connection);
    let Connection { server, shutdown, peer: Peer { address: peer, .. }, activity, .. } = &*shared;
    let service = TowerToHyperService::new(service);
    let mut connection = pin!(server.protocol.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut shutdown = pin!(shutdown.started());
    let mut timer = pin!(sleep_until(Instant::now()));
    let (mut stopping, mut closing) = (false, false);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection ended with an error");
                }
                return;
            }
            () = shutdown.as_mut(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = timer.as_mut() => match activity.timeout_action() {
                TimeoutAction::CheckAt(time) => timer.as_mut().reset(time),
                TimeoutAction::Close if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                    // An HTTP/2 client may still read: its streams get the idle timeout once
                    // more.
                    timer.as_mut().reset(Instant::now() + server.settings.idle_timeout);
                }
                TimeoutAction::Close | TimeoutAction::Abort => {
                    tracing::debug!(%peer, "connection dropped: the client exceeded a timeout");
                    return;
                }
            }
        }
    }
}
