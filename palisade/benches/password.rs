//! The time to verify a password: wrong, for an unknown account, and right, measured alternately.
//!
//! A client must not be able to tell an unknown account from a wrong password: the two medians
//! should differ by less than a tenth.
#![allow(clippy::unwrap_used, reason = "a failed unwrap ends the benchmark and names the line")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::{Duration, Instant};

use palisade::Passwords;
use palisade::password::{Password, StoredCredential};

const ROUNDS: usize = 200;

#[tokio::main]
async fn main() {
    let passwords = Passwords::new();
    let hash = passwords.hash(Password::from("correct horse battery staple")).await.unwrap().hash;
    let stored = || Some(StoredCredential { user: "7".into(), epoch: 1, hash: hash.clone() });
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let attempts = [("wrong", stored()), ("wrong", None), ("correct horse battery staple", stored())];
        for ((password, stored), times) in attempts.into_iter().zip(&mut times) {
            let start = Instant::now();
            let _ = passwords.verify(Password::from(password), stored).await.unwrap();
            times.push(start.elapsed());
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
