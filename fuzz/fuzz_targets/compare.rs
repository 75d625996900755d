//! Reader, comparer and printers: two lines of text, and rules on a third.
#![no_main]

use answers::{Rules, Verdict, compare, normalize, to_mathml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (expected, given) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let rules: Rules = lines.next().unwrap_or("").parse().unwrap_or_default();
    let there = compare(expected, given, &rules);
    // The same pair gets the same verdict, and what can be read is the same as itself.
    assert_eq!(there, compare(expected, given, &rules));
    if rules == Rules::default() && !matches!(there, Verdict::Unreadable { .. }) {
        assert_eq!(there.is_equal(), compare(given, expected, &rules).is_equal());
        assert!(compare(given, given, &rules).is_equal());
    }
    if let Ok(printed) = normalize(given) {
        let _ = normalize(&printed);
    }
    let _ = to_mathml(given);
});
