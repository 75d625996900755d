//! Members through the whole site: getting an account, getting in and out, and what attackers try.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "people/attacks.rs"]
mod attacks;
#[path = "people/crowd.rs"]
mod crowd;
#[path = "support/folder.rs"]
mod folder;
#[path = "people/limits.rs"]
mod limits;
#[path = "people/second_step.rs"]
mod second_step;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the library")]
#[path = "../../palisade/tests/stores/servers.rs"]
mod servers;
#[path = "people/ways.rs"]
mod ways;
#[path = "people/world.rs"]
mod world;
