//! The operator's commands: taking over the Flask site, backups, checks.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "operating/backup.rs"]
mod backup;
#[allow(dead_code, reason = "shared with the tests of accounts")]
#[path = "members/browser.rs"]
mod browser;
#[path = "operating/check.rs"]
mod check;
#[path = "operating/checklist.rs"]
mod checklist;
#[path = "operating/commands.rs"]
mod commands;
#[path = "operating/competitions.rs"]
mod competitions;
#[path = "operating/files.rs"]
mod files;
#[path = "support/folder.rs"]
mod folder;
#[path = "operating/former_bugs.rs"]
mod former_bugs;
#[path = "operating/import.rs"]
mod import;
#[path = "operating/old_site.rs"]
mod old_site;
#[path = "operating/own_databases.rs"]
mod own_databases;
#[path = "operating/places.rs"]
mod places;
#[path = "support/postgres.rs"]
mod postgres;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the library")]
#[path = "../../palisade/tests/stores/servers.rs"]
mod servers;
#[allow(dead_code, reason = "shared with the tests of the program")]
#[path = "support/site.rs"]
mod site;
#[path = "operating/tables.rs"]
mod tables;
#[allow(dead_code, reason = "shared with the tests of accounts")]
#[path = "members/world.rs"]
mod world;
