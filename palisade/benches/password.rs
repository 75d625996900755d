//! What checking a password costs: a wrong one beside nobody there, in turns, and how many logins a second.
//!
//! The two must look alike from outside: their medians are within a tenth of each other.
#![allow(clippy::unwrap_used, reason = "in a bench it says what went wrong")]
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::time::{Duration, Instant};

use palisade::Passwords;
use palisade::password::{Password, StoredCredential};

const ROUNDS: usize = 200;

#[tokio::main]
async fn main() {
    let passwords = Passwords::new();
    let hash = passwords.hash(Password::from("correct horse battery staple")).await.unwrap();
    let stored = || Some(StoredCredential { user: "7".into(), epoch: 1, hash: hash.clone() });
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let asked = [("wrong", stored()), ("wrong", None), ("correct horse battery staple", stored())];
        for ((typed, stored), times) in asked.into_iter().zip(&mut times) {
            let began = Instant::now();
            let _ = passwords.verify(Password::from(typed), stored).await.unwrap();
            times.push(began.elapsed());
        }
    }
    let [wrong, unknown, right] = times.map(median);
    let ratio = unknown.as_secs_f64() / wrong.as_secs_f64();
    println!(
        "password, medians of {ROUNDS}: wrong {wrong:.2?}, unknown account {unknown:.2?}, right {right:.2?}"
    );
    println!("unknown / wrong: {ratio:.3} (goal: 0.9 to 1.1)");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
