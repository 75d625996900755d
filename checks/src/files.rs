//! The files and packages of a checkout.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Reads the Rust, Lua and Markdown files below the folder `folder` of the checkout `root`, and
/// the Markdown files beside it.
///
/// # Errors
/// A file or a folder cannot be read.
pub fn read(root: &Path, folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    read_folder(root, folder, true, &mut files)?;
    read_folder(root, Path::new(""), false, &mut files)?;
    Ok(files)
}

/// Returns the packages of the checkout `root` by name: the folders whose `Cargo.toml` names one.
///
/// # Errors
/// A folder or a `Cargo.toml` cannot be read.
pub fn packages(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    let entries = fs::read_dir(root).with_context(|| format!("cannot read {}", root.display()))?;
    for entry in entries {
        let folder = entry?.path();
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let text = fs::read_to_string(&manifest)?;
        let name =
            text.lines().find_map(|line| line.strip_prefix("name = ")).map(|name| name.trim_matches('"'));
        if let (Some(name), Some(folder)) = (name, folder.file_name()) {
            found.insert(name.to_owned(), PathBuf::from(folder));
        }
    }
    if found.is_empty() {
        bail!("{} holds no packages: name a checkout with --root", root.display());
    }
    Ok(found)
}

fn read_folder(root: &Path, folder: &Path, deep: bool, files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    let place = root.join(folder);
    for entry in fs::read_dir(&place).with_context(|| format!("cannot read {}", place.display()))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            let skipped = ["target", "node_modules", "static"].iter().any(|name| path.ends_with(name));
            if deep && !skipped {
                read_folder(root, &path, deep, files)?;
            }
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "lua" || kind == "md") {
            let text = fs::read_to_string(entry.path())?;
            files.insert(path, text);
        }
    }
    Ok(())
}

/// Returns `true` for a Rust file.
pub fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "rs")
}

/// Resolves `.` and `..` in a path.
pub fn normalised(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
