//! Brackets and bars, and the error messages for unbalanced ones.

use super::{ParseResult, Parser};
use crate::error::ParseError;
use crate::lex::function::Function;
use crate::lex::token::{Bar, Token, TokenKind};
use crate::parse::tree::{Id, Node};

impl Parser<'_> {
    /// Fails where an operand is missing, with a message that names the token before it.
    pub(crate) fn missing<T>(&self) -> ParseResult<T> {
        let before = self.next.checked_sub(1).and_then(|n| self.tokens.get(n)).map(|token| &token.kind);
        let after = match before {
            None if self.tokens.is_empty() => return self.fail("There is nothing here: write an answer."),
            None => return self.fail("An answer can't begin with this: write a number or a letter first."),
            Some(TokenKind::Plus) => "the +",
            Some(TokenKind::Minus) => "the -",
            Some(TokenKind::Times | TokenKind::Cross) => "the times sign",
            Some(TokenKind::Divide) => "the division sign",
            Some(TokenKind::Caret) => "the ^",
            Some(TokenKind::Open | TokenKind::OpenSquare | TokenKind::OpenBrace) => "the bracket",
            Some(TokenKind::Relation(_)) => "the sign between the two sides",
            Some(TokenKind::Comma | TokenKind::Semicolon) => "the comma",
            Some(TokenKind::Function(_)) => "the name of the function",
            _ => "this",
        };
        self.fail(format!("Something is missing after {after}: fill it in, or take it away."))
    }

    /// Parses an expression in round, square or grouping brackets.
    pub(super) fn group(&mut self) -> ParseResult<Id> {
        let opened = self.at();
        let kind = self.tokens[self.next].kind.clone();
        self.next += 1;
        let bars = std::mem::take(&mut self.bars);
        let inside = self.sum()?;
        let inside = if self.at_set_operator() { self.sets(inside)? } else { inside };
        self.bars = bars;
        let close = match kind {
            TokenKind::OpenSquare => TokenKind::CloseSquare,
            TokenKind::OpenBrace => TokenKind::CloseBrace,
            _ => TokenKind::Close,
        };
        self.close(&close, opened)?;
        Ok(inside)
    }

    pub(crate) fn close(&mut self, close: &TokenKind, opened: usize) -> ParseResult<()> {
        if self.eat(close) {
            return Ok(());
        }
        match self.peek() {
            None => Err(ParseError::new(opened, "This bracket is open: close it.")),
            Some(TokenKind::Comma | TokenKind::Semicolon)
                if !self.tokens[self.next..].iter().any(|token| token.kind.closes()) =>
            {
                Err(ParseError::new(opened, "This bracket is open: close it."))
            }
            Some(TokenKind::Comma | TokenKind::Semicolon) => {
                let number = |token: Option<&Token>| {
                    token.is_some_and(|token| !token.spaced && matches!(token.kind, TokenKind::Number { .. }))
                };
                let decimal = self.next > 0
                    && matches!(self.tokens[self.next - 1].kind, TokenKind::Number { .. })
                    && number(self.tokens.get(self.next + 1));
                self.fail(if decimal {
                    "A comma can't stand here: use a point in decimals, as in 1.5."
                } else {
                    "A comma can't stand here: write one value in these brackets."
                })
            }
            Some(kind) if kind.closes() => {
                self.fail("This bracket doesn't close the one that is open: change it.")
            }
            Some(_) => self.fail("This can't stand here: take it away, or put a sign before it."),
        }
    }

    pub(super) fn within(&mut self, close: &TokenKind, function: Function) -> ParseResult<Id> {
        let opened = self.at();
        self.next += 1;
        let bars = std::mem::take(&mut self.bars);
        let inside = self.sum()?;
        self.bars = bars;
        self.close(close, opened)?;
        self.add(Node::Call(function, [inside].into()))
    }

    pub(super) fn absolute(&mut self) -> ParseResult<Id> {
        let opened = self.at();
        self.next += 1;
        self.bars += 1;
        let inside = self.sum()?;
        self.bars -= 1;
        if !matches!(self.peek(), Some(TokenKind::Bar(Bar::Either | Bar::Close))) {
            return Err(ParseError::new(opened, "This bar is open: close it with another |."));
        }
        self.next += 1;
        self.add(Node::Call(Function::Abs, [inside].into()))
    }
}
