//! One connection, from the first byte to the last.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tower_service::Service;

use super::Serve;
use super::turn::{Held, Turn, Verdict};
use super::wire::Wire;
use crate::body_limit::LimitedBody;
use crate::core::client::PeerAddr;

/// What HTTP/2 lets us buffer for one stream and for one connection, in bytes.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WAIT: Duration = Duration::from_secs(10);
/// How many streams a client may reset while we hold them, and make us reset (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 20;
const OUR_RESETS: usize = 256;

/// How the protocol is spoken on every connection.
pub(super) fn protocol(bounds: &Serve) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // `Turn` keeps time over the headers: hyper's own clock would also be the one for idle connections.
    let http1 = &mut builder.http1();
    http1.header_read_timeout(None).max_buf_size(bounds.header_bytes).max_headers(bounds.header_count);
    let http2 = &mut builder.http2();
    http2
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(bounds.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(bounds.streams)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(OUR_RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_WAIT);
    builder
}

/// Serves one connection until the client leaves, dawdles, or the server stops.
pub(super) async fn drive<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    app: S,
    protocol: Builder<TokioExecutor>,
    bounds: Serve,
    crowded: Arc<AtomicBool>,
    mut stop: watch::Receiver<()>,
) where
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are written whole or in large pieces: waiting to join them only makes them late.
    let _ = stream.set_nodelay(true);
    let turn = Turn::new(bounds.header_timeout, bounds.idle_timeout, crowded);
    let wire = TokioIo::new(Wire::new(stream, turn.clone()));
    let door = TowerToHyperService::new(Door { app, peer, turn: turn.clone(), bounds });
    let mut connection = pin!(protocol.serve_connection(wire, door));
    let mut alarm = pin!(sleep_until(Instant::now()));
    let (mut stopping, mut closing) = (false, false);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection ended early");
                }
                return;
            }
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = alarm.as_mut() => match turn.verdict() {
                Verdict::LookAgain(at) => alarm.as_mut().reset(at),
                Verdict::Close if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                    // An HTTP/2 client may still be reading: its streams get the same time once more.
                    alarm.as_mut().reset(Instant::now() + bounds.idle_timeout);
                }
                Verdict::Close | Verdict::Cut => {
                    tracing::debug!(%peer, "connection cut: the client took too long");
                    return;
                }
            }
        }
    }
}

/// Between hyper and the application: hands the peer's address on, bounds the body, keeps account of the turn.
#[derive(Clone)]
struct Door<S> {
    app: S,
    peer: SocketAddr,
    turn: Turn,
    bounds: Serve,
}

impl<S, B> Service<Request<Incoming>> for Door<S>
where
    S: Service<Request<LimitedBody>, Response = Response<B>>,
{
    type Response = Response<Outgoing<B>>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let held = Some(self.turn.take(request.version()));
        // HTTP/1 has been counted by the parser; HTTP/2 counts bytes only.
        if request.headers().len() > self.bounds.header_count {
            return Answer { answer: None, held };
        }
        request.extensions_mut().insert(PeerAddr(self.peer));
        let request = LimitedBody::bound(request, self.bounds.body);
        Answer { answer: Some(self.app.call(request)), held }
    }
}

pin_project! {
    /// The application's answer, or a 431 where it was not asked.
    struct Answer<F> {
        #[pin]
        answer: Option<F>,
        held: Option<Held>,
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Outgoing<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.answer.as_pin_mut() {
            Some(answer) => ready!(answer.poll(cx))?.map(Some),
            None => {
                let mut response = Response::new(None);
                *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                response
            }
        };
        let held = this.held.take();
        Poll::Ready(Ok(response.map(|body| Outgoing { body, held })))
    }
}

pin_project! {
    /// The body of an answer. It is the client's turn from each piece until hyper, rid of that piece, asks for the next.
    struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        held: Option<Held>,
    }
}

impl<B: Body> Body for Outgoing<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        if let Some(held) = this.held {
            held.ours();
        }
        let frame = ready!(body.poll_frame(cx));
        if let Some(held) = this.held {
            held.theirs();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}
