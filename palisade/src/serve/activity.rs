//! The activity of one connection: tells a slow or idle client from an application that still
//! works.
//!
//! A connection is busy while a request is with the application, or while the next part of its
//! response is being made. Otherwise the server waits for the client: for a request, for the rest
//! of one, or for the client to read. Only the time in which the server waits for the client is
//! bounded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::Instant;

/// The activity of one connection, shared by its stream and its requests.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The number of requests that the application works on.
    busy_requests: usize,
    phase: ClientPhase,
    /// The time at which the server began to wait for the client.
    waiting_since: Instant,
    http2: bool,
    header_timeout: Duration,
    idle_timeout: Duration,
    /// `true` while all connections of the server are taken and new ones wait to be accepted.
    at_capacity: Arc<AtomicBool>,
    /// `true` once the shutdown has closed an upgraded stream.
    stream_closed: bool,
    /// The tasks that wait to read from the stream and to write to it.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The direction of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Read,
    Write,
}

/// The client's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientPhase {
    /// To send the first request.
    FirstRequest,
    /// To read the response, or to send another request.
    Idle,
    /// To finish the head of a request that has begun.
    RequestHead,
}

/// The action that a connection's timeouts require now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeoutAction {
    /// None before this time.
    CheckAt(Instant),
    /// Shut the connection down gracefully: the client is idle.
    Close,
    /// Drop the connection: the head of a request is overdue.
    Abort,
}

impl Activity {
    pub(super) fn new(
        header_timeout: Duration,
        idle_timeout: Duration,
        at_capacity: Arc<AtomicBool>,
    ) -> Self {
        Self(Arc::new(Mutex::new(State {
            busy_requests: 0,
            phase: ClientPhase::FirstRequest,
            waiting_since: Instant::now(),
            http2: false,
            header_timeout,
            idle_timeout,
            at_capacity,
            stream_closed: false,
            reader: None,
            writer: None,
        })))
    }

    /// Records that a request has arrived.
    pub(super) fn request_started(&self, version: http::Version) -> InFlightRequest {
        let mut state = self.state();
        state.http2 = version == http::Version::HTTP_2;
        state.busy_requests += 1;
        InFlightRequest { activity: self.clone(), busy: true }
    }

    /// Records that bytes came from the client. On HTTP/2 they may be a ping, which starts no
    /// request.
    pub(super) fn bytes_received(&self) {
        let mut state = self.state();
        if state.busy_requests == 0 && state.phase == ClientPhase::Idle && !state.http2 {
            state.phase = ClientPhase::RequestHead;
            state.waiting_since = Instant::now();
        }
    }

    /// Records that bytes went to the client, which therefore reads. On HTTP/2 they may be the
    /// server's own ping, which proves nothing.
    pub(super) fn bytes_sent(&self) {
        let mut state = self.state();
        if state.busy_requests == 0 && state.phase == ClientPhase::Idle && !state.http2 {
            state.waiting_since = Instant::now();
        }
    }

    /// Closes the stream from outside: from now on, its reads and writes fail.
    pub(super) fn close_stream(&self) {
        let mut state = self.state();
        state.stream_closed = true;
        let waiting = [state.reader.take(), state.writer.take()];
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// Returns `true` if the stream is closed. Otherwise, the task is woken when it becomes so.
    pub(super) fn is_stream_closed(&self, direction: Direction, cx: &Context<'_>) -> bool {
        let mut state = self.state();
        let waiting = match direction {
            Direction::Read => &mut state.reader,
            Direction::Write => &mut state.writer,
        };
        match waiting {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waiting = Some(cx.waker().clone()),
        }
        state.stream_closed
    }

    /// Returns the action that the timeouts require now.
    pub(super) fn timeout_action(&self) -> TimeoutAction {
        let state = self.state();
        let now = Instant::now();
        let shorter = state.header_timeout.min(state.idle_timeout);
        let (limit, overdue) = match state.phase {
            ClientPhase::FirstRequest | ClientPhase::RequestHead => {
                (state.header_timeout, TimeoutAction::Abort)
            }
            ClientPhase::Idle if state.at_capacity.load(Ordering::Relaxed) => (shorter, TimeoutAction::Close),
            ClientPhase::Idle => (state.idle_timeout, TimeoutAction::Close),
        };
        // The shorter limit may come into force after this check: a new phase, or a full server.
        let next = now + shorter;
        match state.waiting_since + limit {
            _ if state.busy_requests > 0 => TimeoutAction::CheckAt(next),
            end if end > now => TimeoutAction::CheckAt(end.min(next)),
            _ => overdue,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request on its way through the application. Dropping it leaves the next step to the client.
#[derive(Debug)]
pub(super) struct InFlightRequest {
    activity: Activity,
    busy: bool,
}

impl InFlightRequest {
    /// Records that the application works on the request.
    pub(super) fn set_busy(&mut self) {
        if !self.busy {
            self.busy = true;
            self.activity.state().busy_requests += 1;
        }
    }

    /// Records that the client has to read before the application can go on.
    pub(super) fn set_waiting(&mut self) {
        if self.busy {
            self.busy = false;
            let mut state = self.activity.state();
            state.busy_requests -= 1;
            state.phase = ClientPhase::Idle;
            state.waiting_since = Instant::now();
        }
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        self.set_waiting();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const HEADER: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(75);

    fn activity() -> Activity {
        Activity::new(HEADER, IDLE, Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn later_requests_may_wait_for_the_idle_timeout() {
        let activity = activity();
        advance(HEADER - Duration::from_secs(1)).await;
        let in_a_second = TimeoutAction::CheckAt(Instant::now() + Duration::from_secs(1));
        assert_eq!(activity.timeout_action(), in_a_second);
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Abort);

        drop(activity.request_started(http::Version::HTTP_11));
        advance(IDLE - Duration::from_secs(1)).await;
        let in_a_second = TimeoutAction::CheckAt(Instant::now() + Duration::from_secs(1));
        assert_eq!(activity.timeout_action(), in_a_second);
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn single_bytes_do_not_extend_the_header_timeout() {
        let activity = activity();
        drop(activity.request_started(http::Version::HTTP_11));
        advance(HEADER * 2).await;
        activity.bytes_received();
        advance(HEADER / 2).await;
        activity.bytes_received();
        assert_eq!(activity.timeout_action(), TimeoutAction::CheckAt(Instant::now() + HEADER / 2));
        advance(HEADER / 2).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Abort);
    }

    #[tokio::test(start_paused = true)]
    async fn the_applications_time_does_not_count() {
        let activity = activity();
        let mut request = activity.request_started(http::Version::HTTP_11);
        advance(IDLE * 10).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::CheckAt(Instant::now() + HEADER));
        request.set_waiting();
        assert_eq!(activity.timeout_action(), TimeoutAction::CheckAt(Instant::now() + HEADER));
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_extends_the_idle_timeout_and_pings_do_not() {
        let activity = activity();
        drop(activity.request_started(http::Version::HTTP_11));
        advance(IDLE).await;
        activity.bytes_sent();
        assert_eq!(activity.timeout_action(), TimeoutAction::CheckAt(Instant::now() + HEADER));

        drop(activity.request_started(http::Version::HTTP_2));
        advance(IDLE).await;
        activity.bytes_sent();
        activity.bytes_received();
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_shortens_the_idle_timeout() {
        let at_capacity = Arc::new(AtomicBool::new(false));
        let activity = Activity::new(HEADER, IDLE, at_capacity.clone());
        drop(activity.request_started(http::Version::HTTP_11));
        advance(HEADER).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::CheckAt(Instant::now() + HEADER));
        at_capacity.store(true, Ordering::Relaxed);
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }
}
