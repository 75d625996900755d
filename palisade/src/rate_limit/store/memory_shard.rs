//! One shard of the memory store: callers by name, in tables by how much is kept of each.

use super::memory_table::Table;
use super::name::Name;
use super::{Decision, RateLimitRequest};
use crate::rate_limit::quota::decide::{decide, refund};
use crate::rate_limit::quota::strategy::{Cell, Count, Log, State};
use crate::rate_limit::quota::{Quota, Quotas};

/// After how many decisions a table is looked through for what has run out, and how many places then.
const SWEEP_EVERY: u32 = 32;
const SWEEP: usize = 64;
/// How many when there is no room left.
const SWEEP_FULL: usize = 256;

/// Callers up to a capacity.
pub(super) struct Shard {
    one: Table<[Cell; 1]>,
    slim: Table<Slim>,
    two: Table<[Cell; 2]>,
    many: Table<Box<[Cell]>>,
    logs: Table<Box<[Log]>>,
    /// Every plan that something was counted by, in order: a reset looks for the caller under each.
    plans: Vec<u64>,
    decisions: u32,
    capacity: usize,
}

/// Does the same with whichever table serves the strategy and the number of quotas.
macro_rules! table {
    ($shard:expr, $ask:expr, $table:ident, $kind:ident => $does:expr) => {
        match ($ask.strategy.count(), $ask.quotas.iter().len()) {
            (Some($kind), 1) => {
                let $table = &mut $shard.one;
                $does
            }
            (Some($kind @ (Count::FixedWindow | Count::Gcra)), 2) => {
                let $table = &mut $shard.slim;
                $does
            }
            (Some($kind), 2) => {
                let $table = &mut $shard.two;
                $does
            }
            (Some($kind), _) => {
                let $table = &mut $shard.many;
                $does
            }
            (None, _) => {
                let ($table, $kind) = (&mut $shard.logs, ());
                $does
            }
        }
    };
}

impl Shard {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            one: Table::default(),
            slim: Table::default(),
            two: Table::default(),
            many: Table::default(),
            logs: Table::default(),
            plans: Vec::new(),
            decisions: 0,
            capacity,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.one.len() + self.slim.len() + self.two.len() + self.many.len() + self.logs.len()
    }

    /// The verdict, or nothing when the caller is new and there is no room.
    #[inline]
    pub(super) fn decide(&mut self, name: Name, ask: &RateLimitRequest<'_>, now: u64) -> Option<Decision> {
        self.decisions = self.decisions.wrapping_add(1);
        if self.decisions.is_multiple_of(SWEEP_EVERY) {
            self.sweep(now, SWEEP);
        }
        let known = table!(self, ask, table, kind => {
            let kept = table.get(name.count());
            kept.map(|kept| kept.decide(kind, ask, now))
        });
        known.or_else(|| self.begin(name, ask, now))
    }

    /// The verdict about a caller who is new.
    #[cold]
    fn begin(&mut self, name: Name, ask: &RateLimitRequest<'_>, now: u64) -> Option<Decision> {
        if self.len() >= self.capacity {
            self.sweep(now, SWEEP_FULL);
        }
        if self.len() >= self.capacity {
            return None;
        }
        let (verdict, stays) = table!(self, ask, table, kind => begin(table, kind, name, ask, now));
        if stays && let Err(place) = self.plans.binary_search(&name.plan) {
            self.plans.reserve_exact(1);
            self.plans.insert(place, name.plan);
        }
        Some(verdict)
    }

    pub(super) fn refund(&mut self, name: Name, ask: &RateLimitRequest<'_>, now: u64, charged: Option<u64>) {
        table!(self, ask, table, kind => {
            if let Some(kept) = table.get(name.count()) {
                kept.refund(kind, ask, now, charged);
            }
        });
    }

    /// Forgets everything about a caller.
    pub(super) fn reset(&mut self, caller: u64) {
        for &plan in &self.plans {
            let name = Name { caller, plan }.count();
            self.one.remove(name);
            self.slim.remove(name);
            self.two.remove(name);
            self.many.remove(name);
            self.logs.remove(name);
        }
    }

    #[cold]
    fn sweep(&mut self, now: u64, places: usize) {
        self.one.sweep(places, |kept| kept.until() <= now);
        self.slim.sweep(places, |kept| kept.until() <= now);
        self.two.sweep(places, |kept| kept.until() <= now);
        self.many.sweep(places, |kept| kept.until() <= now);
        self.logs.sweep(places, |kept| kept.until() <= now);
    }
}

/// The verdict about a caller who is new, and whether he is kept.
fn begin<T: Kept>(
    table: &mut Table<T>,
    kind: <T::One as State>::Kind,
    name: Name,
    ask: &RateLimitRequest<'_>,
    now: u64,
) -> (Decision, bool) {
    let mut kept = T::vacant(ask.quotas.iter().len());
    let verdict = kept.decide(kind, ask, now);
    let stays = kept.until() > now;
    if stays {
        table.insert(name.count(), kept);
    }
    (verdict, stays)
}

/// The states of one caller, one for each quota.
trait Kept: Default {
    type One: State;

    fn vacant(quotas: usize) -> Self;
    fn decide(&mut self, kind: <Self::One as State>::Kind, ask: &RateLimitRequest<'_>, now: u64) -> Decision;
    fn refund(
        &mut self,
        kind: <Self::One as State>::Kind,
        ask: &RateLimitRequest<'_>,
        now: u64,
        charged: Option<u64>,
    );
    /// From when on they say no more than vacant ones.
    fn until(&self) -> u64;
}

impl<const N: usize> Kept for [Cell; N]
where
    Self: Default,
{
    type One = Cell;

    fn vacant(_quotas: usize) -> Self {
        Self::default()
    }

    /// The commonest kind by itself, and as many quotas as the compiler knows: so it makes one straight line of it.
    #[inline]
    fn decide(&mut self, kind: Count, ask: &RateLimitRequest<'_>, now: u64) -> Decision {
        let quotas: &[Quota; N] = as_many(ask.quotas);
        match kind {
            Count::FixedWindow => decide(self, Count::FixedWindow, quotas, now, ask.cost, ask.charge),
            kind => decide(self, kind, quotas, now, ask.cost, ask.charge),
        }
    }

    fn refund(&mut self, kind: Count, ask: &RateLimitRequest<'_>, now: u64, charged: Option<u64>) {
        refund(self, kind, as_many::<N>(ask.quotas), now, charged, ask.cost);
    }

    fn until(&self) -> u64 {
        last(self)
    }
}

/// Two cells whose strategy needs one number beside the time: 24 bytes instead of 32.
#[derive(Clone, Copy, Default)]
struct Slim {
    until: [u64; 2],
    number: [u32; 2],
}

impl Slim {
    #[inline]
    fn cells(&self, kind: Count) -> [Cell; 2] {
        [0, 1].map(|at| {
            let (until, number) = (self.until[at], self.number[at]);
            let (count, other) = if kind == Count::Gcra { (0, number) } else { (number, 0) };
            Cell { until, count, other }
        })
    }

    #[inline]
    fn keep(&mut self, cells: [Cell; 2]) {
        // One of the numbers is always zero.
        *self =
            Self { until: cells.map(|cell| cell.until), number: cells.map(|cell| cell.count | cell.other) };
    }
}

impl Kept for Slim {
    type One = Cell;

    fn vacant(_quotas: usize) -> Self {
        Self::default()
    }

    #[inline]
    fn decide(&mut self, kind: Count, ask: &RateLimitRequest<'_>, now: u64) -> Decision {
        let mut cells = self.cells(kind);
        let verdict = cells.decide(kind, ask, now);
        self.keep(cells);
        verdict
    }

    fn refund(&mut self, kind: Count, ask: &RateLimitRequest<'_>, now: u64, charged: Option<u64>) {
        let mut cells = self.cells(kind);
        cells.refund(kind, ask, now, charged);
        self.keep(cells);
    }

    /// Of a fixed window a microsecond later than it might be.
    fn until(&self) -> u64 {
        let until = |at: usize| self.until[at].saturating_add(u64::from(self.number[at] > 0));
        until(0).max(until(1))
    }
}

impl<S: State> Kept for Box<[S]> {
    type One = S;

    fn vacant(quotas: usize) -> Self {
        (0..quotas).map(|_| S::default()).collect()
    }

    fn decide(&mut self, kind: S::Kind, ask: &RateLimitRequest<'_>, now: u64) -> Decision {
        decide(self, kind, ask.quotas.iter().as_slice(), now, ask.cost, ask.charge)
    }

    fn refund(&mut self, kind: S::Kind, ask: &RateLimitRequest<'_>, now: u64, charged: Option<u64>) {
        refund(self, kind, ask.quotas.iter().as_slice(), now, charged, ask.cost);
    }

    fn until(&self) -> u64 {
        last(self)
    }
}

#[inline]
fn as_many<const N: usize>(quotas: &Quotas) -> &[Quota; N] {
    let quotas = quotas.iter().as_slice().first_chunk();
    quotas.expect("the table was chosen by the number of quotas")
}

fn last(states: &[impl State]) -> u64 {
    states.iter().map(State::until).max().unwrap_or(0)
}
