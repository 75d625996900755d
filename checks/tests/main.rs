//! Tests of the checks on small packages.
#![allow(clippy::unwrap_used, reason = "in a test it says what went wrong")]

mod docs;
mod files;
mod imports;

use house_checks::architecture;
use house_checks::floors::Floors;
use house_checks::package::Package;

/// A package `demo` of three floors: `pages`, then `session` and `csrf`, then `core`.
const FLOORS: &str = "```floors demo\nlib\npages\nsession · csrf\ncore\n\nonly pages name axum\n```";

/// Checks `demo`, in which the given files replace or extend the usual ones.
fn violations(files: &[(&str, &str)]) -> Vec<String> {
    let usual = [
        (
            "demo/src/lib.rs",
            "//! Demo.\nmod core;\nmod csrf;\nmod pages;\nmod session;\npub use self::session::Session;",
        ),
        ("demo/src/core.rs", "//! Core.\npub struct Clock;"),
        ("demo/src/csrf.rs", "//! CSRF.\npub struct Csrf;"),
        ("demo/src/pages/mod.rs", "//! Pages.\nuse crate::session::Session;\nuse axum::Router;"),
        ("demo/src/session.rs", "//! Sessions.\nuse crate::core::Clock;\npub struct Session;"),
    ];
    let kept = usual.iter().filter(|(path, _)| files.iter().all(|(other, _)| path != other));
    let package = Package::parse("demo", kept.chain(files).copied()).unwrap();
    let floors = Floors::parse(FLOORS).unwrap();
    architecture::check(&package, &floors["demo"])
}

/// Asserts that `core` with this text breaks the table once, by importing `session` in `line`.
fn assert_imports_session(line: usize, text: &str) {
    let found = violations(&[("demo/src/core.rs", text)]);
    let start = format!("demo/src/core.rs:{line}: core imports session");
    let upward: Vec<&String> = found.iter().filter(|text| text.starts_with(&start)).collect();
    assert_eq!(upward.len(), 1, "{text}: {found:?}");
    assert!(upward[0].ends_with("it may import nothing"), "{upward:?}");
}
