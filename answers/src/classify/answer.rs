//! The parts of an answer: lists, relations, unions, and signs for two values.

use super::line::is_part_of_line;
use super::{Connective, MathObject, collect};
use crate::lex::token::{Bar, Relation, TokenKind};
use crate::limits::ELEMENTS;
use crate::parse::tree::{Arena, Id, Node};
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    /// Parses a whole text.
    pub(super) fn answer(&mut self) -> ParseResult<MathObject> {
        if self.tokens.is_empty() {
            return self.fail("There is nothing here: write an answer.");
        }
        let object = self.answers()?;
        match self.peek() {
            None => Ok(object),
            Some(kind) if kind.closes() => self.fail("This bracket was never opened: take it away."),
            Some(TokenKind::Bar(Bar::Close)) => self.fail("This bar was never opened: take it away."),
            Some(TokenKind::Open) => self.fail("Two answers stand side by side: put a comma between them."),
            Some(_) => self.fail("This can't stand here: take it away, or put a sign before it."),
        }
    }

    /// Parses answers with commas, "or", or "and" between them.
    pub(super) fn answers(&mut self) -> ParseResult<MathObject> {
        let mut items: Vec<MathObject> = Vec::new();
        let mut joints: Vec<Connective> = Vec::new();
        let mut semicolons = Vec::new();
        loop {
            let before = items.len();
            let item = self.named_item()?;
            // `x ≠ ±1` excludes both.
            let excludes =
                matches!(&item, MathObject::Chain(_, relations) if relations.contains(&Relation::NotEqual));
            let signs = if excludes { Connective::And } else { Connective::Or };
            self.spread(item, &mut items)?;
            joints.extend(std::iter::repeat_n(signs, items.len() - before - 1));
            if items.len() > ELEMENTS {
                return self.fail(format!("This list is too long: write at most {ELEMENTS} answers."));
            }
            if self.peek() == Some(&TokenKind::Semicolon) {
                semicolons.push(joints.len());
            }
            let Some(joint) = self.joint() else { break };
            // "2, or 3", "1, 2, and 3": the word decides, not the comma.
            let joint = self.joint().unwrap_or(joint);
            joints.push(joint);
        }
        // `2n + 1, n ∈ ℤ`: the domain of a variable is not another answer.
        if items.len() > 1 && items.iter().any(|item| self.is_remark(item)) {
            items.retain(|item| !self.is_remark(item));
            joints.truncate(items.len().saturating_sub(1));
        }
        if !semicolons.is_empty()
            && semicolons.len() < joints.len()
            && joints.len() + 1 == items.len()
            && joints.iter().all(|joint| *joint == Connective::Comma)
            && items.iter().all(|item| matches!(item, MathObject::Chain(..)))
        {
            // `p=5, q=2; p=7, q=2`
            let joint = |at| if semicolons.contains(&at) { Connective::Or } else { Connective::And };
            joints = (0..joints.len()).map(joint).collect();
        }
        if joints.contains(&Connective::And)
            && joints.contains(&Connective::Or)
            && joints.len() + 1 == items.len()
        {
            return Ok(MathObject::List(grouped(items, &joints), Connective::Or));
        }
        if let ([_], []) = (&items[..], &joints[..]) {
            return items.pop().map_or_else(|| self.missing(), Ok);
        }
        let connective = joints.iter().find(|joint| **joint != Connective::Comma);
        let connective = *connective.or_else(|| joints.first()).unwrap_or(&Connective::Or);
        Ok(MathObject::List(items, connective))
    }

    /// Consumes what stands between two answers.
    fn joint(&mut self) -> Option<Connective> {
        let joint = match self.peek()? {
            TokenKind::Comma | TokenKind::Semicolon => Connective::Comma,
            TokenKind::Or | TokenKind::Union => Connective::Or,
            TokenKind::And | TokenKind::Intersection => Connective::And,
            _ => return None,
        };
        self.next += 1;
        Some(joint)
    }

    /// Parses one answer; `A(1, 2)` is the point (1, 2) with its name.
    fn named_item(&mut self) -> ParseResult<MathObject> {
        let Some(name) = self.point_name() else { return self.chain() };
        self.next += 1;
        let name = self.add(Node::Symbol(name.into()))?;
        let point = self.chain()?;
        Ok(match point {
            MathObject::Tuple(_) => {
                MathObject::Chain(vec![MathObject::Expr(name), point], vec![Relation::Equal])
            }
            other => other,
        })
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

    /// Returns the name before a point, unless it is a function: `P(5, 2)`.
    fn point_name(&self) -> Option<String> {
        let name = match self.peek() {
            Some(TokenKind::Symbol(name)) if name.len() == 1 && name.chars().all(char::is_uppercase) => name,
            _ => return None,
        };
        let function = matches!(name.as_str(), "P" | "C") && self.is_selection(self.next + 1)
            || self.notation.has_function(name);
        let point = self.ahead(1) == Some(&TokenKind::Open) && self.list_in_brackets(self.next + 1).is_some();
        (point && !function).then(|| name.clone())
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
        if self.at_condition() {
            return self.bracketed();
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
        if relations.is_empty() { Ok(sides.remove(0)) } else { self.labelled(sides, relations) }
    }

    /// Returns `true` before brackets around conditions: `(x > 1 and x < 2)`.
    fn at_condition(&self) -> bool {
        if self.peek() != Some(&TokenKind::Open) {
            return false;
        }
        let mut depth = 0usize;
        let mut condition = false;
        for (at, token) in self.tokens.iter().enumerate().skip(self.next) {
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return condition && self.may_follow_list(at + 1);
                }
            }
            condition |= depth == 1 && matches!(token.kind, TokenKind::Relation(_));
        }
        false
    }

    fn bracketed(&mut self) -> ParseResult<MathObject> {
        let opened = self.at();
        self.next += 1;
        let inside = self.nested(Self::answers)?;
        self.close(&TokenKind::Close, opened)?;
        Ok(inside)
    }

    fn side(&mut self) -> ParseResult<MathObject> {
        let first = self.part()?;
        let line = is_part_of_line(&first);
        if line
            && matches!(self.peek(), Some(TokenKind::Minus | TokenKind::SetMinus | TokenKind::Intersection))
        {
            return self.without(first);
        }
        if !self.at_set_operator() {
            return Ok(first);
        }
        let letters = |parser: &Self, id: Id| {
            let names = parser.arena.symbols(id);
            !names.is_empty() && names.iter().all(|name| name.starts_with(|c: char| !c.is_ascii_lowercase()))
        };
        match first {
            MathObject::Expr(id) if letters(self, id) => {
                let id = self.complement(id)?;
                return self.sets(id).map(MathObject::Expr);
            }
            // `x > -2 ∩ x < 5`: the operator stands between conditions.
            MathObject::Expr(_) => return Ok(first),
            _ => {}
        }
        let mut parts = vec![first];
        while self.eat(&TokenKind::Union) {
            let part = self.part()?;
            if matches!(part, MathObject::Expr(_) | MathObject::Matrix(_) | MathObject::Words(_)) {
                return self.fail("Only intervals and sets have a union: write it as [1, 2] ∪ [3, 4].");
            }
            parts.push(part);
            if parts.len() > ELEMENTS {
                return self.fail(format!("This union is too long: write at most {ELEMENTS} parts."));
            }
        }
        if self.at_set_operator() {
            return self.fail("This can't be computed here: write the interval or the set itself.");
        }
        Ok(MathObject::Union(parts))
    }

    pub(super) fn part(&mut self) -> ParseResult<MathObject> {
        match self.peek() {
            Some(TokenKind::Empty) => {
                self.next += 1;
                return Ok(MathObject::Empty);
            }
            // `R - {0}`
            Some(TokenKind::Symbol(name))
                if name == "R"
                    && matches!(self.ahead(1), Some(TokenKind::Minus | TokenKind::SetMinus))
                    && matches!(
                        self.ahead(2),
                        Some(
                            TokenKind::OpenSquare
                                | TokenKind::OpenSet
                                | TokenKind::OpenBrace
                                | TokenKind::CloseSquare
                        )
                    ) =>
            {
                self.next += 1;
                return Ok(MathObject::Reals);
            }
            Some(TokenKind::Reals) => {
                self.next += 1;
                return Ok(MathObject::Reals);
            }
            Some(TokenKind::Binomial) if self.notation.points => return self.column(),
            Some(TokenKind::OpenSet | TokenKind::OpenBrace) if self.is_builder() => return self.builder(),
            Some(TokenKind::OpenSet) => return self.elements(),
            Some(TokenKind::OpenAngle) if self.list_in_brackets(self.next).is_none() => {
                return self.elements();
            }
            Some(TokenKind::OpenSquare | TokenKind::CloseSquare)
                if self.list_in_brackets(self.next).is_some() =>
            {
                return self.elements();
            }
            Some(TokenKind::OpenBrace) if self.is_plain_set() => return self.elements(),
            Some(TokenKind::OpenSquare) if self.is_plain_matrix() => return self.elements(),
            _ => {}
        }
        self.expression_or_vector()
    }

    pub(super) fn ratio(&mut self, first: Id) -> ParseResult<MathObject> {
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

    /// Parses `\binom{3}{-2}` as a column vector.
    fn column(&mut self) -> ParseResult<MathObject> {
        self.next += 1;
        let upper = self.argument()?;
        let lower = self.argument()?;
        Ok(MathObject::Matrix(vec![vec![upper], vec![lower]]))
    }
}

/// Groups answers by their connectives: "and" binds before "or".
fn grouped(items: Vec<MathObject>, joints: &[Connective]) -> Vec<MathObject> {
    let mut groups: Vec<Vec<MathObject>> = Vec::new();
    let mut joints = joints.iter();
    let mut together = false;
    for item in items {
        match groups.last_mut() {
            Some(group) if together => group.push(item),
            _ => groups.push(vec![item]),
        }
        together = joints.next() == Some(&Connective::And);
    }
    groups
        .into_iter()
        .map(|mut group| match group.pop() {
            Some(only) if group.is_empty() => only,
            last => {
                group.extend(last);
                MathObject::List(group, Connective::And)
            }
        })
        .collect()
}
