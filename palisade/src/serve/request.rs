//! The service between hyper and the application: bounds the requests that are underway, adds the
//! peer's address, limits the body and the time, and records the connection's activity.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};
use tower_service::Service;

use super::activity::InFlightRequest;
use super::bounds::{HeldPlaces, rejection};
use super::headers_check::UncheckedHeaders;
use super::response_body::{Held, ResponseBody};
use super::state::Connection;
use crate::body_limit::LimitedBody;
use crate::core::body_policy::BodyPolicy;
use crate::core::capacity::Place;
use crate::core::client::PeerAddr;
use crate::core::media_type::is_event_stream;
use crate::core::request_context::{LayerMark, RequestContext};

/// The service of one connection.
#[derive(Clone)]
pub(super) struct RequestService<S> {
    pub(super) app: S,
    pub(super) connection: Arc<Connection>,
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
        let Connection { server, shutdown, peer, scheme, activity } = &*self.connection;
        let in_flight = activity.request_started(request.version());
        // The HTTP/1 parser has counted the headers already; that of HTTP/2 counts bytes only.
        if request.headers().len() > server.settings.header_count {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return ResponseFuture::rejected(response, in_flight);
        }
        let place = match server.bounds.request(peer.address, peer.holder) {
            Ok(place) => place,
            Err(no_place) => return ResponseFuture::rejected(rejection(no_place), in_flight),
        };
        let context = RequestContext::begin(request.extensions_mut());
        context.set_server_keeps_places();
        request.extensions_mut().insert(PeerAddr(peer.address));
        if let Some(scheme) = *scheme {
            request.extensions_mut().insert(scheme);
        }
        request.extensions_mut().insert(shutdown.clone());
        let headers = server.headers_check.begin(&request, &context);
        let request = LimitedBody::limit(request, server.settings.body_limit);
        let body = BodyPolicy::of(request.extensions()).cloned();
        ResponseFuture {
            inner: Some(self.app.call(request)),
            timer: None,
            underway: Some(Underway {
                places: HeldPlaces { place: Some(place), context: Some(context) },
                in_flight,
                connection: Arc::clone(&self.connection),
                headers,
                body,
            }),
            rejected: None,
        }
    }
}

pin_project! {
    /// The application's response, or the server's own if the application was not called.
    pub(super) struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        #[pin]
        timer: Option<Sleep>,
        underway: Option<Underway>,
        rejected: Option<(Response<()>, InFlightRequest)>,
    }
}

impl<F> ResponseFuture<F> {
    fn rejected(response: Response<()>, in_flight: InFlightRequest) -> Self {
        Self { inner: None, timer: None, underway: None, rejected: Some((response, in_flight)) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let response = match this.inner.as_mut().as_pin_mut() {
            None => None,
            Some(inner) => match inner.poll(cx) {
                Poll::Ready(response) => Some(response?),
                Poll::Pending => {
                    let underway = this.underway.as_ref().expect("not polled after it was ready");
                    ready!(underway.poll_timeout(this.timer.as_mut(), cx));
                    this.inner.set(None);
                    None
                }
            },
        };
        let response = match (response, this.underway.take()) {
            (Some(response), Some(underway)) => underway.respond(response),
            (_, Some(underway)) => underway.time_out(),
            (_, None) => {
                let (response, in_flight) = this.rejected.take().expect("not polled after it was ready");
                response.map(|()| ResponseBody::empty(Held::request(in_flight)))
            }
        };
        Poll::Ready(Ok(response))
    }
}

/// A request that the application has.
struct Underway {
    places: HeldPlaces,
    in_flight: InFlightRequest,
    connection: Arc<Connection>,
    headers: Option<UncheckedHeaders>,
    /// The policy of the request's body, if it has one.
    body: Option<Arc<BodyPolicy>>,
}

impl Underway {
    /// Returns the application's response, which holds its places until its last byte is sent.
    fn respond<B>(self, response: Response<B>) -> Response<ResponseBody<B>> {
        let Self { mut places, in_flight, connection, headers, .. } = self;
        let Connection { server, shutdown, peer, activity, .. } = &*connection;
        if let Some(headers) = headers {
            server.headers_check.end(headers, response.status(), response.headers());
        }
        let is_upgrade = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !is_upgrade && !is_event_stream(response.headers()) {
            return response.map(|inner| ResponseBody::new(inner, Held { places, in_flight }));
        }
        // A stream has a place of its own, and gives that of the request back.
        let place: Place = match server.bounds.stream(peer.address, peer.holder) {
            Ok(place) => place,
            Err(no_place) => {
                return rejection(no_place).map(|()| ResponseBody::empty(Held { places, in_flight }));
            }
        };
        places.place = Some(place);
        if is_upgrade {
            activity.upgrade(places);
            return response.map(|inner| ResponseBody::new(inner, Held::request(in_flight)));
        }
        let shutdown = shutdown.clone();
        response.map(|inner| {
            ResponseBody::new(inner, Held { places, in_flight }).until(async move {
                shutdown.started().await;
            })
        })
    }

    /// Waits for the response timeout, unless a [`Deadline`](crate::deadline::Deadline) has the
    /// request: it decides.
    fn poll_timeout(&self, mut timer: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
        let context = self.places.context.as_ref();
        if context.is_some_and(|context| context.has_entered(LayerMark::Deadline)) {
            timer.set(None);
            return Poll::Pending;
        }
        let timeout = self.connection.server.bounds.response_timeout;
        if timer.is_none() {
            timer.set(Some(sleep(timeout)));
        }
        loop {
            let Some(mut running) = timer.as_mut().as_pin_mut() else { return Poll::Pending };
            ready!(running.as_mut().poll(cx));
            // The time in which the client sends its body is not the application's.
            let now = Instant::now();
            let working_since = self.body.as_ref().and_then(|body| body.working_since(now));
            match working_since.and_then(|since| since.checked_add(timeout)) {
                Some(due) if due > now => running.reset(due),
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Returns the response to a request whose handler was too slow.
    fn time_out<B>(self) -> Response<ResponseBody<B>> {
        let Self { places, in_flight, connection, .. } = self;
        let (bounds, peer) = (&connection.server.bounds, connection.peer);
        bounds.response_timeouts.fetch_add(1, Ordering::Relaxed);
        if bounds.is_timeout_log_due() {
            tracing::warn!(
                peer = %peer.address,
                timeout = ?bounds.response_timeout,
                "a handler has not answered in time, and was dropped. A route that takes longer needs a `Deadline` of \
                 its own, and one that waits for events `Deadline::never()`"
            );
        }
        let mut response = Response::new(ResponseBody::empty(Held { places, in_flight }));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    }
}
