//! The command `load`: runs every scenario and prints the table. It exits with 1 if a promise is
//! broken.
//!
//! ```sh
//! make load                 # all, in their long form
//! make load ONLY=redis      # those whose name contains this
//! load --short              # the form of the tests
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use load::report::table;
use load::scenarios::{ALL, Size};

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let size = if words.iter().any(|word| word == "--short") { Size::Short } else { Size::Long };
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let chosen = |promise: &str| names.is_empty() || names.iter().any(|name| promise.contains(name.as_str()));
    let mut rows = Vec::new();
    for scenario in ALL.iter().filter(|scenario| chosen(scenario.promise)) {
        let row = scenario.run(size).await;
        let verdict = if row.outcome.is_kept() { "kept" } else { "BROKEN" };
        let seconds = row.took.as_secs_f64();
        writeln!(io::stderr(), "load: {} took {seconds:.1} s: {verdict}", row.promise)?;
        rows.push(row);
    }
    write!(io::stdout(), "{}", table(&rows))?;
    Ok(ExitCode::from(u8::from(rows.iter().any(|row| !row.outcome.is_kept()))))
}
