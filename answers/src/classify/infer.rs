//! The sort of answer that a text is, as far as reading and comparing differ.

use super::{Connective, MathObject, ParsedAnswer, entries, units, words};
use crate::lex::token::Relation;
use crate::parse::tree::{Arena, Id, Node};

/// The sort of an answer.
#[allow(dead_code, reason = "the kinds of answers are built on it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// A number or a constant expression.
    Number,
    /// A number with a unit, or money.
    Quantity,
    /// An expression with variables.
    Expression,
    Equation,
    /// Inequalities, intervals, and unions of them.
    Inequality,
    /// Values of variables: `x=3 or x=-2`, `x=2, y=5`.
    Solutions,
    Set,
    List,
    Point,
    Vector,
    Matrix,
    Ratio,
    /// `f(x) = …`
    Function,
    /// `dy/dx = …`
    Derivative,
    /// An expression with a constant, `x^2 + C`.
    Antiderivative,
    /// `x = π/6 + 2nπ`
    GeneralSolution,
    /// `P(A ∩ B) = 0.3`, `E(X)`
    Probability,
    Time,
    Date,
    /// `20–30`
    Range,
    /// A quotient with a remainder, `8 r 3`.
    Remainder,
    /// Words, and letters in order such as `CDBA`.
    Words,
    /// Letters of options, `A, C`.
    Choice,
}

impl Sort {
    #[allow(dead_code, reason = "the kinds of answers are built on it")]
    /// Returns the sort of an expected answer. An unreadable text is an expression.
    pub(crate) fn infer(text: &str) -> Self {
        if units::is_quantity(text) {
            return Self::Quantity;
        }
        super::read(text, &super::Reading::alone(text)).map_or(Self::Expression, |answer| answer.sort)
    }

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
        && arena.descendants(id).into_iter().any(|id| {
            matches!(arena.node(id), Node::Constant(crate::lex::function::Constant::Pi) | Node::Degrees(_))
        })
}

fn of_list(arena: &Arena, all: &[MathObject], connective: Connective) -> Sort {
    let letter = |object: &MathObject| {
        matches!(object, MathObject::Expr(id) if matches!(arena.node(*id), Node::Symbol(name)
            if name.len() == 1 && name.chars().all(|c| c.is_ascii_uppercase())))
    };
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
