//! Pairs of answers, and whether they are the same.

use answers::{Rules, compare};

/// `expected | given | 1 or 0 | rules`; a bar in an answer is written `¦`.
pub(crate) fn table() -> Vec<(String, String, bool, Rules)> {
    let lines = include_str!("pairs.txt").lines();
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let parts: Vec<String> = line.split('|').map(|part| part.trim().replace('¦', "|")).collect();
        let rules = parts.get(3).map_or("", String::as_str).parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        (parts[0].clone(), parts[1].clone(), parts[2] == "1", rules)
    };
    lines.map(row).collect()
}

#[test]
fn every_pair_of_the_table_gets_its_verdict() {
    let mut wrong = Vec::new();
    for (expected, given, equal, rules) in table() {
        let verdict = compare(&expected, &given, &rules);
        if verdict.is_equal() != equal {
            wrong.push(format!("{expected}  |  {given}  |  {rules}  =>  {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
