//! Decisions in memory compared with keyed `governor`. A key has 16 bytes, like an IPv6 address.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Instant;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::RateLimitStore;
use palisade::rate_limit::store::{ChargePolicy, MemoryStore, Outcome, RateLimitRequest, Store, StoreReply};
use stats_alloc::Region;

use crate::ALLOCATOR;
use crate::table::{Rounds, goal};

const ROUNDS: usize = 15;
/// The number of decisions in a round.
const TURN: u64 = 400_000;
/// Quotas that let every request pass, with windows longer than the run.
const ONE: &str = "40000/year";
const TWO: &str = "40000/year; 40000/month";

const CONTESTANTS: [(Strategy, &str); 7] = [
    (Strategy::FixedWindow, ONE),
    (Strategy::FixedWindow, TWO),
    (Strategy::SlidingWindowCounter, ONE),
    (Strategy::SlidingWindowCounter, TWO),
    (Strategy::Gcra, ONE),
    (Strategy::Gcra, TWO),
    (Strategy::MovingWindow, ONE),
];

/// Prints a table for each number of callers.
pub fn run(quick: bool) {
    let sizes = [1_000, 1_000_000, 10_000_000];
    for callers in sizes.into_iter().take(if quick { 2 } else { 3 }) {
        println!("\nmemory, {callers} callers: ns per decision, median of {ROUNDS} turns of {TURN} (least)");
        println!(
            "{:<34} {:>16} {:>16} {:>6} {:>8} {:>9}  goal",
            "", "ns", "governor's ns", "ratio", "bytes", "governor's"
        );
        let peer = Peer::new(callers);
        for (strategy, quotas) in CONTESTANTS {
            // A moving window stores every hit: with ten million callers that measures the
            // allocator.
            if strategy == Strategy::MovingWindow && callers > 1_000_000 {
                continue;
            }
            compare(callers, &peer, strategy, quotas);
        }
    }
}

fn compare(callers: u64, peer: &Peer, strategy: Strategy, quotas: &str) {
    let ours = Ours::new(callers, strategy, quotas);
    let (mut our_ns, mut peer_ns) = (Rounds::default(), Rounds::default());
    for round in 0..ROUNDS as u64 {
        our_ns.push(turn(callers, round, |caller| ours.decide(caller)));
        peer_ns.push(turn(callers, round, |caller| peer.decide(caller)));
    }
    let ratio = our_ns.median() / peer_ns.median();
    let count = quotas.split(';').count();
    // The goal applies to two quotas compared with one of governor's; one quota is cheaper.
    let met = ratio <= 1.0 && ours.bytes <= peer.bytes;
    println!(
        "{:<34} {:>8.1} ({:>5.1}) {:>8.1} ({:>5.1}) {:>6.2} {:>8.1} {:>9.1}  {}",
        format!("{strategy}, {count} quota{}", if count == 1 { "" } else { "s" }),
        our_ns.median(),
        our_ns.least(),
        peer_ns.median(),
        peer_ns.least(),
        ratio,
        ours.bytes,
        peer.bytes,
        goal(met),
    );
}

struct Ours {
    store: Store,
    quotas: Quotas,
    strategy: Strategy,
    bytes: f64,
}

impl Ours {
    fn new(callers: u64, strategy: Strategy, quotas: &str) -> Self {
        let quotas = quotas.parse().expect("quotas");
        let region = Region::new(ALLOCATOR);
        // The default capacity where it is enough.
        let store = MemoryStore::new();
        let store = if callers < 1_000_000 { store } else { store.capacity(callers as usize * 11 / 10) };
        let mut new = Self { store: store.into(), quotas, strategy, bytes: 0.0 };
        (0..callers).for_each(|number| assert!(new.decide(caller(number))));
        new.bytes = bytes(&region, callers);
        new
    }

    fn decide(&self, caller: [u8; 16]) -> bool {
        let Self { quotas, strategy, .. } = self;
        let charge = ChargePolicy::AllOrNothing;
        let ask =
            RateLimitRequest { limit: "page", caller: &caller, quotas, strategy: *strategy, cost: 1, charge };
        match self.store.decide(ask) {
            StoreReply::Ready(Ok(decision)) => decision.outcome == Outcome::Allowed,
            _ => false,
        }
    }
}

struct Peer {
    limiter: DefaultKeyedRateLimiter<[u8; 16]>,
    bytes: f64,
}

impl Peer {
    fn new(callers: u64) -> Self {
        let region = Region::new(ALLOCATOR);
        let quota = Quota::per_hour(NonZeroU32::new(4_000_000).expect("not zero"));
        let mut new = Self { limiter: RateLimiter::keyed(quota), bytes: 0.0 };
        (0..callers).for_each(|number| assert!(new.decide(caller(number))));
        new.bytes = bytes(&region, callers);
        new
    }

    fn decide(&self, caller: [u8; 16]) -> bool {
        self.limiter.check_key(&caller).is_ok()
    }
}

fn bytes(region: &Region<'_, std::alloc::System>, callers: u64) -> f64 {
    let change = region.change();
    (change.bytes_allocated as f64 - change.bytes_deallocated as f64) / callers as f64
}

/// Returns the nanoseconds per decision, over callers in random order.
fn turn(callers: u64, round: u64, decide: impl Fn([u8; 16]) -> bool) -> f64 {
    let mut passed = 0;
    let begun = Instant::now();
    for number in 0..TURN {
        let drawn = scatter(round * TURN + number);
        let among = ((u128::from(drawn) * u128::from(callers)) >> 64) as u64;
        passed += u64::from(decide(black_box(caller(among))));
    }
    let taken = begun.elapsed();
    assert_eq!(passed, TURN, "every request passes");
    taken.as_nanos() as f64 / TURN as f64
}

/// Returns an IPv6 address as a key.
pub fn caller(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0]);
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// splitmix64, as a deterministic random number.
pub fn scatter(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
