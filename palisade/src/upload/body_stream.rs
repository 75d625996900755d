//! The request's body as a bounded stream for the multipart parser.
//!
//! The parser would buffer everything that has arrived, and the headers of a part without any
//! limit. So the stream yields one chunk per poll, and has an allowance for the bytes between two
//! fields.

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

/// The number of bytes that may arrive before the next field begins.
#[derive(Clone, Debug, Default)]
pub(super) struct ByteAllowance(Arc<AtomicU64>);

impl ByteAllowance {
    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Subtracts these bytes. The last chunk may exceed the allowance, since the network decides
    /// on its size.
    fn spend(&self, bytes: u64) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.set(left.saturating_sub(bytes));
        left > 0
    }
}

pin_project! {
    pub(super) struct BodyStream<B> {
        #[pin]
        body: B,
        left: u64,
        allowance: ByteAllowance,
        paused: bool,
    }
}

impl<B> BodyStream<B> {
    pub(super) fn new(body: B, max_bytes: u64, allowance: ByteAllowance) -> Self {
        Self { body, left: max_bytes, allowance, paused: false }
    }
}

impl<B> Stream for BodyStream<B>
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
            let Some(left) = fits else { return Poll::Ready(Some(Err(Box::new(BodyTooLarge)))) };
            *this.left = left;
            *this.paused = true;
            return Poll::Ready(Some(Ok(chunk)));
        }
    }
}

#[derive(thiserror::Error)]
#[error("the request's body exceeds the limit for uploads")]
struct BodyTooLarge;

/// Converts an error of the multipart parser.
pub(crate) fn rejection(error: &multer::Error) -> UploadRejection {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<BodyTooLarge>() || error.is::<LengthLimitError>() {
            return UploadRejection::Body(BodyRejection::TooLarge);
        }
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return UploadRejection::Body(BodyRejection::TooSlow);
        }
        cause = error.source();
    }
    tracing::debug!(%error, "invalid multipart form");
    UploadRejection::Body(BodyRejection::Broken)
}

crate::core::error_text::debug_is_text!(BodyTooLarge);
