//! The sort of answer that a text is, as far as reading and comparing differ.

use super::{Connective, MathObject, ParsedAnswer, entries, words};
use crate::lex::function::Constant;
use crate::lex::token::Relation;
use crate::lex::words::is_capital;
use crate::parse::tree::{Arena, Id, Node};

/// The sort of an answer is the name of its kind.
pub(crate) use crate::kind::KindName as Sort;

impl Sort {
    /// Returns the sort of a text that is not read as mathematics.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        entries::sort(text).or_else(|| words::is_letters(text).then_some(Self::Words))
    }

    pub(super) fn of_object(arena: &Arena, object: &MathObject) -> Self {
        match object {
            MathObject::Expr(id) => of_expression(arena, *id),
            MathObject::Chain(sides, relations) => of_chain(arena, sides, relations),
            MathObject::List(all, connective) => of_list(arena, all, *connective),
            MathObject::Set(_) | MathObject::Empty => Self::Set,
            MathObject::Ratio(_) => Self::Ratio,
            MathObject::Tuple(all) if all.iter().any(|end| is_infinite(arena, end)) => Self::Inequality,
            MathObject::Tuple(_) => Self::Point,
            MathObject::Interval { .. } | MathObject::Union(_) | MathObject::Reals => Self::Inequality,
            MathObject::Matrix(rows) if rows.len() == 1 || rows.iter().all(|row| row.len() == 1) => {
                Self::Vector
            }
            MathObject::Matrix(_) => Self::Matrix,
            MathObject::Words(_) => Self::Words,
            MathObject::Entry(entry) => entry.sort(),
        }
    }

    /// Returns `true` if the answer is one value, so that `1,234` is a number in it.
    pub(crate) fn is_one_value(self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::Quantity
                | Self::Expression
                | Self::Equation
                | Self::Inequality
                | Self::Function
                | Self::Derivative
                | Self::Antiderivative
                | Self::Probability
                | Self::Ratio
        )
    }
}

/// Returns `true` for an end of an interval that is infinite.
fn is_infinite(arena: &Arena, end: &MathObject) -> bool {
    let infinity = |id: Id| matches!(arena.node(id), Node::Constant(Constant::Infinity));
    matches!(end, MathObject::Expr(id) if arena.descendants(*id).into_iter().any(infinity))
}

fn of_expression(arena: &Arena, id: Id) -> Sort {
    if is_probability(arena, id) {
        return Sort::Probability;
    }
    let symbols = arena.symbols(id);
    if symbols.is_empty() {
        return Sort::Number;
    }
    let constant = |id: &Id| matches!(arena.node(*id), Node::Symbol(name) if matches!(&**name, "C" | "c"));
    match arena.node(id) {
        Node::Sum(terms) if symbols.len() > 1 && terms.iter().any(constant) => Sort::Antiderivative,
        _ => Sort::Expression,
    }
}

fn is_probability(arena: &Arena, id: Id) -> bool {
    arena.descendants(id).into_iter().any(|id| {
        matches!(arena.node(id), Node::Apply(name, _) if matches!(&**name, "P" | "Pr" | "E" | "Var" | "Cov" | "SD"))
    })
}

fn of_chain(arena: &Arena, sides: &[MathObject], relations: &[Relation]) -> Sort {
    if relations[..] == [Relation::In] {
        return match &sides[1..] {
            [MathObject::Set(_)] => Sort::Solutions,
            _ => Sort::Inequality,
        };
    }
    if relations.iter().any(|relation| *relation != Relation::Equal) {
        return Sort::Inequality;
    }
    let expressions: Vec<Id> = sides
        .iter()
        .filter_map(|side| if let MathObject::Expr(id) = side { Some(*id) } else { None })
        .collect();
    let [first, .., last] = expressions[..] else {
        return sides.last().map_or(Sort::Equation, |side| Sort::of_object(arena, side));
    };
    match arena.node(first) {
        Node::Apply(name, _) if is_probability(arena, first) && !name.is_empty() => return Sort::Probability,
        Node::Apply(name, _) if name.contains('\'') => return Sort::Derivative,
        Node::Apply(..) => return Sort::Function,
        Node::Symbol(name) if name.contains(['/', '\'']) => return Sort::Derivative,
        _ => {}
    }
    let constant = |id: Id| arena.symbols(id).is_empty();
    let named = matches!(arena.node(first), Node::Symbol(_)) || matches!(arena.node(last), Node::Symbol(_));
    if named && (constant(first) || constant(last)) {
        Sort::Solutions
    } else if named && is_general(arena, last) {
        Sort::GeneralSolution
    } else {
        Sort::Equation
    }
}

/// Returns `true` for a value with π, or degrees, and one integer variable: `π/6 + 2nπ`.
fn is_general(arena: &Arena, id: Id) -> bool {
    let integer = matches!(arena.symbols(id)[..], ["n" | "k" | "m"]);
    integer
        && arena
            .descendants(id)
            .into_iter()
            .any(|id| matches!(arena.node(id), Node::Constant(Constant::Pi) | Node::Degrees(_)))
}

fn of_list(arena: &Arena, all: &[MathObject], connective: Connective) -> Sort {
    let letter = |object: &MathObject| matches!(object, MathObject::Expr(id) if matches!(arena.node(*id), Node::Symbol(name) if is_capital(name)));
    if connective != Connective::Or && all.iter().all(letter) {
        return Sort::Choice;
    }
    let sorts: Vec<Sort> = all.iter().map(|object| Sort::of_object(arena, object)).collect();
    let every = |wanted: &[Sort]| sorts.iter().all(|sort| wanted.contains(sort));
    if every(&[Sort::Inequality]) {
        Sort::Inequality
    } else if every(&[Sort::Solutions, Sort::Number]) && sorts.contains(&Sort::Solutions) {
        Sort::Solutions
    } else if every(&[Sort::GeneralSolution]) {
        Sort::GeneralSolution
    } else {
        Sort::List
    }
}

impl ParsedAnswer {
    /// Returns an answer with its sort.
    pub(super) fn of(arena: Arena, object: MathObject) -> Self {
        let sort = Sort::of_object(&arena, &object);
        Self { arena, object, sort }
    }
}
