//! The rules, and the score of the MDN HTTP Observatory.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod observatory;
mod rules;
