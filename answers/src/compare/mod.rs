//! Step 5: decides whether two answers are equal, and names the likely mistake if they are not.
//!
//! The steps, in order:
//! 1. Units are split off and converted, if the rules ask for units.
//! 2. The expected answer is read, then the given one by the sort and the names of the expected one.
//! 3. The answers are compared ([`comparer`]), expression by expression ([`equality`]).
//! 4. Equal answers are checked for their simplest form ([`forms`]), if the rules ask for it.
//! 5. A wrong answer gets a hint ([`hints`]).

use crate::classify::units;
use crate::classify::{ParsedAnswer, Reading, read};
use crate::lex::check_length;
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
    if rules.units || units::is_quantity(expected) {
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
                // Digits stay outside brackets, in which a comma is no thousands separator.
                let literal =
                    given.value.trim().chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
                let value = if literal { given.value.clone() } else { format!("({})", given.value) };
                compare_texts(&expected.value, &format!("{value}*({factor})"), &rules, budget)
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
    let expected = match read(expected, &Reading::expected(expected, rules)) {
        Ok(answer) => answer,
        Err(error) => return Comparison::unreadable(Side::Expected, error),
    };
    match read(given, &Reading::given(&expected, rules)) {
        Ok(given) => compare_answers(&expected, &given, rules, budget),
        Err(error) => Comparison::unreadable(Side::Given, error),
    }
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
