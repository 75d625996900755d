//! Step 5: decides whether two answers are equal, and names the likely mistake if they are not.
//!
//! The steps, in order:
//! 1. Both answers are put into one graph; the given one is converted to the expected unit.
//! 2. The answers are compared ([`comparer`]), expression by expression ([`equality`]).
//! 3. Equal answers are checked for the form that the kind asks for ([`forms`]).
//! 4. A wrong answer gets a hint ([`hints`]).

use dashu_ratio::RBig;

use crate::classify::{MathObject, ParsedAnswer};
use crate::error::ParseError;
use crate::kind::Kind;
use crate::limits::Budget;
use crate::parse::tree::Id;

use self::comparer::Comparer;
use self::decision::Decision;
use self::variables::{case_folding, check_variables};

mod comparer;
#[cfg(test)]
mod consistency;
mod decision;
mod equality;
mod forms;
mod hints;
mod modular;
mod numeric;
pub(crate) mod random;
mod result;
mod variables;

pub use self::result::{Hint, Outcome};

/// An expected answer of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) expected: &'a ParsedAnswer,
    /// The kind, with its name even if it was inferred.
    pub(crate) kind: &'a Kind,
    pub(crate) inferred: bool,
}

/// Checks that an expected answer has a value.
pub(crate) fn check_expected(question: Question<'_>) -> Result<(), ParseError> {
    let budget = Budget::new();
    let mut comparer = Comparer::new(question.kind, question.inferred, &budget);
    comparer.import(question.expected, &|name| name.to_owned()).map(|_| ())
}

/// Compares a given answer, multiplied by a factor, with the expected one.
pub(crate) fn decide(
    question: Question<'_>,
    given: &ParsedAnswer,
    factor: Option<&RBig>,
) -> (Outcome, Option<Hint>) {
    let Question { expected, kind, inferred } = question;
    let budget = Budget::new();
    if let Err(error) = check_variables(expected, given, kind) {
        return (Outcome::Unreadable(error), None);
    }
    let mut comparer = Comparer::new(kind, inferred, &budget);
    let Ok(wanted) = comparer.import(expected, &|name| name.to_owned()) else {
        return (Outcome::Undecided, None);
    };
    let rename = case_folding(expected, given, kind);
    let mut got = match comparer.import(given, &rename) {
        Ok(object) => object,
        Err(error) => return (Outcome::Unreadable(error), None),
    };
    if let Some(factor) = factor {
        got = scaled(&mut comparer, got, factor);
    }
    match comparer.equal(&wanted, &got) {
        Decision::Same => match form_hint(&mut comparer, question, given, &got) {
            None => (Outcome::Correct, None),
            hint => (Outcome::Incorrect, hint),
        },
        Decision::Undecided => (Outcome::Undecided, None),
        Decision::Different => {
            let hint = hints::find(&mut comparer, &wanted, &got, given);
            (Outcome::Incorrect, hint.or_else(|| angle_unit_hint(question, given, &budget)))
        }
    }
}

/// Returns the form that a right answer lacks.
fn form_hint(
    comparer: &mut Comparer<'_>,
    question: Question<'_>,
    given: &ParsedAnswer,
    got: &MathObject,
) -> Option<Hint> {
    let kind = question.kind;
    if let Some(form) = kind.form
        && !forms::has_form(form, question.expected, given, kind, comparer.budget)
    {
        return Some(if form == crate::kind::Form::Simplified {
            Hint::NotSimplified
        } else {
            Hint::Form(form)
        });
    }
    if kind.as_written && !forms::has_digits(given, &kind.tolerance) {
        return Some(Hint::Digits);
    }
    kind.solved_for.as_ref().filter(|name| !comparer.is_solved_for(got, name)).map(|_| Hint::NotSolved)
}

/// Multiplies the values of an answer by a factor. A variable that has a value keeps its name.
fn scaled(comparer: &mut Comparer<'_>, object: MathObject, factor: &RBig) -> MathObject {
    let by = comparer.dag.number(factor.clone());
    let all = |comparer: &mut Comparer<'_>, objects: Vec<MathObject>| {
        objects.into_iter().map(|object| scaled(comparer, object, factor)).collect()
    };
    let mut times = |id: Id| comparer.dag.mul(id, by);
    match object {
        MathObject::Expr(id) => MathObject::Expr(times(id)),
        MathObject::Interval { low, high, low_closed, high_closed } => {
            MathObject::Interval { low: times(low), high: times(high), low_closed, high_closed }
        }
        MathObject::Matrix(rows) => MathObject::Matrix(
            rows.into_iter().map(|row| row.into_iter().map(&mut times).collect()).collect(),
        ),
        MathObject::Chain(sides, relations) => {
            let scale = |comparer: &mut Comparer<'_>, side| match side {
                MathObject::Expr(id) if comparer.is_name(id) => side,
                side => scaled(comparer, side, factor),
            };
            MathObject::Chain(sides.into_iter().map(|side| scale(comparer, side)).collect(), relations)
        }
        MathObject::List(objects, joint) => MathObject::List(all(comparer, objects), joint),
        MathObject::Set(objects) => MathObject::Set(all(comparer, objects)),
        MathObject::Tuple(objects) => MathObject::Tuple(all(comparer, objects)),
        MathObject::Union(objects) => MathObject::Union(all(comparer, objects)),
        other => other,
    }
}

/// Returns a hint if the answers are equal when the angles of one of them are in the other unit.
fn angle_unit_hint(question: Question<'_>, given: &ParsedAnswer, budget: &Budget) -> Option<Hint> {
    let Question { expected, kind, inferred } = question;
    if !hints::has_angles(expected) && !hints::has_angles(given) {
        return None;
    }
    let mut same = false;
    let units = [(kind.degrees, !kind.degrees), (!kind.degrees, kind.degrees)];
    for (expected_degrees, given_degrees) in units {
        let mut comparer = Comparer::new(kind, inferred, budget);
        comparer.dag.conventions.degrees = expected_degrees;
        let Ok(expected) = comparer.import(expected, &|name| name.to_owned()) else { return None };
        comparer.dag.conventions.degrees = given_degrees;
        let Ok(given) = comparer.import(given, &|name| name.to_owned()) else { return None };
        same |= comparer.equal(&expected, &given).is_same();
    }
    same.then_some(Hint::AngleUnit)
}
