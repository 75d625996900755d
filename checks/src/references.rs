//! The references between modules: `use` items, paths in code, paths in macros and attributes.
//!
//! A reference counts in each of these spellings, if it leads to another module of the package:
//!
//! 1. `use crate::a::B;`, with groups, renames, globs, `self` and `super`;
//! 2. `use crate::B;`, where the root re-exports `B` from `a`;
//! 3. `crate::a::B` in an expression, a type, a pattern or a bound;
//! 4. `crate::a::B` among the tokens of a macro, called or defined;
//! 5. `"crate::a::b"` in an attribute, as serde takes it.
//!
//! Modules for tests are skipped.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ItemExternCrate, ItemUse, Lit, Meta};

use crate::names::{Leaf, Names, leaves};
use crate::package::Package;

/// A path in one module that leads to another module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The id of the module that names the path.
    pub from: usize,
    /// The id of the module that the path leads to.
    pub to: usize,
    /// The line of the path.
    pub line: usize,
    /// The path as written.
    pub path: String,
}

/// The first segment of a path that leads out of the package: a crate's name, often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The id of the module that names the path.
    pub from: usize,
    /// The name.
    pub name: String,
    /// The line of the path.
    pub line: usize,
}

/// The references of a package's modules.
#[derive(Debug, Default)]
pub struct References {
    /// The references inside the package.
    pub inside: Vec<Reference>,
    /// The paths that lead out of it.
    pub outside: Vec<Outside>,
}

/// Collects the references of a package's modules, modules for tests excepted.
pub fn references(package: &Package) -> References {
    let names = Names::of(package);
    let mut found = References::default();
    for (id, module) in package.modules.iter().enumerate().filter(|(_, module)| !module.test) {
        let mut collector = Collector { id, names: &names, found: &mut found };
        for attr in &module.attrs {
            collector.visit_attribute(attr);
        }
        for item in &module.items {
            collector.visit_item(item);
        }
    }
    found
}

struct Collector<'a> {
    id: usize,
    names: &'a Names<'a>,
    found: &'a mut References,
}

fn is_parenthesis(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

impl Collector<'_> {
    fn add(&mut self, path: &[String], line: usize) {
        let target = match path {
            [name] if name.starts_with(char::is_uppercase) => match self.names.by_glob(self.id, name) {
                Some(target) => Some(target),
                None => return,
            },
            [name] if !["crate", "super"].contains(&name.as_str()) => return,
            path => self.names.resolve(self.id, path),
        };
        match target {
            Some(target) if target.module() == self.id => {}
            Some(target) => self.found.inside.push(Reference {
                from: self.id,
                to: target.module(),
                line,
                path: path.join("::"),
            }),
            None => self.outside(path, line),
        }
    }

    fn outside(&mut self, path: &[String], line: usize) {
        if let Some(name) = path.iter().find(|name| !name.is_empty()) {
            self.found.outside.push(Outside { from: self.id, name: name.clone(), line });
        }
    }

    /// Adds a leaf of a `use` item, where a single segment is a module or a crate.
    fn add_leaf(&mut self, leaf: &Leaf) {
        match leaf.path.as_slice() {
            // `use axum;` names a crate, `use self::*` nothing.
            [name] if self.names.resolve(self.id, &leaf.path).is_none() || name == leaf_name(leaf) => {
                self.outside(&leaf.path, leaf.line);
            }
            path => self.add(path, leaf.line),
        }
    }

    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let colons = |at: usize| {
            let is = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
            is(at) && is(at + 1)
        };
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream()),
                // `pub(crate)` is a visibility, not a path.
                TokenTree::Ident(word) if word == "pub" && is_parenthesis(tokens.get(at + 1)) => at += 1,
                TokenTree::Ident(first) => {
                    let leading = at >= 2 && colons(at - 2);
                    let field = at >= 1
                        && matches!(&tokens[at - 1], TokenTree::Punct(p) if p.as_char() == '.')
                        && !matches!(tokens.get(at.wrapping_sub(2)), Some(TokenTree::Punct(p)) if p.as_char() == '.');
                    let mut path = if leading { vec![String::new()] } else { Vec::new() };
                    path.push(first.to_string());
                    while colons(at + 1) {
                        match tokens.get(at + 3) {
                            Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                                self.group(&path, group.stream());
                                break;
                            }
                            _ => break,
                        }
                        at += 3;
                    }
                    if !field {
                        self.add(&path, first.span().start().line);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Adds the paths of `prefix::{…}` among tokens.
    fn group(&mut self, prefix: &[String], tokens: TokenStream) {
        let (prefix, leading) = match prefix {
            [first, rest @ ..] if first.is_empty() => (rest, true),
            path => (path, false),
        };
        let text = format!("use {}{}::{{{tokens}}};", if leading { "::" } else { "" }, prefix.join("::"));
        let Ok(item) = syn::parse_str::<ItemUse>(&text) else { return };
        let line = tokens.into_iter().next().map_or(1, |token| token.span().start().line);
        for leaf in leaves(&item) {
            self.add(&leaf.path, line);
        }
    }
}

fn leaf_name(leaf: &Leaf) -> &str {
    leaf.name.as_deref().unwrap_or("")
}

fn line_of(ident: &Ident) -> usize {
    ident.span().start().line
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for leaf in leaves(item) {
            self.add_leaf(&leaf);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        self.outside(&[item.ident.to_string()], line_of(&item.ident));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        let line = path.segments.first().map_or(1, |part| line_of(&part.ident));
        if path.leading_colon.is_some() {
            segments.insert(0, String::new());
        }
        self.add(&segments, line);
        visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        if attr.path().is_ident("doc") {
            return;
        }
        match &attr.meta {
            Meta::Path(path) => self.visit_path(path),
            Meta::List(list) => {
                self.visit_path(&list.path);
                self.scan(list.tokens.clone());
                self.strings(list.tokens.clone());
            }
            Meta::NameValue(_) => {}
        }
    }
}

impl Collector<'_> {
    /// Adds the paths that stand in strings of an attribute.
    fn strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.strings(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    let Lit::Str(text) = Lit::new(literal) else { continue };
                    let Ok(path) = text.parse::<syn::Path>() else { continue };
                    let path: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
                    if path.len() > 1 {
                        self.add(&path, line);
                    }
                }
                _ => {}
            }
        }
    }
}
