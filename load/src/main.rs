//! The command `load`: runs every scenario and prints the table. It exits with 1 if a promise is
//! broken.
//!
//! ```sh
//! make load                 # all, in their long form
//! make load ONLY=redis      # those whose name contains this
//! load --short              # the form of the tests
//! ```

#![allow(clippy::unwrap_used, reason = "a failed unwrap names the line")]

use std::io::Write;
use std::process::ExitCode;

use load::report::table;
use load::scenarios::{ALL, Size};

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let size = if words.iter().any(|word| word == "--short") { Size::Short } else { Size::Long };
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let chosen = |promise: &str| names.is_empty() || names.iter().any(|name| promise.contains(name.as_str()));
    let mut rows = Vec::new();
    for scenario in ALL.iter().filter(|scenario| chosen(scenario.promise)) {
        let row = scenario.run(size).await;
        let verdict = if row.outcome.is_kept() { "kept" } else { "BROKEN" };
        let seconds = row.took.as_secs_f64();
        writeln!(std::io::stderr(), "load: {} took {seconds:.1} s: {verdict}", row.promise).unwrap();
        rows.push(row);
    }
    write!(std::io::stdout(), "{}", table(&rows)).unwrap();
    ExitCode::from(u8::from(rows.iter().any(|row| !row.outcome.is_kept())))
}
