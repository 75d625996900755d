//! Rooms, floors, arrows and circles of a package: the measures of its layout.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Arrows, by_folder, circles};
use crate::package::Package;
use crate::references::references;

/// The measures of a package's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Top-level modules, `lib` and `main` excepted.
    pub rooms: usize,
    /// The longest chain of imports among them, a circle counted as one.
    pub floors: usize,
    /// Pairs of top-level modules of which one imports the other.
    pub arrows: usize,
    /// Circles among top-level modules.
    pub circles: usize,
    /// Circles inside folders.
    pub inner_circles: usize,
}

/// Measures a package.
pub fn numbers(package: &Package) -> Numbers {
    let found = references(package);
    let rooms: BTreeSet<&str> = package
        .modules
        .iter()
        .filter(|module| module.path.len() == 1 && !module.test)
        .map(|module| module.room())
        .collect();
    let mut folders = by_folder(package, &found.inside);
    let top = folders.remove(&Vec::new()).unwrap_or_default();
    Numbers {
        rooms: rooms.len(),
        floors: floors(&rooms, &top),
        arrows: top.len(),
        circles: circles(&top).len(),
        inner_circles: folders.values().map(|arrows| circles(arrows).len()).sum(),
    }
}

/// The imports between top-level modules, `lib` and `main` included.
pub fn arrows(package: &Package) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for reference in references(package).inside {
        let (from, to) = (package.modules[reference.from].room(), package.modules[reference.to].room());
        if from != to {
            found.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }
    found
}

fn floors(rooms: &BTreeSet<&str>, arrows: &Arrows<'_>) -> usize {
    // Each circle becomes one node, so that the rest has none.
    let circles = circles(arrows);
    let node = |name: &str| match circles.iter().position(|circle| circle.iter().any(|one| one == name)) {
        Some(at) => circles[at][0].clone(),
        None => name.to_owned(),
    };
    let mut height: BTreeMap<String, usize> = rooms.iter().map(|room| (node(room), 1)).collect();
    for _ in 0..rooms.len() {
        for (from, to) in arrows.keys().map(|(from, to)| (node(from), node(to))) {
            let least = height.get(&to).map_or(1, |below| below + 1);
            if from != to && height.get(&from).is_none_or(|now| *now < least) {
                height.insert(from, least);
            }
        }
    }
    height.values().copied().max().unwrap_or(0)
}
