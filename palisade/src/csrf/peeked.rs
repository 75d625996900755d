//! A body of which the beginning has been looked at: all of it can still be read.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request behind [`CsrfTokens`](crate::CsrfTokens): first what has been looked at, then what has not
    /// arrived yet.
    pub struct PeekedBody<B> {
        seen: Seen,
        #[pin]
        rest: Rest<B>,
    }
}

/// What has been taken from a body and not been handed on.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) beginning: Bytes,
    pub(super) behind: Bytes,
    pub(super) trailers: Option<HeaderMap>,
}

pin_project! {
    #[project = RestProjection]
    enum Rest<B> {
        Untouched { #[pin] body: B },
        /// It has been read from, and may not be moved any more.
        Begun { body: Option<Pin<Box<B>>> },
    }
}

impl<B> PeekedBody<B> {
    pub(super) fn untouched(body: B) -> Self {
        Self { seen: Seen::default(), rest: Rest::Untouched { body } }
    }

    /// `body` is what is still to come.
    pub(super) fn begun(seen: Seen, body: Option<Pin<Box<B>>>) -> Self {
        Self { seen, rest: Rest::Begun { body } }
    }
}

impl Seen {
    fn next(&mut self) -> Option<Bytes> {
        let next = [&mut self.beginning, &mut self.behind].into_iter().find(|bytes| !bytes.is_empty())?;
        Some(std::mem::take(next))
    }

    fn bytes(&self) -> u64 {
        (self.beginning.len() + self.behind.len()) as u64
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
        if let Some(bytes) = this.seen.next() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match this.rest.project() {
            RestProjection::Untouched { body } => body.poll_frame(cx).map_err(cause),
            RestProjection::Begun { body: Some(rest) } => rest.as_mut().poll_frame(cx).map_err(cause),
            RestProjection::Begun { body: None } => {
                Poll::Ready(this.seen.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.seen.bytes() == 0
            && match &self.rest {
                Rest::Untouched { body } => body.is_end_stream(),
                Rest::Begun { body: Some(body) } => body.is_end_stream(),
                Rest::Begun { body: None } => self.seen.trailers.is_none(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = match &self.rest {
            Rest::Untouched { body } => body.size_hint(),
            Rest::Begun { body: Some(body) } => body.size_hint(),
            Rest::Begun { body: None } => SizeHint::with_exact(0),
        };
        let seen = self.seen.bytes();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(seen));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(seen)) {
            hint.set_upper(upper);
        }
        hint
    }
}

/// Why the body broke off. The extractors of axum look only so deep for a body that is too large, and axum is about to wrap
/// the error once more.
fn cause(error: impl Into<Box<dyn Error + Send + Sync>>) -> Box<dyn Error + Send + Sync> {
    let error = error.into();
    #[cfg(feature = "axum")]
    let error = crate::core::axum_compat::unwrapped(error);
    error
}
