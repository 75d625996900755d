//! Import cycles among modules that stand beside each other, folder by folder.
//!
//! An import between two modules counts in the folder that holds both, between the parts that
//! they belong to: `db/users/edit` importing `db/tx` is an import of `tx` by `users` in `db`.
//! An import between a module and its own parts does not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::package::{Module, Package};
use crate::references::Reference;

/// The imports inside one folder: by the importing and the imported part, the first reference.
pub type Arrows<'a> = BTreeMap<(String, String), &'a Reference>;

/// Returns the imports of a package by the path of the folder; the crate is the empty path.
pub fn by_folder<'a>(package: &Package, references: &'a [Reference]) -> BTreeMap<Vec<String>, Arrows<'a>> {
    let mut folders: BTreeMap<Vec<String>, Arrows<'a>> = BTreeMap::new();
    for reference in references {
        let (from, to) = (&package.modules[reference.from], &package.modules[reference.to]);
        let shared = from.path.iter().zip(&to.path).take_while(|(one, other)| one == other).count();
        if let Some(pair) = parts(from, to, shared) {
            folders.entry(from.path[..shared].to_vec()).or_default().entry(pair).or_insert(reference);
        }
    }
    folders
}

/// Returns the two parts that an import connects; `None` between a module and its own parts.
fn parts(from: &Module, to: &Module, shared: usize) -> Option<(String, String)> {
    Some((from.path.get(shared)?.clone(), to.path.get(shared)?.clone()))
}

/// Returns the groups of modules that import each other in a cycle, larger than one.
pub fn cycles(arrows: &Arrows<'_>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|(from, _)| (from.as_str(), reached(arrows, from))).collect();
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (name, reached) in &reach {
        if reached.contains(name) {
            let back = |other: &&&str| reach.get(**other).is_some_and(|names| names.contains(name));
            groups.insert(reached.iter().filter(back).map(|&name| name.to_owned()).collect());
        }
    }
    groups.into_iter().filter(|group| group.len() > 1).collect()
}

fn reached<'a>(arrows: &'a Arrows<'_>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for (_, to) in arrows.keys().filter(|(from, _)| from == name) {
            if found.insert(to.as_str()) {
                open.push(to);
            }
        }
    }
    found
}

/// Returns a line for each cycle, with an import that each of its arrows stands for.
pub fn check(package: &Package, references: &[Reference]) -> Vec<String> {
    let mut violations = Vec::new();
    for (folder, arrows) in by_folder(package, references) {
        for cycle in cycles(&arrows) {
            let inside = |(from, to): &(String, String)| cycle.contains(from) && cycle.contains(to);
            let proofs = arrows.iter().filter(|(pair, _)| inside(pair)).map(|((from, to), reference)| {
                let file = package.modules[reference.from].file.display();
                format!("\n    {file}:{}: {from} imports {to} (`{}`)", reference.line, reference.path)
            });
            let place = if folder.is_empty() { "the crate".to_owned() } else { folder.join("/") };
            let proofs: String = proofs.collect();
            violations.push(format!("{}: cycle in {place}: {}{proofs}", package.name, cycle.join(", ")));
        }
    }
    violations
}
