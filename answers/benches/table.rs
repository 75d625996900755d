//! The time of a comparison: median and worst over the table of pairs, then single pairs.
#![allow(clippy::print_stdout, reason = "the benchmark prints its report")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use answers::{AnswerRules, compare};
use divan::Bencher;

#[path = "../tests/table.rs"]
mod texts;

fn main() {
    table();
    hostile();
    divan::main();
}

/// Times every pair of the table: the best of five runs, so that an interruption does not count.
fn table() {
    let mut times: Vec<(Duration, String)> = texts::table()
        .into_iter()
        .map(|(expected, given, _, rules)| {
            let once = || {
                let start = Instant::now();
                let _ = black_box(compare(black_box(&expected), black_box(&given), &rules));
                start.elapsed()
            };
            let best = (0..5).map(|_| once()).min().unwrap_or_default();
            (best, format!("{expected} | {given}"))
        })
        .collect();
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].0;
    println!("{} pairs: median {:?}, 90 % below {:?}, worst:", times.len(), at(0.5), at(0.9));
    for (time, pair) in times.iter().rev().take(5) {
        println!("  {time:?}  {pair}");
    }
}

/// Times the hostile texts, which are made to be slow.
fn hostile() {
    let rules = AnswerRules::default();
    let mut times: Vec<(Duration, String)> = Vec::new();
    for given in texts::hostile() {
        for expected in ["42", "x", "\\sin x", "1,2,3", "x>2", given.as_str()] {
            let once = || {
                let start = Instant::now();
                let _ = black_box(compare(black_box(expected), black_box(&given), &rules));
                start.elapsed()
            };
            let best = (0..3).map(|_| once()).min().unwrap_or_default();
            times.push((best, format!("{:.12} | {given:.60}", expected)));
        }
    }
    times.sort();
    println!("{} hostile pairs, worst:", times.len());
    for (time, pair) in times.iter().rev().take(25) {
        println!("  {time:?}  {pair}");
    }
}

#[divan::bench(args = ["2x", "(x+1)^2", "2\\sin x\\cos x", "x>2", "x=2,x=3"])]
fn equal_pair(bencher: Bencher<'_, '_>, given: &str) {
    let expected = match given {
        "2x" => "x+x",
        "(x+1)^2" => "x^2+2x+1",
        "2\\sin x\\cos x" => "\\sin 2x",
        "x>2" => "2<x",
        _ => "x=3 or x=2",
    };
    let rules = AnswerRules::default();
    bencher.bench(|| compare(black_box(expected), black_box(given), &rules));
}
