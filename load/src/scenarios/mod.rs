//! The scenarios. Each is named by what it promises, as is its test.

mod connections;
mod disk;
mod full_stores;
mod http2;
mod images;
mod kills;
mod log_ins;
mod postgres;
mod stores;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Instant;

use crate::report::{Outcome, Row};

/// How long a scenario runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few seconds, for the tests.
    Short,
    /// Up to a minute, for `make load`.
    Long,
}

impl Size {
    /// Returns the first value for a short run, the second for a long one.
    #[must_use]
    pub fn of<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it promises.
    pub promise: &'static str,
    run: fn(Size) -> Pin<Box<dyn Future<Output = Outcome>>>,
}

impl Scenario {
    /// Runs the scenario.
    pub async fn run(&self, size: Size) -> Row {
        let began = Instant::now();
        let outcome = (self.run)(size).await;
        Row { promise: self.promise, outcome, took: began.elapsed() }
    }
}

/// Returns the scenario of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn named(promise: &str) -> Scenario {
    *ALL.iter().find(|scenario| scenario.promise == promise).expect(promise)
}

macro_rules! scenarios {
    ($($promise:ident: $run:path;)+) => {
        /// Every scenario, in the order of the table.
        pub const ALL: &[Scenario] = &[
            $(Scenario { promise: stringify!($promise), run: |size| Box::pin($run(size)) },)+
        ];
    };
}

scenarios! {
    log_ins_at_once_are_served_or_wait: log_ins::run;
    slow_readers_hold_their_page_alone: connections::slow_readers;
    slow_heads_and_bodies_are_cut: connections::slow_senders;
    one_address_cannot_hold_the_server: connections::held;
    one_address_leaves_streams_to_others: connections::streams;
    http2_floods_take_no_memory: http2::floods;
    unread_http2_streams_have_a_bound: http2::unread_streams;
    a_lost_redis_allows_nothing_wrongly: stores::redis;
    a_redis_failover_keeps_the_counts: stores::redis_failover;
    a_lost_memcached_allows_nothing_wrongly: stores::memcached;
    a_jumping_clock_allows_nothing_wrongly: stores::clock;
    a_lost_postgres_loses_no_write: postgres::run;
    a_full_disk_loses_no_write: disk::full;
    a_lost_log_stops_no_page: disk::lost_log;
    a_lost_log_stops_no_page_of_the_site: disk::lost_log_of_the_site;
    a_killed_server_loses_no_write: kills::sqlite;
    a_killed_site_loses_no_write: kills::site;
    hostile_images_share_one_memory: images::run;
    a_full_session_store_ends_no_session: full_stores::sessions;
    a_full_counting_store_resets_nothing: full_stores::counters;
}

/// Returns how many of the accounts that [`Writers`](crate::writers::Writers) registered are not
/// among these addresses.
fn missing_accounts(acknowledged: &BTreeSet<u64>, present: &[String]) -> u64 {
    let present: BTreeSet<&str> = present.iter().map(String::as_str).collect();
    let is_missing = |number: &&u64| !present.contains(format!("writer{number}@example.org").as_str());
    acknowledged.iter().filter(is_missing).count() as u64
}
