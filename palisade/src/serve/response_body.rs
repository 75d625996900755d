//! The body of a response, which holds the request's places until its last byte is sent.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::activity::InFlightRequest;
use super::bounds::HeldPlaces;

/// The values that a request holds until the last byte of its response is sent.
pub(super) struct Held {
    #[expect(dead_code, reason = "held until it is dropped")]
    pub(super) places: HeldPlaces,
    pub(super) in_flight: InFlightRequest,
}

impl Held {
    /// A request without places.
    pub(super) fn request(in_flight: InFlightRequest) -> Self {
        Self { places: HeldPlaces::default(), in_flight }
    }
}

/// The end of a stream from outside.
type End = Pin<Box<dyn Future<Output = ()> + Send>>;

pin_project! {
    /// The body of a response. The client has to read from each frame on until hyper, which has
    /// sent that frame, asks for the next.
    pub(super) struct ResponseBody<B> {
        #[pin]
        inner: Option<B>,
        // `None` once the last frame has it.
        held: Option<Held>,
        // Ends a stream of events at the shutdown.
        end: Option<End>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, held: Held) -> Self {
        Self { inner: Some(inner), held: Some(held), end: None }
    }

    /// The body of the server's own responses.
    pub(super) fn empty(held: Held) -> Self {
        Self { inner: None, held: Some(held), end: None }
    }

    /// Ends the body when this future is ready.
    pub(super) fn until(self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { end: Some(Box::pin(end)), ..self }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = SentData<B::Data>;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        let mut this = self.project();
        if this.end.as_mut().is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
            *this.end = None;
            this.inner.set(None);
        }
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        if let Some(held) = this.held {
            held.in_flight.set_busy();
        }
        let frame = ready!(inner.as_mut().poll_frame(cx));
        if let Some(held) = this.held {
            held.in_flight.set_waiting();
        }
        let is_last = inner.is_end_stream();
        let sent = |data| {
            // HTTP/2 drops the body once it has the last frame, and keeps the frame until the client
            // reads. The places stay with the bytes.
            SentData { data, _held: if is_last { this.held.take() } else { None } }
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(sent))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// The data of a frame. The last frame holds the places of its request.
pub(super) struct SentData<D> {
    data: D,
    _held: Option<Held>,
}

impl<D: Buf> Buf for SentData<D> {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.data.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        self.data.copy_to_bytes(length)
    }
}
