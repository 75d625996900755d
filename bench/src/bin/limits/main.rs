//! The cost of a decision: in memory and by several threads compared with `governor`, in Redis with a
//! minimal script.
//!
//! `limits [memory|threads|redis]`; `QUICK=1` leaves out ten million callers. The contestants of a pair
//! alternate within one run, so that other load affects both. The ratio is that of the medians.

mod memory;
mod redis;
mod table;
mod threads;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let quick = std::env::var_os("QUICK").is_some_and(|quick| quick == "1");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores; load before: {}", table::load());
    let runs = |name| only.as_deref().is_none_or(|only| only == name);
    if runs("memory") {
        memory::run(quick);
    }
    if runs("threads") {
        threads::run();
    }
    if runs("redis") {
        redis::run();
    }
    println!("load after: {}", table::load());
}
