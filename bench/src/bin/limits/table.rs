//! The measurements of alternating rounds.

/// The measurements of one contestant, one for each round.
#[derive(Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Adds a measurement.
    pub fn push(&mut self, number: f64) {
        self.0.push(number);
        self.0.sort_by(f64::total_cmp);
    }

    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    pub fn least(&self) -> f64 {
        self.0[0]
    }

    pub fn most(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}

/// Formats the result of a goal.
pub fn goal(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// Returns the machine's load average over the last minute.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
