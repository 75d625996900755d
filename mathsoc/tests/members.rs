//! Accounts through the whole site: what members do, and what is tried against them.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "members/admin.rs"]
mod admin;
#[path = "members/admin_articles.rs"]
mod admin_articles;
#[path = "members/admin_awards.rs"]
mod admin_awards;
#[path = "members/admin_challenges.rs"]
mod admin_challenges;
#[path = "members/admin_competitions.rs"]
mod admin_competitions;
#[path = "members/admin_newsletters.rs"]
mod admin_newsletters;
#[path = "members/attacks.rs"]
mod attacks;
#[path = "members/browser.rs"]
mod browser;
#[path = "members/crowd.rs"]
mod crowd;
#[path = "members/factor.rs"]
mod factor;
#[path = "support/folder.rs"]
mod folder;
#[path = "members/forged.rs"]
mod forged;
#[path = "members/forms.rs"]
mod forms;
#[path = "members/limits.rs"]
mod limits;
#[path = "members/own.rs"]
mod own;
#[path = "members/people.rs"]
mod people;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "members/reports.rs"]
mod reports;
#[path = "members/same.rs"]
mod same;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the library")]
#[path = "../../palisade/tests/stores/servers.rs"]
mod servers;
#[path = "members/setup.rs"]
mod setup;
#[path = "members/stolen.rs"]
mod stolen;
#[path = "members/uploads.rs"]
mod uploads;
#[path = "members/way.rs"]
mod way;
#[path = "members/world.rs"]
mod world;
