//! The check of the packages themselves: which package depends on which.

use std::collections::BTreeMap;

use crate::floors::Floors;

/// The name of the table that holds packages instead of modules.
pub const TABLE: &str = "workspace";

/// Checks the dependencies in the manifests, by package, against the table of packages.
///
/// ```
/// use house_checks::architecture::workspace::check;
/// use house_checks::floors::Floors;
///
/// let floors = &Floors::parse("```floors workspace\nsite\nlibrary\n```")?["workspace"];
/// let site = ("site".to_owned(), "[dependencies]\nlibrary.workspace = true\n".to_owned());
/// let library = ("library".to_owned(), "[dependencies]\nsite = { path = \"../site\" }\n".to_owned());
/// assert_eq!(
///     check(&[site, library].into(), floors),
///     ["library: depends on site; it may depend on nothing"]
/// );
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// Dependencies for tests and build scripts don't count.
pub fn check(manifests: &BTreeMap<String, String>, floors: &Floors) -> Vec<String> {
    let mut violations = Vec::new();
    for (package, manifest) in manifests.iter().filter(|(package, _)| floors.floor(package).is_some()) {
        for name in dependencies(manifest).filter(|name| floors.floor(name).is_some()) {
            if !floors.allows(package, name) {
                let below = floors.below(package);
                let allowed = if below.is_empty() { "nothing".to_owned() } else { below.join(", ") };
                violations.push(format!("{package}: depends on {name}; it may depend on {allowed}"));
            }
        }
    }
    let missing = floors.names().filter(|name| !manifests.contains_key(*name));
    violations.extend(missing.map(|name| format!("the table of packages names {name}, which is no package")));
    violations
}

/// Returns the names in the section `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest
        .split("\n[")
        .find_map(|section| section.trim_start_matches('[').strip_prefix("dependencies]"));
    let lines = section.unwrap_or("").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty())
}
