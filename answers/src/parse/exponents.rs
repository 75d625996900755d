//! Exponents, and the postfix operators `!`, `%` and `°`.

use dashu_ratio::RBig;

use super::tree::{Id, Node};
use super::{ParseResult, Parser};
use crate::lex::token::{Token, TokenKind};

impl Parser<'_> {
    pub(crate) fn power(&mut self) -> ParseResult<Id> {
        if let Some(id) = self.prescript()? {
            return Ok(id);
        }
        let base = self.postfix()?;
        self.power_of(base)
    }

    /// Parses the exponents and postfix operators that follow a base.
    pub(crate) fn power_of(&mut self, mut base: Id) -> ParseResult<Id> {
        while self.eat(&TokenKind::Caret) {
            if let Some(mark) = self.raised_mark(base)? {
                base = self.marks(mark)?;
                continue;
            }
            let exponent = self.nested(Self::exponent)?;
            base = self.add(Node::Power(base, exponent))?;
            base = self.marks(base)?;
        }
        Ok(base)
    }

    /// Parses a raised degree sign: `^\circ`, `^{\circ}`.
    fn raised_mark(&mut self, base: Id) -> ParseResult<Option<Id>> {
        let braced =
            self.peek() == Some(&TokenKind::OpenBrace) && self.ahead(2) == Some(&TokenKind::CloseBrace);
        if self.ahead(usize::from(braced)) != Some(&TokenKind::Degree) {
            return Ok(None);
        }
        self.next += if braced { 3 } else { 1 };
        self.add(Node::Degrees(base)).map(Some)
    }

    fn exponent(&mut self) -> ParseResult<Id> {
        if self.latex
            && let Some(TokenKind::Number { value, places: None }) = self.peek()
            && value.is_int()
            && *value >= RBig::from(10)
        {
            return self.first_digit();
        }
        match self.peek() {
            Some(TokenKind::Minus) => {
                self.next += 1;
                // LaTeX does not write `10^-20`; an author who does means the whole number.
                let of = match self.peek().cloned() {
                    Some(TokenKind::Number { value, places }) => {
                        self.next += 1;
                        self.add(Node::Number(value, places))?
                    }
                    _ => self.nested(Self::exponent)?,
                };
                let of = self.marks(of)?;
                self.add(Node::Negative(of))
            }
            Some(TokenKind::Plus) => {
                self.next += 1;
                self.nested(Self::exponent)
            }
            // LaTeX raises one token: `x^ab` is x^a·b.
            _ if self.latex => self.primary(),
            _ => {
                let base = self.postfix()?;
                self.power_of(base)
            }
        }
    }

    /// Parses the first digit of a number without braces.
    ///
    /// In LaTeX `x^23` is x²·3, and `\frac12` is ½.
    pub(super) fn first_digit(&mut self) -> ParseResult<Id> {
        let Some(Token { kind: TokenKind::Number { value, .. }, at, .. }) =
            self.tokens.get(self.next).cloned()
        else {
            return self.primary();
        };
        let digits = value.to_string();
        if !value.is_int() || digits.len() < 2 {
            return self.primary();
        }
        let parse = |text: &str| text.parse::<dashu_int::IBig>().map_or(RBig::ZERO, RBig::from);
        let rest = TokenKind::Number { value: parse(&digits[1..]), places: None };
        self.tokens[self.next] = Token { kind: rest, at: at + 1, spaced: false };
        self.number(parse(&digits[..1]))
    }

    /// Parses an operand with its postfix operators: `5!`, `50%`, `30°`.
    fn postfix(&mut self) -> ParseResult<Id> {
        let id = self.primary()?;
        self.marks(id)
    }

    fn marks(&mut self, mut id: Id) -> ParseResult<Id> {
        loop {
            let node = match self.peek() {
                Some(TokenKind::Bang) => Node::Factorial(id),
                Some(TokenKind::Percent) => Node::Percent(id),
                Some(TokenKind::Degree) => Node::Degrees(id),
                Some(TokenKind::Prime) => Node::Apply(super::events::COMPLEMENT.into(), [id].into()),
                _ => return Ok(id),
            };
            self.next += 1;
            id = self.add(node)?;
        }
    }
}
