//! Examples of accepted and refused answers, for the teacher who writes the question.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::{Checker, Expected, writer};
use crate::classify::units;
use crate::classify::{MathObject, ParsedAnswer};
use crate::compare::Outcome;
use crate::decimal;
use crate::parse::tree::Node;
use crate::print;

/// The most examples of each sort.
const COUNT: usize = 3;

/// Answers that a checker accepts and refuses.
///
/// ```
/// use answers::{Checker, Examples, Kind};
///
/// let checker = Checker::new("5 cm", Kind::quantity())?;
/// let Examples { accepted, refused, .. } = checker.examples();
/// assert!(accepted.iter().all(|text| checker.check(text).is_correct()));
/// assert!(!refused.is_empty());
/// # Ok::<(), answers::ExpectedError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Examples {
    /// Up to three accepted answers.
    pub accepted: Vec<String>,
    /// Up to three refused answers.
    pub refused: Vec<String>,
}

/// Rewrites the expected answer, and keeps what the checker decides.
pub(super) fn of(checker: &Checker) -> Examples {
    let mut examples = Examples::default();
    for text in candidates(checker) {
        if examples.accepted.contains(&text) || examples.refused.contains(&text) {
            continue;
        }
        let place = match checker.check(&text).outcome {
            Outcome::Correct => &mut examples.accepted,
            Outcome::Incorrect => &mut examples.refused,
            _ => continue,
        };
        if place.len() < COUNT {
            place.push(text);
        }
        if examples.accepted.len() == COUNT && examples.refused.len() == COUNT {
            break;
        }
    }
    examples
}

fn candidates(checker: &Checker) -> Vec<String> {
    let mut texts = Vec::new();
    match &checker.expected {
        Expected::Words(alternatives) => {
            texts.extend(alternatives.iter().cloned());
            for words in alternatives {
                let mut letters = words.chars();
                let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
                texts.extend([words.to_uppercase(), capital.unwrap_or_default(), format!("{words}.")]);
                texts.extend([
                    format!("not {words}"),
                    words.chars().rev().collect(),
                    format!("{words} {words}"),
                ]);
            }
        }
        Expected::Choice(letters) => {
            let back: Vec<&str> = letters.iter().rev().map(String::as_str).collect();
            texts.extend([letters.join(", "), back.join(" and "), letters.concat().to_lowercase()]);
            let others =
                ["A", "B", "C", "D"].iter().filter(|other| !letters.iter().any(|known| known == *other));
            texts.extend(others.clone().map(|other| format!("{}, {other}", letters.join(", "))));
            texts.extend(others.map(|other| (*other).to_owned()));
        }
        Expected::Mathematics { answer, unit, .. } => {
            let written = checker.text.trim().to_owned();
            texts.push(written.clone());
            if let Some(unit) = unit {
                quantities(answer, unit, &mut texts);
                texts.push(units::split(&written).value);
            } else {
                rewritten(answer, &mut texts);
                changed(answer, &written, &mut texts);
            }
        }
    }
    texts
}

/// Adds texts with the same meaning.
fn rewritten(answer: &ParsedAnswer, texts: &mut Vec<String>) {
    texts.extend(writer::reversed(answer));
    texts.extend(print::plain::print(answer));
    match &answer.object {
        MathObject::Expr(id) => match number(answer) {
            Some(value) => {
                texts.extend(as_decimal(&value));
                texts.push(value.to_string());
                let zeros = as_decimal(&value).filter(|value| value.contains('.'));
                texts.extend(zeros.iter().flat_map(|value| [format!("{value}0"), format!("{value}00")]));
                let doubled = UBig::from(2u8) * value.denominator();
                texts.push(format!("{}/{doubled}", value.numerator() * IBig::from(2)));
                texts.extend(as_decimal(&(&value * RBig::from(100))).map(|percent| format!("{percent}%")));
            }
            None => {
                let text = writer::reversed(answer).unwrap_or_default();
                if !text.is_empty() {
                    texts.extend([format!("({text})*2/2"), format!("{text}+1-1")]);
                }
                if let Node::Product(_) | Node::Sum(_) = answer.arena.node(*id) {
                    texts.push(format!("1*({text})"));
                }
            }
        },
        MathObject::List(elements, _) => {
            // The values without their names.
            let values: Option<Vec<String>> = elements
                .iter()
                .map(|element| match element {
                    MathObject::Chain(sides, _) => writer::written(answer, sides.last()?),
                    element => writer::written(answer, element),
                })
                .collect();
            texts.extend(values.map(|values| values.join(", ")));
        }
        MathObject::Chain(sides, _) => {
            texts.extend(sides.last().and_then(|side| writer::written(answer, side)));
        }
        _ => {}
    }
}

/// Adds texts with another meaning.
fn changed(answer: &ParsedAnswer, written: &str, texts: &mut Vec<String>) {
    if let Some(value) = number(answer) {
        let step = RBig::ONE / RBig::from(value.denominator().clone());
        for other in [-value.clone(), &value + &step, &value - &step, &value * RBig::from(10)] {
            texts.push(as_decimal(&other).unwrap_or_else(|| other.to_string()));
        }
        return;
    }
    let number_changed = |text: &str| {
        let last = text.rfind(|c: char| c.is_ascii_digit())?;
        let digit = text.get(last..=last)?.parse::<u8>().ok()?;
        Some(format!("{}{}{}", text.get(..last)?, (digit + 1) % 10, text.get(last + 1..)?))
    };
    match &answer.object {
        MathObject::Expr(_) => {
            let text = writer::reversed(answer).unwrap_or_else(|| written.to_owned());
            texts.extend([format!("-({text})"), format!("{text}+1"), format!("2*({text})")]);
        }
        MathObject::List(elements, _) | MathObject::Set(elements) => {
            let (open, close) =
                if matches!(answer.object, MathObject::Set(_)) { ("{", "}") } else { ("", "") };
            for left_out in [0, elements.len().saturating_sub(1)] {
                let kept = elements.iter().enumerate().filter(|(at, _)| *at != left_out);
                let kept: Option<Vec<String>> =
                    kept.map(|(_, element)| writer::written(answer, element)).collect();
                texts.extend(kept.map(|kept| format!("{open}{}{close}", kept.join(", "))));
            }
            texts.extend(number_changed(written));
        }
        _ => {
            texts.extend(number_changed(written));
            // Another letter, sign, or relation.
            for (from, to) in
                [("<", ">"), (">", "<"), ("≤", "<"), ("≥", ">"), ("+", "-"), ("-", "+"), ("=", "=-")]
            {
                if written.contains(from) {
                    texts.push(written.replacen(from, to, 1));
                }
            }
            texts.extend(number_changed(written).and_then(|text| number_changed(&text)));
        }
    }
}

/// Adds a quantity in other units, and near ones.
fn quantities(answer: &ParsedAnswer, unit: &units::Unit, texts: &mut Vec<String>) {
    let Some(value) = number(answer) else { return };
    for name in [
        "mm", "cm", "m", "km", "g", "kg", "s", "min", "h", "ml", "l", "cm^2", "m^2", "m/s", "km/h", "p", "N",
        "J",
    ] {
        let Some(other) = units::split(&format!("1 {name}")).unit else { continue };
        match unit.divided_by(&other) {
            Some(factor) => {
                texts.extend(as_decimal(&(&value * &factor)).map(|value| format!("{value} {name}")));
                let next = (&value + RBig::ONE) * factor;
                texts.extend(as_decimal(&next).map(|value| format!("{value} {name}")));
            }
            None => texts.extend(as_decimal(&value).map(|value| format!("{value} {name}"))),
        }
    }
}

/// Returns the value of an answer that is one number.
fn number(answer: &ParsedAnswer) -> Option<RBig> {
    let MathObject::Expr(id) = &answer.object else { return None };
    let value = |id| answer.arena.number(id).cloned();
    match answer.arena.node(*id) {
        Node::Number(value, _) => Some(value.clone()),
        Node::Negative(a) => value(*a).map(|value| -value),
        Node::Quotient(a, b) => Some(value(*a)? / value(*b).filter(|b| !b.is_zero())?),
        _ => None,
    }
}

/// Returns a number as a decimal of up to six places.
fn as_decimal(value: &RBig) -> Option<String> {
    (value * RBig::from(1_000_000)).is_int().then(|| decimal::print(value))
}
