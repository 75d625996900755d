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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::future::{pending, ready};
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;
    use crate::core::capacity::Capacity;
    use crate::serve::activity::{Activity, TimeoutAction, Timeouts};

    const IDLE: Duration = Duration::from_secs(75);

    /// A body of these frames, which is pending for `None`. It knows its end if it is told to.
    struct Frames {
        frames: VecDeque<Option<&'static str>>,
        knows_its_end: bool,
    }

    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.frames.pop_front() {
                None => Poll::Ready(None),
                Some(None) => Poll::Pending,
                Some(Some(text)) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))),
            }
        }

        fn is_end_stream(&self) -> bool {
            self.knows_its_end && self.frames.is_empty()
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(7)
        }
    }

    fn frames(frames: &[Option<&'static str>], knows_its_end: bool) -> Frames {
        Frames { frames: frames.iter().copied().collect(), knows_its_end }
    }

    fn activity() -> Activity {
        let times = Timeouts { header: IDLE / 5, idle: IDLE, upgrade_idle: IDLE };
        Activity::new(times, Arc::default())
    }

    fn held(capacity: &Arc<Capacity>, activity: &Activity) -> Held {
        let places = HeldPlaces { place: capacity.take(None).ok(), context: None };
        Held { places, in_flight: activity.request_started(http::Version::HTTP_11) }
    }

    type Data = SentData<Bytes>;

    fn poll<B: Body<Data = Bytes, Error = Infallible>>(
        body: Pin<&mut ResponseBody<B>>,
    ) -> Poll<Option<Data>> {
        let frame = body.poll_frame(&mut Context::from_waker(Waker::noop()));
        frame.map(|frame| frame.map(|Ok(frame)| frame.into_data().unwrap_or_else(|_| panic!("data"))))
    }

    fn data(polled: Poll<Option<Data>>) -> Data {
        match polled {
            Poll::Ready(Some(data)) => data,
            other => panic!("{:?}", other.map(|data| data.is_some())),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_frame_takes_the_place_with_it() {
        let (capacity, activity) = (Capacity::new(1, 1), activity());
        let body = ResponseBody::new(frames(&[Some("one"), Some("two")], true), held(&capacity, &activity));
        let mut body = Box::pin(body);
        drop(data(poll(body.as_mut())));
        assert_eq!(capacity.counts().used, 1, "the first frame is sent, and the second is to come");
        let mut last = data(poll(body.as_mut()));
        drop(body);
        assert_eq!(capacity.counts().used, 1, "HTTP/2 drops the body before it has sent the last frame");
        assert_eq!((last.remaining(), last.chunk()), (3, &b"two"[..]));
        last.advance(1);
        assert_eq!(last.copy_to_bytes(2), "wo");
        drop(last);
        assert_eq!(capacity.counts().used, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_of_unknown_end_holds_the_place_itself() {
        let (capacity, activity) = (Capacity::new(1, 1), activity());
        let body = ResponseBody::new(frames(&[Some("one")], false), held(&capacity, &activity));
        let mut body = Box::pin(body);
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(7));
        drop(data(poll(body.as_mut())));
        assert!(matches!(poll(body.as_mut()), Poll::Ready(None)));
        assert_eq!(capacity.counts().used, 1);
        drop(body);
        assert_eq!(capacity.counts().used, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_body_has_ended() {
        let (capacity, activity) = (Capacity::new(1, 1), activity());
        let mut body = pin!(ResponseBody::<Frames>::empty(held(&capacity, &activity)));
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert!(matches!(poll(body.as_mut()), Poll::Ready(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_from_outside() {
        let (capacity, activity) = (Capacity::new(2, 1), activity());
        let stream = || ResponseBody::new(frames(&[Some("one")], false), held(&capacity, &activity));
        let mut ended = pin!(stream().until(ready(())));
        assert!(matches!(poll(ended.as_mut()), Poll::Ready(None)));
        assert!(ended.is_end_stream());
        let mut running = pin!(stream().until(pending()));
        assert_eq!(data(poll(running.as_mut())).chunk(), b"one");
    }

    #[tokio::test(start_paused = true)]
    async fn the_clients_time_begins_with_each_frame() {
        let (capacity, activity) = (Capacity::new(1, 1), activity());
        let body = frames(&[None, Some("one"), None], true);
        let mut body = pin!(ResponseBody::new(body, held(&capacity, &activity)));
        assert!(poll(body.as_mut()).is_pending());
        advance(IDLE * 2).await;
        assert!(matches!(activity.timeout_action(), TimeoutAction::CheckAt(_)), "the application works");
        drop(data(poll(body.as_mut())));
        activity.wait_for_client();
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close, "the client does not read");
        assert!(poll(body.as_mut()).is_pending());
        assert!(
            matches!(activity.timeout_action(), TimeoutAction::CheckAt(_)),
            "the application works again"
        );
    }
}
