//! Pairs of other checkers' test suites, which are not part of the repository.
//!
//! `make check-corpora DIR=…` runs this test, which prints the score of each source, and each pair
//! that is decided differently. `conventions.tsv` lists the pairs that a convention decides.

use std::collections::BTreeMap;
use std::path::Path;

use answers::{Comparison, Side, compare};

/// The hash of a pair, a tab, and the sentence that gives the reason.
const CONVENTIONS: &str = include_str!("conventions.tsv");

/// The counts of one source.
#[derive(Default)]
struct Score {
    pairs: usize,
    right: usize,
    accepted: usize,
    refused: usize,
    unreadable: usize,
    convention: usize,
}

#[test]
#[ignore = "reads the folder that PALISADE_CORPORA names"]
fn corpora_of_answers_are_decided_as_listed() {
    let folder = std::env::var("PALISADE_CORPORA").expect("PALISADE_CORPORA names the folder of the corpora");
    let conventions: BTreeMap<&str, &str> =
        CONVENTIONS.lines().filter_map(|line| line.split_once('\t')).collect();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut accepted = 0;
    for file in ["answers-own.tsv", "answers-peers.tsv"] {
        let text = std::fs::read_to_string(Path::new(&folder).join(file)).expect(file);
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [expected, given, equal, source, ..] = fields[..] else { panic!("{file}: {line}") };
            let rules = fields.get(4).copied().unwrap_or_default();
            let equal = equal == "1";
            let result = compare(expected, given, &rules.parse().expect(rules));
            let name = source.split_once(" (").map_or(source, |(name, _)| name);
            let score = scores.entry(name.to_owned()).or_default();
            score.pairs += 1;
            let expected_is_read = !matches!(result, Comparison::Unreadable { side: Side::Expected, .. });
            if result.is_equal() == equal && expected_is_read {
                score.right += 1;
                continue;
            }
            let key = format!("{:016x}", fnv1a(line));
            let convention = conventions.get(&*key).copied();
            let what = match &result {
                _ if convention.is_some() => &mut score.convention,
                Comparison::Equal => &mut score.accepted,
                Comparison::NotEqual { .. } => &mut score.refused,
                Comparison::Unreadable { .. } | Comparison::Undecided => &mut score.unreadable,
            };
            *what += 1;
            accepted += usize::from(result.is_equal() && convention.is_none());
            println!(
                "{key}  {source}: {expected} ‖ {given}  [{rules}] {result:?} {}",
                convention.unwrap_or("")
            );
        }
    }
    println!(
        "source | pairs | right | accepted though wrong | refused though right | unreadable | by convention"
    );
    for (source, score) in &scores {
        let Score { pairs, right, accepted, refused, unreadable, convention } = score;
        println!("{source} | {pairs} | {right} | {accepted} | {refused} | {unreadable} | {convention}");
    }
    let sum = |own: bool, of: fn(&Score) -> usize| -> usize {
        scores.iter().filter(|(name, _)| name.starts_with("own/") == own).map(|(_, score)| of(score)).sum()
    };
    for (name, own) in [("own", true), ("peers", false)] {
        let pairs = sum(own, |score| score.pairs - score.convention);
        let right = sum(own, |score| score.right);
        println!("{name}: {right} of {pairs} ({:.2} %)", 100.0 * right as f64 / pairs as f64);
    }
    assert_eq!(accepted, 0, "wrong answers were accepted");
}

/// The 64-bit FNV-1a hash of a line, which names a pair without repeating it.
fn fnv1a(line: &str) -> u64 {
    line.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
