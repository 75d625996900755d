//! Name resolution: the module that a path leads to, through imports, re-exports and globs.

use std::collections::{HashMap, HashSet};

use syn::{ImplItem, Item, ItemUse, UseTree, Visibility};

use crate::package::Package;

/// One leaf of a `use` item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The path; a leading `::` is an empty first segment.
    pub path: Vec<String>,
    /// The name that the leaf declares; `None` for a glob.
    pub name: Option<String>,
    /// The line of the last segment.
    pub line: usize,
    /// `true` for `pub use`.
    pub public: bool,
}

/// Splits a `use` item into its leaves: groups, `self`, renames and globs.
pub fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    let start = if item.leading_colon.is_some() { vec![String::new()] } else { Vec::new() };
    let public = matches!(item.vis, Visibility::Public(_));
    split(&item.tree, start, public, &mut found);
    found
}

fn split(tree: &UseTree, mut prefix: Vec<String>, public: bool, found: &mut Vec<Leaf>) {
    match tree {
        UseTree::Path(part) => {
            prefix.push(part.ident.to_string());
            split(&part.tree, prefix, public, found);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                split(tree, prefix.clone(), public, found);
            }
        }
        UseTree::Glob(star) => {
            let line = star.star_token.spans[0].start().line;
            found.push(Leaf { path: prefix, name: None, line, public });
        }
        UseTree::Name(name) => leaf(&name.ident, &name.ident, prefix, public, found),
        UseTree::Rename(rename) => leaf(&rename.ident, &rename.rename, prefix, public, found),
    }
}

fn leaf(ident: &syn::Ident, name: &syn::Ident, mut path: Vec<String>, public: bool, found: &mut Vec<Leaf>) {
    let mut name = name.to_string();
    if ident != "self" || path.is_empty() {
        path.push(ident.to_string());
    } else if name == "self" {
        name = path[path.len() - 1].clone();
    }
    found.push(Leaf { path, name: Some(name), line: ident.span().start().line, public });
}

/// The end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A module.
    Module(usize),
    /// An item of a module, or a name that only the module can explain.
    Item(usize, String),
}

impl Found {
    /// Returns the module itself, or the module that holds the item.
    pub fn module(&self) -> usize {
        match self {
            Found::Module(id) | Found::Item(id, _) => *id,
        }
    }
}

/// The names that each module of a package declares and imports.
#[derive(Debug)]
pub struct Names<'a> {
    package: &'a Package,
    scopes: Vec<Scope>,
}

#[derive(Debug, Default)]
struct Scope {
    items: HashSet<String>,
    aliases: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

impl<'a> Names<'a> {
    /// Collects the names of a package.
    pub fn of(package: &'a Package) -> Self {
        let mut scopes: Vec<Scope> = package.modules.iter().map(|_| Scope::default()).collect();
        for (id, module) in package.modules.iter().enumerate() {
            for item in &module.items {
                match item {
                    Item::Use(item) => {
                        for leaf in leaves(item) {
                            match leaf.name {
                                Some(name) => _ = scopes[id].aliases.insert(name, leaf.path),
                                None => scopes[id].globs.push(leaf.path),
                            }
                        }
                    }
                    Item::ExternCrate(item) if item.ident == "self" => {
                        let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                        scopes[id].aliases.insert(name.to_string(), vec!["crate".to_owned()]);
                    }
                    Item::Macro(item) if item.attrs.iter().any(|a| a.path().is_ident("macro_export")) => {
                        // An exported macro is a name of the root, whatever module declares it.
                        let mut path = vec!["crate".to_owned()];
                        path.extend(module.path.iter().cloned());
                        let Some(name) = name_of(&Item::Macro(item.clone())) else { continue };
                        path.push(name.clone());
                        if module.parent.is_some() {
                            scopes[module.root].aliases.insert(name.clone(), path);
                        }
                        scopes[id].items.insert(name);
                    }
                    item => scopes[id].items.extend(name_of(item)),
                }
            }
        }
        Names { package, scopes }
    }

    /// Resolves a path that the module `from` names; `None` if it leads out of the package.
    pub fn resolve(&self, from: usize, path: &[String]) -> Option<Found> {
        self.walk(from, path, &mut HashSet::new())
    }

    /// Resolves the name `name` in the module `id`, through its imports.
    pub fn lookup(&self, id: usize, name: &str) -> Option<Found> {
        self.find(id, name, &mut HashSet::new())
    }

    /// Resolves a name that reaches the module `id` by a glob import only.
    pub fn by_glob(&self, id: usize, name: &str) -> Option<Found> {
        let scope = &self.scopes[id];
        if scope.items.contains(name) || scope.aliases.contains_key(name) {
            return None;
        }
        self.lookup(id, name)
    }

    fn walk(&self, from: usize, path: &[String], seen: &mut HashSet<(usize, String)>) -> Option<Found> {
        let (first, mut rest) = path.split_first()?;
        let modules = &self.package.modules;
        let mut found = match first.as_str() {
            "" => return None,
            "crate" => Found::Module(modules[from].root),
            "self" => Found::Module(from),
            "super" => Found::Module(modules[from].parent?),
            name => match self.find(from, name, seen) {
                Some(found) => found,
                None if name == self.package.name.replace('-', "_") => Found::Module(0),
                None => return None,
            },
        };
        while let (Found::Module(id), Some((name, more))) = (&found, rest.split_first()) {
            found = match name.as_str() {
                "super" => Found::Module(modules[*id].parent?),
                "self" => Found::Module(*id),
                name => self.find(*id, name, seen).unwrap_or_else(|| Found::Item(*id, name.to_owned())),
            };
            rest = more;
        }
        Some(found)
    }

    fn find(&self, id: usize, name: &str, seen: &mut HashSet<(usize, String)>) -> Option<Found> {
        if let Some(child) = self.package.modules[id].children.get(name) {
            return Some(Found::Module(*child));
        }
        let scope = &self.scopes[id];
        let own = || Found::Item(id, name.to_owned());
        if scope.items.contains(name) {
            return Some(own());
        }
        if !seen.insert((id, name.to_owned())) {
            return None;
        }
        if let Some(path) = scope.aliases.get(name) {
            // What comes from outside the package belongs to the module that imports it.
            return Some(self.walk(id, path, seen).unwrap_or_else(own));
        }
        scope.globs.iter().find_map(|glob| match self.walk(id, glob, seen)? {
            Found::Module(other) if other != id => self.find(other, name, seen),
            _ => None,
        })
    }
}

/// Returns the name that an item declares.
pub fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Returns the attributes of an associated item.
pub fn attrs_of(item: &ImplItem) -> &[syn::Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}
