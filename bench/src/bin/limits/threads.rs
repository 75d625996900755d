//! Decisions and session lookups by several threads at once, compared with keyed `governor`: shows
//! whether a lock or a counter is shared by all of them.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use palisade::rate_limit::RateLimit;
use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::{
    ChargePolicy, MemoryStore, Outcome, RateLimitRequest, RateLimitStore, StoreReply,
};
use palisade::session::store::{MemorySessions, SessionId, SessionRecord, SessionStore};

use crate::memory::{caller, scatter};
use crate::table::Rounds;

const ROUNDS: usize = 7;
/// The duration of a turn.
const TURN: Duration = Duration::from_millis(150);
/// The number of operations between two readings of the clock.
const BATCH: u64 = 256;
/// The numbers of threads.
const THREADS: [usize; 4] = [1, 2, 4, 8];
const CALLERS: u64 = 100_000;
/// Quotas that let every request pass.
const QUOTAS: &str = "4000000000/year; 4000000000/month";

/// An operation on the caller of this number.
type Operation = Box<dyn Fn(u64) + Sync>;

/// Prints the table.
pub fn run() {
    println!(
        "\nthreads: million operations per second of all threads, median of {ROUNDS} turns of {TURN:?}; {CALLERS} \
         callers, except one caller where it says so"
    );
    println!("{:<34} {}", "", THREADS.map(|threads| format!("{threads:>8}")).concat());
    let contestants = contestants();
    let mut rates = contestants.iter().map(|_| THREADS.map(|_| Rounds::default())).collect::<Vec<_>>();
    for _ in 0..ROUNDS {
        for (column, threads) in THREADS.into_iter().enumerate() {
            for ((_, operation), rates) in contestants.iter().zip(&mut rates) {
                rates[column].push(turn(threads, operation));
            }
        }
    }
    for ((name, _), rates) in contestants.iter().zip(&rates) {
        println!(
            "{name:<34} {}",
            rates.each_ref().map(|rounds| format!("{:>8.2}", rounds.median())).concat()
        );
    }
}

fn contestants() -> [(&'static str, Operation); 6] {
    [
        ("decision, two quotas", decision(CALLERS)),
        ("governor, one quota", governor(CALLERS)),
        ("decision, two quotas, one caller", decision(1)),
        ("governor, one quota, one caller", governor(1)),
        ("check of a limit, two quotas", check()),
        ("session read from memory", session()),
    ]
}

fn decision(callers: u64) -> Operation {
    let (store, quotas) = (MemoryStore::new(), QUOTAS.parse::<Quotas>().expect("quotas"));
    Box::new(move |number| {
        let request = RateLimitRequest {
            limit: "page",
            caller: &caller(number % callers),
            quotas: &quotas,
            strategy: Strategy::FixedWindow,
            cost: 1,
            charge: ChargePolicy::AllOrNothing,
        };
        match store.decide(request) {
            StoreReply::Ready(Ok(decision)) => assert_eq!(decision.outcome, Outcome::Allowed),
            _ => panic!("memory answers at once"),
        }
    })
}

fn governor(callers: u64) -> Operation {
    let quota = Quota::per_hour(NonZeroU32::MAX);
    let limiter: DefaultKeyedRateLimiter<[u8; 16]> = RateLimiter::keyed(quota);
    Box::new(move |number| assert!(limiter.check_key(&caller(number % callers)).is_ok()))
}

/// A check counts in the metrics too.
fn check() -> Operation {
    let limit = RateLimit::new("page", QUOTAS, MemoryStore::new()).expect("quotas");
    Box::new(move |number| assert!(now(limit.check(&caller(number % CALLERS)[..])).is_ok()))
}

/// Every tenth visitor has a session. With cookie storage, most lookups find none.
fn session() -> Operation {
    let store = MemorySessions::new();
    let id = |number: u64| SessionId::from_bytes(caller_bits(number));
    for number in (0..CALLERS).step_by(10) {
        let record = SessionRecord { version: 1, user: None, bytes: vec![0; 64] };
        let saved = store.save(id(number), None, record, Duration::from_secs(86_400));
        assert!(matches!(saved, StoreReply::Ready(Ok(_))));
    }
    Box::new(move |number| {
        let number = number % CALLERS;
        match store.load(id(number)) {
            StoreReply::Ready(Ok(record)) => assert_eq!(record.is_some(), number % 10 == 0),
            _ => panic!("memory answers at once"),
        }
    })
}

/// Returns 128 bits that look random, as the id of a session.
fn caller_bits(number: u64) -> [u8; 16] {
    let mut bits = [0; 16];
    bits[..8].copy_from_slice(&scatter(number).to_le_bytes());
    bits[8..].copy_from_slice(&scatter(!number).to_le_bytes());
    bits
}

/// Returns the output of a future that is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory answers at once"),
    }
}

/// Lets these threads repeat the operation. Returns the million operations per second.
fn turn(threads: usize, operation: &Operation) -> f64 {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let running = (0..threads as u64).map(|thread| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let (begun, mut count) = (Instant::now(), 0);
                while begun.elapsed() < TURN {
                    (count..count + BATCH).for_each(|number| operation(scatter(number * 64 + thread)));
                    count += BATCH;
                }
                count as f64 / begun.elapsed().as_secs_f64()
            })
        });
        let running = running.collect::<Vec<_>>();
        running.into_iter().map(|thread| thread.join().expect("a thread that ends")).sum::<f64>() / 1e6
    })
}
