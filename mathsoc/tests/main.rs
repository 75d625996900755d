//! The tests of the site: one program, a module for each part.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test and names the line")]

mod accounts;
mod answering;
mod assets;
mod audit;
mod boards;
mod browser;
mod config;
mod database_faults;
mod db;
mod deploy;
mod faults;
mod headers;
mod limits;
mod members;
mod metrics;
mod operating;
mod pages;
mod program;
mod routes;
mod support;
mod typeset;
