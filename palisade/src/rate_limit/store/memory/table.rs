//! A hash table that stays nearly full at any size but the smallest: open addressing, linear probing,
//! growth by an eighth. The page of the parent module compares it with hashbrown.
//!
//! The keys are hashes already, made with random keys. Linear probing finds most of them within
//! one or two cache lines.

/// The smallest number of slots that a table grows by.
const MIN_GROWTH: usize = 2;
/// The number of slots below which a table has more vacant slots: it takes little memory, and is
/// searched faster.
const SMALL: usize = 512;

/// Values by hash.
pub(super) struct Table<T> {
    slots: Box<[Slot<T>]>,
    len: usize,
    /// The slot where the next sweep continues.
    sweep_position: usize,
}

/// A hash and its value. The slot is vacant if the hash is zero.
#[derive(Default)]
struct Slot<T> {
    hash: u64,
    value: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { slots: Box::default(), len: 0, sweep_position: 0 }
    }
}

impl<T: Default> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&mut self, hash: u64) -> Option<&mut T> {
        self.find(hash).ok().map(|index| &mut self.slots[index].value)
    }

    /// Inserts a value. The hash is not zero and not in the table yet.
    pub(super) fn insert(&mut self, hash: u64, value: T) {
        let slots = self.slots.len();
        let full = if slots < SMALL { slots * 3 / 4 } else { slots * 7 / 8 };
        // At least one slot stays vacant: a search ends there.
        if self.len >= full {
            self.resize(slots + (slots / 8).max(MIN_GROWTH));
        }
        self.put(hash, value);
    }

    pub(super) fn remove(&mut self, hash: u64) {
        if let Ok(index) = self.find(hash) {
            self.vacate(index);
        }
    }

    /// Looks at the next slots and drops expired values. Shrinks a large table after each round.
    pub(super) fn sweep(&mut self, slots: usize, expired: impl Fn(&T) -> bool) {
        for _ in 0..slots.min(self.slots.len()) {
            if self.sweep_position >= self.slots.len() {
                self.sweep_position = 0;
                if self.slots.len() > 1024 && self.len < self.slots.len() / 4 {
                    self.resize(self.len * 2 + MIN_GROWTH);
                    return;
                }
            }
            let slot = &self.slots[self.sweep_position];
            if slot.hash != 0 && expired(&slot.value) {
                // The next value moves into this slot, which is looked at again.
                self.vacate(self.sweep_position);
            } else {
                self.sweep_position += 1;
            }
        }
    }

    /// Returns the slot where the search for a hash starts.
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    fn next(&self, index: usize) -> usize {
        if index + 1 == self.slots.len() { 0 } else { index + 1 }
    }

    /// Returns the slot of the hash, or else the vacant slot where it belongs.
    #[inline]
    fn find(&self, hash: u64) -> Result<usize, usize> {
        let mut index = self.home(hash);
        // A table is never full; in one without slots the search ends at once.
        while let Some(slot) = self.slots.get(index) {
            if slot.hash == hash {
                return Ok(index);
            }
            if slot.hash == 0 {
                return Err(index);
            }
            index = self.next(index);
        }
        Err(index)
    }

    fn put(&mut self, hash: u64, value: T) {
        let (Ok(index) | Err(index)) = self.find(hash);
        self.slots[index] = Slot { hash, value };
        self.len += 1;
    }

    /// Vacates a slot. Moves up the values behind it that a search would no longer find.
    fn vacate(&mut self, index: usize) {
        let (mut hole, mut index) = (index, index);
        let slots = self.slots.len();
        let distance =
            |start: usize, end: usize| if end >= start { end - start } else { end + slots - start };
        loop {
            index = self.next(index);
            let hash = self.slots[index].hash;
            if hash == 0 {
                break;
            }
            if distance(self.home(hash), index) >= distance(hole, index) {
                self.slots.swap(hole, index);
                hole = index;
            }
        }
        self.slots[hole] = Slot::default();
        self.len -= 1;
    }

    fn resize(&mut self, slots: usize) {
        let resized = std::iter::repeat_with(Slot::default).take(slots).collect();
        let old = std::mem::replace(&mut self.slots, resized);
        (self.len, self.sweep_position) = (0, 0);
        for slot in old {
            if slot.hash != 0 {
                self.put(slot.hash, slot.value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Returns pseudo-random numbers, the same in each run.
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state ^ (*state >> 29)
    }

    #[test]
    fn behaves_like_a_hash_map() {
        let (mut table, mut map, mut state) = (Table::default(), HashMap::new(), 7);
        for step in 0..100_000_u64 {
            // Some belong in the last slots, so that probing wraps around.
            let number = random(&mut state) % 3_000;
            let hash = if number < 300 { u64::MAX - number } else { number * (u64::MAX / 3_000) };
            match random(&mut state) % 1_000 {
                0 => {
                    table.sweep(usize::MAX, |value| value % 2 == 0);
                    map.retain(|hash, value| {
                        let stays = *value % 2 != 0 || table.get(*hash).is_some();
                        assert!(table.get(*hash).is_none_or(|found| *found == *value));
                        stays
                    });
                }
                1..400 => {
                    table.remove(hash);
                    map.remove(&hash);
                }
                _ => {
                    match table.get(hash) {
                        Some(value) => *value = step,
                        None => table.insert(hash, step),
                    }
                    map.insert(hash, step);
                }
            }
            assert_eq!(table.len(), map.len());
            assert_eq!(table.get(hash).copied(), map.get(&hash).copied());
        }
        assert!(map.iter().all(|(hash, value)| table.get(*hash).copied() == Some(*value)));
    }

    #[test]
    fn sweeping_drops_values_and_shrinks_the_table() {
        let (mut table, mut state) = (Table::default(), 7);
        (0..10_000_u64).for_each(|number| table.insert(random(&mut state), number));
        assert!(table.slots.len() < 11_500 * 9 / 8, "{} slots for 10,000", table.slots.len());
        for _ in 0..3 {
            table.sweep(usize::MAX, |number| *number >= 100);
        }
        assert_eq!(table.len(), 100);
        assert!(table.slots.len() < 1_100, "{} slots for 100", table.slots.len());
        (0..100).for_each(|_| table.sweep(usize::MAX, |_| true));
        assert_eq!(table.len(), 0);
    }
}
