//! The body that is limited in size and time.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Full, Limited};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::BodyLimit;
use crate::core::body_policy::BodyPolicy;
use crate::core::body_rejection::without_axum_wrapper;

/// 68 years, for a timeout that exceeds the clock's range.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(1 << 31);

pin_project! {
    /// The body of a request, limited in size and time.
    ///
    /// [`serve`](crate::serve()) hands it to the application, and [`BodyLimit`] under other
    /// servers.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::{BodyExt, Full};
    /// use palisade::body_limit::LimitedBody;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let echo = tower::service_fn(async |request: Request<LimitedBody>| {
    ///     let body = request.into_body().collect().await;
    ///     let bytes = body.map_or_else(|error| error.to_string().into(), |body| body.to_bytes());
    ///     Ok::<_, Infallible>(Response::new(Full::<Bytes>::new(bytes)))
    /// });
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let server = palisade::serve(listener, echo);
    /// assert!(server.until(std::future::ready(())).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct LimitedBody<B = Incoming> {
        #[pin]
        inner: B,
        // `None` for a request without a body, and for one that is limited further out.
        policy: Option<ReadPolicy>,
        received: u64,
        waiting_since: Option<Instant>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<B> LimitedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    /// Returns the body itself if this value does not limit it, else this value as `wrap` makes it.
    #[cfg(feature = "axum")]
    pub(crate) fn into_unlimited_or(self, wrap: impl FnOnce(Self) -> B) -> B {
        if self.policy.is_none() { self.inner } else { wrap(self) }
    }

    /// Limits the body of this request, unless a layer or server further out does. Layers further
    /// in may change the limit.
    pub fn limit(mut request: Request<B>, limit: BodyLimit) -> Request<Self> {
        let is_limited = BodyPolicy::is_set(request.extensions()) || request.body().is_end_stream();
        let policy = (!is_limited).then(|| ReadPolicy(limit.apply(&mut request)));
        request.map(|inner| Self { inner, policy, received: 0, waiting_since: None, timer: None })
    }
}

impl<B> Body for LimitedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut this = self.project();
        let Some(ReadPolicy(policy)) = this.policy else {
            return this.inner.poll_frame(cx).map_err(without_axum_wrapper);
        };
        let limit = policy.bytes();
        let announced = if policy.is_peeked() { 0 } else { this.inner.size_hint().lower() };
        if this.received.saturating_add(announced) > limit {
            policy.set_exceeded();
            return Poll::Ready(Some(Err(too_large())));
        }
        if let Poll::Ready(frame) = this.inner.poll_frame(cx) {
            policy.end_wait();
            let Some(frame) = frame else { return Poll::Ready(None) };
            let frame = frame.map_err(without_axum_wrapper)?;
            *this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            // The route has not set its limit yet while a layer peeks: the next read decides.
            if *this.received > limit && !policy.is_peeked() {
                policy.set_exceeded();
                return Poll::Ready(Some(Err(too_large())));
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        policy.set_awaits_client();
        // A layer further in may have changed the timeout since the last poll.
        let timeout = policy.within();
        let since = *this.waiting_since.get_or_insert_with(Instant::now);
        let deadline = since.checked_add(timeout).unwrap_or_else(|| since + LONGEST_TIMEOUT);
        match this.timer.as_mut().as_pin_mut() {
            Some(timer) if timer.deadline() == deadline => {}
            Some(timer) => timer.reset(deadline),
            None => this.timer.set(Some(sleep_until(deadline))),
        }
        if let Some(timer) = this.timer.as_pin_mut() {
            ready!(timer.poll(cx));
        }
        policy.end_wait();
        policy.set_late();
        Poll::Ready(Some(Err(too_slow(timeout))))
    }

    fn is_end_stream(&self) -> bool {
        let is_exceeded = self.policy.as_ref().is_some_and(|policy| self.received > policy.0.bytes());
        self.inner.is_end_stream() && !is_exceeded
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The policy of a body that is read. Dropping the body ends the wait for its client.
#[derive(Debug)]
struct ReadPolicy(Arc<BodyPolicy>);

impl Drop for ReadPolicy {
    fn drop(&mut self) {
        self.0.end_wait();
    }
}

/// Returns the error that axum's extractors answer with 413. Only `Limited` can make one, so it
/// is given a body that exceeds its limit.
fn too_large() -> Box<dyn Error + Send + Sync> {
    let mut body = Limited::new(Full::new(Bytes::from_static(b"!")), 0);
    match Pin::new(&mut body).poll_frame(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(Some(Err(error))) => error,
        _ => io::Error::new(io::ErrorKind::FileTooLarge, "the request's body is too large").into(),
    }
}

fn too_slow(timeout: Duration) -> Box<dyn Error + Send + Sync> {
    io::Error::new(io::ErrorKind::TimedOut, format!("the request's body did not arrive within {timeout:?}"))
        .into()
}
