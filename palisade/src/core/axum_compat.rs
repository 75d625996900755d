//! The places outside of `extract` that have to know axum: the peer's address, the URI before
//! nesting, its body limit and its body, the errors that it wraps, the route that it has matched, its
//! response, and the rejections of its extractors.

use std::any::Any;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::extract::rejection::{
    BytesRejection, ExtensionRejection, FormRejection, JsonRejection, PathRejection, QueryRejection,
    RawFormRejection, RawPathParamsRejection, StringRejection,
};
use axum::extract::{ConnectInfo, OriginalUri};
pub(crate) use axum::response::Response;
use axum::{BoxError, Router};
use bytes::Bytes;
use http::{Extensions, Request, StatusCode, Uri};
use tower_service::Service;

/// Returns the peer's address that axum's server, or `MockConnectInfo` in a test, has set.
pub(crate) fn connect_info(extensions: &Extensions) -> Option<SocketAddr> {
    let real = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    real.or_else(|| extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0))
}

/// Returns the request's URI before `Router::nest` has removed a part of it.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<OriginalUri>().map(|uri| &uri.0)
}

/// Returns the template of the route, such as `/articles/{id}`, inside of a router.
pub(crate) fn route(extensions: &Extensions) -> Option<&str> {
    extensions.get().map(axum::extract::MatchedPath::as_str)
}

/// Sets axum's own body limit too; its extractors stop at 2 MB otherwise.
pub(crate) fn limit_body<B>(request: &mut http::Request<B>, bytes: u64) {
    axum::extract::DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(request);
}

/// Returns the cause of a body's error without axum's wrapper.
pub(crate) fn unwrapped(error: BoxError) -> BoxError {
    error.downcast::<axum::Error>().map_or_else(|error| error, |wrapped| wrapped.into_inner())
}

/// A service that takes axum's `Body`, such as a router. Only a request that has a body costs an
/// allocation for it.
#[derive(Clone)]
pub(crate) struct AxumService<S>(pub(crate) S);

impl AxumService<Router> {
    /// Returns the service if `app` is a router; otherwise, `app`.
    pub(crate) fn of<S: 'static>(app: S) -> Result<Self, S> {
        let mut app = Some(app);
        let router = (&mut app as &mut dyn Any).downcast_mut::<Option<Router>>().and_then(Option::take);
        router.map(Self).ok_or_else(|| app.expect("only a router is taken out"))
    }
}

impl<S, B> Service<Request<B>> for AxumService<S>
where
    S: Service<Request<Body>>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) }))
    }
}

/// Returns the status and the text of an error that is a rejection of one of axum's extractors.
pub(crate) fn rejection(error: &dyn Any) -> Option<(StatusCode, String)> {
    macro_rules! first_of {
        ($($rejection:ty),+ $(,)?) => {
            None$(.or_else(|| {
                error.downcast_ref::<$rejection>().map(|error| (error.status(), error.body_text()))
            }))+
        };
    }
    first_of![
        JsonRejection,
        FormRejection,
        QueryRejection,
        PathRejection,
        BytesRejection,
        StringRejection,
        ExtensionRejection,
        RawFormRejection,
        RawPathParamsRejection,
    ]
}
