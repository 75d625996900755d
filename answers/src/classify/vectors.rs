//! Sums and multiples of vectors, points and matrices: `(1,3) + t(2,5)`.

use super::MathObject;
use crate::lex::token::TokenKind;
use crate::parse::tree::{Id, Node};
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    /// Returns `true` before a matrix, or before brackets that are a point or a vector.
    fn at_vector(&self) -> bool {
        self.is_vector_at(self.next)
    }

    fn is_vector_at(&self, at: usize) -> bool {
        match self.tokens.get(at).map(|token| &token.kind) {
            Some(TokenKind::Begin(_)) => true,
            Some(TokenKind::Open | TokenKind::OpenAngle) => self.list_in_brackets(at).is_some(),
            _ => false,
        }
    }

    /// Parses a vector and the numbers that follow it as factors: `(1,2)c`.
    fn vector(&mut self) -> ParseResult<MathObject> {
        let mut vector = if matches!(self.peek(), Some(TokenKind::Begin(_))) {
            self.matrix().map(MathObject::Matrix)?
        } else {
            self.elements()?
        };
        loop {
            let sign = matches!(self.peek(), Some(TokenKind::Times | TokenKind::Cross));
            if self.is_vector_at(self.next + usize::from(sign))
                && (sign || self.peek() != Some(&TokenKind::Open))
            {
                return self.fail("A product of vectors can't be computed here: write its value.");
            }
            if !sign && !self.starts_factor() {
                return Ok(vector);
            }
            self.next += usize::from(sign);
            let factor = self.power()?;
            vector = self.scaled(factor, &vector)?;
        }
    }

    /// Parses an expression, or a sum of vectors with their scalars.
    pub(super) fn expression_or_vector(&mut self) -> ParseResult<MathObject> {
        let signed = matches!(self.peek(), Some(TokenKind::Minus | TokenKind::Plus))
            && self.is_vector_at(self.next + 1);
        let first = match self.peek() {
            _ if self.at_vector() => self.vector()?,
            Some(sign) if signed => {
                let negative = *sign == TokenKind::Minus;
                self.next += 1;
                let vector = self.vector()?;
                if negative { self.negative_of(&vector)? } else { vector }
            }
            _ => {
                let scalar = self.sum()?;
                self.eat_sign();
                if !self.at_vector() {
                    return if self.peek() == Some(&TokenKind::Colon) {
                        self.ratio(scalar)
                    } else {
                        Ok(MathObject::Expr(scalar))
                    };
                }
                let vector = self.vector()?;
                self.scaled(scalar, &vector)?
            }
        };
        self.vector_terms(first)
    }

    /// Consumes a multiplication sign before a vector.
    fn eat_sign(&mut self) {
        if matches!(self.peek(), Some(TokenKind::Times | TokenKind::Cross)) {
            self.next += 1;
        }
    }

    fn vector_terms(&mut self, first: MathObject) -> ParseResult<MathObject> {
        if matches!(first, MathObject::Interval { .. }) {
            return Ok(first);
        }
        let mut sum = first;
        let mut count = 0;
        while let Some(sign @ (TokenKind::Plus | TokenKind::Minus)) = self.peek() {
            let negative = *sign == TokenKind::Minus;
            self.next += 1;
            let scalar = if self.at_vector() { None } else { Some(self.product()?) };
            self.eat_sign();
            if !self.at_vector() {
                return self.fail("A vector and a number can't be added: write a vector here.");
            }
            let mut term = self.vector()?;
            if let Some(scalar) = scalar {
                term = self.scaled(scalar, &term)?;
            }
            if negative {
                term = self.negative_of(&term)?;
            }
            sum = self.added(sum, term)?;
            count += 1;
            if count > 16 {
                return self.fail("There are too many vectors in this sum: write fewer.");
            }
        }
        Ok(sum)
    }

    fn negative_of(&mut self, vector: &MathObject) -> ParseResult<MathObject> {
        self.map(vector, &mut |parser, id| parser.add(Node::Negative(id)))
    }

    fn scaled(&mut self, scalar: Id, vector: &MathObject) -> ParseResult<MathObject> {
        self.map(vector, &mut |parser, id| parser.add(Node::Product([scalar, id].into())))
    }

    fn map(
        &mut self,
        vector: &MathObject,
        to: &mut dyn FnMut(&mut Self, Id) -> ParseResult<Id>,
    ) -> ParseResult<MathObject> {
        Ok(match vector {
            MathObject::Tuple(all) => {
                let mut mapped = Vec::with_capacity(all.len());
                for one in all {
                    let MathObject::Expr(id) = one else { return self.not_a_vector() };
                    mapped.push(MathObject::Expr(to(self, *id)?));
                }
                MathObject::Tuple(mapped)
            }
            MathObject::Matrix(rows) => {
                let mut mapped = Vec::with_capacity(rows.len());
                for row in rows {
                    let row: ParseResult<Vec<Id>> = row.iter().map(|id| to(self, *id)).collect();
                    mapped.push(row?);
                }
                MathObject::Matrix(mapped)
            }
            _ => return self.not_a_vector(),
        })
    }

    fn not_a_vector<T>(&self) -> ParseResult<T> {
        self.fail("Only vectors and matrices can be added or multiplied: write each entry as a number.")
    }

    /// Adds two vectors or matrices by their entries.
    fn added(&mut self, first: MathObject, second: MathObject) -> ParseResult<MathObject> {
        let (rows, column) = match (&first, &second) {
            (MathObject::Tuple(a), MathObject::Tuple(b)) if a.len() == b.len() => {
                let mut all = Vec::with_capacity(a.len());
                for two in a.iter().zip(b) {
                    let (MathObject::Expr(a), MathObject::Expr(b)) = two else { return self.not_a_vector() };
                    all.push(MathObject::Expr(self.add(Node::Sum([*a, *b].into()))?));
                }
                return Ok(MathObject::Tuple(all));
            }
            (MathObject::Matrix(a), MathObject::Matrix(b)) => (a, b.clone()),
            (MathObject::Matrix(a), MathObject::Tuple(b)) | (MathObject::Tuple(b), MathObject::Matrix(a)) => {
                let column: Option<Vec<Vec<Id>>> = b
                    .iter()
                    .map(|one| if let MathObject::Expr(id) = one { Some(vec![*id]) } else { None })
                    .collect();
                (a, column.unwrap_or_default())
            }
            _ => {
                return self
                    .fail("These have different sizes, so they can't be added: write vectors of one size.");
            }
        };
        let same = rows.len() == column.len() && rows.iter().zip(&column).all(|(a, b)| a.len() == b.len());
        if !same {
            return self
                .fail("These have different sizes, so they can't be added: write vectors of one size.");
        }
        let mut sum = Vec::with_capacity(rows.len());
        for (a, b) in rows.iter().zip(&column) {
            let row: ParseResult<Vec<Id>> =
                a.iter().zip(b).map(|(a, b)| self.add(Node::Sum([*a, *b].into()))).collect();
            sum.push(row?);
        }
        Ok(MathObject::Matrix(sum))
    }
}
