//! Scans the body for the token while it arrives, and then calls the application.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::peeked::{PeekedBody, ReadAhead};
use super::scan::{ScanResult, TokenScan};
use super::settings::TokenSettings;
#[cfg(feature = "serve")]
use crate::core::body_policy::BodyPolicy;
use crate::core::body_rejection::BodyRejection;
use crate::core::rejection::Rejection;

pin_project! {
    /// The response future of a [`CsrfTokenService`](super::CsrfTokenService).
    pub struct CsrfTokenFuture<S, F, B> {
        #[pin]
        stage: Stage<S, F, B>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, F, B> {
        Scanning { scan: Option<Box<(BodyScan<B>, S)>> },
        Calling { #[pin] future: F },
        Rejected { rejection: Option<Rejection> },
    }
}

impl<S, F, B> CsrfTokenFuture<S, F, B> {
    pub(super) fn calling(future: F) -> Self {
        Self { stage: Stage::Calling { future } }
    }

    pub(super) fn rejected(rejection: Rejection) -> Self {
        Self { stage: Stage::Rejected { rejection: Some(rejection) } }
    }

    pub(super) fn scanning(
        settings: Arc<TokenSettings>,
        scan: TokenScan,
        parts: Parts,
        body: B,
        inner: S,
    ) -> Self {
        let body = Some(Box::pin(body));
        let (scanned, excess) = (BytesMut::new(), Bytes::new());
        let scan = BodyScan { settings, scan, parts, body, scanned, excess, trailers: None };
        Self { stage: Stage::Scanning { scan: Some(Box::new((scan, inner))) } }
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
                StageProjection::Calling { future } => return future.poll(cx),
                StageProjection::Rejected { rejection } => {
                    let rejection = rejection.take().expect("a future is not polled after completion");
                    return Poll::Ready(Ok(rejection.into_response()));
                }
                StageProjection::Scanning { scan } => {
                    let (body_scan, _) =
                        &mut **scan.as_mut().expect("a future is not polled after completion");
                    let verified = ready!(body_scan.poll(cx));
                    let (body_scan, mut inner) = *scan.take().expect("the line above has used it");
                    match verified {
                        Ok(()) => Stage::Calling { future: inner.call(body_scan.into_request()) },
                        Err(rejection) => Stage::Rejected { rejection: Some(rejection) },
                    }
                }
            };
            stage.set(next);
        }
    }
}

/// A request whose body is being scanned.
struct BodyScan<B> {
    settings: Arc<TokenSettings>,
    scan: TokenScan,
    parts: Parts,
    /// The part of the body that has not arrived yet; `None` after its end.
    body: Option<Pin<Box<B>>>,
    /// The scanned start of the body, up to the scan limit.
    scanned: BytesMut,
    /// The rest of the last piece, beyond the scan limit.
    excess: Bytes,
    trailers: Option<HeaderMap>,
}

impl<B: Body<Data = Bytes>> BodyScan<B> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        loop {
            match self.scan.advance(&self.scanned, &self.settings.field, self.body.is_none()) {
                ScanResult::Value(token) => {
                    return Poll::Ready(self.settings.verify_token(&self.parts, Some(&token)));
                }
                ScanResult::Incomplete if self.excess.is_empty() => {}
                ScanResult::Incomplete | ScanResult::Absent => {
                    return Poll::Ready(self.settings.verify_token(&self.parts, None));
                }
            }
            if let Err(rejection) = ready!(self.read_frame(cx)) {
                return Poll::Ready(Err(rejection));
            }
        }
    }

    fn read_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(())) };
        mark_peeking(&self.parts, true);
        let frame = body.as_mut().poll_frame(cx);
        mark_peeking(&self.parts, false);
        match ready!(frame) {
            None => self.body = None,
            Some(Err(_)) => return Poll::Ready(Err(body_error(&self.parts).into())),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    let room = self.settings.scan_limit - self.scanned.len();
                    self.scanned.extend_from_slice(&data.split_to(room.min(data.len())));
                    self.excess = data;
                }
                Err(frame) => {
                    self.trailers = frame.into_trailers().ok();
                    self.body = None;
                }
            },
        }
        Poll::Ready(Ok(()))
    }

    fn into_request(self) -> Request<PeekedBody<B>> {
        let read_ahead =
            ReadAhead { scanned: self.scanned.freeze(), excess: self.excess, trailers: self.trailers };
        Request::from_parts(self.parts, PeekedBody::begun(read_ahead, self.body))
    }
}

/// Tells the body policy that this layer reads: the limits of an inner layer must not apply yet.
fn mark_peeking(parts: &Parts, peeked: bool) {
    #[cfg(feature = "serve")]
    BodyPolicy::peek(&parts.extensions, peeked);
    #[cfg(not(feature = "serve"))]
    let _ = (parts, peeked);
}

/// The reason why the body ended early. The handler must not run: it might not read the body, and
/// so not notice.
fn body_error(parts: &Parts) -> BodyRejection {
    #[cfg(feature = "serve")]
    if let Some(rejection) = BodyPolicy::broken(&parts.extensions) {
        return rejection;
    }
    let _ = parts;
    BodyRejection::Broken
}
