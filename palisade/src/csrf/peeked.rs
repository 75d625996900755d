//! A body whose start has been scanned; all of it can still be read.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::core::body_rejection::without_axum_wrapper;

#[cfg(feature = "serve")]
use crate::body_limit::{BodyLimit, LimitableBody, LimitedBody};

pin_project! {
    /// The body of a request behind [`CsrfTokens`](crate::CsrfTokens): the scanned start, then the
    /// rest.
    pub struct PeekedBody<B> {
        read_ahead: ReadAhead,
        #[pin]
        rest: Rest<B>,
    }
}

/// The data that have been read from a body and not been passed on.
#[derive(Default)]
pub(super) struct ReadAhead {
    pub(super) scanned: Bytes,
    pub(super) excess: Bytes,
    pub(super) trailers: Option<HeaderMap>,
}

pin_project! {
    #[project = RestProjection]
    enum Rest<B> {
        Untouched { #[pin] body: B },
        /// The body has been polled, and must not be moved any more.
        Begun { body: Option<Pin<Box<B>>> },
    }
}

impl<B> PeekedBody<B> {
    pub(super) fn untouched(body: B) -> Self {
        Self { read_ahead: ReadAhead::default(), rest: Rest::Untouched { body } }
    }

    /// Returns the original body if nothing has been read from it, else this body as `wrap` makes
    /// it.
    #[cfg(all(feature = "axum", feature = "session"))]
    pub(crate) fn into_untouched_or(self, wrap: impl FnOnce(Self) -> B) -> B {
        match self.rest {
            Rest::Untouched { body } => body,
            Rest::Begun { .. } => wrap(self),
        }
    }

    /// Makes a body from the data that have been read, and the rest.
    pub(super) fn begun(read_ahead: ReadAhead, body: Option<Pin<Box<B>>>) -> Self {
        Self { read_ahead, rest: Rest::Begun { body } }
    }
}

impl ReadAhead {
    fn next(&mut self) -> Option<Bytes> {
        let next = [&mut self.scanned, &mut self.excess].into_iter().find(|bytes| !bytes.is_empty())?;
        Some(std::mem::take(next))
    }

    fn bytes(&self) -> u64 {
        (self.scanned.len() + self.excess.len()) as u64
    }
}

impl<B> Body for PeekedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.project();
        if let Some(bytes) = this.read_ahead.next() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match this.rest.project() {
            RestProjection::Untouched { body } => body.poll_frame(cx).map_err(without_axum_wrapper),
            RestProjection::Begun { body: Some(rest) } => {
                rest.as_mut().poll_frame(cx).map_err(without_axum_wrapper)
            }
            RestProjection::Begun { body: None } => {
                Poll::Ready(this.read_ahead.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read_ahead.bytes() == 0
            && match &self.rest {
                Rest::Untouched { body } => body.is_end_stream(),
                Rest::Begun { body: Some(body) } => body.is_end_stream(),
                Rest::Begun { body: None } => self.read_ahead.trailers.is_none(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = match &self.rest {
            Rest::Untouched { body } => body.size_hint(),
            Rest::Begun { body: Some(body) } => body.size_hint(),
            Rest::Begun { body: None } => SizeHint::with_exact(0),
        };
        let read_ahead = self.read_ahead.bytes();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read_ahead));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(read_ahead)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(feature = "serve")]
impl<B> LimitableBody for PeekedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Limited = LimitedBody<Self>;

    fn limit(request: http::Request<Self>, limit: BodyLimit) -> http::Request<LimitedBody<Self>> {
        LimitedBody::limit(request, limit)
    }
}
