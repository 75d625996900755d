//! The places where a layer or the server has to know that axum may be inside: its own body limit,
//! the errors that it wraps, and the body that its router takes.

#[cfg(feature = "serve")]
use std::any::Any;
#[cfg(feature = "serve")]
use std::convert::Infallible;
#[cfg(feature = "serve")]
use std::task::{Context, Poll};

#[cfg(feature = "serve")]
use axum::{Router, body::Body, routing::future::RouteFuture};
#[cfg(feature = "serve")]
use bytes::Bytes;
#[cfg(feature = "serve")]
use http::{Request, Response};
#[cfg(feature = "serve")]
use tower_service::Service;

#[cfg(any(feature = "csrf", feature = "serve"))]
use axum::BoxError;

/// Sets axum's own body limit too; its extractors stop at 2 MB otherwise.
#[cfg(feature = "serve")]
pub(crate) fn limit_body<B>(request: &mut http::Request<B>, bytes: u64) {
    axum::extract::DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(request);
}

/// Returns the cause of a body's error without axum's wrapper.
#[cfg(any(feature = "csrf", feature = "serve"))]
pub(crate) fn unwrapped(error: BoxError) -> BoxError {
    error.downcast::<axum::Error>().map_or_else(|error| error, |wrapped| wrapped.into_inner())
}

/// A router that is given axum's `Body`. Only a request that has a body costs an allocation for
/// it.
#[cfg(feature = "serve")]
#[derive(Clone)]
pub(crate) struct RouterService(Router);

#[cfg(feature = "serve")]
impl RouterService {
    /// Returns the service if `app` is a router; otherwise, `app`.
    pub(crate) fn of<S: 'static>(app: S) -> Result<Self, S> {
        let mut app = Some(app);
        let router = (&mut app as &mut dyn Any).downcast_mut::<Option<Router>>().and_then(Option::take);
        router.map(Self).ok_or_else(|| app.expect("only a router is taken out"))
    }
}

#[cfg(feature = "serve")]
impl<B> Service<Request<B>> for RouterService
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) }))
    }
}
