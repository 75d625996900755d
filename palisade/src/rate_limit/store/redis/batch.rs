//! Decisions in batches: those that wait at the same time are sent in one call of a script.
//!
//! A call costs the server and this program more than a decision. While a few calls are underway, new
//! decisions wait, and the next call takes all of them. A decision that comes alone waits for none.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use redis::Script;
use tokio::sync::oneshot;

use crate::core::clock::Clock;
use crate::core::redis_connection::{RedisLink, unavailable};
use crate::core::store_reply::StoreError;

/// The largest number of decisions of one call. They take the server 0.2 ms.
const MAX_DECISIONS: usize = 32;
/// The number of calls at once: the server works on one, while this program works on the others.
const MAX_CALLS: usize = 4;

/// The decisions of one strategy that wait for a call.
pub(super) struct Batches {
    script: Arc<Script>,
    /// The name of the strategy, if the script serves several.
    strategy: Option<&'static str>,
    /// The largest number of decisions of one call.
    max_decisions: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    calls: usize,
}

struct Waiting {
    question: Question,
    reply: Reply,
}

/// The keys and arguments of one decision or refund.
pub(super) struct Question {
    /// The hash of the caller's counters, and the lists of hits of a moving window.
    pub(super) keys: Vec<String>,
    pub(super) mode: Cow<'static, str>,
    pub(super) cost: u32,
    pub(super) quotas: String,
}

impl Question {
    fn has_arguments_of(&self, other: &Self) -> bool {
        self.cost == other.cost && self.mode == other.mode && self.quotas == other.quotas
    }
}

impl Batches {
    /// Makes the queue of a strategy. Without `batched`, a call has one decision.
    pub(super) fn new(script: Arc<Script>, strategy: Option<&'static str>, batched: bool) -> Arc<Self> {
        let max_decisions = if batched { MAX_DECISIONS } else { 1 };
        Arc::new(Self { script, strategy, max_decisions, state: Mutex::default() })
    }

    /// Returns the server's reply to a question, in one call with others that wait.
    pub(super) async fn ask(
        self: &Arc<Self>,
        link: &Arc<RedisLink>,
        clock: Option<&Clock>,
        question: Question,
    ) -> Result<Vec<u8>, StoreError> {
        let (reply, received) = oneshot::channel();
        if self.push(Waiting { question, reply }) {
            let call = Call {
                batches: Arc::clone(self),
                link: Arc::clone(link),
                clock: clock.cloned(),
                ended: false,
            };
            tokio::spawn(call.run());
        }
        received.await.unwrap_or_else(|_| Err(unavailable("the program is stopping")))
    }

    /// Adds a question. Returns `true` if a call must be started.
    fn push(&self, waiting: Waiting) -> bool {
        let mut state = self.state();
        state.waiting.push_back(waiting);
        let starts = state.calls < MAX_CALLS;
        state.calls += usize::from(starts);
        starts
    }

    /// Returns the questions of the next call, without those whose callers have gone. Without questions,
    /// the call has ended, and a later question starts another.
    fn next(&self, max: usize) -> Vec<Waiting> {
        let mut state = self.state();
        let mut batch = Vec::with_capacity(state.waiting.len().min(max));
        while batch.len() < max
            && let Some(waiting) = state.waiting.pop_front()
        {
            if !waiting.reply.is_closed() {
                batch.push(waiting);
            }
        }
        state.calls -= usize::from(batch.is_empty());
        batch
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the calls at once. It goes on while questions wait.
struct Call {
    batches: Arc<Batches>,
    link: Arc<RedisLink>,
    clock: Option<Clock>,
    ended: bool,
}

impl Call {
    async fn run(mut self) {
        let max = if self.link.is_cluster() { 1 } else { self.batches.max_decisions };
        loop {
            // The tasks that are ready now add their questions first.
            tokio::task::yield_now().await;
            let waiting = self.batches.next(max);
            if waiting.is_empty() {
                self.ended = true;
                return;
            }
            let (questions, mut replies): (Vec<_>, Vec<_>) =
                waiting.into_iter().map(|waiting| (waiting.question, waiting.reply)).unzip();
            // A silent server must not delay callers who ask after it was replaced.
            tokio::select! {
                biased;
                results = self.send(&questions) => tell(replies, results),
                () = all_gone(&mut replies) => {}
            }
        }
    }

    async fn send(&self, questions: &[Question]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut call = self.batches.script.prepare_invoke();
        match &self.clock {
            Some(clock) => call.arg(clock.now()),
            None => call.arg(""),
        };
        if let Some(strategy) = self.batches.strategy {
            call.arg(strategy);
        }
        for question in questions {
            call.key(&question.keys);
        }
        // The requests of one limit have the same arguments, which are sent once.
        let all_same = questions.windows(2).all(|pair| pair[0].has_arguments_of(&pair[1]));
        for Question { mode, cost, quotas, .. } in &questions[..if all_same { 1 } else { questions.len() }] {
            call.arg(&**mode).arg(*cost).arg(quotas);
        }
        self.link.invoke(&call).await
    }
}

type Reply = oneshot::Sender<Result<Vec<u8>, StoreError>>;

/// Waits until all callers have gone: their time is over, or their clients have hung up.
async fn all_gone(replies: &mut [Reply]) {
    poll_fn(|cx| match replies.iter_mut().all(|reply| reply.poll_closed(cx).is_ready()) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// Tells the callers their results. Sending fails if a caller has gone.
fn tell(replies: Vec<Reply>, results: Result<Vec<Vec<u8>>, StoreError>) {
    match results {
        Ok(results) => replies.into_iter().zip(results).for_each(|(reply, result)| {
            let _ = reply.send(Ok(result));
        }),
        Err(error) => replies.into_iter().for_each(|reply| {
            let _ = reply.send(Err(error.clone()));
        }),
    }
}

/// Lets the callers know that no call will send their questions: the runtime stops.
impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            let mut state = self.batches.state();
            state.calls -= 1;
            state.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question { keys: vec!["key".to_owned()], mode: "all".into(), cost: 1, quotas: "1,1000000".to_owned() }
    }

    #[test]
    fn a_question_whose_caller_has_gone_is_not_sent() {
        let batches = Batches::new(Arc::new(Script::new("")), None, true);
        let (gone, _) = oneshot::channel();
        let (reply, _received) = oneshot::channel();
        assert!(batches.push(Waiting { question: question(), reply: gone }), "a call starts");
        assert!(batches.push(Waiting { question: question(), reply }), "a second one");
        assert_eq!(batches.next(MAX_DECISIONS).len(), 1);
        assert_eq!(batches.next(MAX_DECISIONS).len(), 0);
        assert_eq!(batches.state().calls, 1, "a call without questions has ended");
    }

    #[test]
    fn few_calls_are_underway_with_bounded_batches() {
        let batches = Batches::new(Arc::new(Script::new("")), None, true);
        let push = || {
            let (reply, received) = oneshot::channel();
            (batches.push(Waiting { question: question(), reply }), received)
        };
        let (starts, _received): (Vec<_>, Vec<_>) = (0..100).map(|_| push()).unzip();
        assert_eq!(starts.into_iter().filter(|starts| *starts).count(), MAX_CALLS);
        assert_eq!([(); 4].map(|()| batches.next(MAX_DECISIONS).len()), [32, 32, 32, 4]);
    }
}
