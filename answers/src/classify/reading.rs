//! The settings for reading one text: the sort of answer, the conventions, and the names in use.

use super::infer::Sort;
use super::{MathObject, ParsedAnswer};
use crate::kind::Kind;
use crate::lex::notation::{Notation, Vocabulary};
use crate::parse::tree::Node;

/// The settings for reading one text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// The sort of answer that is asked for; `None` to infer it from the text.
    pub(crate) sort: Option<Sort>,
    pub(crate) notation: Notation,
}

impl Reading {
    /// Returns the reading of an expected answer, which no other text explains.
    pub(crate) fn expected(text: &str, rules: &Kind) -> Self {
        let notation = Notation {
            thousands: !rules.order && has_thousands_only(text),
            variables: rules.variables.clone().into(),
            points: matches!(rules.name, Sort::Point | Sort::Vector),
            ..Notation::default()
        };
        Self { sort: None, notation }
    }

    /// Returns the reading of a text without rules.
    pub(crate) fn alone(text: &str) -> Self {
        Self::expected(text, &Kind::default())
    }

    /// Returns the reading of a given answer, by the sort and the names of the expected one.
    pub(crate) fn given(expected: &ParsedAnswer, rules: &Kind) -> Self {
        let one = expected.sort.is_one_value()
            || matches!(expected.sort, Sort::Solutions | Sort::GeneralSolution)
                && matches!(expected.object, MathObject::Chain(..));
        let points = matches!(expected.sort, Sort::Point | Sort::Vector)
            || matches!(&expected.object, MathObject::List(all, _) if all.iter().any(is_point));
        let notation = Notation {
            thousands: one,
            points,
            dimensions: match &expected.object {
                MathObject::Tuple(all) => all.len(),
                MathObject::Matrix(rows) => rows.len().max(rows.first().map_or(0, Vec::len)),
                _ => 0,
            },
            variables: rules.variables.clone().into(),
            vocabulary: Some(vocabulary(expected)),
        };
        Self { sort: Some(expected.sort), notation }
    }
}

fn is_point(object: &MathObject) -> bool {
    match object {
        MathObject::Tuple(_) => true,
        MathObject::Chain(sides, _) => sides.iter().any(is_point),
        _ => false,
    }
}

/// Returns the names that an answer uses.
fn vocabulary(answer: &ParsedAnswer) -> Vocabulary {
    let mut names = Vocabulary::default();
    for node in answer.arena.nodes() {
        match node {
            Node::Symbol(name) => names.variables.push(name.clone()),
            Node::Apply(name, _) => {
                names.functions.push(name.trim_end_matches(['\'', '⁻', '¹']).into());
            }
            _ => {}
        }
    }
    for all in [&mut names.functions, &mut names.variables] {
        all.sort_unstable();
        all.dedup();
    }
    names
}

/// Returns `true` if every comma of a text groups the digits of a number, as in `1,250,000`.
fn has_thousands_only(text: &str) -> bool {
    let mut parts = text.split(',');
    let Some(first) = parts.next() else { return false };
    let leading = first.bytes().rev().take_while(u8::is_ascii_digit).count();
    let rest: Vec<&str> = parts.collect();
    let three = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count() == 3;
    let last = rest.len().saturating_sub(1);
    (1..=3).contains(&leading)
        && !rest.is_empty()
        && rest.iter().enumerate().all(|(at, part)| three(part) && (at == last || part.len() == 3))
}
