//! A package's sources, parsed into its tree of modules.
//!
//! [`Package::read`] starts at `src/lib.rs` and `src/main.rs` and follows `mod` declarations, with
//! `#[path]`, inline modules and `#[cfg(test)]`. A source file that no declaration reaches is in
//! [`Package::undeclared`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Item, Lit, Meta, Visibility};

use crate::files::{self, is_rust, normalised};

/// A package's files by path, and its modules.
#[derive(Debug)]
pub struct Package {
    /// The package's name in `Cargo.toml`.
    pub name: String,
    /// The files by their path from the root of the checkout: Rust, Lua and Markdown.
    pub files: BTreeMap<PathBuf, String>,
    /// The modules; a [`Module`]'s id is its index.
    pub modules: Vec<Module>,
    /// The Rust files in `src` that no `mod` declaration reaches.
    pub undeclared: Vec<PathBuf>,
}

/// One module: a crate's root, a file, or an inline module.
#[derive(Debug)]
pub struct Module {
    /// The path from the crate's root; empty for the root itself.
    pub path: Vec<String>,
    /// The id of the parent; `None` for a root.
    pub parent: Option<usize>,
    /// The id of the crate's root.
    pub root: usize,
    /// The file that holds the module.
    pub file: PathBuf,
    /// The attributes of the declaration and of the file.
    pub attrs: Vec<Attribute>,
    /// `true` if the declaration is `pub`.
    pub public: bool,
    /// `true` if the module is compiled for tests only.
    pub test: bool,
    /// The items, modules excepted.
    pub items: Vec<Item>,
    /// The ids of the child modules by name.
    pub children: BTreeMap<String, usize>,
}

impl Module {
    /// Returns the top-level module: the first part of the path, or `lib` or `main` for a root.
    pub fn top_level(&self) -> &str {
        match self.path.first() {
            Some(first) => first,
            None if self.file.ends_with("main.rs") => "main",
            None => "lib",
        }
    }
}

impl Package {
    /// Reads the package in the folder `folder` of the checkout `root`.
    ///
    /// # Errors
    /// A file cannot be read or parsed, or a module's file is missing.
    pub fn read(root: &Path, name: &str, folder: &Path) -> Result<Self> {
        Self::build(name, folder, files::read(root, folder)?)
    }

    /// Parses a package from paths and texts, as tests do. The first path names the folder.
    ///
    /// # Errors
    /// A text cannot be parsed, or a module's file is missing.
    pub fn parse<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let files: BTreeMap<PathBuf, String> =
            files.into_iter().map(|(path, text)| (PathBuf::from(path), text.to_owned())).collect();
        let folder = files.keys().find_map(|path| path.iter().next()).map(PathBuf::from).unwrap_or_default();
        Self::build(name, &folder, files)
    }

    fn build(name: &str, folder: &Path, files: BTreeMap<PathBuf, String>) -> Result<Self> {
        let mut package =
            Package { name: name.to_owned(), files, modules: Vec::new(), undeclared: Vec::new() };
        let source = folder.join("src");
        for root in ["lib.rs", "main.rs"] {
            let file = source.join(root);
            if package.files.contains_key(&file) {
                let id = package.modules.len();
                let at = Place { parent: None, root: id, path: Vec::new(), test: false, public: true };
                package.add_file(&file, source.clone(), at, Vec::new())?;
            }
        }
        let declared = |path: &PathBuf| package.modules.iter().any(|module| module.file == *path);
        let sources = package.files.keys().filter(|path| path.starts_with(&source) && is_rust(path));
        package.undeclared = sources.filter(|path| !declared(path)).cloned().collect();
        Ok(package)
    }

    /// Adds the module in `file`, whose children's files are in `folder`.
    fn add_file(
        &mut self,
        file: &Path,
        folder: PathBuf,
        at: Place,
        mut attrs: Vec<Attribute>,
    ) -> Result<usize> {
        let text = self.files.get(file).with_context(|| format!("{} is missing", file.display()))?;
        let parsed = syn::parse_file(text)
            .map_err(|error| anyhow::anyhow!("{}:{}: {error}", file.display(), error.span().start().line))?;
        attrs.extend(parsed.attrs);
        self.add(file, &folder, at, attrs, parsed.items)
    }

    fn add(
        &mut self,
        file: &Path,
        folder: &Path,
        at: Place,
        attrs: Vec<Attribute>,
        items: Vec<Item>,
    ) -> Result<usize> {
        let id = self.modules.len();
        self.modules.push(Module {
            path: at.path.clone(),
            parent: at.parent,
            root: at.root,
            file: file.to_owned(),
            attrs,
            public: at.public,
            test: at.test,
            items: Vec::new(),
            children: BTreeMap::new(),
        });
        for item in items {
            let Item::Mod(declared) = item else {
                self.modules[id].items.push(item);
                continue;
            };
            let name = declared.ident.to_string();
            let mut path = at.path.clone();
            path.push(name.clone());
            let inside = Place {
                parent: Some(id),
                root: at.root,
                path,
                test: at.test || is_test(&declared.attrs),
                public: matches!(declared.vis, Visibility::Public(_)),
            };
            let line = declared.span().start().line;
            let child = match declared.content {
                Some((_, items)) => self.add(file, &folder.join(&name), inside, declared.attrs, items)?,
                None => {
                    let (file, folder) = self
                        .find(file, folder, &name, &declared.attrs)
                        .with_context(|| format!("{}:{line}: no file for `mod {name}`", file.display()))?;
                    self.add_file(&file, folder, inside, declared.attrs)?
                }
            };
            self.modules[id].children.insert(name, child);
        }
        Ok(id)
    }

    /// Returns the file of `mod name;`, and the folder of its children.
    fn find(
        &self,
        parent: &Path,
        folder: &Path,
        name: &str,
        attrs: &[Attribute],
    ) -> Option<(PathBuf, PathBuf)> {
        let beside = folder.join(name);
        if let Some(path) = attrs.iter().find_map(|attr| text_of(attr, "path")) {
            let is_mod = ["lib.rs", "main.rs", "mod.rs"].iter().any(|name| parent.ends_with(name));
            let parents = parent.parent().unwrap_or_else(|| Path::new(""));
            // In an inline module `#[path]` starts at the module's own folder.
            let own = if is_mod { parents.to_owned() } else { parent.with_extension("") };
            let start = if folder == own { parents } else { folder };
            let file = normalised(&start.join(path));
            let folder = file.parent()?.to_owned();
            return self.files.contains_key(&file).then_some((file, folder));
        }
        [folder.join(format!("{name}.rs")), beside.join("mod.rs")]
            .into_iter()
            .find(|file| self.files.contains_key(file))
            .map(|file| (file, beside))
    }

    /// Returns the documentation on an item: each `doc` attribute's text, with included files.
    pub fn doc(&self, file: &Path, attrs: &[Attribute]) -> String {
        let mut text = String::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
            let included = || self.included(file, attr).and_then(|file| self.files.get(&file)).cloned();
            if let Some(part) = text_of(attr, "doc").or_else(included) {
                text.push_str(&part);
                text.push('\n');
            }
        }
        text
    }

    /// Returns the file that `#[doc = include_str!("…")]` includes.
    pub fn included(&self, file: &Path, attr: &Attribute) -> Option<PathBuf> {
        let Meta::NameValue(pair) = &attr.meta else { return None };
        let Expr::Macro(include) = &pair.value else { return None };
        let path = include.mac.parse_body::<syn::LitStr>().ok()?;
        Some(normalised(&file.parent()?.join(path.value())))
    }
}

/// The place of a module in the tree.
struct Place {
    parent: Option<usize>,
    root: usize,
    path: Vec<String>,
    test: bool,
    public: bool,
}

/// Returns the text of `#[name = "text"]`.
fn text_of(attr: &Attribute, name: &str) -> Option<String> {
    let Meta::NameValue(pair) = &attr.meta else { return None };
    match &pair.value {
        Expr::Lit(lit) if attr.path().is_ident(name) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns `true` for `#[cfg(test)]` and `#[cfg(all(test, …))]`.
fn is_test(attrs: &[Attribute]) -> bool {
    fn requires_test(meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => {
                let parts = list
                    .parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
                parts.is_ok_and(|parts| parts.iter().any(requires_test))
            }
            _ => false,
        }
    }
    let cfg = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    cfg.filter_map(|attr| attr.parse_args::<Meta>().ok()).any(|meta| requires_test(&meta))
}
