//! The decision about one request, and the policy for its charge.

use std::time::Duration;

/// The policy for what a decision records in the counters.
///
/// ```
/// use palisade::rate_limit::quota::ChargePolicy;
///
/// assert_eq!(ChargePolicy::default(), ChargePolicy::AllOrNothing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ChargePolicy {
    /// A rejected request costs nothing at the quotas that had room. A fixed window that rejects a
    /// request still counts it.
    #[default]
    AllOrNothing,
    /// Quotas decide one after the other, up to the first that rejects the request. Those before
    /// it keep the charge, as in Flask-Limiter.
    InOrder,
    /// Nothing is recorded: the request only reads the counters.
    Nothing,
}

/// The decision of a store about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The outcome: allowed or limited.
    pub outcome: Outcome,
    /// The state of the decisive quota after the decision.
    pub snapshot: Snapshot,
    /// The store's own time of the decision, in microseconds. A refund takes it.
    pub decided_at: u64,
}

/// The outcome of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request passes.
    Allowed,
    /// The request is over a quota.
    Limited {
        /// The time after which the same request passes if no other request of the caller arrives
        /// before. A request that costs more than the amount of the quota never passes; its
        /// `retry_after` is the window.
        retry_after: Duration,
    },
}

/// The state of one quota for one caller: of the quota that rejected the request, else of the one
/// with the least remaining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The index of the quota in the request's list, from 0.
    pub quota_index: usize,
    /// The cost that still passes now.
    pub remaining: u32,
    /// The time until more remains. It is the time until the window ends (fixed-window), the
    /// oldest hit leaves the window (moving-window), the weighted count drops by one
    /// (sliding-window-counter), or the whole amount is available again (gcra).
    pub reset_after: Duration,
}
