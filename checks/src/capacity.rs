//! The check of the capacity table: each row names tests that exist.
//!
//! ```
//! use std::collections::BTreeSet;
//!
//! use house_checks::capacity::check;
//!
//! let page = "\
//! | resource | bound | test |
//! |---|---|---|
//! | connections | 4096 | `waits` |
//! | streams | 100 | `is_gone` |
//! | disk | none | |
//! ";
//! let tests = BTreeSet::from(["waits".to_owned()]);
//! assert_eq!(
//!     check(page, &tests),
//!     ["line 4: there is no test `is_gone`", "line 5: the row of disk names no test"]
//! );
//! ```
//!
//! Only tables whose last column is called `test` are read. A row may name several tests. One that
//! nothing can test says so: `none: the provider's line`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::files;

/// The page of the table.
const PAGE: &str = "docs/capacity.md";

/// Checks the page of a checkout, if it has one.
///
/// # Errors
/// A file cannot be read.
pub fn check_checkout(root: &Path) -> Result<Vec<String>> {
    let page = root.join(PAGE);
    if !page.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    let mut tests = BTreeSet::new();
    for folder in files::packages(root)?.values() {
        for (path, text) in files::read(root, folder)? {
            if files::is_rust(&path) {
                tests.extend(functions(&text).map(str::to_owned));
            }
        }
    }
    Ok(check(&text, &tests).into_iter().map(|violation| format!("{PAGE}: {violation}")).collect())
}

/// Checks a page against the names of all tests.
pub fn check(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut violations = Vec::new();
    let mut is_table = false;
    for (at, line) in page.lines().enumerate() {
        let Some(cells) = cells(line) else {
            is_table = false;
            continue;
        };
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        if last == "test" {
            is_table = true;
            continue;
        }
        if !is_table || first.starts_with("--") {
            continue;
        }
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).filter(|name| is_name(name)).collect();
        if names.is_empty() && !last.starts_with("none: ") {
            violations.push(format!("line {}: the row of {first} names no test", at + 1));
        }
        for name in names.into_iter().filter(|name| !tests.contains(*name)) {
            violations.push(format!("line {}: there is no test `{name}`", at + 1));
        }
    }
    violations
}

/// Returns the cells of a table's row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(str::trim).collect())
}

/// Returns `true` for the name of a function; files have a slash or a dot.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Returns the names of the functions that have an attribute with `test` before them.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[") {
            is_test |= line.contains("test");
            return None;
        }
        let name = line.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
        let found = name.filter(|_| is_test);
        is_test &= line.is_empty() || line.starts_with("//");
        found
    })
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn only_tests_are_found() {
        let text = "#[tokio::test(flavor = \"multi_thread\")]\nasync fn one() {\n    other(fn_of);\n}\n\nfn two() {}\n\
                    #[test]\n#[cfg(unix)]\nfn three() {\n";
        assert_eq!(functions(text).collect::<Vec<_>>(), ["one", "three"]);
    }
}
