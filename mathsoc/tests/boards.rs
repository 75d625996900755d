//! Leaderboards that move while one looks at them, and competitions: through the whole site.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[allow(dead_code, reason = "shared with the tests of accounts")]
#[path = "members/browser.rs"]
mod browser;
#[path = "boards/competitions.rs"]
mod competitions;
#[path = "support/folder.rs"]
mod folder;
#[path = "boards/live.rs"]
mod live;
#[path = "boards/schools.rs"]
mod schools;
#[allow(dead_code, reason = "shared with the tests of accounts")]
#[path = "members/world.rs"]
mod world;
