//! The promises of the `palisade` command: the real program against real servers.
#![allow(unreachable_pub, reason = "a test program has no outside")]
#![allow(clippy::unwrap_used, reason = "in a test it says what went wrong")]

mod formats;
mod hostile;
mod observatory;
mod sites;
mod snapshots;
mod tools;
mod world;
