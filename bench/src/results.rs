//! The measurements and their medians.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::work::Work;

/// The measurements of one kind of work of one contestant at one number of connections.
#[derive(Default, Clone)]
pub struct Cell {
    rates: Vec<f64>,
    costs: Vec<f64>,
}

impl Cell {
    pub fn push(&mut self, done: u64, time: Duration, busy: u64) {
        self.rates.push(done as f64 / time.as_secs_f64());
        self.costs.push(busy as f64 / 1e3 / done.max(1) as f64);
    }

    /// Returns the responses per second: the median of the rounds.
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// Returns the server's CPU microseconds per response: the median of the rounds.
    pub fn cost(&self) -> f64 {
        median(&self.costs)
    }
}

pub fn median(numbers: &[f64]) -> f64 {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[derive(Default)]
pub struct Results {
    cells: BTreeMap<(&'static str, &'static str, u32), Cell>,
    late: BTreeMap<(&'static str, &'static str), (f64, f64)>,
    memory: BTreeMap<&'static str, (u64, u64)>,
    ready: BTreeMap<&'static str, Vec<f64>>,
}

impl Results {
    pub fn cell(&mut self, name: &'static str, work: Work, connections: u32) -> &mut Cell {
        self.cells.entry((name, work.name(), connections)).or_default()
    }

    pub fn at(&self, name: &'static str, work: Work, connections: u32) -> Option<&Cell> {
        self.cells.get(&(name, work.name(), connections))
    }

    /// Records sorted latencies.
    pub fn late(&mut self, name: &'static str, work: Work, late: &[u64]) {
        let at = |part: f64| late.get((late.len() as f64 * part) as usize).copied().unwrap_or(0) as f64 / 1e3;
        self.late.insert((name, work.name()), (at(0.5), at(0.99)));
    }

    /// Returns the median and the 99th percentile, in microseconds.
    pub fn lateness(&self, name: &'static str, work: Work) -> Option<(f64, f64)> {
        self.late.get(&(name, work.name())).copied()
    }

    /// Memory in bytes before the load, and after a hundred thousand clients.
    pub fn memory(&mut self, name: &'static str) -> &mut (u64, u64) {
        self.memory.entry(name).or_default()
    }

    pub fn bytes(&self, name: &'static str) -> (u64, u64) {
        self.memory.get(name).copied().unwrap_or_default()
    }

    /// Milliseconds until the first response, one for each start.
    pub fn ready(&mut self, name: &'static str) -> &mut Vec<f64> {
        self.ready.entry(name).or_default()
    }

    pub fn first_answer(&self, name: &'static str) -> f64 {
        self.ready.get(name).map_or(f64::NAN, |it| median(it))
    }
}
