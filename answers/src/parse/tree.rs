//! Expression trees, as written.
//!
//! Nothing is simplified, so that the form of an answer can be printed and checked.
//! The nodes of a text are in one vector, children before parents: every pass is a loop.

use dashu_ratio::RBig;

use crate::lex::function::{Constant, Function};
use crate::limits::{DEPTH, NODES};

/// The index of a node in its [`Arena`]; after normalisation, of an operation in the graph.
pub(crate) type Id = u32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// The value, and the number of decimal places if it is a decimal.
    Number(RBig, Option<u32>),
    Symbol(Box<str>),
    Constant(Constant),
    Negative(Id),
    Sum(Box<[Id]>),
    Product(Box<[Id]>),
    Quotient(Id, Id),
    Power(Id, Id),
    Call(Function, Box<[Id]>),
    /// A function without a definition, applied by name: `f(x)`, `f'(x)`, `Var(X)`.
    Apply(Box<str>, Box<[Id]>),
    Factorial(Id),
    Percent(Id),
    Degrees(Id),
    /// `±` before an operand; `∓` if the flag is set.
    PlusMinus(Id, bool),
    /// A mixed number, `2 1/2`: the integer and the fraction.
    Mixed(Id, Id),
}

impl Node {
    pub(crate) fn children(&self) -> Vec<Id> {
        match self {
            Self::Number(..) | Self::Symbol(_) | Self::Constant(_) => Vec::new(),
            Self::Negative(a)
            | Self::Factorial(a)
            | Self::Percent(a)
            | Self::Degrees(a)
            | Self::PlusMinus(a, _) => vec![*a],
            Self::Quotient(a, b) | Self::Power(a, b) | Self::Mixed(a, b) => vec![*a, *b],
            Self::Sum(all) | Self::Product(all) | Self::Call(_, all) | Self::Apply(_, all) => all.to_vec(),
        }
    }

    /// Returns the node with its children replaced.
    pub(crate) fn map(&self, to: impl Fn(Id) -> Id) -> Self {
        let all = |ids: &[Id]| ids.iter().map(|id| to(*id)).collect();
        match self {
            Self::Number(..) | Self::Symbol(_) | Self::Constant(_) => self.clone(),
            Self::Negative(a) => Self::Negative(to(*a)),
            Self::Factorial(a) => Self::Factorial(to(*a)),
            Self::Percent(a) => Self::Percent(to(*a)),
            Self::Degrees(a) => Self::Degrees(to(*a)),
            Self::PlusMinus(a, flip) => Self::PlusMinus(to(*a), *flip),
            Self::Quotient(a, b) => Self::Quotient(to(*a), to(*b)),
            Self::Power(a, b) => Self::Power(to(*a), to(*b)),
            Self::Mixed(a, b) => Self::Mixed(to(*a), to(*b)),
            Self::Sum(ids) => Self::Sum(all(ids)),
            Self::Product(ids) => Self::Product(all(ids)),
            Self::Call(function, ids) => Self::Call(*function, all(ids)),
            Self::Apply(name, ids) => Self::Apply(name.clone(), all(ids)),
        }
    }
}

/// The limit that a tree has reached.
pub(crate) enum TreeLimit {
    Nodes,
    Depth,
}

/// The nodes of one text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
    depths: Vec<u8>,
    places: Vec<u32>,
}

impl Arena {
    /// Adds a node that ends at a position of the text.
    pub(crate) fn add(&mut self, node: Node, at: usize) -> Result<Id, TreeLimit> {
        let depth =
            node.children().iter().map(|id| self.depths[*id as usize]).max().map_or(0, |depth| depth + 1);
        if self.nodes.len() >= NODES {
            return Err(TreeLimit::Nodes);
        }
        if usize::from(depth) > DEPTH {
            return Err(TreeLimit::Depth);
        }
        self.nodes.push(node);
        self.depths.push(depth);
        self.places.push(at as u32);
        Ok((self.nodes.len() - 1) as Id)
    }

    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// Returns the position in the text at which a node ends.
    pub(crate) fn place(&self, id: Id) -> usize {
        self.places[id as usize] as usize
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns a node's descendants and the node itself, children first.
    pub(crate) fn descendants(&self, root: Id) -> Vec<Id> {
        let mut wanted = vec![false; root as usize + 1];
        wanted[root as usize] = true;
        for id in (0..=root as usize).rev() {
            if wanted[id] {
                self.nodes[id].children().iter().for_each(|child| wanted[*child as usize] = true);
            }
        }
        (0..=root).filter(|id| wanted[*id as usize]).collect()
    }

    /// Returns the names of the variables below a node, sorted, without duplicates.
    pub(crate) fn symbols(&self, root: Id) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .descendants(root)
            .into_iter()
            .filter_map(|id| match self.node(id) {
                Node::Symbol(name) => Some(&**name),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns a text that orders nodes: equal trees have equal keys.
    pub(crate) fn key(&self, id: Id) -> String {
        let mut key = String::new();
        for id in self.descendants(id) {
            key += &match self.node(id) {
                Node::Number(value, _) => value.to_string(),
                Node::Symbol(name) => name.to_string(),
                Node::Apply(name, all) => format!("{name}{}", all.len()),
                node => format!("{:?}", std::mem::discriminant(node)),
            };
            key.push(' ');
        }
        key
    }

    pub(crate) fn number(&self, id: Id) -> Option<&RBig> {
        match self.node(id) {
            Node::Number(value, _) => Some(value),
            _ => None,
        }
    }
}
