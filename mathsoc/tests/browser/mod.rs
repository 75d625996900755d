//! The site in Chromium. Each test runs one story of `browser/` on a site of its own.
//!
//! Every page of a story is checked: no console message, no script error, no CSP violation, no
//! finding of csp_evaluator or axe-core, and no sideways scrolling. `MATHSOC_SCREENSHOTS=folder`
//! keeps screenshots.

mod admins;
mod class;
mod members;
mod protections;
mod stage;

use std::collections::BTreeSet;
use std::fs;

use stage::{Report, Stage, assert_success, tests_folder};
use test_support::Folder;

use crate::support::program;

type Settings = &'static [(&'static str, &'static str)];

const PUBLIC: Settings = &[("RATELIMIT_PAGES", "100000/hour")];
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
    let routes = assert_success(&program::mathsoc(&folder, &[]).arg("routes").output().unwrap());
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
        include_str!("mod.rs"),
        include_str!("admins.rs"),
        include_str!("members.rs"),
        include_str!("protections.rs"),
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
