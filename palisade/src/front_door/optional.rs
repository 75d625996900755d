//! Layers of the stack that may be missing: a service with or without one.

use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "session")]
use axum::body::Body;
#[cfg(feature = "session")]
use http::Request;
use pin_project_lite::pin_project;
#[cfg(feature = "session")]
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "session")]
use crate::csrf::{CsrfTokenService, CsrfTokens, PeekedBody};

/// A service with or without the token check.
#[cfg(feature = "session")]
pub(super) type WithToken<S> = Optional<CsrfTokenService<Rejoined<S>>, S>;

/// A service with or without a layer around it.
#[derive(Clone)]
pub enum Optional<A, B> {
    With { service: A },
    Without { service: B },
}

impl<A, B, R> Service<R> for Optional<A, B>
where
    A: Service<R>,
    B: Service<R, Response = A::Response, Error = A::Error>,
{
    type Response = A::Response;
    type Error = A::Error;
    type Future = OptionalFuture<A::Future, B::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), A::Error>> {
        match self {
            Self::With { service } => service.poll_ready(cx),
            Self::Without { service } => service.poll_ready(cx),
        }
    }

    fn call(&mut self, request: R) -> Self::Future {
        match self {
            Self::With { service } => OptionalFuture::With { future: service.call(request) },
            Self::Without { service } => OptionalFuture::Without { future: service.call(request) },
        }
    }
}

pin_project! {
    /// The future of an [`Optional`].
    #[project = OptionalProjection]
    pub enum OptionalFuture<A, B> {
        With { #[pin] future: A },
        Without { #[pin] future: B },
    }
}

impl<A: Future, B: Future<Output = A::Output>> Future for OptionalFuture<A, B> {
    type Output = A::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<A::Output> {
        match self.project() {
            OptionalProjection::With { future } => future.poll(cx),
            OptionalProjection::Without { future } => future.poll(cx),
        }
    }
}

/// Puts the token check around a service, if there is one.
#[cfg(feature = "session")]
pub(super) fn with_token<S>(tokens: Option<&CsrfTokens>, inner: S) -> WithToken<S> {
    match tokens {
        Some(tokens) => Optional::With { service: tokens.layer(Rejoined(inner)) },
        None => Optional::Without { service: inner },
    }
}

/// Gives the service behind [`CsrfTokens`](crate::CsrfTokens) axum's body again.
#[cfg(feature = "session")]
#[derive(Clone)]
pub struct Rejoined<S>(S);

#[cfg(feature = "session")]
impl<S: Service<Request<Body>>> Service<Request<PeekedBody<Body>>> for Rejoined<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<PeekedBody<Body>>) -> Self::Future {
        self.0.call(request.map(|body| body.into_untouched_or(Body::new)))
    }
}
