//! The service that limits the requests underway, and its future.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{ConcurrencyLimit, ConcurrencyRejection, PlacedBody};
use crate::core::capacity::{ClientNetwork, Place};
use crate::core::client::Client;
use crate::core::media_type::is_event_stream;
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext};

/// The service that [`ConcurrencyLimit`] makes.
///
/// ```
/// use palisade::concurrency::{ConcurrencyLimit, ConcurrencyLimitService};
/// use tower::Layer;
///
/// let service: ConcurrencyLimitService<&str> = ConcurrencyLimit::new().layer("any service");
/// assert!(format!("{service:?}").contains("any service"));
/// ```
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitService<S> {
    limit: ConcurrencyLimit,
    inner: S,
}

impl<S> ConcurrencyLimitService<S> {
    pub(super) fn new(limit: ConcurrencyLimit, inner: S) -> Self {
        Self { limit, inner }
    }

    /// Takes the place of a request.
    fn begin<B>(&self, request: &mut Request<B>) -> Result<Underway, Rejection> {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::ConcurrencyLimit);
        let client = context.client().ok_or(Client::MISSING)?;
        let client = self.limit.holder(client.ip());
        let place = self.limit.take_request(client)?;
        Ok(Underway { place, client, context, limit: self.limit.clone() })
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ConcurrencyLimitService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = Response<PlacedBody<ResBody>>;
    type Error = S::Error;
    type Future = ConcurrencyLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.begin(&mut request) {
            Ok(underway) => {
                let inner = Some(self.inner.call(request));
                ConcurrencyLimitFuture { inner, underway: Some(underway), rejection: None }
            }
            Err(rejection) => {
                ConcurrencyLimitFuture { inner: None, underway: None, rejection: Some(rejection) }
            }
        }
    }
}

pin_project! {
    /// The response future of a [`ConcurrencyLimitService`].
    pub struct ConcurrencyLimitFuture<F> {
        // `None` if the request was rejected.
        #[pin]
        inner: Option<F>,
        underway: Option<Underway>,
        rejection: Option<Rejection>,
    }
}

impl<F, B, E> Future for ConcurrencyLimitFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<PlacedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            let rejection = this.rejection.take().expect("not polled after it was ready");
            return Poll::Ready(Ok(rejection.into_response()));
        };
        let response = ready!(inner.poll(cx))?;
        let underway = this.underway.take().expect("not polled after it was ready");
        Poll::Ready(Ok(match underway.place_of(&response) {
            Ok(place) => response.map(|body| PlacedBody::new(body, place)),
            Err(reason) => Rejection::from(reason).into_response(),
        }))
    }
}

/// A request that the application has.
struct Underway {
    place: Place,
    client: Option<ClientNetwork>,
    context: RequestContext,
    limit: ConcurrencyLimit,
}

impl Underway {
    /// Returns the place that the response has to hold. `None` if the server keeps it.
    fn place_of<B>(self, response: &Response<B>) -> Result<Option<Place>, ConcurrencyRejection> {
        let Self { mut place, client, context, limit } = self;
        let is_upgrade = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if is_upgrade || is_event_stream(response.headers()) {
            place = limit.take_stream(client)?;
        }
        Ok(context.keep_place(place).err())
    }
}

/// Returns the place that this response has to hold, for tests: outside of a server.
#[cfg(test)]
pub(super) fn place_of_response(
    limit: &ConcurrencyLimit,
    place: Place,
    response: &Response<()>,
) -> Result<Option<Place>, ConcurrencyRejection> {
    let context = RequestContext::begin(&mut http::Extensions::new());
    Underway { place, client: None, context, limit: limit.clone() }.place_of(response)
}
