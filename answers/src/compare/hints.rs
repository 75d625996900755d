//! How a wrong answer is nearly right.

use dashu_ratio::RBig;

use crate::compare::Comparison;
use crate::decide;
use crate::expr::{Arena, Constant, Function, Id, Node};
use crate::shape::{Answer, Shape, collect};
use crate::tape::Op;
use crate::verdict::Hint;

/// The letters that integrals are written with.
const CONSTANTS: &[&str] = &["C", "c", "K", "k"];

/// What the given answer, which is wrong, may have been. Only what is checked is said.
pub(crate) fn of(
    comparison: &mut Comparison<'_>,
    wanted: &Shape,
    got: &Shape,
    given: &Answer,
) -> Option<Hint> {
    if let (Some(a), Some(b)) = (value_of(comparison, wanted), value_of(comparison, got)) {
        return values(comparison, a, b, given);
    }
    match (wanted, got) {
        (Shape::List(a, _) | Shape::Set(a), Shape::List(b, _) | Shape::Set(b)) => lists(comparison, a, b),
        (Shape::List(a, _) | Shape::Set(a), one) if !matches!(one, Shape::Words(_) | Shape::Tuple(_)) => {
            lists(comparison, a, std::slice::from_ref(one))
        }
        (one, Shape::List(b, _) | Shape::Set(b)) if !matches!(one, Shape::Words(_) | Shape::Tuple(_)) => {
            lists(comparison, std::slice::from_ref(one), b)
        }
        (Shape::Tuple(a), Shape::Tuple(b)) if a.len() == b.len() => {
            let same = comparison.all_among(a, b) && comparison.all_among(b, a);
            same.then_some(Hint::Order)
        }
        _ => comparison.same_but_ends(wanted, got).then_some(Hint::Boundary),
    }
}

/// The one value of an expression, or of a solved equation.
fn value_of(comparison: &mut Comparison<'_>, shape: &Shape) -> Option<Id> {
    match shape {
        Shape::Expr(id) => Some(*id),
        Shape::Chain(..) => match comparison.solved(shape)? {
            (_, Shape::Expr(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn values(comparison: &mut Comparison<'_>, expected: Id, given: Id, answer: &Answer) -> Option<Hint> {
    if let Some((decimal, places)) = as_decimal(answer)
        && comparison.is_constant(expected)
        && comparison.is_rounded(expected, &decimal, places)
    {
        return Some(Hint::Rounded);
    }
    let negative = comparison.tape.neg(expected);
    if decide::same(&comparison.tape, negative, given, comparison.budget) {
        return Some(Hint::Sign);
    }
    if lacks_constant(comparison, expected, given) {
        return Some(Hint::MissingConstant);
    }
    let degrees = comparison.tape.number(180);
    let pi = comparison.tape.constant(Constant::Pi);
    let factor = comparison.tape.div(degrees, pi);
    let (larger, smaller) = (comparison.tape.mul(expected, factor), comparison.tape.div(expected, factor));
    let budget = comparison.budget;
    let angle =
        [larger, smaller].into_iter().any(|other| decide::same(&comparison.tape, other, given, budget));
    angle.then_some(Hint::AngleUnit)
}

/// Whether the two are the same but for a `+ C` that only the expected one has.
fn lacks_constant(comparison: &mut Comparison<'_>, expected: Id, given: Id) -> bool {
    let found = comparison.letters(given);
    for letter in comparison.letters(expected) {
        let Op::Variable(index) = comparison.tape.op(letter) else { continue };
        let name = comparison.tape.names()[usize::from(*index)].clone();
        if !CONSTANTS.contains(&&*name) || found.contains(&letter) {
            continue;
        }
        let without = comparison.put(expected, letter, 0);
        if without.is_some_and(|without| decide::same(&comparison.tape, without, given, comparison.budget)) {
            return true;
        }
    }
    false
}

fn lists(comparison: &mut Comparison<'_>, wanted: &[Shape], got: &[Shape]) -> Option<Hint> {
    let (right, all) = (comparison.all_among(got, wanted), comparison.all_among(wanted, got));
    match (right, all) {
        (true, true) => Some(Hint::Order),
        (true, false) => Some(Hint::MissingSolution),
        (false, true) => Some(Hint::ExtraSolution),
        (false, false) => None,
    }
}

/// The decimal that an answer is, and its places.
fn as_decimal(answer: &Answer) -> Option<(RBig, u32)> {
    let mut ids = Vec::new();
    collect(&answer.shape, &mut ids);
    let id = *ids.last()?;
    match answer.arena.node(id) {
        Node::Number(value, places) => Some((value.clone(), places.unwrap_or(0))),
        Node::Negative(a) => match answer.arena.node(*a) {
            Node::Number(value, places) => Some((-value.clone(), places.unwrap_or(0))),
            _ => None,
        },
        _ => None,
    }
}

/// Whether there are angles in it: then the other unit may be what went wrong.
pub(crate) fn has_angles(answer: &Answer) -> bool {
    let is_angle = |arena: &Arena, id: Id| {
        use Function as F;
        arena.under(id).into_iter().any(|id| {
            matches!(
                arena.node(id),
                Node::Call(
                    F::Sin | F::Cos | F::Tan | F::Sec | F::Csc | F::Cot | F::Asin | F::Acos | F::Atan,
                    _
                ) | Node::Degrees(_)
            )
        })
    };
    let mut ids = Vec::new();
    collect(&answer.shape, &mut ids);
    ids.into_iter().any(|id| is_angle(&answer.arena, id))
}
