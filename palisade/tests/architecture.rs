//! Who may import whom, and what no file may do: the plan of the house, checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const DOORS: &[&str] = &["lib", "audit", "extract", "palisade", "report", "serve"];
const PROTECTIONS: &[&str] = &[
    "proxy",
    "host",
    "https",
    "headers",
    "cookies",
    "csrf",
    "error_page",
    "health",
    "body_limit",
    "deadline",
    "ratelimit",
    "redirect",
    "sanitize",
    "session",
    "password",
    "upload",
];
/// Above the floor, below the protections; only these may import the stores.
const STORE: &str = "store";
const STORE_USERS: &[&str] = &["ratelimit", "session"];
const SERVICES: &[&str] =
    &["guard", "csrf", "error_page", "deadline", "health", "ratelimit", "serve", "session"];

/// Every file of the library by the room it belongs to: the first part of its path.
fn rooms() -> BTreeMap<PathBuf, (String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&source, &mut files);
    let room = |path: &Path| {
        let first = path.strip_prefix(&source).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.clone(), (room(&path), text))
        })
        .collect()
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// The rooms that a file names by `crate::`.
fn imports(text: &str) -> Vec<String> {
    let named = |line: &str| -> Vec<String> {
        line.split("crate::")
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned())
            .collect()
    };
    code(text).flat_map(named).filter(|name| name.starts_with(|c: char| c.is_lowercase())).collect()
}

#[test]
fn rooms_import_downwards_only() {
    for (path, (room, text)) in rooms() {
        if DOORS.contains(&room.as_str()) {
            continue;
        }
        for named in imports(&text) {
            // axum's own body limit can only be set, and its errors only be opened, through axum.
            if ["body_limit", "csrf"].contains(&room.as_str()) && named == "extract" {
                continue;
            }
            let of_ours = DOORS.contains(&named.as_str()) || PROTECTIONS.contains(&named.as_str());
            assert!(!of_ours || named == room, "{}: {room} may not import {named}", path.display());
            let may_store = room == STORE || STORE_USERS.contains(&room.as_str());
            assert!(named != STORE || may_store, "{}: {room} may not import the stores", path.display());
            if !PROTECTIONS.contains(&room.as_str()) && room != "guard" {
                assert_ne!(named, "guard", "{}: the floor imports nothing above it", path.display());
            }
        }
    }
}

#[test]
fn only_extract_names_axum_and_only_services_know_service() {
    for (path, (room, text)) in rooms() {
        let names = |what: &str| code(&text).any(|line| line.contains(what) && !line.contains('`'));
        assert!(room == "extract" || !names("axum::"), "{} names axum", path.display());
        assert!(
            SERVICES.contains(&room.as_str()) || !names("tower_service"),
            "{} knows Service",
            path.display()
        );
    }
}

#[test]
fn files_have_a_caption_and_fit_a_head() {
    for (path, (_, text)) in rooms() {
        let comment = if path.extension().is_some_and(|name| name == "lua") { "-- " } else { "//! " };
        assert!(text.starts_with(comment), "{} has no caption", path.display());
        assert!(text.lines().count() <= 600, "{} is over 600 lines", path.display());
    }
}
