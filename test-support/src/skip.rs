//! Tests that need a program which may be missing.

use std::fs::OpenOptions;
use std::io::Write;

/// Fails the test, unless `ALLOW_SKIP` names what is missing; then the caller returns early.
///
/// `ALLOW_SKIP` is a comma-separated list of names: `ALLOW_SKIP=s3,assets`. Each skip is written
/// to standard error and appended to the file that `SKIPPED_TESTS` names, which `scripts/test`
/// counts.
///
/// # Panics
///
/// If `ALLOW_SKIP` does not name `what`; the message says what to run.
pub fn allow_skip(what: &str, remedy: &str) {
    let allowed = std::env::var("ALLOW_SKIP").unwrap_or_default();
    assert!(
        allowed.split(',').any(|name| name.trim() == what),
        "{remedy}; ALLOW_SKIP={what} skips the tests that need it"
    );
    let current = std::thread::current();
    let line = format!("{what} {}\n", current.name().unwrap_or("?"));
    eprint!("skipped: {line}");
    if let Some(path) = std::env::var_os("SKIPPED_TESTS") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}
