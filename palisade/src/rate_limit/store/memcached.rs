//! Counting in memcached, so that several programs share their counts.
//!
//! ```
//! # use palisade::rate_limit::store::{MemcachedStore, Store};
//! let store: Store = MemcachedStore::new("memcached://one.example:11211,two.example")?.into();
//! assert_eq!(store.name(), "memcached");
//! # Ok::<(), palisade::rate_limit::store::StoreError>(())
//! ```
//!
//! How it keeps its promises:
//!
//! 1. Everything counted of a caller by one strategy is one value. A decision reads it, decides, and writes it back only
//!    if nobody has written in between (`gets`, `cas`); else it begins again. Within one program callers take turns, so
//!    that this is rare.
//! 2. The value is given its time to live in the same step that writes it.
//! 3. A caller belongs to one of the servers, by a hash of his key; one that is down fails his decisions and no others.
//!    At most 64 connections are open to each.
//!
//! | address | what |
//! |---|---|
//! | `memcached://host:11211,host` | one server or several |
//! | `memcached:///path/to/socket` | one server on this machine |
//!
//! What it does not do: keep the time, so the clocks of programs that share it should agree to a fraction of the shortest
//! window; moving windows and gcra, which need more than that ([`RateLimitStore::supports`] says why); promise to forget
//! nothing, for memcached throws away what was used least when its memory is full; passwords and TLS.

use std::fmt;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::key::key;
use super::memcached_wire::{Connection, Servers, down};
use super::{ChargePolicy, Decision, RateLimitRequest, RateLimitStore};
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::decide::{decide, refund};
use crate::rate_limit::quota::strategy::{Cell, Count, State};
use crate::rate_limit::quota::{Quotas, Strategy};

/// How often a value may be written by another program in between before the store is called too busy.
const ATTEMPTS: usize = 100;
/// Up to here memcached takes a number of seconds; beyond, a time since the epoch.
const THIRTY_DAYS: u64 = 30 * 24 * 60 * 60;

/// Counts in memcached. [Its page](self) says how.
pub struct MemcachedStore {
    servers: Servers,
    turns: Box<[Mutex<()>]>,
    clock: Clock,
}

impl MemcachedStore {
    /// The store at this address. It connects when it is first asked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] when the address cannot be read.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        let turns = (0..64).map(|_| Mutex::new(())).collect();
        Ok(Self { servers: Servers::new(uri)?, turns, clock: Clock::system() })
    }

    /// Counts by this clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Reads what is counted, lets `change` change it, and writes it if it did.
    async fn update<T>(
        &self,
        ask: RateLimitRequest<'_>,
        change: impl Fn(&mut [Cell], Count, u64) -> T,
    ) -> Result<T, StoreError> {
        self.supports(ask.strategy)?;
        let kind = ask.strategy.count().unwrap_or(Count::FixedWindow);
        let name = name(ask.limit, ask.caller, ask.strategy);
        let (server, hash) = self.servers.of(&name);
        let _turn = match ask.charge {
            ChargePolicy::Nothing => None,
            _ => Some(self.turns[hash as usize % self.turns.len()].lock().await),
        };
        let (mut connection, mut found) = server.gets(&name).await?;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let (text, unique) = found.map_or((String::new(), None), |(text, unique)| (text, Some(unique)));
            let mut value = Value::read(&text, ask.quotas)?;
            let before = value.cells.clone();
            let answer = change(&mut value.cells, kind, now);
            if value.cells == before
                || self.write(&mut connection, &name, &value, ask.quotas, now, unique).await?
            {
                server.give_back(connection);
                return Ok(answer);
            }
            found = connection.gets(&name).await?;
        }
        Err(down("too many programs write the same count at once"))
    }

    async fn write(
        &self,
        connection: &mut Connection,
        name: &str,
        value: &Value<'_>,
        quotas: &Quotas,
        now: u64,
        unique: Option<u64>,
    ) -> Result<bool, StoreError> {
        let (text, until) = value.write(quotas, now);
        connection.store(name, &text, lifetime(until.saturating_sub(now)), unique).await
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemcachedStore").finish_non_exhaustive()
    }
}

impl RateLimitStore for MemcachedStore {
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        StoreReply::Pending(Box::pin(self.update(ask, move |cells, kind, now| {
            decide(cells, kind, ask.quotas.iter().as_slice(), now, ask.cost, ask.charge)
        })))
    }

    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()> {
        let ask = RateLimitRequest { charge: ChargePolicy::AllOrNothing, ..ask };
        StoreReply::Pending(Box::pin(self.update(ask, move |cells, kind, now| {
            refund(cells, kind, ask.quotas.iter().as_slice(), now, charged, ask.cost)
        })))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            for strategy in Strategy::ALL.into_iter().filter(|strategy| self.supports(*strategy).is_ok()) {
                let name = name(limit, caller, strategy);
                self.servers.of(&name).0.delete(&name).await?;
            }
            Ok(())
        }))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(self.servers.ping()))
    }

    fn name(&self) -> &'static str {
        "memcached"
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        let reason = match strategy {
            Strategy::FixedWindow | Strategy::SlidingWindowCounter => return Ok(()),
            Strategy::MovingWindow => {
                "it would have to read and write the time of every hit each time; write \
                 sliding-window-counter, or use Redis"
            }
            Strategy::Gcra => {
                "it needs one clock for all, which memcached does not lend; write sliding-window-counter, or \
                 use Redis"
            }
        };
        Err(StoreError::Unsupported { store: "memcached", strategy: strategy.name(), reason })
    }
}

fn name(limit: &str, caller: &[u8], strategy: Strategy) -> String {
    format!("palisade:{}:{strategy}", key(limit, caller))
}

/// The time to live as memcached wants it, two seconds more than asked: its clock ticks in seconds.
fn lifetime(micros: u64) -> u64 {
    let seconds = micros.div_ceil(1_000_000) + 2;
    if seconds <= THIRTY_DAYS {
        return seconds;
    }
    let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    epoch.saturating_add(seconds).min(i32::MAX as u64)
}

/// What is counted of a caller by one strategy: a line for each list of quotas, of which one is asked for.
struct Value<'a> {
    cells: Vec<Cell>,
    others: Vec<&'a str>,
}

impl<'a> Value<'a> {
    fn read(text: &'a str, quotas: &Quotas) -> Result<Self, StoreError> {
        let list = list(quotas);
        let mut value = Self { cells: Vec::new(), others: Vec::new() };
        for line in text.lines() {
            match line.strip_prefix(&list).and_then(|rest| rest.strip_prefix(' ')) {
                Some(rest) => value.cells = cells(rest)?,
                None => value.others.push(line),
            }
        }
        value.cells.resize(quotas.iter().len(), Cell::default());
        Ok(value)
    }

    /// The text, without what has run out, and until when any of it matters.
    fn write(&self, quotas: &Quotas, now: u64) -> (String, u64) {
        let until = |cells: &[Cell]| cells.iter().map(State::until).max().unwrap_or(0);
        let mut last = until(&self.cells);
        let mut text = list(quotas);
        for cell in &self.cells {
            let _ = write!(text, " {}:{}:{}", cell.until, cell.count, cell.other);
        }
        for line in &self.others {
            let kept = line.split_once(' ').and_then(|(_, rest)| cells(rest).ok());
            let kept = kept.map_or(0, |cells| until(&cells));
            if kept > now {
                last = last.max(kept);
                text.push('\n');
                text.push_str(line);
            }
        }
        (text, last)
    }
}

fn list(quotas: &Quotas) -> String {
    let mut list = String::new();
    for quota in quotas {
        let _ = write!(list, "{}/{};", quota.amount(), quota.window().as_secs());
    }
    list
}

fn cells(text: &str) -> Result<Vec<Cell>, StoreError> {
    let cell = |text: &str| {
        let mut numbers = text.split(':');
        let until = numbers.next()?.parse().ok()?;
        let count = numbers.next()?.parse().ok()?;
        Some(Cell { until, count, other: numbers.next()?.parse().ok()? })
    };
    let cells: Option<Vec<_>> = text.split(' ').map(cell).collect();
    cells.ok_or_else(|| down("a value is not one of ours; does something else use these keys?"))
}
