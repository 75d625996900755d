//! The site in Chromium. Each test runs one story of `browser/` on a site of its own.
//!
//! Every page of a story is checked: no console message, no script error, no CSP violation, no
//! finding of csp_evaluator or axe-core, and no sideways scrolling. `MATHSOC_SCREENSHOTS=folder`
//! keeps screenshots.

#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

#[path = "browser/admins.rs"]
mod admins;
#[path = "browser/class.rs"]
mod class;
#[path = "support/folder.rs"]
mod folder;
#[allow(dead_code, reason = "shared with the deployment tests")]
#[path = "deploy/front.rs"]
mod front;
#[path = "browser/members.rs"]
mod members;
#[path = "browser/protections.rs"]
mod protections;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the library")]
#[path = "../../palisade/tests/stores/servers.rs"]
mod servers;
#[allow(dead_code, reason = "shared with the tests of the program")]
#[path = "support/site.rs"]
mod site;
#[path = "browser/stage.rs"]
mod stage;

use std::collections::BTreeSet;
use std::fs;

use folder::Folder;
use stage::{Report, Stage, assert_success, tests_folder};

type Settings = &'static [(&'static str, &'static str)];

const PUBLIC: Settings = &[("RATELIMIT_DEFAULT", "100000/hour")];
const MEMBERS: Settings = &[("REGISTRATION", "open"), ("RATELIMIT_ENABLED", "false")];
const ADMINS: Settings = &[("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false")];

#[test]
fn every_linked_page_passes_the_checks() {
    assert_visited(&Stage::new(PUBLIC).play("pages/links.mjs"));
}

#[test]
fn every_linked_page_is_complete_without_script() {
    assert_visited(&Stage::new(PUBLIC).without_script().play("pages/without_script.mjs"));
}

/// Links lead to every public page of `mathsoc routes`, and to no other page.
fn assert_visited(report: &Report) {
    // A redirect, and a page that exists between the two steps of a log-in only.
    const UNLINKED: &[&str] = &["/home", "/login/code"];
    let folder = Folder::new();
    let routes = assert_success(&site::mathsoc(&folder, &[]).arg("routes").output().unwrap());
    let public = routes.lines().filter_map(|line| match *line.split_whitespace().collect::<Vec<_>>() {
        ["GET", path, "public"] => Some(path.to_owned()),
        _ => None,
    });
    let expected: BTreeSet<_> = public.filter(|path| !UNLINKED.contains(&path.as_str())).collect();
    let route = |url: &String| {
        let path = url.split('?').next().unwrap();
        let is_id = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
    };
    assert_eq!(report.list("visited").iter().map(route).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_story_has_a_test() {
    let tests = [
        include_str!("browser.rs"),
        include_str!("browser/admins.rs"),
        include_str!("browser/members.rs"),
        include_str!("browser/protections.rs"),
    ]
    .concat();
    let folders = fs::read_dir(tests_folder()).unwrap().map(|entry| entry.unwrap().path());
    let folders =
        folders.filter(|path| path.is_dir() && !path.ends_with("lib") && !path.ends_with("node_modules"));
    let stories = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    for story in stories {
        let story = story.strip_prefix(tests_folder()).unwrap().display().to_string();
        assert!(tests.contains(&format!("\"{story}\"")), "no test plays {story}");
    }
}
