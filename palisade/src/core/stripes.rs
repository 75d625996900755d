//! Values that many threads change at once, one for each core: threads on different cores then do
//! not wait for each other's cache line.

use std::io;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use super::cache_aligned::CacheAligned;

/// The largest number of stripes: beyond so many cores, some share one.
const MAX_STRIPES: usize = 64;

/// A value for each core. A sum over all of them is the whole.
#[derive(Debug)]
pub(crate) struct Stripes<T>(Box<[CacheAligned<T>]>);

impl<T> Stripes<T> {
    /// Makes a stripe for each core, `max` at most and one at least. The function gets the index of a
    /// stripe, and the number of all.
    pub(crate) fn new(max: usize, value: impl Fn(usize, usize) -> T) -> Self {
        let count = count().min(max).max(1);
        Self((0..count).map(|index| CacheAligned(value(index, count))).collect())
    }

    /// Returns the stripe of this thread.
    #[cfg(any(test, feature = "rate-limit"))]
    pub(crate) fn own(&self) -> &T {
        &self.0[self.own_index()].0
    }

    /// Returns all stripes, that of this thread first.
    #[cfg(feature = "serve")]
    pub(crate) fn own_first(&self) -> impl Iterator<Item = &T> {
        let (before, from) = self.0.split_at(self.own_index());
        from.iter().chain(before).map(|stripe| &stripe.0)
    }

    fn own_index(&self) -> usize {
        wrapped(core_index(), self.0.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|stripe| &stripe.0)
    }
}

impl<T: Default> Default for Stripes<T> {
    fn default() -> Self {
        Self::new(MAX_STRIPES, |_, _| T::default())
    }
}

/// Returns the number of cores that the process may use, [`MAX_STRIPES`] at most. Asking for it reads
/// files.
fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| bounded(available_parallelism()))
}

/// Returns the number of stripes for so many cores; for an unknown number, one.
fn bounded(cores: io::Result<NonZeroUsize>) -> usize {
    cores.map_or(1, usize::from).min(MAX_STRIPES)
}

/// Returns the stripe of the core with this index, among so many.
fn wrapped(index: usize, stripes: usize) -> usize {
    // A division takes longer than the rest, and most sets have a stripe for each core.
    if index < stripes { index } else { index % stripes }
}

/// Returns the index of this thread's stripes. Threads get them in turn, as they ask first.
fn core_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static INDEX: usize = NEXT.fetch_add(1, Ordering::Relaxed) % count();
    }
    INDEX.with(|index| *index)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use super::*;

    #[test]
    fn threads_lose_no_addition() {
        let stripes = Stripes::<AtomicU64>::default();
        thread::scope(|scope| {
            for _ in 0..3 * MAX_STRIPES {
                scope.spawn(|| {
                    for _ in 0..100 {
                        stripes.own().fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let all: u64 = stripes.iter().map(|stripe| stripe.load(Ordering::Relaxed)).sum();
        assert_eq!(all, 300 * MAX_STRIPES as u64);
    }

    #[test]
    fn there_is_a_stripe_for_each_core_up_to_the_bound() {
        let len = |max| Stripes::new(max, |index, _| index).iter().count();
        assert_eq!((len(0), len(1), len(MAX_STRIPES)), (1, 1, count()));
        assert_eq!(Stripes::<u8>::default().iter().count(), count());
        assert_eq!(count(), available_parallelism().unwrap().get().min(MAX_STRIPES));
    }

    #[test]
    fn the_number_of_stripes_is_bounded() {
        let stripes =
            |cores| bounded(NonZeroUsize::new(cores).ok_or_else(|| io::ErrorKind::Unsupported.into()));
        assert_eq!([0, 1, 2, 63, 64, 65, 1000].map(stripes), [1, 1, 2, 63, 64, 64, 64]);
    }

    #[test]
    fn cores_beyond_the_stripes_share_them_in_turn() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|core| wrapped(core, 3)), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn threads_use_all_stripes() {
        let stripes = Stripes::new(MAX_STRIPES, |index, _| index);
        let used: HashSet<usize> = (0..8 * MAX_STRIPES)
            .map(|_| thread::scope(|scope| scope.spawn(|| *stripes.own()).join().unwrap()))
            .collect();
        assert_eq!(used.len(), count());
    }
}
