//! The places outside of `extract` that have to know axum: its body limit, the errors that it
//! wraps, the route that it has matched, its response, and the rejections of its extractors.

use std::any::Any;

#[cfg(feature = "csrf")]
use axum::BoxError;
use axum::extract::rejection::{
    BytesRejection, ExtensionRejection, FormRejection, JsonRejection, PathRejection, QueryRejection,
    RawFormRejection, RawPathParamsRejection, StringRejection,
};
pub(crate) use axum::response::Response;
use http::StatusCode;

/// Returns the template of the route, such as `/articles/{id}`, inside of a router.
pub(crate) fn route(extensions: &http::Extensions) -> Option<&str> {
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
