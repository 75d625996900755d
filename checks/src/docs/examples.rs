//! The doc comments of a module, and the examples in them.

use std::path::PathBuf;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Field, ImplItem, Item, TraitItem, Variant};

use crate::names::attrs_of;
use crate::package::{Module, Package};

/// One doc comment.
#[derive(Clone, Debug)]
pub struct Doc {
    /// The text, without comment signs.
    pub text: String,
    /// The file that holds the text.
    pub file: PathBuf,
    /// The line where it starts.
    pub line: usize,
}

/// One example: a code block of Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The code, with hidden lines.
    pub code: String,
    /// The line of the fence in the doc comment, counted from 0.
    pub line: usize,
    /// `true` if the doctest runs, and nothing but an assertion can fail it.
    pub runs: bool,
}

/// Collects the doc comments of a module: its page, its items and their parts.
pub fn docs(package: &Package, module: &Module) -> Vec<Doc> {
    let mut collector = Collector { package, module, found: Vec::new() };
    collector.add(&module.attrs);
    for item in &module.items {
        collector.visit_item(item);
    }
    collector.found
}

/// Collects the doc comments of one item and its parts.
pub fn docs_of(package: &Package, module: &Module, item: &Item) -> Vec<Doc> {
    let mut collector = Collector { package, module, found: Vec::new() };
    collector.visit_item(item);
    collector.found
}

/// Finds the examples of a doc comment.
pub fn examples(text: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<(&str, Option<Example>)> = None;
    for (line, content) in text.lines().enumerate() {
        let (fence, info) = fence(content.trim_start());
        match &mut open {
            None if fence.len() >= 3 => open = Some((fence, example(info, line))),
            // The same sign, at least as often, closes the block.
            Some((opened, _)) if fence.starts_with(*opened) && info.is_empty() => {
                found.extend(open.take().and_then(|(_, example)| example));
            }
            Some((_, Some(example))) => {
                example.code.push_str(content);
                example.code.push('\n');
            }
            _ => {}
        }
    }
    found
}

/// Splits a line into its fence, which may be empty, and the rest.
fn fence(line: &str) -> (&str, &str) {
    let sign = if line.starts_with('~') { '~' } else { '`' };
    let length = line.len() - line.trim_start_matches(sign).len();
    (&line[..length], line[length..].trim())
}

/// Starts an example; `None` if the block is not Rust, or is ignored.
fn example(info: &str, line: usize) -> Option<Example> {
    let words: Vec<&str> = info.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()).collect();
    let flags = ["rust", "no_run", "compile_fail", "should_panic", "standalone_crate"];
    let known = |word: &&str| flags.contains(word) || word.starts_with("edition");
    let runs = !words.iter().any(|word| ["no_run", "compile_fail", "should_panic"].contains(word));
    words.iter().all(known).then(|| Example { code: String::new(), line, runs })
}

/// Returns the words of a doc comment's examples.
pub fn words(text: &str) -> Vec<String> {
    let code = examples(text).into_iter().map(|example| example.code);
    let split = |code: String| -> Vec<String> {
        code.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
    };
    code.flat_map(split).collect()
}

struct Collector<'a> {
    package: &'a Package,
    module: &'a Module,
    found: Vec<Doc>,
}

impl Collector<'_> {
    fn add(&mut self, attrs: &[Attribute]) {
        let text = self.package.doc(&self.module.file, attrs);
        let first = attrs.iter().find(|attr| attr.path().is_ident("doc"));
        if let Some(first) = first.filter(|_| !text.trim().is_empty()) {
            let (file, line) = match self.package.included(&self.module.file, first) {
                Some(file) => (file, 1),
                None => (self.module.file.clone(), first.span().start().line),
            };
            self.found.push(Doc { text, file, line });
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.add(item_attrs(item));
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.add(attrs_of(item));
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        self.add(match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        });
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.add(&field.attrs);
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        self.add(&variant.attrs);
        visit::visit_variant(self, variant);
    }

    fn visit_block(&mut self, _: &'ast syn::Block) {}
}

/// Returns the attributes of an item.
pub fn item_attrs(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
