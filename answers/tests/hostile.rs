//! Hostile and random texts: every comparison ends, and ends soon.

use std::time::{Duration, Instant};

use answers::{AnswerRules, Comparison, Side, compare, normalize, to_mathml};

use crate::table::hostile;

/// A hundred times the documented 5 ms: tests run unoptimised, on busy machines.
const TIME_LIMIT: Duration = Duration::from_millis(500);

#[test]
fn hostile_answers_end_in_time() {
    let rules = [AnswerRules::default(), "simplified; units; figures=3".parse().unwrap()];
    let mut slow = Vec::new();
    for text in hostile() {
        for other in ["42", "\\sin x", "1,2,3", text.as_str()] {
            for rules in &rules {
                let start = Instant::now();
                let _ = compare(other, &text, rules);
                let _ = compare(&text, other, rules);
                let took = start.elapsed();
                if took > 2 * TIME_LIMIT {
                    slow.push(format!("{took:?} {other} | {}", text.chars().take(60).collect::<String>()));
                }
            }
        }
        let start = Instant::now();
        let _ = (normalize(&text), to_mathml(&text));
        if start.elapsed() > TIME_LIMIT {
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
fn size_errors_state_the_limit() {
    let message = |text: &str| match compare("1", text, &AnswerRules::default()) {
        Comparison::Unreadable { side: Side::Given, message, .. } => message,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(message(&"9".repeat(1001)), "This is too long: write at most 1000 characters.");
    assert_eq!(message("9**9**9**9"), "This exponent is too large: write exponents up to 10000.");
    assert_eq!(message("1001!"), "This factorial is too large: write factorials up to 1000!.");
    assert_eq!(
        message(&format!("{}x{}", "(".repeat(100), ")".repeat(100))),
        "This is nested more than 64 deep: write it with fewer brackets."
    );
    assert_eq!(
        message("__import__('os')"),
        "“'” can't stand in an answer: write it in numbers, letters and + - * / ^ ( )."
    );
    assert_eq!(message("1/0"), "This divides by zero, or has no value: write something that has one.");
}

#[test]
fn random_texts_never_panic() {
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
        let forward = compare(&before, &text, &AnswerRules::default());
        let backward = compare(&text, &before, &AnswerRules::default());
        assert_eq!(forward.is_equal(), backward.is_equal(), "{before}  |  {text}");
        if normalize(&text).is_ok() && !matches!(forward, Comparison::Unreadable { .. }) {
            assert!(compare(&text, &text, &AnswerRules::default()).is_equal(), "{text}");
        }
        let _ = to_mathml(&text);
        before = text;
    }
}
