//! What an answer is: an expression, an equation, a list of solutions, a set, a point, an interval, a matrix, words.

use crate::expr::{Arena, Id, Node};
use crate::lex::{Lexed, Reading, fits, lex};
use crate::limits::ELEMENTS;
use crate::parse::{Parser, Read};
use crate::token::{Bar, Kind, Relation};
use crate::words;

mod brackets;

/// What joins the answers of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    Comma,
    Or,
    And,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Expr(Id),
    /// Sides with a sign between each two: `1 < x <= 3`.
    Chain(Vec<Shape>, Vec<Relation>),
    List(Vec<Shape>, Joint),
    Set(Vec<Shape>),
    /// `1 : 2 : 3`.
    Ratio(Vec<Id>),
    /// In order: a point, a vector.
    Tuple(Vec<Shape>),
    Interval {
        low: Id,
        high: Id,
        low_in: bool,
        high_in: bool,
    },
    Union(Vec<Shape>),
    Matrix(Vec<Vec<Id>>),
    Empty,
    Reals,
    Words(String),
}

/// A text that was read.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) arena: Arena,
    pub(crate) shape: Shape,
    /// Where another reading would differ.
    pub(crate) other: Reading,
}

/// Reads one answer.
pub(crate) fn read(text: &str, reading: Reading, variables: &[String]) -> Read<Answer> {
    fits(text)?;
    if let Some(shape) = words::known(text) {
        return Ok(Answer { arena: Arena::default(), shape, other: Reading::default() });
    }
    if let Some(words) = words::plain(text, variables) {
        let shape = Shape::Words(words);
        return Ok(Answer { arena: Arena::default(), shape, other: Reading::default() });
    }
    let Lexed { tokens, other, latex, len } = lex(text, reading)?;
    let mut parser = Parser {
        tokens,
        next: 0,
        arena: Arena::default(),
        latex,
        end: len,
        depth: 0,
        bars: 0,
        degree_last: reading.roots,
        has_root: false,
        variables: variables.into(),
    };
    let mut points = false;
    let shape = parser.answer(reading.points, &mut points)?;
    let other = Reading { points, roots: parser.has_root, ..other };
    Ok(Answer { arena: parser.arena, shape, other })
}

impl Parser {
    fn answer(&mut self, points: bool, ambiguous: &mut bool) -> Read<Shape> {
        if self.tokens.is_empty() {
            return self.fail("There is nothing here: write an answer.");
        }
        *ambiguous = self.is_named_point("P") || self.is_named_point("C");
        let mut items = Vec::new();
        let mut joint = None;
        loop {
            self.skip_name(points);
            let item = self.chain()?;
            self.spread(item, &mut items)?;
            if items.len() > ELEMENTS {
                return self.fail(format!("This list is too long: write at most {ELEMENTS} answers."));
            }
            let next = match self.peek() {
                None => break,
                Some(Kind::Comma | Kind::Semicolon) => Joint::Comma,
                Some(Kind::Or) => Joint::Or,
                Some(Kind::And) => Joint::And,
                Some(kind) if kind.closes() => {
                    return self.fail("This bracket was never opened: take it away.");
                }
                Some(Kind::Bar(Bar::Close)) => return self.fail("This bar was never opened: take it away."),
                Some(_) => return self.fail("This can't stand here: take it away, or put a sign before it."),
            };
            self.next += 1;
            // "2, or 3", "1, 2, and 3": the word says more than the comma.
            let next = match self.peek() {
                Some(Kind::Or) => {
                    self.next += 1;
                    Joint::Or
                }
                Some(Kind::And) => {
                    self.next += 1;
                    Joint::And
                }
                _ => next,
            };
            if joint.is_none() || joint == Some(Joint::Comma) {
                joint = Some(next);
            }
        }
        // `2n + 1, n ∈ ℤ`: what kind of number a letter is isn't another answer.
        if items.len() > 1 {
            let before = items.clone();
            items.retain(|item| !self.is_remark(item));
            if items.is_empty() {
                items = before;
            } else if items.len() == 1 && before.len() > 1 {
                joint = None;
            }
        }
        if items.len() == 1 && joint.is_none() {
            return items.pop().map_or_else(|| self.missing(), Ok);
        }
        Ok(Shape::List(items, joint.unwrap_or(Joint::Or)))
    }

    fn is_remark(&self, item: &Shape) -> bool {
        let name = |shape: &Shape| match shape {
            Shape::Expr(id) => match self.arena.node(*id) {
                Node::Symbol(name) => Some(name.to_string()),
                _ => None,
            },
            _ => None,
        };
        let Shape::Chain(sides, relations) = item else { return false };
        relations[..] == [Relation::In]
            && name(&sides[0]).is_some()
            && name(&sides[1]).is_some_and(|name| matches!(name.as_str(), "ℤ" | "ℕ" | "ℚ"))
    }

    /// `A(1, 2)` and `A = (1, 2)`: the name of a point says nothing about it.
    fn skip_name(&mut self, points: bool) {
        let name = match self.peek() {
            Some(Kind::Symbol(name)) if name.len() == 1 && name.chars().all(char::is_uppercase) => {
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
        let named = matches!(self.peek(), Some(Kind::Symbol(found)) if found == name);
        named && self.ahead(1) == Some(&Kind::Open) && self.list_in_brackets(self.next + 1).is_some()
    }

    /// `x = ±2` is two answers.
    fn spread(&mut self, item: Shape, items: &mut Vec<Shape>) -> Read<()> {
        let mut ids = Vec::new();
        collect(&item, &mut ids);
        let has = |arena: &Arena, id: Id| {
            arena.under(id).into_iter().any(|id| matches!(arena.node(id), Node::PlusMinus(..)))
        };
        if !ids.iter().any(|id| has(&self.arena, *id)) {
            items.push(item);
            return Ok(());
        }
        for flip in [false, true] {
            let one = self.signed_shape(&item, flip)?;
            items.push(one);
        }
        Ok(())
    }

    fn signed_shape(&mut self, shape: &Shape, flip: bool) -> Read<Shape> {
        let all = |parser: &mut Self, shapes: &[Shape]| -> Read<Vec<Shape>> {
            shapes.iter().map(|shape| parser.signed_shape(shape, flip)).collect()
        };
        Ok(match shape {
            Shape::Expr(id) => Shape::Expr(self.with_sign(*id, flip)?),
            Shape::Chain(sides, relations) => Shape::Chain(all(self, sides)?, relations.clone()),
            Shape::Tuple(elements) => Shape::Tuple(all(self, elements)?),
            Shape::Set(elements) => Shape::Set(all(self, elements)?),
            Shape::Interval { low, high, low_in, high_in } => Shape::Interval {
                low: self.with_sign(*low, flip)?,
                high: self.with_sign(*high, flip)?,
                low_in: *low_in,
                high_in: *high_in,
            },
            other => other.clone(),
        })
    }

    /// The same tree with one of the two signs of each `±`.
    fn with_sign(&mut self, root: Id, flip: bool) -> Read<Id> {
        let mut now: Vec<Id> = (0..=root).collect();
        for id in self.arena.under(root) {
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

    /// Sides with signs between them.
    pub(super) fn chain(&mut self) -> Read<Shape> {
        // `= 5`: the other side was printed before the box.
        if self.tokens.len() > 1 {
            self.eat(&Kind::Relation(Relation::Equal));
        }
        let first = self.side()?;
        let mut sides = vec![first];
        let mut relations = Vec::new();
        while let Some(Kind::Relation(relation)) = self.peek() {
            relations.push(*relation);
            self.next += 1;
            let side = self.side()?;
            sides.push(side);
            if sides.len() > 16 {
                return self.fail("There are too many signs between sides: write one equation.");
            }
        }
        Ok(if relations.is_empty() { sides.remove(0) } else { Shape::Chain(sides, relations) })
    }

    fn side(&mut self) -> Read<Shape> {
        let first = self.part()?;
        if self.peek() != Some(&Kind::Union) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.eat(&Kind::Union) {
            let part = self.part()?;
            let set = |part: &Shape| !matches!(part, Shape::Expr(_) | Shape::Matrix(_) | Shape::Words(_));
            if !set(&part) || !parts.iter().all(set) {
                return self.fail("Only intervals and sets have a union: write it as [1, 2] ∪ [3, 4].");
            }
            parts.push(part);
            if parts.len() > ELEMENTS {
                return self.fail(format!("This union is too long: write at most {ELEMENTS} parts."));
            }
        }
        Ok(Shape::Union(parts))
    }

    fn part(&mut self) -> Read<Shape> {
        match self.peek() {
            Some(Kind::Empty) => {
                self.next += 1;
                return Ok(Shape::Empty);
            }
            Some(Kind::Reals) => {
                self.next += 1;
                return Ok(Shape::Reals);
            }
            Some(Kind::Begin(_)) => return self.matrix().map(Shape::Matrix),
            Some(Kind::OpenSet | Kind::OpenBrace) if self.is_builder() => return self.builder(),
            Some(Kind::OpenSet) => return self.elements(),
            Some(Kind::OpenAngle) => return self.elements(),
            Some(Kind::Open | Kind::OpenSquare | Kind::CloseSquare)
                if self.list_in_brackets(self.next).is_some() =>
            {
                return self.elements();
            }
            Some(Kind::OpenBrace) if self.is_plain_set() => return self.elements(),
            Some(Kind::OpenSquare) if self.is_plain_matrix() => return self.elements(),
            _ => {}
        }
        let scalar = self.scalar()?;
        if matches!(self.peek(), Some(Kind::Begin(_))) {
            let matrix = self.matrix()?;
            return self.scaled(scalar, matrix).map(Shape::Matrix);
        }
        match scalar {
            Scale::By(id) if self.peek() == Some(&Kind::Colon) => self.ratio(id),
            Scale::By(id) => Ok(Shape::Expr(id)),
            Scale::One | Scale::MinusOne => self.missing(),
        }
    }

    fn ratio(&mut self, first: Id) -> Read<Shape> {
        let mut parts = vec![first];
        while self.eat(&Kind::Colon) {
            let part = self.sum()?;
            parts.push(part);
            if parts.len() > ELEMENTS {
                return self.fail(format!("This ratio is too long: write at most {ELEMENTS} parts."));
            }
        }
        Ok(Shape::Ratio(parts))
    }

    /// What may stand before a matrix: nothing, a sign, a number.
    fn scalar(&mut self) -> Read<Scale> {
        match (self.peek(), self.ahead(1)) {
            (Some(Kind::Minus), Some(Kind::Begin(_))) => {
                self.next += 1;
                Ok(Scale::MinusOne)
            }
            (Some(Kind::Plus), Some(Kind::Begin(_))) => {
                self.next += 1;
                Ok(Scale::One)
            }
            _ => self.sum().map(Scale::By),
        }
    }

    fn scaled(&mut self, scalar: Scale, matrix: Vec<Vec<Id>>) -> Read<Vec<Vec<Id>>> {
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

/// Every expression that stands in a shape.
pub(crate) fn collect(shape: &Shape, ids: &mut Vec<Id>) {
    match shape {
        Shape::Expr(id) => ids.push(*id),
        Shape::Chain(all, _)
        | Shape::List(all, _)
        | Shape::Set(all)
        | Shape::Tuple(all)
        | Shape::Union(all) => {
            all.iter().for_each(|shape| collect(shape, ids));
        }
        Shape::Interval { low, high, .. } => ids.extend([*low, *high]),
        Shape::Matrix(rows) => ids.extend(rows.iter().flatten()),
        Shape::Ratio(parts) => ids.extend(parts),
        Shape::Empty | Shape::Reals | Shape::Words(_) => {}
    }
}
