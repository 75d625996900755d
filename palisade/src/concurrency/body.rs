//! The body of a response, with the request's place.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::core::capacity::Place;

pin_project! {
    /// The body of a response that holds its request's place until it is dropped.
    ///
    /// ```
    /// use palisade::concurrency::PlacedBody;
    ///
    /// let body = PlacedBody::<String>::default(); // that of a rejection: empty, without a place
    /// assert!(http_body::Body::is_end_stream(&body));
    /// ```
    #[derive(Debug, Default)]
    pub struct PlacedBody<B> {
        #[pin]
        inner: B,
        // `None` if the server keeps it until the last byte is sent.
        place: Option<Place>,
    }
}

impl<B> PlacedBody<B> {
    pub(super) fn new(inner: B, place: Option<Place>) -> Self {
        Self { inner, place }
    }

    /// Returns the body itself if it holds no place, else this value as `wrap` makes it.
    #[cfg(feature = "axum")]
    pub(crate) fn into_unplaced_or(self, wrap: impl FnOnce(Self) -> B) -> B {
        if self.place.is_none() { self.inner } else { wrap(self) }
    }
}

impl<B: Body> Body for PlacedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
