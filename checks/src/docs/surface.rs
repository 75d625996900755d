//! A library's public surface: the modules that rustdoc renders, and the items that each shows.
//!
//! A module is public if every declaration above it is `pub`, or if a public module re-exports it.
//! An item belongs to the public module that declares it, or else to those that re-export it.

use std::collections::BTreeMap;

use syn::spanned::Spanned;
use syn::{Item, Type, Visibility};

use super::examples::{docs_of, item_attrs};
use crate::names::{Found, Names, leaves, name_of};
use crate::package::Package;

/// A library's public modules.
#[derive(Debug)]
pub struct Surface {
    /// The pages, the crate's own first.
    pub pages: Vec<Page>,
}

/// A public module.
#[derive(Debug)]
pub struct Page {
    /// The path that users write, from the crate's root.
    pub path: Vec<String>,
    /// The module's id.
    pub module: usize,
    /// The public items that the page shows.
    pub items: Vec<PublicItem>,
}

/// A public struct, enum, trait, function or type alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicItem {
    /// The name.
    pub name: String,
    /// The id of the module that declares it.
    pub module: usize,
    /// The line of the declaration.
    pub line: usize,
}

impl Page {
    /// Returns the path as users write it; `(root)` for the crate's own page.
    pub fn title(&self) -> String {
        if self.path.is_empty() { "(root)".to_owned() } else { self.path.join("::") }
    }
}

impl Surface {
    /// Finds a package's public modules and items. A package without a library has none.
    pub fn of(package: &Package, names: &Names<'_>) -> Self {
        let mut surface = Surface { pages: Vec::new() };
        if package.modules.first().is_some_and(|root| root.file.ends_with("lib.rs")) {
            surface.add_page(package, names, 0, Vec::new());
        }
        for at in 0..surface.pages.len() {
            surface.pages[at].items = surface.items(package, names, surface.pages[at].module);
        }
        surface
    }

    fn add_page(&mut self, package: &Package, names: &Names<'_>, id: usize, path: Vec<String>) {
        let module = &package.modules[id];
        if self.is_public(id) || module.test || is_hidden(&module.attrs) {
            return;
        }
        self.pages.push(Page { path: path.clone(), module: id, items: Vec::new() });
        let below = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect();
        for (name, child) in &module.children {
            if package.modules[*child].public {
                self.add_page(package, names, *child, below(name));
            }
        }
        for (name, path) in exports(package, id) {
            if let (Some(name), Some(Found::Module(other))) = (name, names.resolve(id, &path)) {
                self.add_page(package, names, other, below(&name));
            }
        }
    }

    fn items(&self, package: &Package, names: &Names<'_>, id: usize) -> Vec<PublicItem> {
        let mut found: BTreeMap<String, PublicItem> = BTreeMap::new();
        let declared = |module: usize, only: Option<&str>| -> Vec<PublicItem> {
            let items = package.modules[module].items.iter().filter(|item| is_public(item));
            let named = items.filter_map(|item| Some((name_of(item)?, item.span().start().line)));
            let wanted = named.filter(|(name, _)| only.is_none_or(|only| only == name));
            wanted.map(|(name, line)| PublicItem { name, module, line }).collect()
        };
        let mut all = declared(id, None);
        for (name, path) in exports(package, id) {
            match (name, names.resolve(id, &path)) {
                (Some(_), Some(Found::Item(module, item))) if !self.is_public(module) => {
                    all.extend(declared(module, Some(&item)));
                }
                (None, Some(Found::Module(module))) if !self.is_public(module) => {
                    all.extend(declared(module, None));
                }
                _ => {}
            }
        }
        found.extend(all.into_iter().map(|item| (item.name.clone(), item)));
        found.into_values().collect()
    }

    /// Returns `true` if rustdoc renders the module.
    pub fn is_public(&self, id: usize) -> bool {
        self.pages.iter().any(|page| page.module == id)
    }

    /// Returns the title of a public module's page.
    pub fn title(&self, id: usize) -> Option<String> {
        self.pages.iter().find(|page| page.module == id).map(Page::title)
    }

    /// Returns the module that should explain an item: the last page that shows it, so never the
    /// crate's own if there is another.
    pub fn home(&self, item: &PublicItem) -> usize {
        let shown = self.pages.iter().rev().find(|page| page.items.contains(item));
        shown.map_or(item.module, |page| page.module)
    }

    /// Returns the documentation of an item, its parts and its inherent methods.
    pub fn texts(&self, package: &Package, item: &PublicItem) -> Vec<String> {
        let mut texts = Vec::new();
        for module in package.modules.iter().filter(|module| !module.test) {
            let own = std::ptr::eq(module, &package.modules[item.module]);
            for candidate in &module.items {
                let is_own = own && name_of(candidate).is_some_and(|name| name == item.name);
                if is_own || implements(candidate, &item.name) {
                    texts.extend(docs_of(package, module, candidate).into_iter().map(|doc| doc.text));
                }
            }
        }
        texts
    }
}

/// Returns the names and paths of a module's `pub use` items.
fn exports(package: &Package, id: usize) -> Vec<(Option<String>, Vec<String>)> {
    let uses = package.modules[id].items.iter().filter_map(|item| match item {
        Item::Use(item) if !is_hidden(&item.attrs) => Some(item),
        _ => None,
    });
    let leaves = uses.flat_map(leaves).filter(|leaf| leaf.public);
    leaves.map(|leaf| (leaf.name, leaf.path)).collect()
}

fn is_public(item: &Item) -> bool {
    let vis = match item {
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        _ => return false,
    };
    matches!(vis, Visibility::Public(_)) && !is_hidden(item_attrs(item))
}

/// Returns `true` for an inherent `impl` of the type `name`.
fn implements(item: &Item, name: &str) -> bool {
    match item {
        Item::Impl(block) if block.trait_.is_none() => match block.self_ty.as_ref() {
            Type::Path(path) => path.path.segments.last().is_some_and(|part| part.ident == name),
            _ => false,
        },
        _ => false,
    }
}

/// Returns `true` for `#[doc(hidden)]`.
fn is_hidden(attrs: &[syn::Attribute]) -> bool {
    let hidden = |attr: &syn::Attribute| attr.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden");
    attrs.iter().any(|attr| attr.path().is_ident("doc") && hidden(attr))
}
