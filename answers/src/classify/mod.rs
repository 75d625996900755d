//! Step 3: classifies an answer as a mathematical object.
//!
//! An object is an expression, an equation, a list of solutions, a set, a point, an interval, a
//! matrix, or words. WeBWorK calls the same classes *MathObjects*.

use crate::error::ParseError;
use crate::lex::token::Relation;
use crate::lex::{check_length, lex};
use crate::parse::tree::{Arena, Id, Node};
use crate::parse::{ParseResult, Parser};

use self::entries::Entry;
use self::infer::Sort;

mod answer;
mod brackets;
mod components;
pub(crate) mod entries;
pub(crate) mod infer;
mod labels;
mod line;
mod reading;
pub(crate) mod units;
mod vectors;
pub(crate) mod words;

/// The separator of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connective {
    Comma,
    Or,
    And,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MathObject {
    Expr(Id),
    /// Sides with a relation between each two: `1 < x <= 3`.
    Chain(Vec<MathObject>, Vec<Relation>),
    List(Vec<MathObject>, Connective),
    Set(Vec<MathObject>),
    /// A ratio, `1 : 2 : 3`.
    Ratio(Vec<Id>),
    /// An ordered list in brackets: a point, a vector.
    Tuple(Vec<MathObject>),
    Interval {
        low: Id,
        high: Id,
        low_closed: bool,
        high_closed: bool,
    },
    Union(Vec<MathObject>),
    Matrix(Vec<Vec<Id>>),
    Empty,
    Reals,
    Words(String),
    Entry(Entry),
}

/// An answer after parsing.
#[derive(Clone, Debug)]
pub(crate) struct ParsedAnswer {
    pub(crate) arena: Arena,
    pub(crate) object: MathObject,
    pub(crate) sort: Sort,
}

pub(crate) use self::reading::Reading;

/// Reads one answer: lexes, parses and classifies it.
pub(crate) fn read(text: &str, reading: &Reading) -> ParseResult<ParsedAnswer> {
    check_length(text)?;
    let notation = &reading.notation;
    let words =
        |text: &str| Ok(ParsedAnswer::of(Arena::default(), MathObject::Words(text.trim().to_owned())));
    match reading.sort.or_else(|| Sort::of_text(text)) {
        Some(Sort::Words) => return words(text),
        Some(sort @ (Sort::Time | Sort::Date | Sort::Range | Sort::Remainder)) => {
            if let Some(entry) = entries::read(text, sort) {
                return Ok(ParsedAnswer::of(Arena::default(), MathObject::Entry(entry)));
            }
        }
        _ => {}
    }
    if let Some(object) = words::named_set(text) {
        return Ok(ParsedAnswer::of(Arena::default(), object));
    }
    let number = words::number(text).filter(|_| reading.sort == Some(Sort::Number));
    if number.is_none()
        && let Some(found) = words::words(text, notation)
    {
        return words(&found);
    }
    if notation.vocabulary.is_some() && notation.thousands {
        words::check_decimal_comma(text)?;
    }
    let lexed = lex(number.unwrap_or(text), notation)?;
    let mut parser = Parser::new(lexed, notation);
    let object = parser.answer()?;
    let object = parser.adapted(object, reading)?;
    let answer = ParsedAnswer::of(parser.arena, object);
    check_indices(&answer, reading)?;
    Ok(answer)
}

/// Rejects `x1` where the expected answer has x and no index.
fn check_indices(answer: &ParsedAnswer, reading: &Reading) -> ParseResult<()> {
    let Some(known) = &reading.notation.vocabulary else { return Ok(()) };
    for node in answer.arena.nodes() {
        if let Node::Symbol(name) = node
            && let Some((letter, index)) = name.split_once('_')
            && index.bytes().all(|b| b.is_ascii_digit())
            && known.variables.iter().any(|known| **known == *letter)
            && !known.variables.iter().any(|known| known.contains('_'))
        {
            let why = format!(
                "“{letter}{index}” is {letter} with an index: write {letter} = … or {letter}^{index}."
            );
            return Err(ParseError::new(0, why));
        }
    }
    Ok(())
}

/// Collects the expressions of an object.
pub(crate) fn collect(object: &MathObject, ids: &mut Vec<Id>) {
    match object {
        MathObject::Expr(id) => ids.push(*id),
        MathObject::Chain(all, _)
        | MathObject::List(all, _)
        | MathObject::Set(all)
        | MathObject::Tuple(all)
        | MathObject::Union(all) => {
            all.iter().for_each(|object| collect(object, ids));
        }
        MathObject::Interval { low, high, .. } => ids.extend([*low, *high]),
        MathObject::Matrix(rows) => ids.extend(rows.iter().flatten()),
        MathObject::Ratio(parts) => ids.extend(parts),
        MathObject::Empty | MathObject::Reals | MathObject::Words(_) | MathObject::Entry(_) => {}
    }
}
