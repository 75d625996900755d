//! Whatever is written, a verdict or an error comes back, soon.

use std::time::{Duration, Instant};

use answers::{Rules, Side, Verdict, compare, normalize, to_mathml};

use crate::table::hostile;

/// Tests run unoptimised, on machines that do other things too: a hundred times the promise.
const SOON: Duration = Duration::from_millis(500);

#[test]
fn hostile_answers_end_in_a_verdict_or_an_error_within_the_budget() {
    let rules = [Rules::default(), "simplified; units; figures=3".parse().unwrap()];
    let mut slow = Vec::new();
    for text in hostile() {
        for other in ["42", "\\sin x", "1,2,3", text.as_str()] {
            for rules in &rules {
                let start = Instant::now();
                let _ = compare(other, &text, rules);
                let _ = compare(&text, other, rules);
                let took = start.elapsed();
                if took > 2 * SOON {
                    slow.push(format!("{took:?} {other} | {}", text.chars().take(60).collect::<String>()));
                }
            }
        }
        let start = Instant::now();
        let _ = (normalize(&text), to_mathml(&text));
        if start.elapsed() > SOON {
            slow.push(format!(
                "{:?} printing {}",
                start.elapsed(),
                text.chars().take(60).collect::<String>()
            ));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn what_is_too_large_says_how_large_it_may_be() {
    let why = |text: &str| match compare("1", text, &Rules::default()) {
        Verdict::Unreadable { which: Side::Given, why, .. } => why,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(why(&"9".repeat(1001)), "This is too long: write at most 1000 characters.");
    assert_eq!(why("9**9**9**9"), "This exponent is too large: write exponents up to 10000.");
    assert_eq!(why("1001!"), "This factorial is too large: write factorials up to 1000!.");
    assert_eq!(
        why(&format!("{}x{}", "(".repeat(100), ")".repeat(100))),
        "This is nested more than 64 deep: write it with fewer brackets."
    );
    assert_eq!(
        why("__import__('os')"),
        "“'” can't stand in an answer: write it in numbers, letters and + - * / ^ ( )."
    );
    assert_eq!(why("1/0"), "This divides by zero, or has no value: write something that has one.");
}

#[test]
fn twenty_thousand_random_texts_are_read_without_a_panic() {
    let pieces: Vec<&str> = "x|y|n|2|3|0.5|10|+|-|*|/|^|(|)|[|]|{|}|,|;|=|<|>|≤| |\\frac|\\sqrt|\\sin|\\cos|\\ln|\\log|_|!|%|°|\\pi|e|i|\\pm|\\left|\
         \\right|\\begin{pmatrix}|\\end{pmatrix}|&|\\\\|\\cup|\\infty|or|and|mod|²|½|√|π|∞|C|P|\\binom|\\{|\\}|'|.|$|\\text{|é|𝑥|1e5|\\lfloor|\\rfloor|\\in|∅"
        .split('|')
        .chain(["|"])
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut before = String::from("x");
    for _ in 0..20_000 {
        let text: String = (0..random(14)).map(|_| pieces[random(pieces.len())]).collect();
        let there = compare(&before, &text, &Rules::default());
        let back = compare(&text, &before, &Rules::default());
        assert_eq!(there.is_equal(), back.is_equal(), "{before}  |  {text}");
        if normalize(&text).is_ok() && !matches!(there, Verdict::Unreadable { .. }) {
            assert!(compare(&text, &text, &Rules::default()).is_equal(), "{text}");
        }
        let _ = to_mathml(&text);
        before = text;
    }
}
