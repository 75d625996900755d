//! The same text up to the order of terms and factors: `1+2x` for `2x+1`, but not `x+x+1`.

use crate::classify::{MathObject, ParsedAnswer, collect};
use crate::parse::tree::{Arena, Id, Node};

/// Returns `true` if two answers are the same up to the order of terms, factors, and elements.
pub(super) fn same(expected: &ParsedAnswer, given: &ParsedAnswer) -> bool {
    let keys = |answer: &ParsedAnswer| {
        let mut ids = Vec::new();
        collect(&answer.object, &mut ids);
        let mut keys: Vec<String> = ids.into_iter().map(|id| key(&answer.arena, id)).collect();
        if !matches!(
            answer.object,
            MathObject::Tuple(_) | MathObject::Matrix(_) | MathObject::Interval { .. }
        ) {
            keys.sort_unstable();
        }
        keys
    };
    keys(expected) == keys(given)
}

/// Returns a text that equal trees share, whatever their order.
fn key(arena: &Arena, id: Id) -> String {
    let (mut negative, mut factors) = (false, Vec::new());
    product(arena, id, false, &mut negative, &mut factors);
    if factors.len() > 1 {
        factors.retain(|factor| factor != "1");
    }
    factors.sort_unstable();
    let sign = if negative { "-" } else { "" };
    format!("{sign}{}", factors.join("*"))
}

/// Collects the factors of a product. A denominator is a factor with a slash.
fn product(arena: &Arena, id: Id, below: bool, negative: &mut bool, factors: &mut Vec<String>) {
    match arena.node(id) {
        Node::Negative(a) => {
            *negative = !*negative;
            product(arena, *a, below, negative, factors);
        }
        Node::Product(all) => all.iter().for_each(|id| product(arena, *id, below, negative, factors)),
        Node::Quotient(a, b) if !below => {
            product(arena, *a, false, negative, factors);
            product(arena, *b, true, negative, factors);
        }
        _ => factors.push(format!("{}{}", if below { "/" } else { "" }, atom(arena, id))),
    }
}

fn atom(arena: &Arena, id: Id) -> String {
    match arena.node(id) {
        Node::Sum(all) => {
            let mut terms = Vec::new();
            sum(arena, all, &mut terms);
            terms.sort_unstable();
            format!("({})", terms.join("+"))
        }
        Node::Number(value, _) => value.to_string(),
        Node::Symbol(name) => name.to_string(),
        node => {
            let children: Vec<String> = node.children().into_iter().map(|id| key(arena, id)).collect();
            let name = match node {
                Node::Apply(name, _) => name.to_string(),
                node => format!("{:?}", node.map(|_| 0)),
            };
            format!("{name}[{}]", children.join(","))
        }
    }
}

fn sum(arena: &Arena, all: &[Id], terms: &mut Vec<String>) {
    for id in all {
        match arena.node(*id) {
            Node::Sum(inner) => sum(arena, inner, terms),
            _ => terms.push(key(arena, *id)),
        }
    }
}
