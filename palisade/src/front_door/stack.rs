//! The services of the front door: every layer in its place, around one service.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::Guards;
use super::optional::Optional;
#[cfg(feature = "session")]
use super::optional::WithToken;
#[cfg(feature = "session")]
use super::rejected_forms::RejectedFormsService;
use crate::body_limit::BodyLimitService;
use crate::concurrency::{ConcurrencyLimitService, PlacedBody};
use crate::core::axum_compat::AxumService;
use crate::core::guard::GuardService;
use crate::core::internal_error::InternalError;
use crate::deadline::DeadlineService;
use crate::error_page::ErrorPagesService;
#[cfg(feature = "rate-limit")]
use crate::rate_limit::RateLimitService;
use crate::serve::{App, Listener, Server};
#[cfg(feature = "session")]
use crate::session::SessionService;

type Whole<S> = ErrorPagesService<GuardService<Guards, Placed<Timed<S>>>>;
type Placed<S> = Optional<Unplaced<ConcurrencyLimitService<S>>, S>;
type Timed<S> = DeadlineService<BodyLimitService<Counted<WithSession<S>>>>;

#[cfg(feature = "rate-limit")]
type Counted<S> = Optional<RateLimitService<S>, S>;
#[cfg(not(feature = "rate-limit"))]
type Counted<S> = S;

#[cfg(feature = "session")]
type WithSession<S> = Optional<SessionService<RejectedFormsService<WithToken<S>>>, WithToken<S>>;
#[cfg(not(feature = "session"))]
type WithSession<S> = S;

/// The service that [`Palisade`](crate::Palisade) makes: every layer in its place.
///
/// ```
/// use axum::routing::get;
/// use palisade::Palisade;
/// use palisade::front_door::Stack;
/// use tower::Layer;
///
/// let service: Stack<axum::Router> =
///     Palisade::development().layer(axum::Router::new().route("/", get(async || "Hello")));
/// assert_eq!(format!("{service:?}"), "Stack");
/// ```
#[derive(Clone)]
pub struct Stack<S>(pub(super) Whole<S>);

impl<S> Service<Request<Body>> for Stack<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = <Whole<S> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::<Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

/// `palisade::serve` serves a protected service.
impl<S> App<Guards> for Stack<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn into_server<L: Listener>(self) -> Server<L> {
        AxumService(self).into_server()
    }
}

impl<S> fmt::Debug for Stack<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stack")
    }
}

/// Gives the responses of [`ConcurrencyLimit`](crate::concurrency::ConcurrencyLimit) axum's body
/// again. A body that holds no place stays the same.
#[derive(Clone)]
pub struct Unplaced<S>(pub(super) S);

impl<S> Service<Request<Body>> for Unplaced<S>
where
    S: Service<Request<Body>, Response = Response<PlacedBody<Body>>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = UnplacedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        UnplacedFuture { future: self.0.call(request) }
    }
}

pin_project! {
    /// The future of an [`Unplaced`] service.
    pub struct UnplacedFuture<F> {
        #[pin]
        future: F,
    }
}

impl<F, E> Future for UnplacedFuture<F>
where
    F: Future<Output = Result<Response<PlacedBody<Body>>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().future.poll(cx))?;
        Poll::Ready(Ok(response.map(|body| body.into_unplaced_or(Body::new))))
    }
}

/// A service whose response body is axum's, and whose errors are responses with the status 500.
///
/// ```
/// use palisade::Palisade;
/// use palisade::front_door::{Adapted, Stack};
///
/// let service: Stack<Adapted<&str>> = Palisade::development().protect_service("any service");
/// assert_eq!(format!("{service:?}"), "Stack");
/// ```
#[derive(Clone, Debug)]
pub struct Adapted<S> {
    service: S,
    /// The error with which the service said that it takes no more requests.
    broken: Option<InternalError>,
}

impl<S> Adapted<S> {
    pub(super) fn new(service: S) -> Self {
        Self { service, broken: None }
    }
}

impl<S, B> Service<Request<Body>> for Adapted<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = AdaptedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if let Err(error) = ready!(self.service.poll_ready(cx)) {
            self.broken = Some(InternalError::new(error));
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let broken = self.broken.take();
        let future = broken.is_none().then(|| self.service.call(request));
        AdaptedFuture { future, broken }
    }
}

pin_project! {
    /// The future of an [`Adapted`] service.
    pub struct AdaptedFuture<F> {
        // `None` if the service was broken.
        #[pin]
        future: Option<F>,
        broken: Option<InternalError>,
    }
}

impl<F, B, E> Future for AdaptedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let error = match this.future.as_pin_mut() {
            None => this.broken.take().expect("not polled after it was ready"),
            Some(future) => match ready!(future.poll(cx)) {
                Ok(response) => return Poll::Ready(Ok(response.map(Body::new))),
                Err(error) => InternalError::new(error),
            },
        };
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(error);
        Poll::Ready(Ok(response))
    }
}
