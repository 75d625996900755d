//! One shard of the memory store: one table for each size of a caller's state.

use super::hash::CounterHash;
use super::table::Table;
use crate::rate_limit::quota::decide::{Charged, charge_all, decide, refund};
use crate::rate_limit::quota::state::QuotaState;
use crate::rate_limit::quota::{ChargePolicy, Counter, CounterAlgorithm, Decision, HitLog, Quota, Quotas};
use crate::rate_limit::store::RateLimitRequest;

/// The number of decisions between two sweeps for expired states.
const SWEEP_INTERVAL: u32 = 32;
/// The number of slots that a sweep looks at in each table.
const SWEEP_SLOTS: usize = 64;
/// The same in a shard at capacity.
const SWEEP_SLOTS_AT_CAPACITY: usize = 256;

/// The states of callers, up to a capacity.
pub(super) struct Shard {
    one: Table<[Counter; 1]>,
    compact: Table<CompactPair>,
    two: Table<[Counter; 2]>,
    many: Table<Box<[Counter]>>,
    logs: Table<Box<[HitLog]>>,
    /// The sorted hashes of all plans in use. A reset looks up the caller under each.
    plans: Vec<u64>,
    decisions: u32,
    capacity: usize,
}

/// Runs the expression with the table for the request's strategy and number of quotas.
macro_rules! table {
    ($shard:expr, $request:expr, $table:ident, $algorithm:ident => $body:expr) => {
        match ($request.strategy.counter(), $request.quotas.iter().len()) {
            (Some($algorithm), 1) => {
                let $table = &mut $shard.one;
                $body
            }
            (Some($algorithm @ (CounterAlgorithm::FixedWindow | CounterAlgorithm::Gcra)), 2) => {
                let $table = &mut $shard.compact;
                $body
            }
            (Some($algorithm), 2) => {
                let $table = &mut $shard.two;
                $body
            }
            (Some($algorithm), _) => {
                let $table = &mut $shard.many;
                $body
            }
            (None, _) => {
                let ($table, $algorithm) = (&mut $shard.logs, ());
                $body
            }
        }
    };
}

impl Shard {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            one: Table::default(),
            compact: Table::default(),
            two: Table::default(),
            many: Table::default(),
            logs: Table::default(),
            plans: Vec::new(),
            decisions: 0,
            capacity,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.one.len() + self.compact.len() + self.two.len() + self.many.len() + self.logs.len()
    }

    /// Drops some expired states, each time that so many requests have come.
    #[inline]
    pub(super) fn count_request(&mut self, now: u64) {
        self.decisions = self.decisions.wrapping_add(1);
        if self.decisions.is_multiple_of(SWEEP_INTERVAL) {
            self.sweep(now, SWEEP_SLOTS);
        }
    }

    /// Charges a request that is within its quotas, of a caller that is not new: most are. Otherwise
    /// returns `None` and changes nothing.
    #[inline(always)]
    pub(super) fn charge(
        &mut self,
        hash: CounterHash,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Option<Charged> {
        if request.charge != ChargePolicy::AllOrNothing || request.cost == 0 {
            return None;
        }
        table!(self, request, table, algorithm => table.get(hash.counter())?.charge(algorithm, request, now))
    }

    /// Decides about any request. Returns `None` if the caller is new and the shard is full.
    #[inline(never)]
    pub(super) fn decide(
        &mut self,
        hash: CounterHash,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Option<Decision> {
        let known = table!(self, request, table, algorithm => {
            let state = table.get(hash.counter());
            state.map(|state| state.decide(algorithm, request, now))
        });
        known.or_else(|| self.begin(hash, request, now))
    }

    /// Decides about a new caller.
    #[cold]
    fn begin(&mut self, hash: CounterHash, request: &RateLimitRequest<'_>, now: u64) -> Option<Decision> {
        if self.len() >= self.capacity {
            self.sweep(now, SWEEP_SLOTS_AT_CAPACITY);
        }
        if self.len() >= self.capacity {
            return None;
        }
        let (decision, stored) =
            table!(self, request, table, algorithm => begin(table, algorithm, hash, request, now));
        if stored && let Err(index) = self.plans.binary_search(&hash.plan) {
            self.plans.reserve_exact(1);
            self.plans.insert(index, hash.plan);
        }
        Some(decision)
    }

    pub(super) fn refund(
        &mut self,
        hash: CounterHash,
        request: &RateLimitRequest<'_>,
        now: u64,
        charged_at: Option<u64>,
    ) {
        table!(self, request, table, algorithm => {
            if let Some(state) = table.get(hash.counter()) {
                state.refund(algorithm, request, now, charged_at);
            }
        });
    }

    /// Deletes all states of a caller.
    pub(super) fn reset(&mut self, caller: u64) {
        for &plan in &self.plans {
            let hash = CounterHash { caller, plan }.counter();
            self.one.remove(hash);
            self.compact.remove(hash);
            self.two.remove(hash);
            self.many.remove(hash);
            self.logs.remove(hash);
        }
    }

    #[cold]
    fn sweep(&mut self, now: u64, slots: usize) {
        self.one.sweep(slots, |state| state.expires_at() <= now);
        self.compact.sweep(slots, |state| state.expires_at() <= now);
        self.two.sweep(slots, |state| state.expires_at() <= now);
        self.many.sweep(slots, |state| state.expires_at() <= now);
        self.logs.sweep(slots, |state| state.expires_at() <= now);
    }
}

/// Decides about a new caller. Returns `true` if its state was stored.
fn begin<T: CallerState>(
    table: &mut Table<T>,
    algorithm: <T::State as QuotaState>::Algorithm,
    hash: CounterHash,
    request: &RateLimitRequest<'_>,
    now: u64,
) -> (Decision, bool) {
    let mut state = T::empty(request.quotas.iter().len());
    let decision = state.decide(algorithm, request, now);
    let stored = state.expires_at() > now;
    if stored {
        table.insert(hash.counter(), state);
    }
    (decision, stored)
}

/// The states of one caller, one for each quota.
trait CallerState: Default {
    type State: QuotaState;

    fn empty(quotas: usize) -> Self;
    /// Charges the request if it is within its quotas, and this state has a short way to do so.
    fn charge(
        &mut self,
        algorithm: <Self::State as QuotaState>::Algorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Option<Charged>;
    fn decide(
        &mut self,
        algorithm: <Self::State as QuotaState>::Algorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Decision;
    fn refund(
        &mut self,
        algorithm: <Self::State as QuotaState>::Algorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
        charged_at: Option<u64>,
    );
    /// Returns the time from which this equals an empty state.
    fn expires_at(&self) -> u64;
}

impl<const N: usize> CallerState for [Counter; N]
where
    Self: Default,
{
    type State = Counter;

    fn empty(_quotas: usize) -> Self {
        Self::default()
    }

    /// Charges by the most common algorithm in a branch of its own, with a number of quotas that the
    /// compiler knows, so that it unrolls the loops.
    #[inline(always)]
    fn charge(
        &mut self,
        algorithm: CounterAlgorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Option<Charged> {
        let (quotas, cost) = (quota_array::<N>(request.quotas), request.cost);
        match algorithm {
            CounterAlgorithm::FixedWindow => {
                charge_all(self, CounterAlgorithm::FixedWindow, quotas, now, cost)
            }
            algorithm => charge_all(self, algorithm, quotas, now, cost),
        }
    }

    fn decide(&mut self, algorithm: CounterAlgorithm, request: &RateLimitRequest<'_>, now: u64) -> Decision {
        decide(self, algorithm, quota_array::<N>(request.quotas), now, request.cost, request.charge)
    }

    fn refund(
        &mut self,
        algorithm: CounterAlgorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
        charged_at: Option<u64>,
    ) {
        refund(self, algorithm, quota_array::<N>(request.quotas), now, charged_at, request.cost);
    }

    fn expires_at(&self) -> u64 {
        last_expiry(self)
    }
}

/// Two counters of an algorithm that needs one number beside the time: 24 bytes instead of 32.
#[derive(Clone, Copy, Default)]
struct CompactPair {
    until: [u64; 2],
    number: [u32; 2],
}

impl CompactPair {
    #[inline]
    fn counters(&self, algorithm: CounterAlgorithm) -> [Counter; 2] {
        [0, 1].map(|at| {
            let (until, number) = (self.until[at], self.number[at]);
            let (count, other) = if algorithm == CounterAlgorithm::Gcra { (0, number) } else { (number, 0) };
            Counter { until, count, other }
        })
    }

    #[inline]
    fn set(&mut self, counters: [Counter; 2]) {
        // One of the two numbers is always zero.
        *self = Self {
            until: counters.map(|counter| counter.until),
            number: counters.map(|counter| counter.count | counter.other),
        };
    }
}

impl CallerState for CompactPair {
    type State = Counter;

    fn empty(_quotas: usize) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn charge(
        &mut self,
        algorithm: CounterAlgorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Option<Charged> {
        let mut counters = self.counters(algorithm);
        let charged = counters.charge(algorithm, request, now)?;
        self.set(counters);
        Some(charged)
    }

    fn decide(&mut self, algorithm: CounterAlgorithm, request: &RateLimitRequest<'_>, now: u64) -> Decision {
        let mut counters = self.counters(algorithm);
        let decision = counters.decide(algorithm, request, now);
        self.set(counters);
        decision
    }

    fn refund(
        &mut self,
        algorithm: CounterAlgorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
        charged_at: Option<u64>,
    ) {
        let mut counters = self.counters(algorithm);
        counters.refund(algorithm, request, now, charged_at);
        self.set(counters);
    }

    /// A fixed window expires a microsecond later here than in a [`Counter`].
    fn expires_at(&self) -> u64 {
        let until = |at: usize| self.until[at].saturating_add(u64::from(self.number[at] > 0));
        until(0).max(until(1))
    }
}

impl<S: QuotaState> CallerState for Box<[S]> {
    type State = S;

    fn empty(quotas: usize) -> Self {
        (0..quotas).map(|_| S::default()).collect()
    }

    #[inline(always)]
    fn charge(&mut self, _: S::Algorithm, _: &RateLimitRequest<'_>, _: u64) -> Option<Charged> {
        None
    }

    fn decide(&mut self, algorithm: S::Algorithm, request: &RateLimitRequest<'_>, now: u64) -> Decision {
        decide(self, algorithm, request.quotas.iter().as_slice(), now, request.cost, request.charge)
    }

    fn refund(
        &mut self,
        algorithm: S::Algorithm,
        request: &RateLimitRequest<'_>,
        now: u64,
        charged_at: Option<u64>,
    ) {
        refund(self, algorithm, request.quotas.iter().as_slice(), now, charged_at, request.cost);
    }

    fn expires_at(&self) -> u64 {
        last_expiry(self)
    }
}

#[inline]
fn quota_array<const N: usize>(quotas: &Quotas) -> &[Quota; N] {
    let quotas = quotas.iter().as_slice().first_chunk();
    quotas.expect("the table was chosen by the number of quotas")
}

fn last_expiry(states: &[impl QuotaState]) -> u64 {
    states.iter().map(QuotaState::expires_at).max().unwrap_or(0)
}
