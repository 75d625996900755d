//! One connection: its protocol, its timeouts, and the service between hyper and the application.

use std::error::Error;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tower_service::Service;

use super::Limits;
use super::activity::{Activity, InFlightRequest, TimeoutAction};
use super::headers_check::{HeadersCheck, UncheckedHeaders, has_type};
use super::opening::{Opened, Transport};
use super::shutdown::Shutdown;
use super::stream::ConnectionStream;
use crate::body_limit::LimitedBody;
use crate::core::client::{PeerAddr, Scheme};

/// The HTTP/2 flow-control windows of a stream and of a connection, in bytes: they bound our
/// buffers.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
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
pub(super) fn protocol(settings: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // `Activity` enforces the header timeout: hyper's own would also apply to idle connections.
    let http1 = &mut builder.http1();
    http1.header_read_timeout(None).max_buf_size(settings.header_bytes).max_headers(settings.header_count);
    let http2 = &mut builder.http2();
    http2
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(settings.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(settings.max_concurrent_streams)
        .max_pending_accept_reset_streams(MAX_CLIENT_RESETS)
        .max_local_error_reset_streams(MAX_SERVER_RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Serves one connection until the client leaves, a timeout passes, or the server shuts down.
pub(super) async fn serve_connection<I, S, B>(
    Opened { stream, peer, scheme }: Opened<I>,
    app: S,
    protocol: Builder<TokioExecutor>,
    settings: Limits,
    at_capacity: Arc<AtomicBool>,
    shutdown: Shutdown,
    headers_check: Arc<HeadersCheck>,
) where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let activity = Activity::new(settings.header_timeout, settings.idle_timeout, at_capacity);
    let (open, mut closed) = oneshot::channel();
    let stream = ConnectionStream::new(stream, activity.clone(), open);
    let service = RequestService {
        app,
        peer,
        scheme,
        activity: activity.clone(),
        settings,
        shutdown: shutdown.clone(),
        headers_check,
    };
    serve_http(stream, service, &protocol, &shutdown).await;

    // If the stream still exists, an upgrade has handed it to the application.
    tokio::select! {
        _ = &mut closed => return,
        () = shutdown.started() => {}
    }
    if timeout(UPGRADE_GRACE, &mut closed).await.is_err() {
        activity.close_stream();
        let _ = timeout(UPGRADE_GRACE, &mut closed).await;
    }
}

/// Serves the requests of one connection.
async fn serve_http<I, S, B>(
    stream: ConnectionStream<Transport<I>>,
    service: RequestService<S>,
    protocol: &Builder<TokioExecutor>,
    shutdown: &Shutdown,
) where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (peer, activity, settings) = (service.peer.0, service.activity.clone(), service.settings);
    let service = TowerToHyperService::new(service);
    let mut connection = pin!(protocol.serve_connection_with_upgrades(TokioIo::new(stream), service));
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
                    timer.as_mut().reset(Instant::now() + settings.idle_timeout);
                }
                TimeoutAction::Close | TimeoutAction::Abort => {
                    tracing::debug!(%peer, "connection dropped: the client exceeded a timeout");
                    return;
                }
            }
        }
    }
}

/// The service between hyper and the application: adds the peer's address, limits the body, and
/// records the connection's activity.
#[derive(Clone)]
struct RequestService<S> {
    app: S,
    peer: PeerAddr,
    scheme: Option<Scheme>,
    activity: Activity,
    settings: Limits,
    shutdown: Shutdown,
    headers_check: Arc<HeadersCheck>,
}

impl<S, B> Service<Request<Incoming>> for RequestService<S>
where
    S: Service<Request<LimitedBody>, Response = Response<B>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let in_flight = Some(self.activity.request_started(request.version()));
        let (shutdown, headers) = (self.shutdown.clone(), None);
        // The HTTP/1 parser has counted the headers already; that of HTTP/2 counts bytes only.
        if request.headers().len() > self.settings.header_count {
            return ResponseFuture { inner: None, in_flight, shutdown, headers };
        }
        request.extensions_mut().insert(self.peer);
        if let Some(scheme) = self.scheme {
            request.extensions_mut().insert(scheme);
        }
        request.extensions_mut().insert(shutdown.clone());
        let headers = self.headers_check.begin(&mut request);
        let request = LimitedBody::limit(request, self.settings.body_limit);
        ResponseFuture { inner: Some(self.app.call(request)), in_flight, shutdown, headers }
    }
}

pin_project! {
    /// The application's response; 431 if the application was not called.
    struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        in_flight: Option<InFlightRequest>,
        shutdown: Shutdown,
        headers: Option<UncheckedHeaders>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.inner.as_pin_mut() {
            Some(inner) => ready!(inner.poll(cx))?.map(Some),
            None => {
                let mut response = Response::new(None);
                *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                response
            }
        };
        if let Some(headers) = this.headers.take() {
            headers.check(response.status(), response.headers());
        }
        let in_flight = this.in_flight.take();
        let end = is_event_stream(response.headers()).then(|| -> Pin<Box<dyn Future<Output = ()> + Send>> {
            let shutdown = this.shutdown.clone();
            Box::pin(async move { shutdown.started().await })
        });
        Poll::Ready(Ok(response.map(|inner| ResponseBody { inner, in_flight, end })))
    }
}

/// Returns `true` for Server-Sent Events, which have no end of their own.
fn is_event_stream(headers: &HeaderMap) -> bool {
    has_type(headers, b"text/event-stream")
}

pin_project! {
    /// The body of a response. The client has to read from each frame on until hyper, which has
    /// sent that frame, asks for the next.
    struct ResponseBody<B> {
        #[pin]
        inner: Option<B>,
        in_flight: Option<InFlightRequest>,
        // Ends a stream of events at the shutdown.
        end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        if this.end.as_mut().is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
            *this.end = None;
            this.inner.set(None);
        }
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        if let Some(in_flight) = this.in_flight {
            in_flight.set_busy();
        }
        let frame = ready!(inner.poll_frame(cx));
        if let Some(in_flight) = this.in_flight {
            in_flight.set_waiting();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
