//! One answer as a tree, as it was written: nothing is folded, so that it can be printed and judged for its form.
//!
//! The nodes stand in one vector, children before their parents: every pass over them is a loop.

use dashu_ratio::RBig;

use crate::limits::{DEPTH, NODES};

/// A node of an [`Arena`].
pub(crate) type Id = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Constant {
    Pi,
    E,
    I,
    Infinity,
}

/// What stands before its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Sec,
    Csc,
    Cot,
    Asin,
    Acos,
    Atan,
    Asec,
    Acsc,
    Acot,
    Sinh,
    Cosh,
    Tanh,
    Sech,
    Csch,
    Coth,
    Asinh,
    Acosh,
    Atanh,
    Ln,
    /// Base 10, unless the box says natural; with two arguments the first is the base.
    Log,
    Exp,
    Sqrt,
    /// The first argument is the degree.
    Root,
    Abs,
    Floor,
    Ceil,
    Sign,
    Gcd,
    Lcm,
    Mod,
    Min,
    Max,
    Choose,
    Permute,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// The value, and how many digits stand after its point, if it has one.
    Number(RBig, Option<u32>),
    Symbol(Box<str>),
    Constant(Constant),
    Negative(Id),
    Sum(Box<[Id]>),
    Product(Box<[Id]>),
    Quotient(Id, Id),
    Power(Id, Id),
    Call(Function, Box<[Id]>),
    Factorial(Id),
    Percent(Id),
    Degrees(Id),
    /// `±`, or `∓` when flipped, before something.
    PlusMinus(Id, bool),
    /// A whole number and a fraction: `2 1/2`.
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
            Self::Sum(all) | Self::Product(all) | Self::Call(_, all) => all.to_vec(),
        }
    }

    /// The same node over other children.
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
        }
    }
}

/// Why a tree can't grow any more.
pub(crate) enum Full {
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
    /// Adds a node that was read up to this place of the text.
    pub(crate) fn add(&mut self, node: Node, at: usize) -> Result<Id, Full> {
        let depth =
            node.children().iter().map(|id| self.depths[*id as usize]).max().map_or(0, |depth| depth + 1);
        if self.nodes.len() >= NODES {
            return Err(Full::Nodes);
        }
        if usize::from(depth) > DEPTH {
            return Err(Full::Depth);
        }
        self.nodes.push(node);
        self.depths.push(depth);
        self.places.push(at as u32);
        Ok((self.nodes.len() - 1) as Id)
    }

    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// Where in the text a node was read.
    pub(crate) fn place(&self, id: Id) -> usize {
        self.places[id as usize] as usize
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes that belong to one of them, itself last.
    pub(crate) fn under(&self, root: Id) -> Vec<Id> {
        let mut wanted = vec![false; root as usize + 1];
        wanted[root as usize] = true;
        for id in (0..=root as usize).rev() {
            if wanted[id] {
                self.nodes[id].children().iter().for_each(|child| wanted[*child as usize] = true);
            }
        }
        (0..=root).filter(|id| wanted[*id as usize]).collect()
    }

    /// The letters that stand for something unknown, each once, in order.
    pub(crate) fn symbols(&self, root: Id) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .under(root)
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

    pub(crate) fn number(&self, id: Id) -> Option<&RBig> {
        match self.node(id) {
            Node::Number(value, _) => Some(value),
            _ => None,
        }
    }
}
