//! The activity of one connection: tells a slow or idle client from an application that still
//! works.
//!
//! A connection is busy while a request is with the application, or while the next part of its
//! response is being made. Otherwise the server waits for the client: for a request, for the rest
//! of one, or for the client to read. Only the time in which the server waits for the client is
//! bounded.
//!
//! The state is one atomic word. A wait begins without a time. The connection's next read or write
//! that has to wait for the client reads the clock, once for a request: see
//! [`Activity::wait_for_client`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::activity_state::{ClientPhase, State};
use super::bounds::HeldPlaces;
use super::socket::{Direction, UpgradedSocket};

/// The activity of one connection, shared by its stream and its requests.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: AtomicU64,
    started: Instant,
    timeouts: Timeouts,
    /// `true` while all connections of the server are taken and new ones wait to be accepted.
    at_capacity: Arc<AtomicBool>,
    socket: Mutex<UpgradedSocket>,
}

/// The times that a client has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) header: Duration,
    pub(super) idle: Duration,
    pub(super) upgrade_idle: Duration,
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
    pub(super) fn new(timeouts: Timeouts, at_capacity: Arc<AtomicBool>) -> Self {
        Self(Arc::new(Shared {
            state: AtomicU64::new(State::NEW.word()),
            started: Instant::now(),
            timeouts,
            at_capacity,
            socket: Mutex::default(),
        }))
    }

    /// Records that a request has arrived.
    pub(super) fn request_started(&self, version: http::Version) -> InFlightRequest {
        let http2 = version == http::Version::HTTP_2;
        self.change(|state| Some(State { busy: state.busy.saturating_add(1), http2, ..state }));
        InFlightRequest { activity: self.clone(), busy: true }
    }

    /// Records that bytes came from the client. On HTTP/2 they may be a ping, which starts no
    /// request.
    pub(super) fn bytes_received(&self) {
        self.change(|state| match state.phase {
            ClientPhase::Idle if state.is_waiting_http1() => {
                Some(State { phase: ClientPhase::RequestHead, since: None, ..state })
            }
            ClientPhase::Upgraded => Some(State { since: None, ..state }),
            _ => None,
        });
    }

    /// Records that bytes went to the client, which therefore reads. On HTTP/2 they may be the
    /// server's own ping, which proves nothing.
    pub(super) fn bytes_sent(&self) {
        self.change(|state| match state.phase {
            ClientPhase::Idle if state.is_waiting_http1() => Some(State { since: None, ..state }),
            ClientPhase::Upgraded => Some(State { since: None, ..state }),
            _ => None,
        });
    }

    /// Records that a read or a write waits for the client. The first one after a new phase, or
    /// after bytes, begins the time that the client has.
    pub(super) fn wait_for_client(&self) {
        let state = self.state();
        if state.busy == 0 && state.since.is_none() {
            let now = self.millis(Instant::now());
            self.change(|state| {
                let begins = state.busy == 0 && state.since.is_none();
                begins.then_some(State { since: Some(now), ..state })
            });
        }
    }

    /// Records that the application gets the socket. The places are held until the socket is
    /// dropped.
    pub(super) fn upgrade(&self, places: HeldPlaces) {
        self.socket().hold(places);
        self.change(|state| Some(State { phase: ClientPhase::Upgraded, since: None, ..state }));
    }

    /// Records that the stream is dropped.
    pub(super) fn stream_dropped(&self) {
        if self.state().phase == ClientPhase::Upgraded {
            let places = self.socket().release();
            drop(places);
        }
    }

    /// Closes an upgraded stream from outside: from now on, its reads and writes fail.
    pub(super) fn close_stream(&self) {
        let waiting = self.socket().close();
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// Returns `true` if the stream is upgraded and closed. If it is upgraded and open, the task is
    /// woken when it becomes closed.
    pub(super) fn is_stream_closed(&self, direction: Direction, cx: &Context<'_>) -> bool {
        self.state().phase == ClientPhase::Upgraded && self.socket().is_closed(direction, cx)
    }

    /// Returns the action that the timeouts require now.
    pub(super) fn timeout_action(&self) -> TimeoutAction {
        // Nothing has waited since the last event: the time begins here.
        self.wait_for_client();
        let (state, now) = (self.state(), Instant::now());
        let Timeouts { header, idle, upgrade_idle } = self.0.timeouts;
        let shorter = header.min(idle);
        let (limit, overdue) = match state.phase {
            ClientPhase::FirstRequest | ClientPhase::RequestHead => (header, TimeoutAction::Abort),
            ClientPhase::Idle if self.0.at_capacity.load(Ordering::Relaxed) => {
                (shorter, TimeoutAction::Close)
            }
            ClientPhase::Idle => (idle, TimeoutAction::Close),
            ClientPhase::Upgraded => (upgrade_idle, TimeoutAction::Close),
        };
        // The shorter limit may come into force after this check: a new phase, or a full server.
        let next = now + shorter;
        match state.since {
            Some(since) if state.busy == 0 => match self.0.started + Duration::from_millis(since) + limit {
                end if end > now => TimeoutAction::CheckAt(end.min(next)),
                _ => overdue,
            },
            _ => TimeoutAction::CheckAt(next),
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.0.started).as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> State {
        State::from_word(self.0.state.load(Ordering::Relaxed))
    }

    /// Changes the state, unless the function returns `None` or the same state.
    fn change(&self, change: impl Fn(State) -> Option<State>) {
        let changed = |word| change(State::from_word(word)).map(State::word).filter(|new| *new != word);
        let _ = self.0.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    }

    fn socket(&self) -> MutexGuard<'_, UpgradedSocket> {
        self.0.socket.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.activity.change(|state| Some(State { busy: state.busy.saturating_add(1), ..state }));
        }
    }

    /// Records that the client has to read before the application can go on.
    pub(super) fn set_waiting(&mut self) {
        if self.busy {
            self.busy = false;
            self.activity.change(|state| Some(State { busy: state.busy.saturating_sub(1), ..state }.waits()));
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

    const TIMEOUTS: Timeouts = Timeouts {
        header: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        upgrade_idle: Duration::from_secs(120),
    };
    const HEADER: Duration = TIMEOUTS.header;
    const IDLE: Duration = TIMEOUTS.idle;
    const SECOND: Duration = Duration::from_secs(1);

    fn activity() -> Activity {
        Activity::new(TIMEOUTS, Arc::default())
    }

    /// A request that is answered at once; the connection then waits for the client.
    fn request(activity: &Activity, version: http::Version) {
        drop(activity.request_started(version));
        activity.wait_for_client();
    }

    fn check_after(time: Duration) -> TimeoutAction {
        TimeoutAction::CheckAt(Instant::now() + time)
    }

    #[tokio::test(start_paused = true)]
    async fn later_requests_may_wait_for_the_idle_timeout() {
        let activity = activity();
        advance(HEADER - SECOND).await;
        assert_eq!(activity.timeout_action(), check_after(SECOND));
        advance(SECOND).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Abort);

        request(&activity, http::Version::HTTP_11);
        advance(IDLE - SECOND).await;
        assert_eq!(activity.timeout_action(), check_after(SECOND));
        advance(SECOND).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn single_bytes_do_not_extend_the_header_timeout() {
        let activity = activity();
        request(&activity, http::Version::HTTP_11);
        advance(HEADER * 2).await;
        for _ in 0..2 {
            activity.bytes_received();
            activity.wait_for_client();
            advance(HEADER / 2).await;
        }
        assert_eq!(activity.timeout_action(), TimeoutAction::Abort);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_nothing_reports_begins_with_the_check() {
        let activity = activity();
        drop(activity.request_started(http::Version::HTTP_11));
        advance(IDLE * 2).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER));
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn the_applications_time_does_not_count() {
        let activity = activity();
        let mut request = activity.request_started(http::Version::HTTP_11);
        activity.wait_for_client(); // for the end of the connection
        advance(IDLE * 10).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER));
        request.set_waiting();
        activity.wait_for_client();
        advance(IDLE - SECOND).await;
        assert_eq!(activity.timeout_action(), check_after(SECOND));
        request.set_busy();
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER));
        request.set_waiting();
        activity.wait_for_client();
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn the_other_requests_of_a_connection_keep_it_busy() {
        let activity = activity();
        let first = activity.request_started(http::Version::HTTP_2);
        request(&activity, http::Version::HTTP_2);
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER));
        drop(first);
        activity.wait_for_client();
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_twice_ends_once() {
        let activity = activity();
        let mut first = activity.request_started(http::Version::HTTP_2);
        let second = activity.request_started(http::Version::HTTP_2);
        first.set_waiting();
        drop(first);
        activity.wait_for_client();
        advance(IDLE).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER), "the second is with the application");
        drop(second);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_extends_the_idle_timeout_and_pings_do_not() {
        let activity = activity();
        request(&activity, http::Version::HTTP_11);
        advance(IDLE).await;
        activity.bytes_sent();
        assert_eq!(activity.timeout_action(), check_after(HEADER));

        request(&activity, http::Version::HTTP_2);
        advance(IDLE).await;
        activity.bytes_sent();
        activity.bytes_received();
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_shortens_the_idle_timeout() {
        let at_capacity = Arc::new(AtomicBool::new(false));
        let activity = Activity::new(TIMEOUTS, at_capacity.clone());
        request(&activity, http::Version::HTTP_11);
        advance(HEADER).await;
        assert_eq!(activity.timeout_action(), check_after(HEADER));
        at_capacity.store(true, Ordering::Relaxed);
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_keeps_an_idle_timeout_that_is_shorter() {
        let times = Timeouts { header: IDLE, idle: HEADER, upgrade_idle: IDLE };
        let activity = Activity::new(times, Arc::new(AtomicBool::new(true)));
        request(&activity, http::Version::HTTP_11);
        advance(HEADER - SECOND).await;
        assert_eq!(activity.timeout_action(), check_after(SECOND));
        advance(SECOND).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_in_either_direction_extend_an_upgraded_socket() {
        let activity = activity();
        let response = activity.request_started(http::Version::HTTP_11);
        activity.upgrade(HeldPlaces::default());
        drop(response);
        activity.wait_for_client();
        for record in [Activity::bytes_received, Activity::bytes_sent] {
            advance(TIMEOUTS.upgrade_idle - SECOND).await;
            assert_eq!(activity.timeout_action(), check_after(SECOND));
            record(&activity);
            activity.wait_for_client();
        }
        advance(TIMEOUTS.upgrade_idle - SECOND).await;
        assert_eq!(activity.timeout_action(), check_after(SECOND));
        advance(SECOND).await;
        assert_eq!(activity.timeout_action(), TimeoutAction::Close);
    }

    #[test]
    fn only_an_upgraded_stream_can_be_closed() {
        let (activity, cx) = (activity(), Context::from_waker(Waker::noop()));
        activity.close_stream();
        assert!(!activity.is_stream_closed(Direction::Read, &cx));
        activity.upgrade(HeldPlaces::default());
        assert!(activity.is_stream_closed(Direction::Read, &cx));
        assert!(activity.is_stream_closed(Direction::Write, &cx));
    }
}
