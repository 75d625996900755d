//! What a handler of axum may ask for, and what it may return.
//!
//! | as an argument | what it is | without the layer |
//! |---|---|---|
//! | [`Client`], [`ClientIp`], [`Scheme`] | who is asking, by [`Proxies`](crate::Proxies) | a 500 that names the missing line |
//! | [`CspNonce`] | the nonce of this page | a nonce that stands in no header |
//! | [`Session`](crate::Session), [`SignedIn`] | the visitor's session; the account that is signed in | a 500 that names the missing line |
//! | [`CsrfToken`](crate::CsrfToken) | the token for this page's forms, by [`CsrfTokens`](crate::CsrfTokens) | a 500 that names the missing line |
//!
//! A handler may return [`PageHeaders`] beside its body, a `Redirect`, and a [`Rejection`] or a [`InternalError`] as an error.

#[cfg(feature = "session")]
mod signed_in;

use std::convert::Infallible;
use std::net::SocketAddr;
#[cfg(feature = "rate-limit")]
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::extract::{ConnectInfo, FromRequestParts};
#[cfg(feature = "rate-limit")]
use axum::extract::{MatchedPath, RawPathParams};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;
use http::{Extensions, StatusCode};

#[cfg(feature = "session")]
pub use self::signed_in::{Account, SignedIn};
use crate::core::client::{Client, ClientIp, PeerAddr, Scheme};
use crate::core::internal_error::InternalError;
use crate::core::nonce::CspNonce;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
#[cfg(feature = "csrf")]
use crate::csrf::CsrfToken;
use crate::headers::PageHeaders;
#[cfg(feature = "rate-limit")]
use crate::rate_limit::{RateLimit, RateLimitKey, RateLimitLayer};
#[cfg(feature = "redirect")]
use crate::redirect::Redirect;

/// The peer's address as [`serve`](crate::serve()) or as `axum::serve` hands it on.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    PeerAddr::of(extensions).or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0))
}

#[cfg(feature = "rate-limit")]
impl RateLimit {
    /// As a layer, counted by a parameter of the route's path, such as `id` of `/challenges/{id}`.
    pub fn per_path_param(self, name: impl Into<Arc<str>>) -> RateLimitLayer {
        let name = name.into();
        RateLimitLayer::per(self, move |parts| {
            let params = pin!(RawPathParams::from_request_parts(parts, &()));
            // It waits for nothing.
            let Poll::Ready(Ok(params)) = params.poll(&mut Context::from_waker(Waker::noop())) else {
                return None;
            };
            let value = params.iter().find(|(known, _)| *known == &*name)?.1;
            Some(RateLimitKey::parameter(&name, value))
        })
    }
}

#[cfg(feature = "rate-limit")]
impl RateLimitLayer {
    /// Each route of a group has a count of its own, as Flask-Limiter's default limits have; addresses without a route
    /// share one.
    pub fn per_route(self) -> Self {
        self.scope_by(|parts| {
            let route = parts.extensions.get::<MatchedPath>();
            route.map_or_else(String::new, |route| route.as_str().to_owned())
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        RequestContext::of(&parts.extensions)
            .and_then(RequestContext::client)
            .cloned()
            .ok_or(Self::MISSING.into())
    }
}

impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Client::from_request_parts(parts, state).await.map(|client| Self(client.ip()))
    }
}

impl<S: Sync> FromRequestParts<S> for Scheme {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Client::from_request_parts(parts, state).await.map(|client| client.scheme())
    }
}

impl<S: Sync> FromRequestParts<S> for CspNonce {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&RequestContext::begin(&mut parts.extensions)))
    }
}

#[cfg(feature = "csrf")]
impl<S: Sync> FromRequestParts<S> for CsrfToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(Self::of(&parts.extensions)?)
    }
}

impl IntoResponseParts for PageHeaders {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

/// Lets a handler return the reasons themselves as errors.
macro_rules! into_response {
    ($($(#[$feature:meta])* $reason:ty),+ $(,)?) => {$(
        $(#[$feature])*
        impl IntoResponse for $reason {
            fn into_response(self) -> Response {
                Rejection::from(self).into_response()
            }
        }
    )+};
}

into_response! {
    MissingLayer,
    #[cfg(feature = "password")]
    crate::password::HashingError,
    #[cfg(feature = "rate-limit")]
    crate::rate_limit::RateLimitRejection,
    #[cfg(feature = "session")]
    crate::session::SessionRejection,
    #[cfg(feature = "upload")]
    crate::upload::UploadRejection,
}

#[cfg(feature = "redirect")]
impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

impl IntoResponse for InternalError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
