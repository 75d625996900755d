//! Whose turn is it? The one question that tells a client who holds a connection from an application that works.
//!
//! A connection is on our turn while a request is with the application or its answer's next piece is being made; else it
//! is on the client's: to send a request, to go on with one, or to read what we wrote. Only the client's turn is bounded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Whose turn it is on one connection.
#[derive(Clone, Debug)]
pub(super) struct Turn(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// How many requests are with us.
    ours: usize,
    stage: Stage,
    /// When the client's turn began.
    since: Instant,
    http2: bool,
    header_timeout: Duration,
    idle_timeout: Duration,
    /// Whether others wait for a place.
    crowded: Arc<AtomicBool>,
}

/// What the client is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its first request.
    Opening,
    /// To read our answer, then to think about its next request.
    Waiting,
    /// To finish the head of the request that it has begun.
    Speaking,
}

/// What to do about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing before that time.
    LookAgain(Instant),
    /// It idles: say goodbye.
    Close,
    /// It dawdles over a request's head: hang up.
    Cut,
}

impl Turn {
    pub(super) fn new(header_timeout: Duration, idle_timeout: Duration, crowded: Arc<AtomicBool>) -> Self {
        let since = Instant::now();
        Self(Arc::new(Mutex::new(State {
            ours: 0,
            stage: Stage::Opening,
            since,
            http2: false,
            header_timeout,
            idle_timeout,
            crowded,
        })))
    }

    /// A request has arrived: our turn.
    pub(super) fn take(&self, version: http::Version) -> Held {
        let mut state = self.state();
        state.http2 = version == http::Version::HTTP_2;
        state.ours += 1;
        Held { turn: self.clone(), holding: true }
    }

    /// Bytes came from the client. On HTTP/2 they may be a ping, which begins nothing.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.ours == 0 && state.stage == Stage::Waiting && !state.http2 {
            state.stage = Stage::Speaking;
            state.since = Instant::now();
        }
    }

    /// Bytes went to the client: it reads. On HTTP/2 they may be our own ping, which proves nothing.
    pub(super) fn told(&self) {
        let mut state = self.state();
        if state.ours == 0 && state.stage == Stage::Waiting && !state.http2 {
            state.since = Instant::now();
        }
    }

    /// What is to be done about this client now.
    pub(super) fn verdict(&self) -> Verdict {
        let state = self.state();
        let now = Instant::now();
        let shorter = state.header_timeout.min(state.idle_timeout);
        let (limit, ending) = match state.stage {
            Stage::Opening | Stage::Speaking => (state.header_timeout, Verdict::Cut),
            Stage::Waiting if state.crowded.load(Ordering::Relaxed) => (shorter, Verdict::Close),
            Stage::Waiting => (state.idle_timeout, Verdict::Close),
        };
        // What happens after this look, a new turn or a crowd, may bring the shorter limit into force.
        let next = now + shorter;
        match state.since + limit {
            _ if state.ours > 0 => Verdict::LookAgain(next),
            end if end > now => Verdict::LookAgain(end.min(next)),
            _ => ending,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's part in the turn. Dropped, it is the client's.
#[derive(Debug)]
pub(super) struct Held {
    turn: Turn,
    holding: bool,
}

impl Held {
    /// The application works on it.
    pub(super) fn ours(&mut self) {
        if !self.holding {
            self.holding = true;
            self.turn.state().ours += 1;
        }
    }

    /// The client has to read before we can go on.
    pub(super) fn theirs(&mut self) {
        if self.holding {
            self.holding = false;
            let mut state = self.turn.state();
            state.ours -= 1;
            state.stage = Stage::Waiting;
            state.since = Instant::now();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.theirs();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const HEADER: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(75);

    fn turn() -> Turn {
        Turn::new(HEADER, IDLE, Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_request_has_the_header_time_and_later_ones_may_wait_for_the_idle_time() {
        let turn = turn();
        advance(HEADER - Duration::from_secs(1)).await;
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + Duration::from_secs(1)));
        advance(Duration::from_secs(1)).await;
        assert_eq!(turn.verdict(), Verdict::Cut);

        drop(turn.take(http::Version::HTTP_11));
        advance(IDLE - Duration::from_secs(1)).await;
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + Duration::from_secs(1)));
        advance(Duration::from_secs(1)).await;
        assert_eq!(turn.verdict(), Verdict::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_request_that_has_begun_has_the_header_time_however_often_it_dribbles() {
        let turn = turn();
        drop(turn.take(http::Version::HTTP_11));
        advance(HEADER * 2).await;
        turn.heard();
        advance(HEADER / 2).await;
        turn.heard();
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + HEADER / 2));
        advance(HEADER / 2).await;
        assert_eq!(turn.verdict(), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn our_own_turn_is_not_held_against_the_client() {
        let turn = turn();
        let mut request = turn.take(http::Version::HTTP_11);
        advance(IDLE * 10).await;
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + HEADER));
        request.theirs();
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + HEADER));
        advance(IDLE).await;
        assert_eq!(turn.verdict(), Verdict::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_our_answer_slowly_is_given_time_and_pings_give_none() {
        let turn = turn();
        drop(turn.take(http::Version::HTTP_11));
        advance(IDLE).await;
        turn.told();
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + HEADER));

        drop(turn.take(http::Version::HTTP_2));
        advance(IDLE).await;
        turn.told();
        turn.heard();
        assert_eq!(turn.verdict(), Verdict::Close);
    }

    #[tokio::test(start_paused = true)]
    async fn while_others_wait_for_a_place_nobody_idles_longer_than_a_silent_client() {
        let crowded = Arc::new(AtomicBool::new(false));
        let turn = Turn::new(HEADER, IDLE, crowded.clone());
        drop(turn.take(http::Version::HTTP_11));
        advance(HEADER).await;
        assert_eq!(turn.verdict(), Verdict::LookAgain(Instant::now() + HEADER));
        crowded.store(true, Ordering::Relaxed);
        assert_eq!(turn.verdict(), Verdict::Close);
    }
}
