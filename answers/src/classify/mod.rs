//! Step 3: classifies an answer as a mathematical object.
//!
//! An object is an expression, an equation, a list of solutions, a set, a point, an interval, a
//! matrix, or words. WeBWorK calls the same classes *MathObjects*.

use crate::lex::token::{Bar, Relation, TokenKind};
use crate::lex::{Interpretation, Lexed, check_length, lex};
use crate::limits::ELEMENTS;
use crate::parse::tree::{Arena, Id, Node};
use crate::parse::{ParseResult, Parser};

mod brackets;
pub(crate) mod units;
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
}

/// An answer after parsing.
#[derive(Clone, Debug)]
pub(crate) struct ParsedAnswer {
    pub(crate) arena: Arena,
    pub(crate) object: MathObject,
    /// The choices for which the text has two interpretations.
    pub(crate) ambiguous: Interpretation,
}

/// Parses and classifies one answer.
pub(crate) fn read(
    text: &str,
    interpretation: Interpretation,
    variables: &[String],
) -> ParseResult<ParsedAnswer> {
    check_length(text)?;
    if let Some(object) = words::named_set(text) {
        return Ok(ParsedAnswer { arena: Arena::default(), object, ambiguous: Interpretation::default() });
    }
    if let Some(words) = words::words(text, variables) {
        let object = MathObject::Words(words);
        return Ok(ParsedAnswer { arena: Arena::default(), object, ambiguous: Interpretation::default() });
    }
    let Lexed { tokens, ambiguous, latex, len } = lex(text, interpretation)?;
    let mut parser = Parser {
        tokens,
        next: 0,
        arena: Arena::default(),
        latex,
        end: len,
        depth: 0,
        bars: 0,
        degree_last: interpretation.roots,
        has_root: false,
        variables: variables.into(),
    };
    let mut points = false;
    let object = parser.answer(interpretation.points, &mut points)?;
    let ambiguous = Interpretation { points, roots: parser.has_root, ..ambiguous };
    Ok(ParsedAnswer { arena: parser.arena, object, ambiguous })
}

impl Parser {
    fn answer(&mut self, points: bool, ambiguous: &mut bool) -> ParseResult<MathObject> {
        if self.tokens.is_empty() {
            return self.fail("There is nothing here: write an answer.");
        }
        *ambiguous = self.is_named_point("P") || self.is_named_point("C");
        let mut items = Vec::new();
        let mut connective = None;
        loop {
            self.skip_name(points);
            let item = self.chain()?;
            self.spread(item, &mut items)?;
            if items.len() > ELEMENTS {
                return self.fail(format!("This list is too long: write at most {ELEMENTS} answers."));
            }
            let next = match self.peek() {
                None => break,
                Some(TokenKind::Comma | TokenKind::Semicolon) => Connective::Comma,
                Some(TokenKind::Or) => Connective::Or,
                Some(TokenKind::And) => Connective::And,
                Some(kind) if kind.closes() => {
                    return self.fail("This bracket was never opened: take it away.");
                }
                Some(TokenKind::Bar(Bar::Close)) => {
                    return self.fail("This bar was never opened: take it away.");
                }
                Some(_) => return self.fail("This can't stand here: take it away, or put a sign before it."),
            };
            self.next += 1;
            // "2, or 3", "1, 2, and 3": the word decides, not the comma.
            let next = match self.peek() {
                Some(TokenKind::Or) => {
                    self.next += 1;
                    Connective::Or
                }
                Some(TokenKind::And) => {
                    self.next += 1;
                    Connective::And
                }
                _ => next,
            };
            if connective.is_none() || connective == Some(Connective::Comma) {
                connective = Some(next);
            }
        }
        // `2n + 1, n ∈ ℤ`: the domain of a variable is not another answer.
        if items.len() > 1 {
            let before = items.clone();
            items.retain(|item| !self.is_remark(item));
            if items.is_empty() {
                items = before;
            } else if items.len() == 1 && before.len() > 1 {
                connective = None;
            }
        }
        if items.len() == 1 && connective.is_none() {
            return items.pop().map_or_else(|| self.missing(), Ok);
        }
        Ok(MathObject::List(items, connective.unwrap_or(Connective::Or)))
    }

    fn is_remark(&self, item: &MathObject) -> bool {
        let name = |object: &MathObject| match object {
            MathObject::Expr(id) => match self.arena.node(*id) {
                Node::Symbol(name) => Some(name.to_string()),
                _ => None,
            },
            _ => None,
        };
        let MathObject::Chain(sides, relations) = item else { return false };
        relations[..] == [Relation::In]
            && name(&sides[0]).is_some()
            && name(&sides[1]).is_some_and(|name| matches!(name.as_str(), "ℤ" | "ℕ" | "ℚ"))
    }

    /// Skips the name of a point, `A(1, 2)`, unless it is a function.
    fn skip_name(&mut self, points: bool) {
        let name = match self.peek() {
            Some(TokenKind::Symbol(name)) if name.len() == 1 && name.chars().all(char::is_uppercase) => {
                name.clone()
            }
            _ => return,
        };
        let function = matches!(name.as_str(), "P" | "C");
        if self.is_named_point(&name) && (!function || points) {
            self.next += 1;
        }
    }

    fn is_named_point(&self, name: &str) -> bool {
        let named = matches!(self.peek(), Some(TokenKind::Symbol(found)) if found == name);
        named && self.ahead(1) == Some(&TokenKind::Open) && self.list_in_brackets(self.next + 1).is_some()
    }

    /// Adds an item to the list; `x = ±2` becomes two items.
    fn spread(&mut self, item: MathObject, items: &mut Vec<MathObject>) -> ParseResult<()> {
        let mut ids = Vec::new();
        collect(&item, &mut ids);
        let has = |arena: &Arena, id: Id| {
            arena.descendants(id).into_iter().any(|id| matches!(arena.node(id), Node::PlusMinus(..)))
        };
        if !ids.iter().any(|id| has(&self.arena, *id)) {
            items.push(item);
            return Ok(());
        }
        for flip in [false, true] {
            let one = self.signed_object(&item, flip)?;
            items.push(one);
        }
        Ok(())
    }

    fn signed_object(&mut self, object: &MathObject, flip: bool) -> ParseResult<MathObject> {
        let all = |parser: &mut Self, objects: &[MathObject]| -> ParseResult<Vec<MathObject>> {
            objects.iter().map(|object| parser.signed_object(object, flip)).collect()
        };
        Ok(match object {
            MathObject::Expr(id) => MathObject::Expr(self.with_sign(*id, flip)?),
            MathObject::Chain(sides, relations) => MathObject::Chain(all(self, sides)?, relations.clone()),
            MathObject::Tuple(elements) => MathObject::Tuple(all(self, elements)?),
            MathObject::Set(elements) => MathObject::Set(all(self, elements)?),
            MathObject::Interval { low, high, low_closed, high_closed } => MathObject::Interval {
                low: self.with_sign(*low, flip)?,
                high: self.with_sign(*high, flip)?,
                low_closed: *low_closed,
                high_closed: *high_closed,
            },
            other => other.clone(),
        })
    }

    /// Copies a tree with one of the two signs of each `±`.
    fn with_sign(&mut self, root: Id, flip: bool) -> ParseResult<Id> {
        let mut now: Vec<Id> = (0..=root).collect();
        for id in self.arena.descendants(root) {
            let to = |child: Id| now[child as usize];
            let copy = match self.arena.node(id).clone() {
                Node::PlusMinus(of, minus) if minus == flip => to(of),
                Node::PlusMinus(of, _) => {
                    let of = to(of);
                    self.add(Node::Negative(of))?
                }
                node => {
                    let moved = node.map(to);
                    if moved == node { id } else { self.add(moved)? }
                }
            };
            now[id as usize] = copy;
        }
        Ok(now[root as usize])
    }

    /// Parses sides with relations between them.
    pub(super) fn chain(&mut self) -> ParseResult<MathObject> {
        // `= 5`: the page shows the left side before the answer box.
        if self.tokens.len() > 1 {
            self.eat(&TokenKind::Relation(Relation::Equal));
        }
        let first = self.side()?;
        let mut sides = vec![first];
        let mut relations = Vec::new();
        while let Some(TokenKind::Relation(relation)) = self.peek() {
            relations.push(*relation);
            self.next += 1;
            let side = self.side()?;
            sides.push(side);
            if sides.len() > 16 {
                return self.fail("There are too many signs between sides: write one equation.");
            }
        }
        Ok(if relations.is_empty() { sides.remove(0) } else { MathObject::Chain(sides, relations) })
    }

    fn side(&mut self) -> ParseResult<MathObject> {
        let first = self.part()?;
        if self.peek() != Some(&TokenKind::Union) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.eat(&TokenKind::Union) {
            let part = self.part()?;
            let set = |part: &MathObject| {
                !matches!(part, MathObject::Expr(_) | MathObject::Matrix(_) | MathObject::Words(_))
            };
            if !set(&part) || !parts.iter().all(set) {
                return self.fail("Only intervals and sets have a union: write it as [1, 2] ∪ [3, 4].");
            }
            parts.push(part);
            if parts.len() > ELEMENTS {
                return self.fail(format!("This union is too long: write at most {ELEMENTS} parts."));
            }
        }
        Ok(MathObject::Union(parts))
    }

    fn part(&mut self) -> ParseResult<MathObject> {
        match self.peek() {
            Some(TokenKind::Empty) => {
                self.next += 1;
                return Ok(MathObject::Empty);
            }
            Some(TokenKind::Reals) => {
                self.next += 1;
                return Ok(MathObject::Reals);
            }
            Some(TokenKind::Begin(_)) => return self.matrix().map(MathObject::Matrix),
            Some(TokenKind::OpenSet | TokenKind::OpenBrace) if self.is_builder() => return self.builder(),
            Some(TokenKind::OpenSet) => return self.elements(),
            Some(TokenKind::OpenAngle) => return self.elements(),
            Some(TokenKind::Open | TokenKind::OpenSquare | TokenKind::CloseSquare)
                if self.list_in_brackets(self.next).is_some() =>
            {
                return self.elements();
            }
            Some(TokenKind::OpenBrace) if self.is_plain_set() => return self.elements(),
            Some(TokenKind::OpenSquare) if self.is_plain_matrix() => return self.elements(),
            _ => {}
        }
        let scalar = self.scalar()?;
        if matches!(self.peek(), Some(TokenKind::Begin(_))) {
            let matrix = self.matrix()?;
            return self.scaled(scalar, matrix).map(MathObject::Matrix);
        }
        match scalar {
            Scale::By(id) if self.peek() == Some(&TokenKind::Colon) => self.ratio(id),
            Scale::By(id) => Ok(MathObject::Expr(id)),
            Scale::One | Scale::MinusOne => self.missing(),
        }
    }

    fn ratio(&mut self, first: Id) -> ParseResult<MathObject> {
        let mut parts = vec![first];
        while self.eat(&TokenKind::Colon) {
            let part = self.sum()?;
            parts.push(part);
            if parts.len() > ELEMENTS {
                return self.fail(format!("This ratio is too long: write at most {ELEMENTS} parts."));
            }
        }
        Ok(MathObject::Ratio(parts))
    }

    /// Parses the scalar before a matrix: nothing, a sign, or an expression.
    fn scalar(&mut self) -> ParseResult<Scale> {
        match (self.peek(), self.ahead(1)) {
            (Some(TokenKind::Minus), Some(TokenKind::Begin(_))) => {
                self.next += 1;
                Ok(Scale::MinusOne)
            }
            (Some(TokenKind::Plus), Some(TokenKind::Begin(_))) => {
                self.next += 1;
                Ok(Scale::One)
            }
            _ => self.sum().map(Scale::By),
        }
    }

    fn scaled(&mut self, scalar: Scale, matrix: Vec<Vec<Id>>) -> ParseResult<Vec<Vec<Id>>> {
        let mut rows = Vec::new();
        for row in matrix {
            let mut scaled = Vec::new();
            for id in row {
                scaled.push(match scalar {
                    Scale::One => id,
                    Scale::MinusOne => self.add(Node::Negative(id))?,
                    Scale::By(factor) => self.add(Node::Product([factor, id].into()))?,
                });
            }
            rows.push(scaled);
        }
        Ok(rows)
    }
}

#[derive(Clone, Copy)]
enum Scale {
    One,
    MinusOne,
    By(Id),
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
        MathObject::Empty | MathObject::Reals | MathObject::Words(_) => {}
    }
}
