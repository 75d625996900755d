//! What a browser's parser makes of HTML: how much, how deep, and what text is in it.
//!
//! A few bytes can become a great many elements: a paragraph takes up every emphasis that is open before it, with all
//! its attributes; a tag's attributes are compared with each other; what stands in a table's wrong place is moved before
//! it, and the place looked for among all that is there. So the parser is fed little by little, and stopped when it has
//! made or searched too much.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{
    Attribute, LocalName, Namespace, ParseOpts, Parser, QualName, local_name, ns, parse_fragment,
};

use super::SanitizeError;

/// After so many it is asked how far it has come.
const BYTES_AT_ONCE: usize = 256;
/// How many elements, attributes and texts it may make.
const MOST_NODES: usize = 100_000;
/// How many siblings it may look at; as many as take some hundredths of a second.
const MOST_STEPS: usize = 20_000_000;
/// How many attributes a tag may have, counted by what can stand between two of them. A picture that is pasted as
/// base64 has a few thousand slashes.
const MOST_ATTRIBUTES: usize = 10_000;
/// How deep it may go; browsers go to 512.
const DEEPEST: usize = 256;

/// The elements and texts of a fragment of HTML.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: RefCell<Vec<Node>>,
    attributes: Cell<usize>,
    /// How many siblings were looked at.
    steps: Cell<usize>,
    deepest: Cell<usize>,
}

#[derive(Debug)]
struct Node {
    what: What,
    parent: Option<usize>,
    children: Vec<usize>,
    depth: usize,
}

#[derive(Debug)]
enum What {
    Element(QualName),
    Text(StrTendril),
    Other,
}

const DOCUMENT: usize = 0;

impl Tree {
    /// The tree of this HTML, unless it is too much or too deep.
    pub(super) fn bounded(html: &str) -> Result<Self, SanitizeError> {
        let mut parser = Self::parser();
        let mut rest = html;
        let mut known = (0, 0);
        let mut in_one_tag = 0;
        while !rest.is_empty() {
            let mut end = rest.len().min(BYTES_AT_ONCE);
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (now, later) = rest.split_at(end);
            parser.process(StrTendril::from_slice(now));
            rest = later;
            let tree = &parser.tokenizer.sink.sink;
            let nodes = tree.nodes.borrow().len();
            let now_known = (nodes, tree.steps.get());
            let between =
                now.bytes().filter(|byte| matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace());
            // As long as nothing new comes of it, it may be one tag.
            in_one_tag = if now_known == known { in_one_tag + between.count() } else { 0 };
            known = now_known;
            if nodes + tree.attributes.get() > MOST_NODES
                || tree.steps.get() > MOST_STEPS
                || in_one_tag > MOST_ATTRIBUTES
            {
                return Err(SanitizeError::TooMany);
            }
            if tree.deepest.get() > DEEPEST {
                return Err(SanitizeError::TooDeep);
            }
        }
        Ok(parser.finish())
    }

    /// The tree of HTML that was bounded before.
    pub(super) fn whole(html: &str) -> Self {
        Self::parser().one(html)
    }

    /// As ammonia parses: a fragment, within a `div`, where no script runs.
    fn parser() -> Parser<Self> {
        let document = Node { what: What::Other, parent: None, children: Vec::new(), depth: 0 };
        let tree = Self {
            nodes: RefCell::new(vec![document]),
            attributes: Cell::default(),
            steps: Cell::default(),
            deepest: Cell::default(),
        };
        let div = QualName::new(None, ns!(html), local_name!("div"));
        parse_fragment(tree, ParseOpts::default(), div, Vec::new(), false)
    }

    /// Its text, with a space between what stands on lines or in cells of their own.
    pub(super) fn text(&self) -> String {
        let nodes = self.nodes.borrow();
        let mut text = String::new();
        let mut stack = vec![(DOCUMENT, false)];
        while let Some((at, leaving)) = stack.pop() {
            let node = &nodes[at];
            match &node.what {
                What::Text(part) => {
                    text.push_str(part);
                    continue;
                }
                What::Element(name) if is_silent(&name.local) => continue,
                What::Element(name) if !is_within_a_line(name) => text.push(' '),
                What::Element(_) | What::Other => {}
            }
            if !leaving {
                stack.push((at, true));
                stack.extend(node.children.iter().rev().map(|child| (*child, false)));
            }
        }
        text
    }

    fn make(&self, what: What) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { what, parent: None, children: Vec::new(), depth: 0 });
        nodes.len() - 1
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.nodes.borrow()[node].parent
    }

    fn step(&self, steps: usize) {
        self.steps.set(self.steps.get() + steps);
    }

    /// Where a node stands among its siblings.
    fn place(&self, parent: usize, node: usize) -> Option<usize> {
        let place = self.nodes.borrow()[parent].children.iter().rposition(|child| *child == node);
        // ammonia's tree looks from the front.
        self.step(place.unwrap_or_default());
        place
    }

    fn put(&self, child: NodeOrText<usize>, parent: usize, place: usize) {
        self.step(1);
        let child = match child {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(text) => {
                let mut nodes = self.nodes.borrow_mut();
                let before = place.checked_sub(1).map(|before| nodes[parent].children[before]);
                if let Some(What::Text(known)) = before.map(|before| &mut nodes[before].what) {
                    known.push_tendril(&text);
                    return;
                }
                drop(nodes);
                self.make(What::Text(text))
            }
        };
        {
            let mut nodes = self.nodes.borrow_mut();
            nodes[parent].children.insert(place, child);
            nodes[child].parent = Some(parent);
        }
        self.settle(child);
    }

    /// Says how deep a node and all within it stand now.
    fn settle(&self, node: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let mut stack = vec![node];
        while let Some(at) = stack.pop() {
            let depth = nodes[at].parent.map_or(0, |parent| nodes[parent].depth + 1);
            nodes[at].depth = depth;
            self.step(1);
            self.deepest.set(self.deepest.get().max(depth));
            stack.extend(&nodes[at].children);
        }
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = Self;
    type ElemName<'a> = Name;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        DOCUMENT
    }

    fn elem_name(&self, target: &usize) -> Name {
        match &self.nodes.borrow()[*target].what {
            What::Element(name) => Name(name.clone()),
            What::Text(_) | What::Other => Name(QualName::new(None, ns!(), local_name!(""))),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        self.attributes.set(self.attributes.get() + attributes.len());
        self.make(What::Element(name))
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.make(What::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.make(What::Other)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        let last = self.nodes.borrow()[*parent].children.len();
        self.put(child, *parent, last);
    }

    fn append_based_on_parent_node(&self, element: &usize, before: &usize, child: NodeOrText<usize>) {
        match self.parent(*element) {
            Some(_) => self.append_before_sibling(element, child),
            None => self.append(before, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template counts like any other element.
    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(node) = &child {
            self.remove_from_parent(node);
        }
        if let Some(parent) = self.parent(*sibling)
            && let Some(place) = self.place(parent, *sibling)
        {
            self.put(child, parent, place);
        }
    }

    fn add_attrs_if_missing(&self, _: &usize, attributes: Vec<Attribute>) {
        self.attributes.set(self.attributes.get() + attributes.len());
    }

    fn remove_from_parent(&self, target: &usize) {
        if let Some(parent) = self.parent(*target)
            && let Some(place) = self.place(parent, *target)
        {
            let mut nodes = self.nodes.borrow_mut();
            nodes[parent].children.remove(place);
            nodes[*target].parent = None;
        }
    }

    fn reparent_children(&self, node: &usize, parent: &usize) {
        let children = std::mem::take(&mut self.nodes.borrow_mut()[*node].children);
        for child in children {
            self.append(parent, NodeOrText::AppendNode(child));
        }
    }
}

/// An element's name, as the parser asks for it.
#[derive(Debug)]
pub(super) struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

/// Elements whose content nobody reads.
fn is_silent(name: &str) -> bool {
    matches!(name, "annotation" | "annotation-xml" | "script" | "style" | "template" | "title")
}

/// Whether its text goes on in the line that it stands in. What mathematics is made of does.
fn is_within_a_line(name: &QualName) -> bool {
    name.ns != ns!(html)
        || matches!(
            &*name.local,
            "a" | "abbr"
                | "b"
                | "bdi"
                | "bdo"
                | "cite"
                | "code"
                | "del"
                | "dfn"
                | "em"
                | "i"
                | "ins"
                | "kbd"
                | "mark"
                | "q"
                | "s"
                | "samp"
                | "small"
                | "span"
                | "strong"
                | "sub"
                | "sup"
                | "time"
                | "u"
                | "var"
                | "wbr"
        )
}
