//! The places outside of `extract` that have to know axum: the peer's address, the URI before
//! nesting, its body limit, the errors that it wraps, the route that it has matched, its response,
//! and the rejections of its extractors.

use std::any::Any;
use std::net::SocketAddr;

#[cfg(feature = "csrf")]
use axum::BoxError;
use axum::extract::connect_info::MockConnectInfo;
use axum::extract::rejection::{
    BytesRejection, ExtensionRejection, FormRejection, JsonRejection, PathRejection, QueryRejection,
    RawFormRejection, RawPathParamsRejection, StringRejection,
};
use axum::extract::{ConnectInfo, OriginalUri};
pub(crate) use axum::response::Response;
use http::{Extensions, StatusCode, Uri};

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
#[cfg(feature = "serve")]
pub(crate) fn limit_body<B>(request: &mut http::Request<B>, bytes: u64) {
    axum::extract::DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(request);
}

/// Returns the cause of a body's error without axum's wrapper.
#[cfg(feature = "csrf")]
pub(crate) fn unwrapped(error: BoxError) -> BoxError {
    error.downcast::<axum::Error>().map_or_else(|error| error, |wrapped| wrapped.into_inner())
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
