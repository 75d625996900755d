//! The check of the documentation that a published crate renders.
//!
//! It rejects, in this order:
//!
//! 1. a public module whose page has fewer than 10 lines, or no example ([`Rule::Page`]);
//! 2. a private module at the root, `core` excepted, whose page has an example or a table, since
//!    rustdoc renders no page for it ([`Rule::Private`]);
//! 3. a sentence that sends the reader to the module's page without a link to a public module
//!    ([`Rule::Link`]);
//! 4. an example that runs and asserts nothing ([`Rule::Assert`]);
//! 5. a public item that no example names, neither on its own documentation nor on its module's
//!    page ([`Rule::Example`]).
//!
//! Futures and services that a layer makes (`…Future`, `…Service`) and errors (`…Error`) need no
//! example: callers never name them, or meet them by `?`.
//! Items that a macro declares are not seen. [`html`] checks what rustdoc wrote.

pub mod examples;
pub mod html;
pub mod surface;

use std::collections::BTreeSet;
use std::path::Path;

use examples::{Doc, Example, docs, examples};
use surface::{Page, Surface};

use crate::names::{Found, Names};
use crate::package::{Module, Package};

/// The crates that are published, by package name.
pub const PUBLISHED: &[&str] = &["answers", "palisade", "palisade-audit"];

/// The least lines of a public module's page.
const MIN_LINES: usize = 10;
/// The error for a page in a private module.
const UNSEEN: &str = "rustdoc renders no page for this private module";

/// A rule of this check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A public module has a page.
    Page,
    /// A private module holds no page.
    Private,
    /// A sentence about a page links to it.
    Link,
    /// An example asserts.
    Assert,
    /// A public item is in an example.
    Example,
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The module by its public path, or by its file's path if it is private.
    pub module: String,
    /// The rule.
    pub rule: Rule,
    /// The place, and what is wrong there.
    pub text: String,
}

/// The lines of module documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines in public modules: rustdoc renders them.
    pub rendered: usize,
    /// The lines in private modules.
    pub private: usize,
}

/// Counts the lines of module documentation of a package's library.
pub fn lines(package: &Package) -> Lines {
    let names = Names::of(package);
    let surface = Surface::of(package, &names);
    let mut lines = Lines::default();
    for (id, module) in package.modules.iter().enumerate().filter(|(_, module)| module.root == 0) {
        let count = page_of(package, module).lines().count();
        if surface.is_public(id) { lines.rendered += count } else { lines.private += count }
    }
    lines
}

/// Checks the documentation in a package's sources.
pub fn check(package: &Package) -> Vec<Violation> {
    let names = Names::of(package);
    let surface = Surface::of(package, &names);
    let mut violations = Vec::new();
    for page in &surface.pages {
        violations.extend(page_violations(package, page));
        violations.extend(items(package, &surface, page));
    }
    for (id, module) in package.modules.iter().enumerate() {
        if module.root != 0 || module.test {
            continue;
        }
        let title = surface.title(id).unwrap_or_else(|| module.path.join("::"));
        let add = |rule, file: &Path, line: usize, text: &str| Violation {
            module: title.clone(),
            rule,
            text: format!("{}:{line}: {text}", file.display()),
        };
        if module.path.len() == 1 && module.path[0] != "core" && !surface.is_public(id) {
            let page = page_of(package, module);
            if !examples(&page).is_empty() || page.lines().any(|line| line.trim_start().starts_with("|--")) {
                violations.push(add(Rule::Private, &module.file, 1, UNSEEN));
            }
        }
        for doc in docs(package, module) {
            let silent = |example: &&Example| example.runs && !example.code.contains("assert");
            violations.extend(examples(&doc.text).iter().filter(silent).map(|example| {
                add(Rule::Assert, &doc.file, doc.line + example.line, "the example asserts nothing")
            }));
            if sends_to_page(&doc.text) && !links_to_page(&names, &surface, id, &doc) {
                violations.push(add(
                    Rule::Link,
                    &doc.file,
                    doc.line,
                    "it names a page without a link to one",
                ));
            }
        }
    }
    violations.sort_by(|one, other| (&one.module, one.rule).cmp(&(&other.module, other.rule)));
    violations
}

fn page_of(package: &Package, module: &Module) -> String {
    package.doc(&module.file, &module.attrs)
}

fn page_violations(package: &Package, page: &Page) -> Vec<Violation> {
    let module = &package.modules[page.module];
    let text = page_of(package, module);
    let count = text.lines().count();
    let short = (count < MIN_LINES).then(|| format!("its page has {count} lines; {MIN_LINES} at least"));
    let bare = examples(&text).is_empty().then(|| "its page has no example".to_owned());
    let add = |text| Violation {
        module: page.title(),
        rule: Rule::Page,
        text: format!("{}:1: {text}", module.file.display()),
    };
    short.into_iter().chain(bare).map(add).collect()
}

fn items(package: &Package, surface: &Surface, page: &Page) -> Vec<Violation> {
    let made = |name: &str| ["Future", "Service", "Error"].iter().any(|end| name.ends_with(end));
    let mut violations = Vec::new();
    for item in page.items.iter().filter(|item| !made(&item.name)) {
        let mut texts = surface.texts(package, item);
        // An item that several pages show may be in an example of any of them.
        for page in surface.pages.iter().filter(|other| other.items.contains(item)) {
            texts.push(page_of(package, &package.modules[page.module]));
        }
        let words: BTreeSet<String> = texts.iter().flat_map(|text| examples::words(text)).collect();
        if !words.contains(&item.name) && surface.home(item) == page.module {
            let holder = &package.modules[item.module];
            violations.push(Violation {
                module: page.title(),
                rule: Rule::Example,
                text: format!("{}:{}: no example names {}", holder.file.display(), item.line, item.name),
            });
        }
    }
    violations
}

fn sends_to_page(text: &str) -> bool {
    let text = text.to_lowercase().replace('\n', " ");
    ["module's page", "page of the module", "the module page"].iter().any(|phrase| text.contains(phrase))
}

/// Returns `true` if one of the links leads to a public module.
fn links_to_page(names: &Names<'_>, surface: &Surface, from: usize, doc: &Doc) -> bool {
    let targets = doc.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let short = doc.text.split("[`").skip(1).filter_map(|rest| rest.split("`]").next());
    targets.chain(short).any(|target| {
        let path = target.split('#').next().unwrap_or(target).trim_start_matches("mod@");
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        matches!(names.resolve(from, &path), Some(Found::Module(id)) if surface.is_public(id))
    })
}
