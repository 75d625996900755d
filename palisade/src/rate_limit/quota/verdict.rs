//! What was decided about one request, and what the decision may charge.

use std::time::Duration;

/// What a decision writes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ChargePolicy {
    /// A request that one quota refuses costs nothing at those that had room. A refusing fixed window still counts it.
    #[default]
    AllOrNothing,
    /// The quotas are asked one after the other up to the first that refuses; those before it stay charged, as in
    /// Flask-Limiter.
    InOrder,
    /// Nothing: only look.
    Nothing,
}

/// The answer of a store to an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request passes.
    pub outcome: Outcome,
    /// Where the caller stands afterwards.
    pub standing: Snapshot,
    /// The store's own time of it, in microseconds: what a refund wants to know.
    pub at: u64,
}

/// Whether a request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passes.
    Allow,
    /// It does not.
    Refuse {
        /// The time after which the same request passes if nothing else is asked meanwhile. One that costs more than the
        /// whole quota never passes; for it this is the window.
        retry_after: Duration,
    },
}

/// Where the caller stands: at the quota that refused, else at the one with the least remaining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which one of the ask's quotas, from 0.
    pub quota: usize,
    /// How much still passes now.
    pub remaining: u32,
    /// The time until more does: until the window ends (fixed-window), the oldest hit leaves (moving-window), the weighted
    /// count drops by one (sliding-window-counter), or all of it passes again (gcra).
    pub reset_after: Duration,
}
