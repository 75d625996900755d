//! What a handler of axum may ask for, and what it may return.
//!
//! | as an argument | what it is | without the layer |
//! |---|---|---|
//! | [`Client`], [`ClientIp`], [`Scheme`] | who is asking, by [`Proxies`](crate::Proxies) | a 500 that names the missing line |
//! | [`CspNonce`] | the nonce of this page | a nonce that stands in no header |
//! | [`Session`](crate::Session), [`SignedIn`] | the visitor's session; the account that is signed in | a 500 that names the missing line |
//!
//! A handler may return [`PageHeaders`] beside its body, and a [`Refusal`] or a [`Fault`] as an error.

#[cfg(feature = "session")]
mod signed_in;

use std::convert::Infallible;
use std::net::SocketAddr;
#[cfg(feature = "ratelimit")]
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::extract::{ConnectInfo, FromRequestParts};
#[cfg(feature = "ratelimit")]
use axum::extract::{MatchedPath, RawPathParams};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;
use http::{Extensions, StatusCode};

#[cfg(feature = "session")]
pub use self::signed_in::{Account, SignedIn};
use crate::client::{Client, ClientIp, Peer, Scheme};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::headers::PageHeaders;
use crate::nonce::CspNonce;
#[cfg(feature = "ratelimit")]
use crate::ratelimit::{Key, RateGate, RateLimit};
use crate::refusal::Refusal;

/// The peer's address as [`serve`](crate::serve()) or as `axum::serve` hands it on.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    Peer::of(extensions).or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0))
}

/// Tells axum's extractors the limit too: left alone, they stop at 2 MB.
#[cfg(feature = "serve")]
pub(crate) fn limit_body<B>(request: &mut http::Request<B>, bytes: u64) {
    axum::extract::DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(request);
}

#[cfg(feature = "ratelimit")]
impl RateLimit {
    /// As a layer, counted by a parameter of the route's path, such as `id` of `/challenges/{id}`.
    pub fn per_path_param(self, name: impl Into<Arc<str>>) -> RateGate {
        let name = name.into();
        RateGate::per(self, move |parts| {
            let params = pin!(RawPathParams::from_request_parts(parts, &()));
            // It waits for nothing.
            let Poll::Ready(Ok(params)) = params.poll(&mut Context::from_waker(Waker::noop())) else {
                return None;
            };
            let value = params.iter().find(|(known, _)| *known == &*name)?.1;
            Some(Key::parameter(&name, value))
        })
    }
}

#[cfg(feature = "ratelimit")]
impl RateGate {
    /// Each route of a group has a count of its own, as Flask-Limiter's default limits have; addresses without a route
    /// share one.
    pub fn per_route(self) -> Self {
        self.apart_by(|parts| {
            let route = parts.extensions.get::<MatchedPath>();
            route.map_or_else(String::new, |route| route.as_str().to_owned())
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Exchange::of(&parts.extensions).and_then(Exchange::client).cloned().ok_or(Self::MISSING)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Client::from_request_parts(parts, state).await.map(|client| Self(client.ip()))
    }
}

impl<S: Sync> FromRequestParts<S> for Scheme {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Client::from_request_parts(parts, state).await.map(|client| client.scheme())
    }
}

impl<S: Sync> FromRequestParts<S> for CspNonce {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&Exchange::begin(&mut parts.extensions)))
    }
}

impl IntoResponseParts for PageHeaders {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
