//! Looks for the token while the body arrives, and only then asks the application.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::peeked::{PeekedBody, Seen};
use super::scan::{Found, Scan};
use super::tokens::Rules;
#[cfg(feature = "serve")]
use crate::core::body_policy::BodyPolicy;
use crate::core::body_rejection::BodyRejection;
use crate::core::rejection::Rejection;

pin_project! {
    /// The answer of a service behind [`CsrfTokens`](crate::CsrfTokens).
    pub struct CsrfTokenFuture<S, F, B> {
        #[pin]
        stage: Stage<S, F, B>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, F, B> {
        Looking { look: Option<Box<(Look<B>, S)>> },
        Called { #[pin] future: F },
        Refused { refusal: Option<Rejection> },
    }
}

impl<S, F, B> CsrfTokenFuture<S, F, B> {
    pub(super) fn called(future: F) -> Self {
        Self { stage: Stage::Called { future } }
    }

    pub(super) fn refused(refusal: Rejection) -> Self {
        Self { stage: Stage::Refused { refusal: Some(refusal) } }
    }

    pub(super) fn looking(rules: Arc<Rules>, scan: Scan, parts: Parts, body: B, inner: S) -> Self {
        let body = Some(Box::pin(body));
        let (beginning, behind) = (BytesMut::new(), Bytes::new());
        let look = Look { rules, scan, parts, body, beginning, behind, trailers: None };
        Self { stage: Stage::Looking { look: Some(Box::new((look, inner))) } }
    }
}

impl<S, B, ResBody> Future for CsrfTokenFuture<S, S::Future, B>
where
    S: Service<Request<PeekedBody<B>>, Response = Response<ResBody>>,
    B: Body<Data = Bytes>,
    ResBody: Default,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProjection::Called { future } => return future.poll(cx),
                StageProjection::Refused { refusal } => {
                    let refusal = refusal.take().expect("not polled after it was ready");
                    return Poll::Ready(Ok(refusal.into_response()));
                }
                StageProjection::Looking { look } => {
                    let (looking, _) = &mut **look.as_mut().expect("not polled after it was ready");
                    let verdict = ready!(looking.poll(cx));
                    let (looked, mut inner) = *look.take().expect("it was there a moment ago");
                    match verdict {
                        Ok(()) => Stage::Called { future: inner.call(looked.request()) },
                        Err(refusal) => Stage::Refused { refusal: Some(refusal) },
                    }
                }
            };
            stage.set(next);
        }
    }
}

/// A request whose body is being looked through.
struct Look<B> {
    rules: Arc<Rules>,
    scan: Scan,
    parts: Parts,
    /// What is still to come.
    body: Option<Pin<Box<B>>>,
    /// As much as may be looked through, in one piece.
    beginning: BytesMut,
    /// What came in the same piece and goes beyond.
    behind: Bytes,
    trailers: Option<HeaderMap>,
}

impl<B: Body<Data = Bytes>> Look<B> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        loop {
            match self.scan.look(&self.beginning, &self.rules.field, self.body.is_none()) {
                Found::Value(token) => return Poll::Ready(self.rules.verdict(&self.parts, Some(&token))),
                Found::Later if self.behind.is_empty() => {}
                Found::Later | Found::Absent => return Poll::Ready(self.rules.verdict(&self.parts, None)),
            }
            if let Err(refusal) = ready!(self.read_on(cx)) {
                return Poll::Ready(Err(refusal));
            }
        }
    }

    fn read_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(())) };
        peek(&self.parts, true);
        let frame = body.as_mut().poll_frame(cx);
        peek(&self.parts, false);
        match ready!(frame) {
            None => self.body = None,
            Some(Err(_)) => return Poll::Ready(Err(broken(&self.parts).into())),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    let room = self.rules.scan_limit - self.beginning.len();
                    self.beginning.extend_from_slice(&data.split_to(room.min(data.len())));
                    self.behind = data;
                }
                Err(frame) => {
                    self.trailers = frame.into_trailers().ok();
                    self.body = None;
                }
            },
        }
        Poll::Ready(Ok(()))
    }

    fn request(self) -> Request<PeekedBody<B>> {
        let seen = Seen { beginning: self.beginning.freeze(), behind: self.behind, trailers: self.trailers };
        Request::from_parts(self.parts, PeekedBody::begun(seen, self.body))
    }
}

/// The route's own limit on the body comes after this layer: it must not be missed yet.
fn peek(parts: &Parts, peeked: bool) {
    #[cfg(feature = "serve")]
    BodyPolicy::peek(&parts.extensions, peeked);
    #[cfg(not(feature = "serve"))]
    let _ = (parts, peeked);
}

/// The handler may not have the request, since it might not read the body and miss nothing.
fn broken(parts: &Parts) -> BodyRejection {
    #[cfg(feature = "serve")]
    if let Some(refusal) = BodyPolicy::broken(&parts.extensions) {
        return refusal;
    }
    let _ = parts;
    BodyRejection::Broken
}
