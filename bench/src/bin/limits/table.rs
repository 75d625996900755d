//! Rounds that take turns, and the lines that say how they went.

/// What was measured of one contestant, one number for each round.
#[derive(Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Writes down one more round.
    pub fn push(&mut self, number: f64) {
        self.0.push(number);
        self.0.sort_by(f64::total_cmp);
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// The smallest.
    pub fn least(&self) -> f64 {
        self.0[0]
    }

    /// The largest.
    pub fn most(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}

/// Whether a goal is met.
pub fn goal(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The machine's load over the last minute, as the system tells it.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
