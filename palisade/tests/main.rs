//! The tests of the library: one program, a module for each protection.
#![allow(unreachable_pub, reason = "a test program exports nothing")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test and names the line")]

mod bearer;
mod compression;
mod cookies;
mod corpora;
mod csp;
mod csp_lint;
mod csrf;
mod deadline;
mod deployments;
mod ecosystem;
mod error;
mod error_pages;
mod filename;
mod framing;
mod guards;
mod headers;
mod health;
mod host;
mod https;
mod keys;
mod nonce;
mod overrides;
mod password;
mod permissions;
mod proxy;
mod ratelimit;
mod redirect;
mod report;
mod request_ids;
mod sanitize;
mod serve;
mod session;
mod signed_links;
mod slow_headers;
mod stores;
mod sub_paths;
mod support;
mod talisman;
mod template;
mod test_browser;
mod ui;
mod upload;
mod webhook;
mod wiring;
