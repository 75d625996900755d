//! Writes an answer as plain text, as it is or with the order of its parts reversed.

use crate::classify::{Connective, MathObject, ParsedAnswer};
use crate::decimal;
use crate::lex::token::Relation;
use crate::parse::tree::{Arena, Id, Node};

/// Returns the answer with terms, factors, sides and elements in reverse order; `None` for an
/// answer that this module does not write.
pub(super) fn reversed(answer: &ParsedAnswer) -> Option<String> {
    object(&answer.arena, &answer.object)
}

/// Returns a part of an answer, with its terms and factors in reverse order.
pub(super) fn written(answer: &ParsedAnswer, part: &MathObject) -> Option<String> {
    object(&answer.arena, part)
}

fn object(arena: &Arena, it: &MathObject) -> Option<String> {
    let all = |objects: &[MathObject]| objects.iter().map(|it| object(arena, it)).collect::<Option<Vec<_>>>();
    Some(match it {
        MathObject::Expr(id) => expression(arena, *id)?,
        MathObject::Chain(sides, relations) => {
            let signs: Option<Vec<&str>> = relations.iter().map(|relation| flipped(*relation)).collect();
            let (mut sides, mut signs) = (all(sides)?, signs?);
            sides.reverse();
            signs.reverse();
            let mut text = sides.first()?.clone();
            for (sign, side) in signs.iter().zip(sides.iter().skip(1)) {
                text += &format!(" {sign} {side}");
            }
            text
        }
        MathObject::List(elements, connective) => {
            let mut elements = all(elements)?;
            elements.reverse();
            elements.join(match connective {
                Connective::Comma => ", ",
                Connective::Or => " or ",
                Connective::And => " and ",
            })
        }
        MathObject::Set(elements) => {
            let mut elements = all(elements)?;
            elements.reverse();
            format!("{{{}}}", elements.join(", "))
        }
        MathObject::Tuple(elements) => format!("({})", all(elements)?.join(", ")),
        _ => return None,
    })
}

fn flipped(relation: Relation) -> Option<&'static str> {
    Some(match relation {
        Relation::Equal => "=",
        Relation::NotEqual => "≠",
        Relation::Less => ">",
        Relation::LessEqual => "≥",
        Relation::Greater => "<",
        Relation::GreaterEqual => "≤",
        Relation::In => return None,
    })
}

fn expression(arena: &Arena, id: Id) -> Option<String> {
    let all = |ids: &[Id]| ids.iter().rev().map(|id| expression(arena, *id)).collect::<Option<Vec<_>>>();
    let atom = |id: Id| {
        let text = expression(arena, id)?;
        let bare =
            matches!(arena.node(id), Node::Symbol(_) | Node::Number(_, _) | Node::Call(..) | Node::Apply(..))
                && !text.contains('/');
        Some(if bare { text } else { format!("({text})") })
    };
    Some(match arena.node(id) {
        Node::Number(value, Some(_)) => decimal::print(value),
        Node::Number(value, None) => value.to_string(),
        Node::Symbol(name) if name.chars().all(char::is_alphanumeric) => name.to_string(),
        Node::Sum(terms) => all(terms)?.join("+").replace("+-", "-"),
        Node::Negative(a) => format!("-{}", atom(*a)?),
        Node::Product(factors) => {
            let factors: Option<Vec<String>> = factors.iter().rev().map(|id| atom(*id)).collect();
            factors?.join("*")
        }
        Node::Quotient(a, b) => format!("{}/{}", atom(*a)?, atom(*b)?),
        Node::Power(a, b) => format!("{}^{}", atom(*a)?, atom(*b)?),
        _ => return None,
    })
}
