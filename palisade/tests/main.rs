//! The promises of the library, one file each, in one test program.
#![allow(unreachable_pub, reason = "a test program has no outside")]
#![allow(clippy::unwrap_used, reason = "in a test it says what went wrong")]

mod audit;
mod cookies;
mod corpora;
mod csp;
mod csp_lint;
mod csrf;
mod deadline;
mod error_pages;
mod filename;
mod guards;
mod headers;
mod health;
mod host;
mod https;
mod hyper_alone;
mod nonce;
mod overrides;
mod password;
mod permissions;
mod proxy;
mod ratelimit;
mod redirect;
mod report;
mod sanitize;
mod serve;
mod session;
mod slow_headers;
mod stores;
mod talisman;
mod upload;
mod world;
