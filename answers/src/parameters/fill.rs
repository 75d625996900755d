//! Fills values into templates, so that signs and coefficients read well.

use dashu_ratio::RBig;

use super::formula::Formula;
use super::{ParametersError, Values};

/// Signs before an operand, which a negative number follows in brackets.
const OPERATORS: [&str; 7] = ["*", "·", "×", "/", "\\times", "\\cdot", "\\div"];

/// Fills the text of a question.
pub(super) fn question(values: &Values, template: &str) -> Result<String, ParametersError> {
    filled(values, template, |filled, value, after| {
        let negative = *value < RBig::ZERO;
        let size = if negative { -value.clone() } else { value.clone() };
        let trimmed = filled.trim_end();
        let before = trimmed.chars().next_back();
        if matches!(before, Some('^' | '_')) {
            filled.push_str(&format!("{{{}}}", printed(value)));
            return;
        }
        let touches =
            trimmed.len() == filled.len() && before.is_some_and(|c| c.is_alphanumeric() || c == ')');
        let is_operand = touches || OPERATORS.iter().any(|operator| trimmed.ends_with(operator));
        // A coefficient of one is not written.
        let is_factor = after.is_some_and(|c| c.is_alphabetic() || matches!(c, '\\' | '('));
        let text = if size.is_one() && is_factor && !is_operand { String::new() } else { printed(&size) };
        match before {
            _ if !negative => filled.push_str(&text),
            // `+ -3` is `- 3`, and `- -3` is `+ 3`.
            Some(sign @ ('+' | '-')) => {
                let at = filled.trim_end().len() - sign.len_utf8();
                filled.replace_range(at..=at, if sign == '+' { "-" } else { "+" });
                filled.push_str(&text);
            }
            _ if is_operand => filled.push_str(&format!("(-{})", printed(&size))),
            _ => filled.push_str(&format!("-{text}")),
        }
    })
}

/// Fills the text of an expected answer.
pub(super) fn answer(values: &Values, template: &str) -> Result<String, ParametersError> {
    filled(values, template, |filled, value, _| {
        let text = value.to_string();
        let plain = value.is_int() && *value >= RBig::ZERO;
        filled.push_str(&if plain { text } else { format!("({text})") });
    })
}

/// Replaces the placeholders. `put` gets the text so far, the value, and the next character.
fn filled(
    values: &Values,
    template: &str,
    put: impl Fn(&mut String, &RBig, Option<char>),
) -> Result<String, ParametersError> {
    let names = values.names();
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{@") {
        filled.push_str(before);
        let (formula, after) =
            after.split_once("@}").ok_or_else(|| ParametersError::Open(after.to_owned()))?;
        let value = Formula::parse(formula.trim(), &names)?
            .value(values)
            .ok_or_else(|| ParametersError::Formula(formula.to_owned()))?;
        put(&mut filled, &value, after.chars().next());
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn printed(value: &RBig) -> String {
    if value.is_int() {
        return value.numerator().to_string();
    }
    let sign = if *value < RBig::ZERO { "-" } else { "" };
    let numerator = value.numerator().to_string();
    format!("{sign}\\frac{{{}}}{{{}}}", numerator.trim_start_matches('-'), value.denominator())
}
