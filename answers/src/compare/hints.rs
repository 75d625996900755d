//! Hints: the likely mistake in a wrong answer.

use dashu_ratio::RBig;

use super::result::Hint;
use crate::classify::{MathObject, ParsedAnswer, collect};
use crate::compare::comparer::Comparer;
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::lex::function::{Constant, Function};
use crate::normalise::dag::Op;
use crate::parse::tree::{Arena, Id, Node};

/// The usual names of a constant of integration.
const CONSTANTS: &[&str] = &["C", "c", "K", "k"];

/// Returns the likely mistake in a wrong answer. Every hint is checked before it is given.
pub(super) fn find(
    comparer: &mut Comparer<'_>,
    wanted: &MathObject,
    got: &MathObject,
    given: &ParsedAnswer,
) -> Option<Hint> {
    if let (Some(a), Some(b)) = (value_of(comparer, wanted), value_of(comparer, got)) {
        return values(comparer, a, b, given);
    }
    match (wanted, got) {
        (MathObject::List(a, _) | MathObject::Set(a), MathObject::List(b, _) | MathObject::Set(b)) => {
            lists(comparer, a, b)
        }
        (MathObject::List(a, _) | MathObject::Set(a), one)
            if !matches!(one, MathObject::Words(_) | MathObject::Tuple(_)) =>
        {
            lists(comparer, a, std::slice::from_ref(one))
        }
        (one, MathObject::List(b, _) | MathObject::Set(b))
            if !matches!(one, MathObject::Words(_) | MathObject::Tuple(_)) =>
        {
            lists(comparer, std::slice::from_ref(one), b)
        }
        (MathObject::Tuple(a), MathObject::Tuple(b)) if a.len() == b.len() => {
            let same = comparer.all_among(a, b).and(|| comparer.all_among(b, a));
            same.is_same().then_some(Hint::Order)
        }
        _ => comparer.same_but_ends(wanted, got).then_some(Hint::Boundary),
    }
}

/// Returns the single value of an expression, or of a solved equation.
fn value_of(comparer: &mut Comparer<'_>, object: &MathObject) -> Option<Id> {
    match object {
        MathObject::Expr(id) => Some(*id),
        MathObject::Chain(..) => match comparer.solved(object)? {
            (_, MathObject::Expr(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn values(comparer: &mut Comparer<'_>, expected: Id, given: Id, answer: &ParsedAnswer) -> Option<Hint> {
    if let Some((decimal, places)) = as_decimal(answer)
        && comparer.is_constant(expected)
        && comparer.is_rounded(expected, &decimal, places)
    {
        return Some(Hint::Rounded);
    }
    let negative = comparer.dag.neg(expected);
    if equality::same(&comparer.dag, negative, given, comparer.budget).is_same() {
        return Some(Hint::Sign);
    }
    if lacks_constant(comparer, expected, given) {
        return Some(Hint::MissingConstant);
    }
    let degrees = comparer.dag.number(180);
    let pi = comparer.dag.constant(Constant::Pi);
    let factor = comparer.dag.div(degrees, pi);
    let (larger, smaller) = (comparer.dag.mul(expected, factor), comparer.dag.div(expected, factor));
    let budget = comparer.budget;
    let angle = [larger, smaller]
        .into_iter()
        .any(|other| equality::same(&comparer.dag, other, given, budget).is_same());
    angle.then_some(Hint::AngleUnit)
}

/// Returns `true` if the answers are equal except for a `+ C` in the expected one.
fn lacks_constant(comparer: &mut Comparer<'_>, expected: Id, given: Id) -> bool {
    let found = comparer.letters(given);
    for letter in comparer.letters(expected) {
        let Op::Variable(index) = comparer.dag.op(letter) else { continue };
        let name = comparer.dag.names()[usize::from(*index)].clone();
        if !CONSTANTS.contains(&&*name) || found.contains(&letter) {
            continue;
        }
        let without = comparer.put(expected, letter, 0);
        if without
            .is_some_and(|without| equality::same(&comparer.dag, without, given, comparer.budget).is_same())
        {
            return true;
        }
    }
    false
}

fn lists(comparer: &mut Comparer<'_>, wanted: &[MathObject], got: &[MathObject]) -> Option<Hint> {
    let (right, all) = (comparer.all_among(got, wanted), comparer.all_among(wanted, got));
    match (right, all) {
        (Decision::Same, Decision::Same) => Some(Hint::Order),
        (Decision::Same, Decision::Different) => Some(Hint::MissingSolution),
        (Decision::Different, Decision::Same) => Some(Hint::ExtraSolution),
        _ => None,
    }
}

/// Returns the value and the decimal places of an answer that is a decimal.
fn as_decimal(answer: &ParsedAnswer) -> Option<(RBig, u32)> {
    let mut ids = Vec::new();
    collect(&answer.object, &mut ids);
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

/// Returns `true` if the answer contains angles, so that their unit can be the mistake.
pub(crate) fn has_angles(answer: &ParsedAnswer) -> bool {
    let is_angle = |arena: &Arena, id: Id| {
        use Function as F;
        arena.descendants(id).into_iter().any(|id| {
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
    collect(&answer.object, &mut ids);
    ids.into_iter().any(|id| is_angle(&answer.arena, id))
}
