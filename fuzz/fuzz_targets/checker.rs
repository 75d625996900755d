//! Fuzzes a checker with an expected answer, a given one, and a kind, one a line.
#![no_main]

use answers::{Checker, Kind, Outcome, normalize, to_mathml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (expected, given) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let kind: Kind = lines.next().unwrap_or("").parse().unwrap_or_default();
    let _ = (normalize(given), to_mathml(given));
    let Ok(checker) = Checker::new(expected, kind) else { return };
    let verdict = checker.check(given);
    // A check is deterministic, and what was read can be shown.
    assert_eq!(verdict.outcome, checker.check(given).outcome);
    assert_eq!(verdict.read_as.is_some(), !matches!(verdict.outcome, Outcome::Unreadable(_)));
    if let Some(read_as) = verdict.read_as {
        let _ = (read_as.mathml(), read_as.text());
    }
    for accepted in checker.examples().accepted {
        assert!(checker.check(&accepted).is_correct());
    }
});
