//! A request's body as the reader of forms takes it: one chunk at a time, and never more than was agreed.
//!
//! The reader would swallow all that has arrived before it hands on the first byte, and it buffers the head of a part
//! however long that is. So it gets one chunk a turn, and only so much while no field is open.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;

use super::error::UploadRejection;
use crate::core::body_rejection::BodyRejection;

/// How many bytes may still come before the next field opens.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Takes these bytes; nothing stops while there is any allowance at all, since chunks are as the net made them.
    fn spend(&self, bytes: u64) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.set(left.saturating_sub(bytes));
        left > 0
    }
}

pin_project! {
    pub(super) struct Arriving<B> {
        #[pin]
        body: B,
        left: u64,
        allowance: Allowance,
        paused: bool,
    }
}

impl<B> Arriving<B> {
    /// At most so many bytes of this body.
    pub(super) fn new(body: B, most: u64, allowance: Allowance) -> Self {
        Self { body, left: most, allowance, paused: false }
    }
}

impl<B> Stream for Arriving<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Item = Result<Bytes, Box<dyn Error + Send + Sync>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        if std::mem::take(this.paused) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let Some(frame) = ready!(this.body.as_mut().poll_frame(cx)) else { return Poll::Ready(None) };
            let Ok(chunk) = frame.map_err(Into::into)?.into_data() else { continue };
            let length = chunk.len() as u64;
            let fits = this.left.checked_sub(length).filter(|_| this.allowance.spend(length));
            let Some(left) = fits else { return Poll::Ready(Some(Err(Box::new(TooMuch)))) };
            *this.left = left;
            *this.paused = true;
            return Poll::Ready(Some(Ok(chunk)));
        }
    }
}

/// More came than was agreed.
#[derive(Debug, thiserror::Error)]
#[error("the request's body is larger than files may be")]
struct TooMuch;

/// Why a form could not be read to its end.
pub(super) fn refusal(error: &multer::Error) -> UploadRejection {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooMuch>() || error.is::<LengthLimitError>() {
            return UploadRejection::Body(BodyRejection::TooLarge);
        }
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return UploadRejection::Body(BodyRejection::TooSlow);
        }
        cause = error.source();
    }
    tracing::debug!(%error, "a form could not be read");
    UploadRejection::Body(BodyRejection::Broken)
}
