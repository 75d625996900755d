//! A call to a server: within a timeout and behind the server's circuit breaker. Neither counts the
//! time that a question waits in this program.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::circuit_breaker::{Admission, BreakerSettings, CircuitBreaker};
use super::store_error::StoreError;

/// The default time in which a server must answer a question: a page may take 100 ms, and a server
/// nearby answers within 1 ms.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_millis(50);

/// The rounds in a row of an idle runtime's queue in which an answer may still be read after the timeout. It
/// takes about four: the question is written, the answer is read, its task is told.
const IDLE_ROUNDS: u32 = 32;
/// The longest round of an idle runtime. A round in which thousands of tasks ran takes milliseconds.
const IDLE_ROUND: Duration = Duration::from_micros(200);
/// The longest time for these rounds.
const MAX_LATENESS: Duration = Duration::from_secs(1);

/// The bounds of calls, and the observer of their end.
#[derive(Clone)]
pub(crate) struct CallBounds {
    pub(crate) store: &'static str,
    /// The time in which the server must answer each question.
    pub(crate) timeout: Duration,
    pub(crate) breaker: BreakerSettings,
    pub(crate) observer: Option<Arc<dyn CallObserver>>,
}

/// Learns how calls end, for metrics.
pub(crate) trait CallObserver: Send + Sync {
    /// The server answered, or its time was over.
    fn called(&self, took: Duration);
    /// The call failed.
    fn failed(&self);
    /// The failure opened the circuit breaker.
    fn opened(&self);
    /// The question was not sent: a queue of this program is full.
    fn queue_full(&self, error: &StoreError);
}

/// The guard of calls. One without bounds leaves them to the caller: there is no circuit breaker,
/// and the store's own timeouts are the only ones.
#[derive(Default)]
pub(crate) struct CallGuard(OnceLock<CallBounds>);

impl CallGuard {
    pub(crate) fn new(bounds: CallBounds) -> Self {
        Self(bounds.into())
    }

    /// Sets the bounds, before the call starts.
    pub(crate) fn bind(&self, bounds: CallBounds) {
        let _ = self.0.set(bounds);
    }

    /// Fails if the breaker is open, so that a question does not wait in a queue in vain.
    pub(crate) fn check(&self, breaker: &CircuitBreaker) -> Result<(), StoreError> {
        self.0.get().map_or(Ok(()), |bounds| bounds.check(breaker))
    }

    /// Runs the questions to one server, unless its breaker is open, and records how they end.
    pub(crate) async fn run<T>(
        &self,
        breaker: &CircuitBreaker,
        questions: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let Some(bounds) = self.0.get() else { return questions.await };
        let admission = breaker.admit(bounds.breaker);
        if let Admission::Rejected = admission {
            return Err(breaker_open(bounds.store));
        }
        let start = Instant::now();
        let reply = questions.await;
        if let Admission::Probe(probe) = admission {
            probe.complete();
        }
        let observer = bounds.observer.as_deref();
        if let Some(observer) = observer {
            observer.called(start.elapsed());
        }
        record(bounds.store, bounds.breaker, observer, breaker, &reply);
        reply
    }

    /// Sends one question. Its time starts now.
    pub(crate) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let Some(CallBounds { store, timeout: limit, .. }) = self.0.get() else { return question.await };
        let mut question = pin!(question);
        if let Ok(reply) = timeout(*limit, &mut question).await {
            return reply;
        }
        // A busy program has not sent the question yet, or has not read the answer: the tasks that do
        // so wait behind others. Each round of the runtime's queue lets them go on. An idle program
        // makes these rounds in a millisecond.
        let (late, mut idle_rounds) = (Instant::now(), 0);
        while idle_rounds < IDLE_ROUNDS && late.elapsed() < MAX_LATENESS {
            let round = Instant::now();
            tokio::task::yield_now().await;
            idle_rounds = if round.elapsed() < IDLE_ROUND { idle_rounds + 1 } else { 0 };
            let look = std::future::poll_fn(|cx| Poll::Ready(question.as_mut().poll(cx)));
            if let Poll::Ready(reply) = look.await {
                return reply;
            }
        }
        Err(StoreError::Down { store, reason: format!("there was no answer within {limit:?}") })
    }

    /// Tells the observer of a question that was not sent because a queue is full.
    pub(crate) fn note<T>(&self, reply: &Result<T, StoreError>) {
        if let Err(error @ (StoreError::QueueFull { .. } | StoreError::CallerQueueFull { .. })) = reply
            && let Some(observer) = self.0.get().and_then(|bounds| bounds.observer.as_ref())
        {
            observer.queue_full(error);
        }
    }
}

impl CallBounds {
    pub(crate) fn check(&self, breaker: &CircuitBreaker) -> Result<(), StoreError> {
        if breaker.would_admit() { Ok(()) } else { Err(breaker_open(self.store)) }
    }
}

/// Records the end of a call at the breaker. Only an error of the server is a failure.
#[inline]
pub(crate) fn record<T>(
    store: &'static str,
    settings: BreakerSettings,
    observer: Option<&dyn CallObserver>,
    breaker: &CircuitBreaker,
    reply: &Result<T, StoreError>,
) {
    match reply {
        Ok(_) => {
            if breaker.record_success() {
                tracing::info!(store, "the store answers again: the circuit breaker is closed");
            }
        }
        Err(error @ StoreError::Down { .. }) => {
            let opened = breaker.record_failure(settings);
            if let Some(observer) = observer {
                observer.failed();
                if opened {
                    observer.opened();
                }
            }
            if opened {
                tracing::warn!(
                    store,
                    %error,
                    "the store is down: the circuit breaker is open, limits apply their outage policy, and sessions \
                     in the store are unavailable"
                );
            }
        }
        // The server was not called, or is not to blame.
        Err(_) => {}
    }
}

/// Returns the error of a call that is not made.
pub(crate) fn breaker_open(store: &'static str) -> StoreError {
    StoreError::Down { store, reason: "the circuit breaker is open after several failures".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKER: BreakerSettings = BreakerSettings { failure_threshold: 2, ..BreakerSettings::DEFAULT };
    fn guard() -> CallGuard {
        let bounds = CallBounds { store: "test", timeout: ANSWER_TIMEOUT, breaker: BREAKER, observer: None };
        CallGuard::new(bounds)
    }

    async fn reply_after(millis: u64) -> Result<u64, StoreError> {
        let reply = async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(millis)
        };
        guard().ask(reply).await
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_in_time_is_returned() {
        assert_eq!(reply_after(49).await, Ok(49));
        assert!(matches!(reply_after(52).await, Err(StoreError::Down { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn only_errors_of_the_server_open_the_breaker() {
        let (breaker, guard) = (CircuitBreaker::new(), guard());
        let full = || Err::<(), _>(StoreError::QueueFull { store: "test" });
        let caller = || StoreError::CallerQueueFull { store: "test", retry_after: Duration::from_secs(1) };
        for _ in 0..9 {
            assert!(guard.run(&breaker, async { full() }).await.is_err());
            assert!(guard.run(&breaker, async { Err::<(), _>(caller()) }).await.is_err());
        }
        assert!(!breaker.is_open());
        let down = || Err::<(), _>(StoreError::Down { store: "test", reason: String::new() });
        assert!(guard.run(&breaker, async { down() }).await.is_err());
        assert!(!breaker.is_open());
        assert!(guard.run(&breaker, async { down() }).await.is_err());
        assert!(breaker.is_open() && guard.check(&breaker).is_err());
        assert_eq!(CallGuard::default().check(&breaker), Ok(()));
        assert!(guard.run(&breaker, async { Ok(()) }).await.is_err(), "the question is not sent");
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(guard.run(&breaker, async { Ok(()) }).await, Ok(()), "the probe");
        assert!(!breaker.is_open());
    }

    /// An answer that comes with this look after the timeout; the timeout's own is the first.
    async fn reply_at_look(looks: u32) -> Result<(), StoreError> {
        let (start, mut late) = (Instant::now(), 0);
        let reply = std::future::poll_fn(move |_| {
            late += u32::from(start.elapsed() >= ANSWER_TIMEOUT);
            if late >= looks { Poll::Ready(Ok(())) } else { Poll::Pending }
        });
        guard().ask(reply).await
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_a_busy_program_reads_late_counts() {
        assert_eq!(reply_at_look(1 + IDLE_ROUNDS).await, Ok(()));
        assert!(reply_at_look(2 + IDLE_ROUNDS).await.is_err(), "an idle program has read it by then");
    }

    /// Asks in a program whose other tasks take this long in each round of its queue.
    async fn reply_in_a_busy_program(round: Duration, lateness: Duration) -> Result<(), StoreError> {
        let others = tokio::spawn(async move {
            // The paused clock passes in these tasks only.
            tokio::time::sleep(ANSWER_TIMEOUT).await;
            loop {
                tokio::time::advance(round).await;
            }
        });
        let start = Instant::now();
        let reply = std::future::poll_fn(move |_| {
            let is_read = start.elapsed() >= ANSWER_TIMEOUT + lateness;
            if is_read { Poll::Ready(Ok(())) } else { Poll::Pending }
        });
        let reply = guard().ask(reply).await;
        others.abort();
        reply
    }

    #[tokio::test(start_paused = true)]
    async fn busy_rounds_are_not_counted_and_end_after_a_second() {
        let millis = Duration::from_millis;
        assert_eq!(reply_in_a_busy_program(IDLE_ROUND, millis(100)).await, Ok(()));
        assert!(
            reply_in_a_busy_program(IDLE_ROUND / 2, millis(100)).await.is_err(),
            "rounds of an idle program"
        );
        assert_eq!(reply_in_a_busy_program(millis(1), millis(990)).await, Ok(()));
        assert!(reply_in_a_busy_program(millis(1), millis(1_010)).await.is_err());
    }

    /// Counts what it is told.
    #[derive(Default)]
    struct Told(std::sync::Mutex<Vec<String>>);

    impl Told {
        fn tell(&self, text: impl Into<String>) {
            self.0.lock().unwrap().push(text.into());
        }

        fn take(&self) -> Vec<String> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    impl CallObserver for Told {
        fn called(&self, took: Duration) {
            self.tell(format!("called {took:?}"));
        }

        fn failed(&self) {
            self.tell("failed");
        }

        fn opened(&self) {
            self.tell("opened");
        }

        fn queue_full(&self, error: &StoreError) {
            self.tell(if matches!(error, StoreError::QueueFull { .. }) { "queue" } else { "caller" });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_observer_learns_how_calls_end() {
        let (told, breaker) = (Arc::<Told>::default(), CircuitBreaker::new());
        let observer: Arc<dyn CallObserver> = Arc::<Told>::clone(&told);
        let bounds =
            CallBounds { store: "test", timeout: ANSWER_TIMEOUT, breaker: BREAKER, observer: Some(observer) };
        let guard = CallGuard::new(bounds);
        let answer = async {
            tokio::time::sleep(Duration::from_millis(7)).await;
            Ok(())
        };
        guard.run(&breaker, answer).await.unwrap();
        assert_eq!(told.take(), ["called 7ms"]);
        let down = async || Err::<(), _>(StoreError::Down { store: "test", reason: String::new() });
        assert!(guard.run(&breaker, down()).await.is_err());
        assert_eq!(told.take(), ["called 0ns", "failed"]);
        assert!(guard.run(&breaker, down()).await.is_err());
        assert_eq!(told.take(), ["called 0ns", "failed", "opened"]);
        assert!(guard.run(&breaker, down()).await.is_err());
        assert_eq!(told.take(), [""; 0], "the question was not sent");

        let full = StoreError::QueueFull { store: "test" };
        let caller = StoreError::CallerQueueFull { store: "test", retry_after: Duration::from_secs(1) };
        guard.note(&Ok(()));
        guard.note::<()>(&Err(breaker_open("test")));
        assert_eq!(told.take(), [""; 0]);
        guard.note::<()>(&Err(full));
        guard.note::<()>(&Err(caller));
        assert_eq!(told.take(), ["queue", "caller"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_hangs_up_passes_the_probe_on() {
        let (breaker, guard) = (CircuitBreaker::new(), guard());
        for _ in 0..2 {
            let down = Err::<(), _>(StoreError::Down { store: "test", reason: String::new() });
            assert!(guard.run(&breaker, async { down }).await.is_err());
        }
        tokio::time::advance(BREAKER.first_period).await;
        {
            let gone = pin!(guard.run(&breaker, std::future::pending::<Result<(), StoreError>>()));
            assert!(timeout(Duration::ZERO, gone).await.is_err());
        }
        assert_eq!(guard.check(&breaker), Ok(()));
        assert_eq!(guard.run(&breaker, async { Ok(()) }).await, Ok(()));
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_guard_without_bounds_leaves_them_to_the_caller() {
        let (breaker, guard) = (CircuitBreaker::new(), CallGuard::default());
        let late = async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            Ok(7)
        };
        assert_eq!(guard.run(&breaker, guard.ask(late)).await, Ok(7));
        for _ in 0..9 {
            let down = Err::<(), _>(StoreError::Down { store: "test", reason: String::new() });
            assert!(guard.run(&breaker, async { down }).await.is_err());
        }
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_guard_keeps_the_bounds_that_are_set_first() {
        let guard = CallGuard::default();
        for millis in [50, 5_000] {
            let timeout = Duration::from_millis(millis);
            guard.bind(CallBounds { store: "test", timeout, breaker: BREAKER, observer: None });
        }
        let late = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        };
        assert!(matches!(guard.ask(late).await, Err(StoreError::Down { store: "test", .. })));
    }
}
