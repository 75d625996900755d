//! The check of imports and files against the [table of floors](crate::floors).
//!
//! In this order, each violation with its file and line:
//!
//! 1. every source file is reached by a `mod` declaration, starts with `//!` (Lua: `-- `) and has
//!    at most 400 lines; a file of an example has at most 120;
//! 2. every top-level module has a floor, and every name of the table is a module;
//! 3. an import leads to a lower floor;
//! 4. modules beside each other don't import each other in a cycle; a module and its own parts may;
//! 5. crates that the table limits are named by the listed modules only.
//!
//! Modules for tests (`#[cfg(test)] mod …`) are exempt from 3 to 5.

pub mod cycles;
pub mod numbers;
pub mod workspace;

use std::collections::BTreeSet;

use crate::floors::Floors;
use crate::package::Package;
use crate::references::{References, references};

/// The most lines that a source file may have.
const MAX_LINES: usize = 400;
/// The most lines that a file of an example may have, so that a reader sees it whole.
const MAX_EXAMPLE_LINES: usize = 120;

/// Checks a package against its table. Returns a line for each violation.
pub fn check(package: &Package, floors: &Floors) -> Vec<String> {
    let found = references(package);
    let mut violations = files(package);
    violations.extend(top_level(package, floors));
    violations.extend(imports(package, floors, &found));
    violations.extend(cycles::check(package, &found.inside));
    violations.extend(limited(package, floors, &found));
    violations
}

fn files(package: &Package) -> Vec<String> {
    let mut violations: Vec<String> = package
        .undeclared
        .iter()
        .map(|file| format!("{}: no `mod` declares this file", file.display()))
        .collect();
    let kind = |path: &std::path::Path| path.extension().and_then(|kind| kind.to_str()).map(str::to_owned);
    for (path, text) in &package.files {
        let start = match kind(path).as_deref() {
            Some("rs") => "//! ",
            Some("lua") => "-- ",
            _ => continue,
        };
        let is_in = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
        let max_lines = match (is_in("src"), is_in("examples")) {
            (true, _) => MAX_LINES,
            (_, true) => MAX_EXAMPLE_LINES,
            _ => continue,
        };
        if is_in("src") && !text.starts_with(start) {
            violations.push(format!("{}:1: starts without a `{}` line", path.display(), start.trim()));
        }
        let lines = text.lines().count();
        if lines > max_lines {
            violations.push(format!("{}: {lines} lines; {max_lines} at most", path.display()));
        }
    }
    violations
}

fn top_level(package: &Package, floors: &Floors) -> Vec<String> {
    let mut violations = Vec::new();
    let mut names = BTreeSet::new();
    for module in package.modules.iter().filter(|module| module.path.len() <= 1 && !module.test) {
        let name = module.top_level();
        names.insert(name);
        if floors.floor(name).is_none() {
            let (file, package) = (module.file.display(), &package.name);
            violations.push(format!("{file}: {name} has no floor: add it to the table of {package}"));
        }
    }
    let missing = floors.names().filter(|name| !names.contains(name));
    violations.extend(missing.map(|name| {
        format!("ARCHITECTURE.md: the table of {} names {name}, which is no module", package.name)
    }));
    violations
}

fn imports(package: &Package, floors: &Floors, found: &References) -> Vec<String> {
    let mut violations = Vec::new();
    for reference in &found.inside {
        let (from, to) = (&package.modules[reference.from], &package.modules[reference.to]);
        let (name, other) = (from.top_level(), to.top_level());
        if name == other || floors.allows(name, other) || floors.floor(name).is_none() {
            continue;
        }
        let below = floors.below(name);
        let allowed = if below.is_empty() { "nothing".to_owned() } else { below.join(", ") };
        violations.push(format!(
            "{}:{}: {name} imports {other} (`{}`); it may import {allowed}",
            from.file.display(),
            reference.line,
            reference.path,
        ));
    }
    unique(violations)
}

fn limited(package: &Package, floors: &Floors, found: &References) -> Vec<String> {
    let mut violations = Vec::new();
    for outside in &found.outside {
        let Some(modules) = floors.only.get(&outside.name) else { continue };
        let module = &package.modules[outside.from];
        let path = if module.path.is_empty() { module.top_level().to_owned() } else { module.path.join("/") };
        let listed = |name: &String| path == *name || path.starts_with(&format!("{name}/"));
        if !modules.iter().any(listed) {
            violations.push(format!(
                "{}:{}: {path} names {}; only {} may",
                module.file.display(),
                outside.line,
                outside.name,
                modules.join(", "),
            ));
        }
    }
    unique(violations)
}

/// Removes lines that repeat, as two paths on one line of code give them.
fn unique(violations: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    violations.into_iter().filter(|line| seen.insert(line.clone())).collect()
}
