//! Step 5: decides whether two answers are equal, and names the likely mistake if they are not.
//!
//! The steps, in order:
//! 1. Units are split off and converted, if the rules ask for units.
//! 2. Both texts are read in their usual interpretation.
//! 3. The answers are compared ([`comparer`]), expression by expression ([`equality`]).
//! 4. Equal answers are checked for their simplest form ([`forms`]), if the rules ask for it.
//! 5. A wrong answer gets a hint ([`hints`]).
//! 6. If a text has another usual interpretation, steps 3 to 5 are tried with it.

use crate::classify::units;
use crate::classify::{MathObject, ParsedAnswer, read};
use crate::lex::{Interpretation, check_length};
use crate::limits::Budget;
use crate::rules::AnswerRules;

use self::comparer::Comparer;
use self::decision::Decision;
use self::variables::{case_folding, check_variables};

mod comparer;
mod decision;
mod equality;
mod forms;
mod hints;
mod modular;
mod numeric;
mod random;
mod result;
mod variables;

pub use self::result::{Comparison, Hint, Side};

/// The steps that reading one character or importing one node costs.
const STEPS_PER_NODE: usize = 400;

/// Compares a given answer with the expected one.
///
/// ```
/// use answers::{AnswerRules, Comparison, Hint, compare};
///
/// let rules = AnswerRules::default();
/// assert!(compare("x^2 + 2x + 1", r"\left(x+1\right)^2", &rules).is_equal());
/// assert_eq!(
///     compare("1/3", "0.333", &rules),
///     Comparison::NotEqual { hint: Some(Hint::Rounded) },
/// );
///
/// let result = compare("1", "2+", &rules);
/// let Comparison::Unreadable { position, message, .. } = result else { panic!("{result:?}") };
/// assert_eq!(position, 2);
/// assert_eq!(message, "Something is missing after the +: fill it in, or take it away.");
/// ```
#[doc(alias = "grade")]
#[doc(alias = "equivalent")]
#[doc(alias = "is_equal")]
pub fn compare(expected: &str, given: &str, rules: &AnswerRules) -> Comparison {
    let budget = Budget::new();
    if rules.units {
        compare_with_units(expected, given, rules, &budget)
    } else {
        compare_texts(expected, given, rules, &budget)
    }
}

/// Splits the unit off both texts, converts the given value, and compares the values.
fn compare_with_units(expected: &str, given: &str, rules: &AnswerRules, budget: &Budget) -> Comparison {
    if let Err(error) = check_length(expected) {
        return Comparison::unreadable(Side::Expected, error);
    }
    if let Err(error) = check_length(given) {
        return Comparison::unreadable(Side::Given, error);
    }
    let (expected, given) = (units::split(expected), units::split(given));
    if !given.consistent {
        return Comparison::not_equal(Hint::Unit);
    }
    match (&expected.unit, &given.unit) {
        (Some(wanted), Some(unit)) => match unit.divided_by(wanted) {
            Some(factor) if factor.is_one() => compare_texts(&expected.value, &given.value, rules, budget),
            // A converted value is a product, so it cannot be required to be simplified.
            Some(factor) => {
                let rules = AnswerRules { form: None, ..rules.clone() };
                compare_texts(&expected.value, &format!("({})*({factor})", given.value), &rules, budget)
            }
            None => Comparison::not_equal(Hint::Unit),
        },
        (Some(_), None) => match compare_texts(&expected.value, &given.value, rules, budget) {
            Comparison::Equal => Comparison::not_equal(Hint::MissingUnit),
            Comparison::NotEqual { .. } => Comparison::not_equal(None),
            other => other,
        },
        (None, _) => compare_texts(&expected.value, &given.value, rules, budget),
    }
}

fn compare_texts(expected: &str, given: &str, rules: &AnswerRules, budget: &Budget) -> Comparison {
    let expected_answer = match read(expected, Interpretation::default(), &rules.variables) {
        Ok(answer) => answer,
        Err(error) => return Comparison::unreadable(Side::Expected, error),
    };
    let given_answer = match read(given, Interpretation::default(), &rules.variables) {
        Ok(answer) => answer,
        // If words are expected, a text that is not mathematics is another word.
        Err(_) if matches!(expected_answer.object, MathObject::Words(_)) => {
            return Comparison::not_equal(None);
        }
        Err(error) => return Comparison::unreadable(Side::Given, error),
    };
    let first = compare_answers(&expected_answer, &given_answer, rules, budget);
    if !matches!(first, Comparison::NotEqual { hint } if !matches!(hint, Some(Hint::Form(_)))) {
        return first;
    }
    for expected_answer in interpretations(expected, expected_answer, rules, budget) {
        for given_answer in interpretations(given, given_answer.clone(), rules, budget) {
            let nodes = expected_answer.arena.nodes().len() + given_answer.arena.nodes().len();
            if budget.take(STEPS_PER_NODE * nodes).is_none() {
                return first;
            }
            if compare_answers(&expected_answer, &given_answer, rules, budget).is_equal() {
                return Comparison::Equal;
            }
        }
    }
    first
}

/// Returns the first reading of a text, followed by its other usual interpretations.
fn interpretations(
    text: &str,
    first: ParsedAnswer,
    rules: &AnswerRules,
    budget: &Budget,
) -> Vec<ParsedAnswer> {
    let ambiguous = first.ambiguous;
    let mut all = vec![first];
    if ambiguous == Interpretation::default() {
        return all;
    }
    let choices = |flag: bool| if flag { vec![false, true] } else { vec![false] };
    for thousands in choices(ambiguous.thousands) {
        for euler in choices(ambiguous.euler) {
            for points in choices(ambiguous.points) {
                for roots in choices(ambiguous.roots) {
                    let interpretation = Interpretation { thousands, euler, points, roots };
                    if interpretation != Interpretation::default()
                        && budget.take(STEPS_PER_NODE * text.len()).is_some()
                    {
                        all.extend(read(text, interpretation, &rules.variables));
                    }
                }
            }
        }
    }
    all
}

fn compare_answers(
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &AnswerRules,
    budget: &Budget,
) -> Comparison {
    if let Err(error) = check_variables(expected, given, rules) {
        return Comparison::unreadable(Side::Given, error);
    }
    let mut comparer = Comparer::new(rules, budget);
    let expected_object = match comparer.import(expected, &|name| name.to_owned()) {
        Ok(object) => object,
        Err(error) => return Comparison::unreadable(Side::Expected, error),
    };
    let rename = case_folding(expected, given, rules);
    let given_object = match comparer.import(given, &rename) {
        Ok(object) => object,
        Err(error) => return Comparison::unreadable(Side::Given, error),
    };
    match comparer.equal(&expected_object, &given_object) {
        Decision::Same => {
            let form = rules.form.filter(|form| !forms::has_form(*form, expected, given, rules, budget));
            return form.map_or(Comparison::Equal, |form| Comparison::not_equal(Hint::Form(form)));
        }
        Decision::Undecided => return Comparison::Undecided,
        Decision::Different => {}
    }
    let hint = hints::find(&mut comparer, &expected_object, &given_object, given);
    Comparison::not_equal(hint.or_else(|| angle_unit_hint(expected, given, rules, budget)))
}

/// Returns a hint if the answers are equal when the angles of one of them are in the other unit.
fn angle_unit_hint(
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &AnswerRules,
    budget: &Budget,
) -> Option<Hint> {
    if !hints::has_angles(expected) && !hints::has_angles(given) {
        return None;
    }
    let mut same = false;
    let units = [(rules.degrees, !rules.degrees), (!rules.degrees, rules.degrees)];
    for (expected_degrees, given_degrees) in units {
        let mut comparer = Comparer::new(rules, budget);
        comparer.dag.conventions.degrees = expected_degrees;
        let Ok(expected) = comparer.import(expected, &|name| name.to_owned()) else { return None };
        comparer.dag.conventions.degrees = given_degrees;
        let Ok(given) = comparer.import(given, &|name| name.to_owned()) else { return None };
        same |= comparer.equal(&expected, &given).is_same();
    }
    same.then_some(Hint::AngleUnit)
}
