//! A table that is nearly full at any size: open addressing, one place after the other, growing by an eighth.
//!
//! The names are hashes already, with keys that nobody knows. A place is looked for from where its name belongs, so a
//! known name is mostly found within one or two lines of the processor's cache.

/// How many places a table grows by at least.
const STEP: usize = 2;

/// What is kept, by name.
pub(super) struct Table<T> {
    places: Box<[Place<T>]>,
    len: usize,
    /// The place that is looked at next for what has run out.
    next: usize,
}

/// A name and what is kept of it; vacant when the name is zero.
#[derive(Default)]
struct Place<T> {
    name: u64,
    kept: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: Box::default(), len: 0, next: 0 }
    }
}

impl<T: Default> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&mut self, name: u64) -> Option<&mut T> {
        self.find(name).ok().map(|at| &mut self.places[at].kept)
    }

    /// Keeps something new; the name is not zero and not here yet.
    pub(super) fn insert(&mut self, name: u64, kept: T) {
        let all = self.places.len();
        // At least one place stays vacant: that is where looking ends.
        if (self.len + 1) * 8 > all * 7 {
            self.resize(all + (all / 8).max(STEP));
        }
        self.put(name, kept);
    }

    pub(super) fn remove(&mut self, name: u64) {
        if let Ok(at) = self.find(name) {
            self.vacate(at);
        }
    }

    /// Looks at so many places more, and lets go of what need not be kept.
    pub(super) fn sweep(&mut self, places: usize, gone: impl Fn(&T) -> bool) {
        for _ in 0..places.min(self.places.len()) {
            if self.next >= self.places.len() {
                self.next = 0;
                if self.places.len() > 1024 && self.len < self.places.len() / 4 {
                    self.resize(self.len * 2 + STEP);
                    return;
                }
            }
            let place = &self.places[self.next];
            if place.name != 0 && gone(&place.kept) {
                // What follows moves up, and is looked at next.
                self.vacate(self.next);
            } else {
                self.next += 1;
            }
        }
    }

    fn home(&self, name: u64) -> usize {
        ((u128::from(name) * self.places.len() as u128) >> 64) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.places.len() { 0 } else { at + 1 }
    }

    /// Where the name is, or else the vacant place where it would be.
    #[inline]
    fn find(&self, name: u64) -> Result<usize, usize> {
        let mut at = self.home(name);
        // A table is never full; one without places has nothing to look at.
        while let Some(place) = self.places.get(at) {
            if place.name == name {
                return Ok(at);
            }
            if place.name == 0 {
                return Err(at);
            }
            at = self.after(at);
        }
        Err(at)
    }

    fn put(&mut self, name: u64, kept: T) {
        let (Ok(at) | Err(at)) = self.find(name);
        self.places[at] = Place { name, kept };
        self.len += 1;
    }

    /// Empties a place, and moves up what would no longer be found behind it.
    fn vacate(&mut self, at: usize) {
        let (mut hole, mut at) = (at, at);
        let all = self.places.len();
        let from = |start: usize, end: usize| if end >= start { end - start } else { end + all - start };
        loop {
            at = self.after(at);
            let name = self.places[at].name;
            if name == 0 {
                break;
            }
            if from(self.home(name), at) >= from(hole, at) {
                self.places.swap(hole, at);
                hole = at;
            }
        }
        self.places[hole] = Place::default();
        self.len -= 1;
    }

    fn resize(&mut self, places: usize) {
        let larger = std::iter::repeat_with(Place::default).take(places).collect();
        let before = std::mem::replace(&mut self.places, larger);
        (self.len, self.next) = (0, 0);
        for place in before {
            if place.name != 0 {
                self.put(place.name, place.kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Numbers that look drawn, the same in each run.
    fn draw(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state ^ (*state >> 29)
    }

    #[test]
    fn it_keeps_what_a_map_keeps() {
        let (mut table, mut map, mut state) = (Table::default(), HashMap::new(), 7);
        for step in 0..100_000_u64 {
            // Some belong to the last places, so that they go on at the first.
            let drawn = draw(&mut state) % 3_000;
            let name = if drawn < 300 { u64::MAX - drawn } else { drawn * (u64::MAX / 3_000) };
            match draw(&mut state) % 1_000 {
                0 => {
                    table.sweep(usize::MAX, |kept| kept % 2 == 0);
                    map.retain(|name, kept| {
                        let stays = *kept % 2 != 0 || table.get(*name).is_some();
                        assert!(table.get(*name).is_none_or(|found| *found == *kept));
                        stays
                    });
                }
                1..400 => {
                    table.remove(name);
                    map.remove(&name);
                }
                _ => {
                    match table.get(name) {
                        Some(kept) => *kept = step,
                        None => table.insert(name, step),
                    }
                    map.insert(name, step);
                }
            }
            assert_eq!(table.len(), map.len());
            assert_eq!(table.get(name).copied(), map.get(&name).copied());
        }
        assert!(map.iter().all(|(name, kept)| table.get(*name).copied() == Some(*kept)));
    }

    #[test]
    fn what_has_run_out_leaves_and_the_table_shrinks() {
        let (mut table, mut state) = (Table::default(), 7);
        (0..10_000_u64).for_each(|number| table.insert(draw(&mut state), number));
        assert!(table.places.len() < 11_500 * 9 / 8, "{} places for 10,000", table.places.len());
        for _ in 0..3 {
            table.sweep(usize::MAX, |number| *number >= 100);
        }
        assert_eq!(table.len(), 100);
        assert!(table.places.len() < 1_100, "{} places for 100", table.places.len());
        (0..100).for_each(|_| table.sweep(usize::MAX, |_| true));
        assert_eq!(table.len(), 0);
    }
}
