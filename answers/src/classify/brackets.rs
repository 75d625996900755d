//! Brackets with a comma in them: points, intervals, sets, and matrices in both notations.

use super::{Connective, MathObject};
use crate::error::ParseError;
use crate::lex::function::Constant;
use crate::lex::token::{Relation, TokenKind};
use crate::limits::ELEMENTS;
use crate::parse::tree::{Id, Node};
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    /// Returns the index of the closing bracket, if the brackets contain a list.
    ///
    /// A list has a comma directly in its brackets, and is not a factor of a product.
    pub(super) fn list_in_brackets(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut listed = false;
        for (index, token) in self.tokens.iter().enumerate().skip(open) {
            // `]1, 2[`: the first bracket opens, and the last one closes.
            let french = self.tokens[open].kind == TokenKind::CloseSquare;
            let opens = token.kind.opens() && !(french && depth == 1 && token.kind == TokenKind::OpenSquare);
            let opens = opens || index == open;
            if opens {
                depth += 1;
            } else if token.kind.closes() || french && token.kind == TokenKind::OpenSquare {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let round = self.tokens[open].kind == TokenKind::Open && token.kind == TokenKind::Close;
                    return listed.then_some(index).filter(|index| round || self.may_follow_list(index + 1));
                }
            }
            let cell_in_square = token.kind == TokenKind::Semicolon;
            listed |= depth == 1 && (token.kind == TokenKind::Comma || cell_in_square);
        }
        None
    }

    pub(super) fn may_follow_list(&self, index: usize) -> bool {
        match self.tokens.get(index).map(|token| &token.kind) {
            None => true,
            Some(kind) => {
                kind.closes()
                    // Two points side by side are an error of their own.
                    || self.opens_list(index)
                    || matches!(
                        kind,
                        TokenKind::Relation(_)
                            | TokenKind::Comma
                            | TokenKind::Semicolon
                            | TokenKind::Or
                            | TokenKind::And
                            | TokenKind::Union
                            | TokenKind::Intersection
                            | TokenKind::SetMinus
                            | TokenKind::Plus
                            | TokenKind::Minus
                    )
            }
        }
    }

    /// Returns `true` for a set without backslashes, `{1, 2}`, that is a whole side of a relation.
    pub(super) fn is_plain_set(&self) -> bool {
        if self.ahead(1) == Some(&TokenKind::CloseBrace) {
            return self.may_follow_list(self.next + 2);
        }
        self.list_in_brackets(self.next).is_some() || self.next == 0 && self.closes_at_the_end()
    }

    /// Returns `true` for a set builder: `{x : x > 2}`, `{x ∈ ℝ ∣ x > 2}`.
    pub(super) fn is_builder(&self) -> bool {
        let named = matches!(self.ahead(1), Some(TokenKind::Symbol(_)));
        let says = |n: usize| {
            matches!(self.ahead(n), Some(TokenKind::Colon | TokenKind::SuchThat | TokenKind::Bar(_)))
        };
        let member = matches!(self.ahead(2), Some(TokenKind::Relation(Relation::In))) && says(4);
        named && (says(2) || member)
    }

    /// Parses a set builder as its condition.
    pub(super) fn builder(&mut self) -> ParseResult<MathObject> {
        let opened = self.at();
        let open = self.tokens[self.next].kind.clone();
        self.next += if self.ahead(2) == Some(&TokenKind::Relation(Relation::In)) { 5 } else { 3 };
        let mut all = vec![self.chain()?];
        let mut connective = Connective::And;
        while let Some(kind @ (TokenKind::Or | TokenKind::And | TokenKind::Comma)) = self.peek() {
            if *kind == TokenKind::Or {
                connective = Connective::Or;
            }
            self.next += 1;
            let next = self.chain()?;
            all.push(next);
            if all.len() > ELEMENTS {
                return self.fail(format!("This set is too long: write at most {ELEMENTS} conditions."));
            }
        }
        let close =
            open.closing().and_then(|closing| closing.first()).cloned().unwrap_or(TokenKind::CloseSet);
        self.close(&close, opened)?;
        if let [one] = &all[..] { Ok(one.clone()) } else { Ok(MathObject::List(all, connective)) }
    }

    fn closes_at_the_end(&self) -> bool {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate() {
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1 == self.tokens.len();
                }
            }
        }
        false
    }

    /// Returns `true` for a matrix in square brackets, `[[1, 2], [3, 4]]`, with any number of rows.
    pub(super) fn is_plain_matrix(&self) -> bool {
        self.ahead(1) == Some(&TokenKind::OpenSquare) && self.list_in_brackets(self.next + 1).is_some()
    }

    /// Parses brackets with a list in them, and classifies the object by the brackets.
    pub(super) fn elements(&mut self) -> ParseResult<MathObject> {
        let opened = self.at();
        let open = self.tokens[self.next].kind.clone();
        self.next += 1;
        let mut all: Vec<Vec<MathObject>> = vec![Vec::new()];
        if matches!(open, TokenKind::OpenSet | TokenKind::OpenBrace)
            && self.peek().is_some_and(|kind| self.closes(&open, kind))
        {
            self.next += 1;
            return Ok(MathObject::Empty);
        }
        let close = loop {
            let element = self.element()?;
            if let Some(row) = all.last_mut() {
                row.push(element);
            }
            if all.iter().map(Vec::len).sum::<usize>() > ELEMENTS {
                return self.fail(format!("This list is too long: write at most {ELEMENTS} elements."));
            }
            match self.peek().cloned() {
                Some(TokenKind::Comma) => self.next += 1,
                Some(TokenKind::Semicolon) if open == TokenKind::OpenSquare => {
                    self.next += 1;
                    all.push(Vec::new());
                }
                Some(TokenKind::Semicolon) => self.next += 1,
                Some(kind) if self.closes(&open, &kind) => {
                    self.next += 1;
                    break kind;
                }
                None => return Err(ParseError::new(opened, "This bracket is open: close it.")),
                Some(_) => return self.fail("This can't stand here: put a comma before it."),
            }
        };
        self.named_by_brackets(&open, &close, all)
    }

    fn closes(&self, open: &TokenKind, kind: &TokenKind) -> bool {
        match open {
            TokenKind::CloseSquare => {
                matches!(kind, TokenKind::OpenSquare | TokenKind::CloseSquare | TokenKind::Close)
            }
            TokenKind::OpenSquare => {
                matches!(kind, TokenKind::Close | TokenKind::CloseSquare | TokenKind::OpenSquare)
            }
            _ => open.closing().is_some_and(|closing| closing.contains(kind)),
        }
    }

    /// Parses one element: an expression, or nested brackets.
    fn element(&mut self) -> ParseResult<MathObject> {
        self.depth += 1;
        if self.depth > 8 {
            return self.fail("There are too many brackets in brackets: write fewer.");
        }
        let nested = matches!(
            self.peek(),
            Some(TokenKind::Open | TokenKind::OpenSquare | TokenKind::OpenSet | TokenKind::OpenAngle)
        ) && self.list_in_brackets(self.next).is_some();
        let element = if nested { self.elements() } else { self.chain() };
        self.depth -= 1;
        element
    }

    fn named_by_brackets(
        &self,
        open: &TokenKind,
        close: &TokenKind,
        mut rows: Vec<Vec<MathObject>>,
    ) -> ParseResult<MathObject> {
        if matches!(open, TokenKind::OpenSet | TokenKind::OpenBrace) {
            return Ok(MathObject::Set(rows.into_iter().flatten().collect()));
        }
        if rows.len() > 1 {
            return if rows.len() == 2
                && let ([MathObject::Expr(low)], [MathObject::Expr(high)]) = (&rows[0][..], &rows[1][..])
            {
                // Some schools write an interval as `[1; 2]`.
                Ok(interval(open, close, *low, *high))
            } else {
                matrix_of(rows).map_or_else(|| self.fail("Every row needs as many entries as the first."), Ok)
            };
        }
        let row = rows.pop().unwrap_or_default();
        let infinite = |id: &Id| match self.arena.node(*id) {
            Node::Constant(constant) => *constant == Constant::Infinity,
            Node::Negative(of) => *self.arena.node(*of) == Node::Constant(Constant::Infinity),
            _ => false,
        };
        // `(-∞, 3)` is no point.
        let unbounded = row.iter().any(|one| matches!(one, MathObject::Expr(id) if infinite(id)));
        let square = *open != TokenKind::Open || *close != TokenKind::Close || unbounded;
        if let ([MathObject::Expr(low), MathObject::Expr(high)], true) =
            (&row[..], square && *open != TokenKind::OpenAngle)
        {
            return Ok(interval(open, close, *low, *high));
        }
        let nested = row.iter().all(|row| matches!(row, MathObject::Tuple(_) | MathObject::Interval { .. }));
        if *open == TokenKind::OpenSquare && nested {
            let rows = row.into_iter().map(|row| match row {
                MathObject::Tuple(row) => row,
                MathObject::Interval { low, high, .. } => vec![MathObject::Expr(low), MathObject::Expr(high)],
                other => vec![other],
            });
            return matrix_of(rows.collect())
                .map_or_else(|| self.fail("Every row needs as many entries as the first."), Ok);
        }
        Ok(MathObject::Tuple(row))
    }

    /// Parses `\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`.
    pub(super) fn matrix(&mut self) -> ParseResult<Vec<Vec<Id>>> {
        let opened = self.at();
        let Some(TokenKind::Begin(name)) = self.peek().cloned() else { return self.missing() };
        if !matches!(
            name.trim_end_matches('*'),
            "pmatrix" | "bmatrix" | "matrix" | "Bmatrix" | "smallmatrix" | "array"
        ) {
            return self.fail(format!("“{name}” can't be read: write a matrix as pmatrix."));
        }
        self.next += 1;
        let mut rows = vec![Vec::new()];
        loop {
            match self.peek() {
                Some(TokenKind::Row) => {
                    self.next += 1;
                    if !matches!(self.peek(), Some(TokenKind::End(_))) {
                        rows.push(Vec::new());
                    }
                }
                Some(TokenKind::Cell) => self.next += 1,
                Some(TokenKind::End(_)) => {
                    self.next += 1;
                    break;
                }
                None => return Err(ParseError::new(opened, "This matrix is open: close it with \\end.")),
                Some(_) => {
                    let entry = self.sum()?;
                    if let Some(row) = rows.last_mut() {
                        row.push(entry);
                    }
                }
            }
        }
        let width = rows[0].len();
        if width == 0 || rows.iter().any(|row| row.len() != width) {
            return Err(ParseError::new(opened, "Every row needs as many entries as the first."));
        }
        if width * rows.len() > ELEMENTS {
            return Err(ParseError::new(
                opened,
                format!("This matrix is too large: write at most {ELEMENTS} entries."),
            ));
        }
        Ok(rows)
    }
}

fn interval(open: &TokenKind, close: &TokenKind, low: Id, high: Id) -> MathObject {
    MathObject::Interval {
        low,
        high,
        low_closed: *open == TokenKind::OpenSquare,
        high_closed: *close == TokenKind::CloseSquare,
    }
}

fn matrix_of(rows: Vec<Vec<MathObject>>) -> Option<MathObject> {
    let width = rows.first()?.len();
    let rows: Vec<Vec<Id>> = rows
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|entry| if let MathObject::Expr(id) = entry { Some(id) } else { None })
                .collect()
        })
        .collect::<Option<_>>()?;
    rows.iter().all(|row: &Vec<Id>| row.len() == width).then_some(MathObject::Matrix(rows))
}
