//! The check of rustdoc's HTML: every public module has a page, and every link leads to a file
//! and to a place in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::surface::Surface;
use crate::files::normalised;
use crate::names::Names;
use crate::package::Package;

/// Checks the HTML of a package in the folder that `cargo doc` writes (`target/doc`).
///
/// # Errors
/// The folder holds no documentation of the package, or a file cannot be read.
pub fn check(package: &Package, html: &Path) -> Result<Vec<String>> {
    let folder = html.join(package.name.replace('-', "_"));
    let mut files = Vec::new();
    pages(&folder, &mut files).with_context(|| format!("{}: run cargo doc first", folder.display()))?;
    let mut violations = Vec::new();
    for page in &Surface::of(package, &Names::of(package)).pages {
        let file = page.path.iter().fold(folder.clone(), |folder, name| folder.join(name)).join("index.html");
        if !file.is_file() {
            violations.push(format!("{}: {} has no page", file.display(), page.title()));
        }
    }
    let mut texts: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    let mut missing = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file)?;
        let here = file.parent().unwrap_or(html);
        for link in links(&text) {
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let path = path.split('?').next().unwrap_or(path);
            let target = if path.is_empty() { file.clone() } else { normalised(&here.join(path)) };
            let found = texts.entry(target.clone()).or_insert_with(|| fs::read_to_string(&target).ok());
            let leads = match found {
                None => target.exists(),
                Some(_) if place.is_empty() || target.starts_with(html.join("src")) => true,
                Some(text) => text.contains(&format!("id=\"{place}\"")),
            };
            if !leads {
                missing.insert(format!("{}: the link {link} leads nowhere", file.display()));
            }
        }
    }
    violations.extend(missing);
    Ok(violations)
}

/// The targets of the links to pages of the same site. Rustdoc resolves paths in our own comments;
/// those that stay unresolved are other crates', in methods that every type has from them.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let is_page = |target: &str| {
        let path = target.split(['#', '?']).next().unwrap_or("");
        !target.contains("://") && (path.is_empty() || path.ends_with(".html"))
    };
    targets.filter(move |target| is_page(target))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            pages(&path, found)?;
        } else if path.extension().is_some_and(|kind| kind == "html") {
            found.push(path);
        }
    }
    Ok(())
}
