//! A bounded parse of HTML: counts nodes and levels, and extracts the text.
//!
//! A few bytes can become many nodes, or take long to parse:
//! - A paragraph reopens every formatting element that was open before it, with all attributes.
//! - The parser compares all attributes of a tag with each other.
//! - Misplaced content of a table is moved before the table, after a search for its position.
//!
//! So the parser is fed in small pieces, and stopped when it has created or searched too much.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{
    Attribute, LocalName, Namespace, ParseOpts, Parser, QualName, local_name, ns, parse_fragment,
};

use super::error::SanitizeError;

/// The size of a piece. The counters are checked after each.
const PIECE_BYTES: usize = 256;
/// The maximum number of elements, attributes and texts.
const MAX_NODES: usize = 100_000;
/// The maximum number of siblings that are searched. They take a few hundredths of a second.
const MAX_STEPS: usize = 20_000_000;
/// The maximum number of attributes of a tag, counted by the bytes that can separate them. An
/// image pasted as base64 has a few thousand slashes.
const MAX_ATTRIBUTES: usize = 10_000;
/// The maximum number of levels. Browsers stop at 512.
const MAX_DEPTH: usize = 256;

/// The elements and texts of an HTML fragment.
#[derive(Debug)]
pub(super) struct Dom {
    nodes: RefCell<Vec<Node>>,
    attributes: Cell<usize>,
    /// The number of siblings that were searched.
    steps: Cell<usize>,
    deepest: Cell<usize>,
}

#[derive(Debug)]
struct Node {
    content: NodeContent,
    parent: Option<usize>,
    children: Vec<usize>,
    depth: usize,
}

#[derive(Debug)]
enum NodeContent {
    Element(QualName),
    Text(StrTendril),
    Other,
}

const DOCUMENT: usize = 0;

impl Dom {
    /// Parses HTML, and stops when it exceeds a limit.
    pub(super) fn parse_bounded(html: &str) -> Result<Self, SanitizeError> {
        let mut parser = Self::parser();
        let mut rest = html;
        let mut progress = (0, 0);
        let mut in_one_tag = 0;
        while !rest.is_empty() {
            let mut end = rest.len().min(PIECE_BYTES);
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (piece, after) = rest.split_at(end);
            parser.process(StrTendril::from_slice(piece));
            rest = after;
            let dom = &parser.tokenizer.sink.sink;
            let nodes = dom.nodes.borrow().len();
            let new_progress = (nodes, dom.steps.get());
            let separators = piece
                .bytes()
                .filter(|byte| matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace());
            // Without a new node the piece may be a part of one long tag.
            in_one_tag = if new_progress == progress { in_one_tag + separators.count() } else { 0 };
            progress = new_progress;
            if nodes + dom.attributes.get() > MAX_NODES
                || dom.steps.get() > MAX_STEPS
                || in_one_tag > MAX_ATTRIBUTES
            {
                return Err(SanitizeError::TooManyNodes);
            }
            if dom.deepest.get() > MAX_DEPTH {
                return Err(SanitizeError::TooDeep);
            }
        }
        Ok(parser.finish())
    }

    /// Parses HTML that has passed [`parse_bounded`](Self::parse_bounded).
    pub(super) fn parse(html: &str) -> Self {
        Self::parser().one(html)
    }

    /// Makes a parser with ammonia's settings: a fragment in a `div`, without scripting.
    fn parser() -> Parser<Self> {
        let document = Node { content: NodeContent::Other, parent: None, children: Vec::new(), depth: 0 };
        let dom = Self {
            nodes: RefCell::new(vec![document]),
            attributes: Cell::default(),
            steps: Cell::default(),
            deepest: Cell::default(),
        };
        let div = QualName::new(None, ns!(html), local_name!("div"));
        parse_fragment(dom, ParseOpts::default(), div, Vec::new(), false)
    }

    /// Returns the text, with a space at the edges of block elements and table cells.
    pub(super) fn text(&self) -> String {
        let nodes = self.nodes.borrow();
        let mut text = String::new();
        let mut stack = vec![(DOCUMENT, false)];
        while let Some((at, leaving)) = stack.pop() {
            let node = &nodes[at];
            match &node.content {
                NodeContent::Text(part) => {
                    text.push_str(part);
                    continue;
                }
                NodeContent::Element(name) if is_invisible(&name.local) => continue,
                NodeContent::Element(name) if !is_inline(name) => text.push(' '),
                NodeContent::Element(_) | NodeContent::Other => {}
            }
            if !leaving {
                stack.push((at, true));
                stack.extend(node.children.iter().rev().map(|child| (*child, false)));
            }
        }
        text
    }

    fn create(&self, content: NodeContent) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { content, parent: None, children: Vec::new(), depth: 0 });
        nodes.len() - 1
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.nodes.borrow()[node].parent
    }

    fn step(&self, steps: usize) {
        self.steps.set(self.steps.get() + steps);
    }

    /// Returns the index of a node among its siblings.
    fn child_index(&self, parent: usize, node: usize) -> Option<usize> {
        let index = self.nodes.borrow()[parent].children.iter().rposition(|child| *child == node);
        // Counts from the front, as ammonia's own tree searches.
        self.step(index.unwrap_or_default());
        index
    }

    fn insert(&self, child: NodeOrText<usize>, parent: usize, index: usize) {
        self.step(1);
        let child = match child {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(text) => {
                let mut nodes = self.nodes.borrow_mut();
                let before = index.checked_sub(1).map(|before| nodes[parent].children[before]);
                if let Some(NodeContent::Text(text_before)) = before.map(|before| &mut nodes[before].content)
                {
                    text_before.push_tendril(&text);
                    return;
                }
                drop(nodes);
                self.create(NodeContent::Text(text))
            }
        };
        {
            let mut nodes = self.nodes.borrow_mut();
            nodes[parent].children.insert(index, child);
            nodes[child].parent = Some(parent);
        }
        self.update_depth(child);
    }

    /// Updates the depth of a node and its descendants.
    fn update_depth(&self, node: usize) {
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

impl TreeSink for Dom {
    type Handle = usize;
    type Output = Self;
    type ElemName<'a> = ElementName;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        DOCUMENT
    }

    fn elem_name(&self, target: &usize) -> ElementName {
        match &self.nodes.borrow()[*target].content {
            NodeContent::Element(name) => ElementName(name.clone()),
            NodeContent::Text(_) | NodeContent::Other => {
                ElementName(QualName::new(None, ns!(), local_name!("")))
            }
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        self.attributes.set(self.attributes.get() + attributes.len());
        self.create(NodeContent::Element(name))
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.create(NodeContent::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.create(NodeContent::Other)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        let last = self.nodes.borrow()[*parent].children.len();
        self.insert(child, *parent, last);
    }

    fn append_based_on_parent_node(&self, element: &usize, before: &usize, child: NodeOrText<usize>) {
        match self.parent(*element) {
            Some(_) => self.append_before_sibling(element, child),
            None => self.append(before, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template's content counts as its children.
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
            && let Some(index) = self.child_index(parent, *sibling)
        {
            self.insert(child, parent, index);
        }
    }

    fn add_attrs_if_missing(&self, _: &usize, attributes: Vec<Attribute>) {
        self.attributes.set(self.attributes.get() + attributes.len());
    }

    fn remove_from_parent(&self, target: &usize) {
        if let Some(parent) = self.parent(*target)
            && let Some(index) = self.child_index(parent, *target)
        {
            let mut nodes = self.nodes.borrow_mut();
            nodes[parent].children.remove(index);
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

#[derive(Debug)]
pub(super) struct ElementName(QualName);

impl ElemName for ElementName {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

/// Returns `true` for elements whose content is not displayed.
fn is_invisible(name: &str) -> bool {
    matches!(name, "annotation" | "annotation-xml" | "script" | "style" | "template" | "title")
}

/// Returns `true` for inline elements. MathML counts as inline.
fn is_inline(name: &QualName) -> bool {
    name.ns != ns!(html)
        || matches!(
            &*name.local,
            "a" | "abbr"
                | "acronym"
                | "b"
                | "bdi"
                | "bdo"
                | "big"
                | "cite"
                | "code"
                | "data"
                | "del"
                | "dfn"
                | "em"
                | "i"
                | "ins"
                | "kbd"
                | "mark"
                | "q"
                | "rp"
                | "rt"
                | "ruby"
                | "s"
                | "samp"
                | "small"
                | "span"
                | "strike"
                | "strong"
                | "sub"
                | "sup"
                | "time"
                | "tt"
                | "u"
                | "var"
                | "wbr"
        )
}
