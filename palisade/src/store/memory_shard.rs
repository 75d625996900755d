//! One shard of the memory store: callers by name, in tables by how much is kept of each.

use hashbrown::HashTable;

use super::name::Name;
use super::{Ask, Verdict};
use crate::quota::decide::{decide, refund};
use crate::quota::strategy::{Cell, Log, State};

/// How many places each decision looks at for what has run out.
const SWEEP: usize = 4;
/// How many when there is no room left.
const SWEEP_FULL: usize = 256;

/// Callers up to a capacity.
pub(super) struct Shard {
    one: Table<[Cell; 1]>,
    two: Table<[Cell; 2]>,
    many: Table<Box<[Cell]>>,
    logs: Table<Box<[Log]>>,
    capacity: usize,
}

impl Shard {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            one: Table::default(),
            two: Table::default(),
            many: Table::default(),
            logs: Table::default(),
            capacity,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.one.slots.len() + self.two.slots.len() + self.many.slots.len() + self.logs.slots.len()
    }

    /// The verdict, or nothing when the caller is new and there is no room.
    pub(super) fn decide(&mut self, name: Name, ask: &Ask<'_>, now: u64) -> Option<Verdict> {
        let room = self.len() < self.capacity;
        self.within(name, ask, now, room).or_else(|| {
            self.sweep(now);
            (self.len() < self.capacity).then(|| self.within(name, ask, now, true))?
        })
    }

    fn within(&mut self, name: Name, ask: &Ask<'_>, now: u64, room: bool) -> Option<Verdict> {
        match (ask.strategy.count(), ask.quotas.iter().len()) {
            (Some(kind), 1) => self.one.decide(name, kind, ask, now, room),
            (Some(kind), 2) => self.two.decide(name, kind, ask, now, room),
            (Some(kind), _) => self.many.decide(name, kind, ask, now, room),
            (None, _) => self.logs.decide(name, (), ask, now, room),
        }
    }

    pub(super) fn refund(&mut self, name: Name, ask: &Ask<'_>, now: u64, charged: Option<u64>) {
        match (ask.strategy.count(), ask.quotas.iter().len()) {
            (Some(kind), 1) => self.one.refund(name, kind, ask, now, charged),
            (Some(kind), 2) => self.two.refund(name, kind, ask, now, charged),
            (Some(kind), _) => self.many.refund(name, kind, ask, now, charged),
            (None, _) => self.logs.refund(name, (), ask, now, charged),
        }
    }

    /// Forgets everything about a caller.
    pub(super) fn reset(&mut self, caller: u64) {
        self.one.reset(caller);
        self.two.reset(caller);
        self.many.reset(caller);
        self.logs.reset(caller);
    }

    fn sweep(&mut self, now: u64) {
        self.one.sweep(now, SWEEP_FULL);
        self.two.sweep(now, SWEEP_FULL);
        self.many.sweep(now, SWEEP_FULL);
        self.logs.sweep(now, SWEEP_FULL);
    }
}

/// The states of one caller, one for each quota.
trait States {
    type One: State;

    fn vacant(quotas: usize) -> Self;
    fn each(&mut self) -> &mut [Self::One];
    fn until(&self) -> u64;
}

impl<const N: usize> States for [Cell; N] {
    type One = Cell;

    fn vacant(_quotas: usize) -> Self {
        [Cell::default(); N]
    }

    fn each(&mut self) -> &mut [Cell] {
        self
    }

    fn until(&self) -> u64 {
        last(self)
    }
}

impl<S: State> States for Box<[S]> {
    type One = S;

    fn vacant(quotas: usize) -> Self {
        (0..quotas).map(|_| S::default()).collect()
    }

    fn each(&mut self) -> &mut [S] {
        self
    }

    fn until(&self) -> u64 {
        last(self)
    }
}

fn last(states: &[impl State]) -> u64 {
    states.iter().map(State::until).max().unwrap_or(0)
}

struct Slot<T> {
    name: Name,
    states: T,
}

struct Table<T> {
    slots: HashTable<Slot<T>>,
    /// The place that is looked at next for what has run out.
    next: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { slots: HashTable::new(), next: 0 }
    }
}

impl<T: States> Table<T> {
    fn decide(
        &mut self,
        name: Name,
        kind: <T::One as State>::Kind,
        ask: &Ask<'_>,
        now: u64,
        room: bool,
    ) -> Option<Verdict> {
        self.sweep(now, SWEEP);
        let decide = |states: &mut [T::One]| decide(states, kind, ask.quotas, now, ask.cost, ask.charge);
        if let Some(slot) = self.slots.find_mut(name.caller, |slot| slot.name == name) {
            return Some(decide(slot.states.each()));
        }
        if !room {
            return None;
        }
        let mut states = T::vacant(ask.quotas.iter().len());
        let verdict = decide(states.each());
        if states.until() > now {
            self.slots.insert_unique(name.caller, Slot { name, states }, |slot| slot.name.caller);
        }
        Some(verdict)
    }

    fn refund(
        &mut self,
        name: Name,
        kind: <T::One as State>::Kind,
        ask: &Ask<'_>,
        now: u64,
        charged: Option<u64>,
    ) {
        if let Some(slot) = self.slots.find_mut(name.caller, |slot| slot.name == name) {
            refund(slot.states.each(), kind, ask.quotas, now, charged, ask.cost);
        }
    }

    fn reset(&mut self, caller: u64) {
        while let Ok(found) = self.slots.find_entry(caller, |slot| slot.name.caller == caller) {
            found.remove();
        }
    }

    fn sweep(&mut self, now: u64, places: usize) {
        let all = self.slots.num_buckets();
        for _ in 0..places.min(all) {
            if self.next >= all {
                self.next = 0;
                if all > 1024 && self.slots.len() < all / 8 {
                    self.slots.shrink_to(self.slots.len() * 2, |slot| slot.name.caller);
                    return;
                }
            }
            if let Ok(slot) = self.slots.get_bucket_entry(self.next)
                && slot.get().states.until() <= now
            {
                slot.remove();
            }
            self.next += 1;
        }
    }
}
