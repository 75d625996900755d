//! The measures of a package's layout: top-level modules, floors, arrows and cycles.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::{Arrows, by_folder, cycles};
use crate::package::Package;
use crate::references::references;

/// The measures of a package's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Top-level modules, `lib` and `main` excepted.
    pub modules: usize,
    /// The longest chain of imports among them, a cycle counted as one.
    pub floors: usize,
    /// Pairs of top-level modules of which one imports the other.
    pub arrows: usize,
    /// Cycles among top-level modules.
    pub cycles: usize,
    /// Cycles inside folders.
    pub inner_cycles: usize,
}

/// Measures a package.
pub fn numbers(package: &Package) -> Numbers {
    let found = references(package);
    let modules: BTreeSet<&str> = package
        .modules
        .iter()
        .filter(|module| module.path.len() == 1 && !module.test)
        .map(|module| module.top_level())
        .collect();
    let mut folders = by_folder(package, &found.inside);
    let top = folders.remove(&Vec::new()).unwrap_or_default();
    Numbers {
        modules: modules.len(),
        floors: floors(&modules, &top),
        arrows: top.len(),
        cycles: cycles(&top).len(),
        inner_cycles: folders.values().map(|arrows| cycles(arrows).len()).sum(),
    }
}

/// Returns the imports between top-level modules, `lib` and `main` included.
pub fn arrows(package: &Package) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for reference in references(package).inside {
        let (from, to) =
            (package.modules[reference.from].top_level(), package.modules[reference.to].top_level());
        if from != to {
            found.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }
    found
}

fn floors(modules: &BTreeSet<&str>, arrows: &Arrows<'_>) -> usize {
    // Each cycle becomes one node, so that the rest has none.
    let cycles = cycles(arrows);
    let node = |name: &str| match cycles.iter().position(|cycle| cycle.iter().any(|one| one == name)) {
        Some(at) => cycles[at][0].clone(),
        None => name.to_owned(),
    };
    let mut height: BTreeMap<String, usize> = modules.iter().map(|module| (node(module), 1)).collect();
    for _ in 0..modules.len() {
        for (from, to) in arrows.keys().map(|(from, to)| (node(from), node(to))) {
            let least = height.get(&to).map_or(1, |below| below + 1);
            if from != to && height.get(&from).is_none_or(|now| *now < least) {
                height.insert(from, least);
            }
        }
    }
    height.values().copied().max().unwrap_or(0)
}
