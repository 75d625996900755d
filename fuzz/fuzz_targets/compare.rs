//! Fuzzes parser, comparison and printers with two lines of text, and rules on a third.
#![no_main]

use answers::{AnswerRules, Comparison, compare, normalize, to_mathml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (expected, given) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let rules: AnswerRules = lines.next().unwrap_or("").parse().unwrap_or_default();
    let result = compare(expected, given, &rules);
    // A comparison is deterministic, and reflexive for every text that can be read. It is not symmetric: the
    // expected answer decides how the given one is read.
    assert_eq!(result, compare(expected, given, &rules));
    if rules == AnswerRules::default() && !matches!(result, Comparison::Unreadable { .. }) {
        assert!(compare(expected, expected, &rules).is_equal());
    }
    if let Ok(printed) = normalize(given) {
        let _ = normalize(&printed);
    }
    let _ = to_mathml(given);
});
