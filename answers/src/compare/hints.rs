//! Hints: the likely mistake in a wrong answer. Every claim is checked before it is made.

use dashu_ratio::RBig;

use super::result::Hint;
use crate::classify::{MathObject, ParsedAnswer, collect};
use crate::compare::comparer::Comparer;
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::kind::{KindName, ToleranceMode};
use crate::lex::function::{Constant, Function};
use crate::normalise::dag::Op;
use crate::parse::tree::{Arena, Id, Node};

/// The usual names of a constant of integration.
const CONSTANTS: &[&str] = &["C", "c", "K", "k"];

/// Returns the likely mistake in a wrong answer.
pub(super) fn find(
    comparer: &mut Comparer<'_>,
    wanted: &MathObject,
    got: &MathObject,
    given: &ParsedAnswer,
) -> Option<Hint> {
    if let (Some((name, a)), Some((other, b))) = (value_of(comparer, wanted), value_of(comparer, got)) {
        // The value of another name says nothing about this one.
        let same_name = name.is_none() || other.is_none() || name == other;
        return same_name.then(|| values(comparer, a, b, given)).flatten();
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
        (MathObject::Tuple(a), MathObject::Tuple(b)) => {
            comparer.same_multiset(a, b).is_same().then_some(Hint::Order)
        }
        _ => comparer.same_but_ends(wanted, got).then_some(Hint::Boundary),
    }
}

/// Returns the single value of an expression, or name and value of a solved equation.
fn value_of(comparer: &mut Comparer<'_>, object: &MathObject) -> Option<(Option<Id>, Id)> {
    match object {
        MathObject::Expr(id) => Some((None, *id)),
        MathObject::Chain(..) => match comparer.solved(object)? {
            (name, MathObject::Expr(id)) => Some((Some(name), id)),
            _ => None,
        },
        _ => None,
    }
}

fn values(comparer: &mut Comparer<'_>, expected: Id, given: Id, answer: &ParsedAnswer) -> Option<Hint> {
    if comparer.rules.tolerance.0 == ToleranceMode::Exact
        && let Some((decimal, places)) = as_decimal(answer)
        && comparer.is_constant(expected)
        && !comparer.dag.value(expected).is_some_and(is_decimal)
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

/// Returns `true` for a number that a decimal can write exactly.
fn is_decimal(value: &RBig) -> bool {
    let mut denominator = value.denominator().clone();
    for prime in [2u8, 5] {
        let prime = dashu_int::UBig::from(prime);
        while (&denominator % &prime).is_zero() {
            denominator /= &prime;
        }
    }
    denominator.is_one()
}

/// Returns `true` if the answers are equal except for a `+ C` in the expected one.
fn lacks_constant(comparer: &mut Comparer<'_>, expected: Id, given: Id) -> bool {
    if comparer.rules.name == KindName::Antiderivative && comparer.lacks_constant(expected, given) {
        return true;
    }
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
        (Decision::Same, Decision::Same) => match comparer.same_multiset(wanted, got) {
            Decision::Same if comparer.rules.order => Some(Hint::Order),
            Decision::Different => Some(Hint::Multiplicity),
            _ => None,
        },
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
        Node::Number(value, Some(places)) => Some((value.clone(), *places)),
        Node::Negative(a) => match answer.arena.node(*a) {
            Node::Number(value, Some(places)) => Some((-value.clone(), *places)),
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
