//! The outcome of a scenario, and the table of all.

use std::fmt;
use std::time::Duration;

use crate::visitor::Visits;

/// The outcome of a scenario.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The requests of the honest visitor.
    pub visits: Visits,
    /// The most memory that the server had at once, in bytes.
    pub memory_peak: u64,
    /// The rows that were acknowledged and are gone; `None` if the scenario writes none.
    pub lost_writes: Option<u64>,
    /// The requests that a limit let pass beyond its quota; `None` if none is tried.
    pub wrong_allows: Option<u64>,
    /// Numbers worth knowing, which promise nothing.
    pub notes: Vec<String>,
    /// The broken promises.
    pub broken: Vec<String>,
    /// What was missing, if the scenario did not run.
    pub skipped: Option<String>,
}

/// One row of the table: the scenario's name, its outcome, and the time it took.
#[derive(Debug)]
pub struct Row {
    /// The promise that the scenario is named by.
    pub promise: &'static str,
    /// The outcome.
    pub outcome: Outcome,
    /// The time that the scenario took.
    pub took: Duration,
}

impl Outcome {
    /// Returns the outcome of a scenario that needs something which is not there.
    #[must_use]
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: Some(why.into()), ..Self::default() }
    }

    /// Records a broken promise, unless it holds.
    pub fn promise(&mut self, holds: bool, promise: impl fmt::Display) {
        if !holds {
            self.broken.push(promise.to_string());
        }
    }

    /// Records the memory that the server took, which must be less than this many bytes.
    pub fn memory(&mut self, peak: u64, bound: u64) {
        self.memory_peak = self.memory_peak.max(peak);
        self.promise(
            peak <= bound,
            format!("the server took {} MB, more than {} MB", peak >> 20, bound >> 20),
        );
    }

    /// Records what the honest visitor got: every request must have been served.
    pub fn all_served(&mut self, visits: Visits) {
        let (served, asked) = (visits.served(), visits.asked());
        let others = format!("the honest visitor got {served} of {asked} pages, and {:?}", visits.failures);
        self.promise(served == asked, others);
        self.promise(served > 0, "the honest visitor got no page");
        self.visits += visits;
    }

    /// Records acknowledged rows that are gone.
    pub fn lost(&mut self, lost: u64) {
        *self.lost_writes.get_or_insert(0) += lost;
        self.promise(lost == 0, format!("{lost} acknowledged writes are lost"));
    }

    /// Records requests that a limit let pass beyond its quota.
    pub fn allowed_wrongly(&mut self, count: u64, how: &str) {
        *self.wrong_allows.get_or_insert(0) += count;
        self.promise(count == 0, format!("{count} requests passed beyond the quota: {how}"));
    }

    /// Returns `true` if every promise was kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Returns the table, with the broken promises beneath it.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let head = ["scenario", "served", "p99", "memory MB", "lost", "wrong allows", "took", "verdict"];
    let mut lines: Vec<Vec<String>> = vec![head.map(str::to_owned).into()];
    let count = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
    for Row { promise, outcome, took } in rows {
        let visits = &outcome.visits;
        let verdict = match &outcome.skipped {
            Some(why) => format!("skipped: {why}"),
            None if outcome.is_kept() => "kept".to_owned(),
            None => "BROKEN".to_owned(),
        };
        lines.push(vec![
            promise.replace('_', " "),
            format!("{}/{}", visits.served(), visits.asked()),
            format!("{} ms", visits.percentile(99).as_millis()),
            (outcome.memory_peak >> 20).to_string(),
            count(outcome.lost_writes),
            count(outcome.wrong_allows),
            format!("{:.1} s", took.as_secs_f64()),
            verdict,
        ]);
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        if at == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text += &format!("| {} |\n", rules.join(" | "));
        }
    }
    for Row { promise, outcome, .. } in rows {
        for broken in &outcome.broken {
            text += &format!("BROKEN {promise}: {broken}\n");
        }
        for note in &outcome.notes {
            text += &format!("note {promise}: {note}\n");
        }
    }
    text
}
