//! One line of the text: the definition of a parameter, or a condition.

use std::cmp::Ordering;

use dashu_ratio::RBig;

use super::formula::Formula;
use super::{ParametersError, Values};

/// The most values of a range or a list.
const CHOICES: u64 = 10_000;

pub(super) enum Statement {
    Definition(Definition),
    Condition(Condition),
}

/// A parameter and its values.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) name: char,
    choices: Choices,
}

#[derive(Clone, Debug)]
enum Choices {
    /// The first whole number, and how many there are.
    Range(i64, u64),
    OneOf(Vec<Formula>),
}

impl Definition {
    /// Returns the value that a random number selects; `None` if it cannot be computed.
    pub(super) fn value(&self, values: &Values, random: u64) -> Option<RBig> {
        match &self.choices {
            Choices::Range(first, count) => {
                i64::try_from(random % count).ok().map(|offset| RBig::from(first + offset))
            }
            Choices::OneOf(all) => {
                let index = usize::try_from(random % all.len().max(1) as u64).ok()?;
                all.get(index)?.value(values)
            }
        }
    }
}

/// A relation that the values must meet.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    left: Formula,
    relation: &'static str,
    right: Formula,
}

impl Condition {
    pub(super) fn holds(&self, values: &Values) -> bool {
        let (Some(left), Some(right)) = (self.left.value(values), self.right.value(values)) else {
            return false;
        };
        let order = left.cmp(&right);
        match self.relation {
            "!=" | "≠" => order != Ordering::Equal,
            "<=" | "≤" => order != Ordering::Greater,
            ">=" | "≥" => order != Ordering::Less,
            "<" => order == Ordering::Less,
            ">" => order == Ordering::Greater,
            _ => order == Ordering::Equal,
        }
    }
}

/// Parses a line. An equation defines a parameter if its left side is a new name.
pub(super) fn parse(line: &str, known: &[char]) -> Result<Statement, ParametersError> {
    const RELATIONS: [&str; 9] = ["!=", "<=", ">=", "≠", "≤", "≥", "<", ">", "="];
    let unreadable = || ParametersError::Line(line.to_owned());
    let (left, relation, right) = RELATIONS
        .iter()
        .find_map(|relation| {
            line.split_once(relation).map(|(left, right)| (left.trim(), *relation, right.trim()))
        })
        .ok_or_else(unreadable)?;
    if left.is_empty() || right.is_empty() || RELATIONS.iter().any(|relation| right.contains(relation)) {
        return Err(unreadable());
    }
    let mut letters = left.chars();
    let name = letters.next().filter(|c| c.is_alphabetic() && letters.next().is_none());
    if relation != "="
        || name.is_some_and(|name| known.contains(&name))
        || name.is_none() && uses_any(left, known)
    {
        let (left, right) = (Formula::parse(left, known)?, Formula::parse(right, known)?);
        return Ok(Statement::Condition(Condition { left, relation, right }));
    }
    let name = name
        .filter(|name| !['e', 'i'].contains(name))
        .ok_or_else(|| ParametersError::Name(left.to_owned()))?;
    let choices = match right.split_once("..") {
        Some((first, last)) => {
            let whole = |text: &str| text.trim().replace('−', "-").parse::<i32>().map_err(|_| unreadable());
            let (first, last) = (i64::from(whole(first)?), i64::from(whole(last)?));
            let count = u64::try_from(last - first + 1).ok().filter(|count| (1..=CHOICES).contains(count));
            Choices::Range(first, count.ok_or_else(unreadable)?)
        }
        None => Choices::OneOf(list(right, known)?),
    };
    Ok(Statement::Definition(Definition { name, choices }))
}

fn uses_any(text: &str, known: &[char]) -> bool {
    text.chars().any(|c| known.contains(&c))
}

/// Parses a list of formulas. A comma in brackets separates the arguments of a function.
fn list(text: &str, known: &[char]) -> Result<Vec<Formula>, ParametersError> {
    let mut depth = 0i32;
    let parts = text.split(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    parts.map(|part| Formula::parse(part.trim(), known)).collect()
}
