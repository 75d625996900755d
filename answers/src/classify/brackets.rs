//! Brackets with a comma in them: points, intervals, sets, and matrices of both notations.

use super::{Joint, Shape};
use crate::expr::Id;
use crate::limits::ELEMENTS;
use crate::parse::{Parser, Read};
use crate::token::{Kind, Relation};
use crate::verdict::Unreadable;

impl Parser {
    /// Where the bracket that opens here closes, if a comma stands directly in it and nothing that would make it a
    /// factor follows.
    pub(super) fn list_in_brackets(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut listed = false;
        for (index, token) in self.tokens.iter().enumerate().skip(open) {
            // `]1, 2[`: at the first place and at the last one, the other bracket opens and closes.
            let french = self.tokens[open].kind == Kind::CloseSquare;
            let opens = token.kind.opens() && !(french && depth == 1 && token.kind == Kind::OpenSquare);
            let opens = opens || index == open;
            if opens {
                depth += 1;
            } else if token.kind.closes() || french && token.kind == Kind::OpenSquare {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return listed.then_some(index).filter(|index| self.may_follow_list(index + 1));
                }
            }
            let cell_in_square = token.kind == Kind::Semicolon;
            listed |= depth == 1 && (token.kind == Kind::Comma || cell_in_square);
        }
        None
    }

    fn may_follow_list(&self, index: usize) -> bool {
        match self.tokens.get(index).map(|token| &token.kind) {
            None => true,
            Some(kind) => {
                kind.closes()
                    || matches!(
                        kind,
                        Kind::Relation(_)
                            | Kind::Comma
                            | Kind::Semicolon
                            | Kind::Or
                            | Kind::And
                            | Kind::Union
                    )
            }
        }
    }

    /// `{1, 2}` without a backslash: the brace opens the side and closes it.
    pub(super) fn is_plain_set(&self) -> bool {
        if self.ahead(1) == Some(&Kind::CloseBrace) {
            return self.may_follow_list(self.next + 2);
        }
        self.list_in_brackets(self.next).is_some() || self.next == 0 && self.closes_at_the_end()
    }

    /// `{x : x > 2}`, `{x ∈ ℝ ∣ x > 2}`.
    pub(super) fn is_builder(&self) -> bool {
        let named = matches!(self.ahead(1), Some(Kind::Symbol(_)));
        let says = |n: usize| matches!(self.ahead(n), Some(Kind::Colon | Kind::SuchThat | Kind::Bar(_)));
        let member = matches!(self.ahead(2), Some(Kind::Relation(Relation::In))) && says(4);
        named && (says(2) || member)
    }

    /// The condition is what the set is.
    pub(super) fn builder(&mut self) -> Read<Shape> {
        let opened = self.at();
        let open = self.tokens[self.next].kind.clone();
        self.next += if self.ahead(2) == Some(&Kind::Relation(Relation::In)) { 5 } else { 3 };
        let mut all = vec![self.chain()?];
        let mut joint = Joint::And;
        while let Some(kind @ (Kind::Or | Kind::And | Kind::Comma)) = self.peek() {
            if *kind == Kind::Or {
                joint = Joint::Or;
            }
            self.next += 1;
            let next = self.chain()?;
            all.push(next);
            if all.len() > ELEMENTS {
                return self.fail(format!("This set is too long: write at most {ELEMENTS} conditions."));
            }
        }
        let close = open.closing().and_then(|closing| closing.first()).cloned().unwrap_or(Kind::CloseSet);
        self.close(&close, opened)?;
        if let [one] = &all[..] { Ok(one.clone()) } else { Ok(Shape::List(all, joint)) }
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

    /// `[[1, 2], [3, 4]]`, also with one row only.
    pub(super) fn is_plain_matrix(&self) -> bool {
        self.ahead(1) == Some(&Kind::OpenSquare) && self.list_in_brackets(self.next + 1).is_some()
    }

    /// Reads brackets with a list in them, and says by the brackets what they are.
    pub(super) fn elements(&mut self) -> Read<Shape> {
        let opened = self.at();
        let open = self.tokens[self.next].kind.clone();
        self.next += 1;
        let mut all: Vec<Vec<Shape>> = vec![Vec::new()];
        if matches!(open, Kind::OpenSet | Kind::OpenBrace)
            && self.peek().is_some_and(|kind| self.closes(&open, kind))
        {
            self.next += 1;
            return Ok(Shape::Empty);
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
                Some(Kind::Comma) => self.next += 1,
                Some(Kind::Semicolon) if open == Kind::OpenSquare => {
                    self.next += 1;
                    all.push(Vec::new());
                }
                Some(Kind::Semicolon) => self.next += 1,
                Some(kind) if self.closes(&open, &kind) => {
                    self.next += 1;
                    break kind;
                }
                None => return Err(Unreadable::new(opened, "This bracket is open: close it.")),
                Some(_) => return self.fail("This can't stand here: put a comma before it."),
            }
        };
        self.named_by_brackets(&open, &close, all)
    }

    fn closes(&self, open: &Kind, kind: &Kind) -> bool {
        match open {
            Kind::CloseSquare => matches!(kind, Kind::OpenSquare | Kind::CloseSquare | Kind::Close),
            Kind::OpenSquare => matches!(kind, Kind::Close | Kind::CloseSquare | Kind::OpenSquare),
            _ => open.closing().is_some_and(|closing| closing.contains(kind)),
        }
    }

    /// One element: an expression, or brackets again.
    fn element(&mut self) -> Read<Shape> {
        self.depth += 1;
        if self.depth > 8 {
            return self.fail("There are too many brackets in brackets: write fewer.");
        }
        let nested =
            matches!(self.peek(), Some(Kind::Open | Kind::OpenSquare | Kind::OpenSet | Kind::OpenAngle))
                && self.list_in_brackets(self.next).is_some();
        let element = if nested { self.elements() } else { self.sum().map(Shape::Expr) };
        self.depth -= 1;
        element
    }

    fn named_by_brackets(&self, open: &Kind, close: &Kind, mut rows: Vec<Vec<Shape>>) -> Read<Shape> {
        if matches!(open, Kind::OpenSet | Kind::OpenBrace) {
            return Ok(Shape::Set(rows.into_iter().flatten().collect()));
        }
        if rows.len() > 1 {
            return if rows.len() == 2
                && let ([Shape::Expr(low)], [Shape::Expr(high)]) = (&rows[0][..], &rows[1][..])
            {
                // `[1; 2]` is how some schools write an interval.
                Ok(interval(open, close, *low, *high))
            } else {
                matrix_of(rows).map_or_else(|| self.fail("Every row needs as many entries as the first."), Ok)
            };
        }
        let row = rows.pop().unwrap_or_default();
        let square = *open != Kind::Open || *close != Kind::Close;
        if let ([Shape::Expr(low), Shape::Expr(high)], true) = (&row[..], square && *open != Kind::OpenAngle)
        {
            return Ok(interval(open, close, *low, *high));
        }
        let nested = row.iter().all(|row| matches!(row, Shape::Tuple(_) | Shape::Interval { .. }));
        if *open == Kind::OpenSquare && nested {
            let rows = row.into_iter().map(|row| match row {
                Shape::Tuple(row) => row,
                Shape::Interval { low, high, .. } => vec![Shape::Expr(low), Shape::Expr(high)],
                other => vec![other],
            });
            return matrix_of(rows.collect())
                .map_or_else(|| self.fail("Every row needs as many entries as the first."), Ok);
        }
        Ok(Shape::Tuple(row))
    }

    /// `\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`.
    pub(super) fn matrix(&mut self) -> Read<Vec<Vec<Id>>> {
        let opened = self.at();
        let Some(Kind::Begin(name)) = self.peek().cloned() else { return self.missing() };
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
                Some(Kind::Row) => {
                    self.next += 1;
                    if !matches!(self.peek(), Some(Kind::End(_))) {
                        rows.push(Vec::new());
                    }
                }
                Some(Kind::Cell) => self.next += 1,
                Some(Kind::End(_)) => {
                    self.next += 1;
                    break;
                }
                None => return Err(Unreadable::new(opened, "This matrix is open: close it with \\end.")),
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
            return Err(Unreadable::new(opened, "Every row needs as many entries as the first."));
        }
        if width * rows.len() > ELEMENTS {
            return Err(Unreadable::new(
                opened,
                format!("This matrix is too large: write at most {ELEMENTS} entries."),
            ));
        }
        Ok(rows)
    }
}

fn interval(open: &Kind, close: &Kind, low: Id, high: Id) -> Shape {
    Shape::Interval { low, high, low_in: *open == Kind::OpenSquare, high_in: *close == Kind::CloseSquare }
}

fn matrix_of(rows: Vec<Vec<Shape>>) -> Option<Shape> {
    let width = rows.first()?.len();
    let rows: Vec<Vec<Id>> = rows
        .into_iter()
        .map(|row| {
            row.into_iter().map(|entry| if let Shape::Expr(id) = entry { Some(id) } else { None }).collect()
        })
        .collect::<Option<_>>()?;
    rows.iter().all(|row: &Vec<Id>| row.len() == width).then_some(Shape::Matrix(rows))
}
