//! Bounded places: a number in all, and a share of it for each client network.
//!
//! The places are divided among the cores. A thread takes one of its own core with one atomic
//! addition, and one of another core only if its own are taken. The holder's count is in one of many
//! small tables. Requests of different clients therefore do not wait for each other on many cores.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cache_aligned::CacheAligned;
use super::log_interval::LogInterval;
use super::stripes::Stripes;

/// The client network that holds places: an IPv4 address, or an IPv6 network of 64 bits, which is
/// what one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientNetwork {
    V4(u32),
    V6(u64),
}

impl ClientNetwork {
    /// Returns the network of this address. An IPv4-mapped IPv6 address is an IPv4 address.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }

    /// Returns the number of the table with this network's count.
    fn shard(self) -> usize {
        let bits = match self {
            Self::V4(bits) => u64::from(bits),
            Self::V6(bits) => bits,
        };
        // Neighbours in one network shall not share a table. The highest six bits are its number.
        (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
    }
}

/// The number of tables with the counts of client networks: 2⁶.
const SHARDS: usize = 64;
/// The smallest number of places of a core: fewer are not worth dividing.
const MIN_PER_CORE: usize = 16;

/// The places held by client networks.
type Table = Mutex<HashMap<ClientNetwork, usize>>;

/// The places of one core.
#[derive(Debug)]
struct Places {
    max: usize,
    used: AtomicUsize,
}

impl Places {
    fn take(&self) -> bool {
        let taken = self.used.fetch_add(1, Ordering::Relaxed) < self.max;
        if !taken {
            self.put_back();
        }
        taken
    }

    fn put_back(&self) {
        self.used.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A number of places, and the part of it that one client network may hold.
#[derive(Debug)]
pub(crate) struct Capacity {
    max: usize,
    share: usize,
    /// A place holds a reference to those of its core only: a reference to the whole would be counted
    /// by all cores in one word.
    places: Stripes<Arc<CacheAligned<Places>>>,
    tables: Box<[Arc<Table>]>,
    over_share: AtomicU64,
    at_capacity: AtomicU64,
    log: LogInterval,
}

/// The reason why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The client network holds its share.
    OverShare,
    /// Every place is taken.
    AtCapacity,
}

/// The numbers of a [`Capacity`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CapacityCounts {
    pub(crate) used: u64,
    pub(crate) over_share: u64,
    pub(crate) at_capacity: u64,
}

impl Capacity {
    /// Returns a capacity of so many places, at least one. A client network may hold one
    /// `share_divisor`-th of them, at least one place; with 1, all of them.
    pub(crate) fn new(max: usize, share_divisor: usize) -> Arc<Self> {
        let max = max.max(1);
        let places = Stripes::new(max / MIN_PER_CORE, |index, cores| {
            let max = max / cores + usize::from(index < max % cores);
            Arc::new(CacheAligned(Places { max, used: AtomicUsize::new(0) }))
        });
        Arc::new(Self {
            max,
            share: (max / share_divisor.max(1)).max(1),
            places,
            tables: (0..SHARDS).map(|_| Arc::default()).collect(),
            over_share: AtomicU64::new(0),
            at_capacity: AtomicU64::new(0),
            log: LogInterval::new(),
        })
    }

    /// Takes a place for a client network; without one, only the number in all counts.
    pub(crate) fn take(&self, holder: Option<ClientNetwork>) -> Result<Place, NoPlace> {
        let Some(places) = self.places.own_first().find(|places| places.0.take()) else {
            self.at_capacity.fetch_add(1, Ordering::Relaxed);
            return Err(NoPlace::AtCapacity);
        };
        let mut place = Place { places: Arc::clone(places), holder: None };
        // A network whose share is everything needs no count.
        if let Some(network) = holder.filter(|_| self.share < self.max) {
            let table = &self.tables[network.shard()];
            let mut held_places = lock(table);
            let held = held_places.entry(network).or_insert(0);
            if *held >= self.share {
                self.over_share.fetch_add(1, Ordering::Relaxed);
                return Err(NoPlace::OverShare);
            }
            *held += 1;
            place.holder = Some((Arc::clone(table), network));
        }
        Ok(place)
    }

    /// The number of places.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// The number of places that one client network may hold.
    pub(crate) fn share(&self) -> usize {
        self.share
    }

    pub(crate) fn counts(&self) -> CapacityCounts {
        CapacityCounts {
            used: self.places.iter().map(|places| places.0.used.load(Ordering::Relaxed) as u64).sum(),
            over_share: self.over_share.load(Ordering::Relaxed),
            at_capacity: self.at_capacity.load(Ordering::Relaxed),
        }
    }

    /// Returns `true` at most once a minute: the time has come for a log line.
    pub(crate) fn is_log_due(&self) -> bool {
        self.log.is_due()
    }
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<CacheAligned<Places>>,
    holder: Option<(Arc<Table>, ClientNetwork)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((table, network)) = &self.holder {
            let mut table = lock(table);
            if let Some(held) = table.get_mut(network) {
                *held -= 1;
                if *held == 0 {
                    table.remove(network);
                }
            }
        }
        self.places.0.put_back();
    }
}

fn lock(table: &Table) -> MutexGuard<'_, HashMap<ClientNetwork, usize>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<ClientNetwork> {
        Some(ClientNetwork::of(address.parse().unwrap()))
    }

    fn held(capacity: &Capacity) -> usize {
        capacity.tables.iter().map(|table| table.lock().unwrap().len()).sum()
    }

    #[test]
    fn a_network_holds_exactly_its_share() {
        for (max, divisor, share) in [(16, 8, 2), (17, 8, 2), (24, 8, 3), (7, 8, 1), (10, 2, 5), (0, 0, 1)] {
            let capacity = Capacity::new(max, divisor);
            assert_eq!(capacity.share(), share, "{max} / {divisor}");
            let places: Vec<_> =
                (0..share).map(|_| capacity.take(network("192.0.2.1")).expect("within the share")).collect();
            if share < capacity.max() {
                let refused = capacity.take(network("192.0.2.1")).unwrap_err();
                assert_eq!(refused, NoPlace::OverShare, "{max} / {divisor}");
                assert!(capacity.take(network("192.0.2.2")).is_ok(), "another address");
                assert!(capacity.take(None).is_ok(), "an exempt client");
            }
            assert_eq!(capacity.counts().used, share as u64, "refused and dropped places are free");
            drop(places);
            assert_eq!((capacity.counts().used, held(&capacity)), (0, 0));
        }
    }

    #[test]
    fn exactly_so_many_places_are_taken_in_all() {
        let capacity = Capacity::new(3, 1);
        let mut places: Vec<_> = (0..3).map(|_| capacity.take(None).expect("a place is free")).collect();
        assert_eq!(capacity.take(network("192.0.2.1")).unwrap_err(), NoPlace::AtCapacity);
        assert_eq!(capacity.take(None).unwrap_err(), NoPlace::AtCapacity);
        assert_eq!(capacity.counts(), CapacityCounts { used: 3, over_share: 0, at_capacity: 2 });
        places.pop();
        let last = capacity.take(network("192.0.2.1"));
        assert!(last.is_ok());
        assert_eq!(held(&capacity), 0, "a share of everything needs no count");
        drop(last);
        assert_eq!(capacity.counts().used, 2);
    }

    #[test]
    fn one_thread_takes_the_places_of_every_core() {
        for max in [15, 16, 33, 1000, 2048] {
            let capacity = Capacity::new(max, 1);
            let places: Vec<_> = (0..max).map(|_| capacity.take(None).expect("a place is free")).collect();
            assert_eq!(capacity.take(None).unwrap_err(), NoPlace::AtCapacity, "{max}");
            assert_eq!(capacity.counts().used, max as u64);
            drop(places);
            assert_eq!(capacity.counts().used, 0);
        }
    }

    #[test]
    fn a_returned_place_can_be_taken_again() {
        let capacity = Capacity::new(8, 4);
        let first = capacity.take(network("192.0.2.1")).unwrap();
        let second = capacity.take(network("192.0.2.1")).unwrap();
        drop(first);
        let third = capacity.take(network("192.0.2.1")).unwrap();
        assert_eq!(capacity.take(network("192.0.2.1")).unwrap_err(), NoPlace::OverShare);
        assert_eq!(capacity.counts(), CapacityCounts { used: 2, over_share: 1, at_capacity: 0 });
        drop((second, third));
        assert_eq!(held(&capacity), 0, "no entry is left of clients that have gone");
    }

    #[test]
    fn a_log_line_about_full_places_is_due_at_once_and_not_again() {
        let capacity = Capacity::new(1, 1);
        assert!(capacity.is_log_due() && !capacity.is_log_due());
    }

    #[test]
    fn ipv6_counts_by_64_bits() {
        for (one, other, same) in [
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("2001:db8::1", "2001:db9::1", false),
            ("2001:db8::1", "a001:db8::1", false),
            ("2001:db8:1::1", "2001:db8:0:8000::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.1", "::1", false),
        ] {
            assert_eq!(network(one) == network(other), same, "{one} {other}");
        }
    }

    #[test]
    fn neighbours_use_all_tables() {
        let capacity = Capacity::new(10_000, 8);
        let neighbours = (0..=255).map(|last| ClientNetwork::of([192, 0, 2, last].into()));
        let places: Vec<_> = neighbours.map(|network| capacity.take(Some(network)).unwrap()).collect();
        assert!(capacity.tables.iter().all(|table| !table.lock().unwrap().is_empty()));
        drop(places);
        assert_eq!(held(&capacity), 0);
    }

    #[test]
    fn a_core_has_at_least_sixteen_places() {
        let cores = Stripes::new(usize::MAX, |_, _| ()).iter().count();
        for max in [1, 15, 16, 31, 32, 47, 48, 1000] {
            let capacity = Capacity::new(max, 1);
            assert_eq!(capacity.places.iter().count(), (max / 16).clamp(1, cores), "{max}");
        }
    }
}
