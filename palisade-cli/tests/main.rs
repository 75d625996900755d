//! Tests of the `palisade` command: the real program against real servers.
#![allow(unreachable_pub, reason = "a test program has no public API")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod formats;
mod harness;
mod hostile;
mod observatory;
mod sites;
mod snapshots;
mod tools;
