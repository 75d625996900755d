//! Brackets and bars: what stands in them, and what is wrong with them.

use super::{Parser, Read};
use crate::expr::{Function, Id, Node};
use crate::token::{Bar, Kind};
use crate::verdict::Unreadable;

impl Parser {
    /// Says what is wrong where something should stand and doesn't.
    pub(crate) fn missing<T>(&self) -> Read<T> {
        let before = self.next.checked_sub(1).and_then(|n| self.tokens.get(n)).map(|token| &token.kind);
        let after = match before {
            None if self.tokens.is_empty() => return self.fail("There is nothing here: write an answer."),
            None => return self.fail("An answer can't begin with this: write a number or a letter first."),
            Some(Kind::Plus) => "the +",
            Some(Kind::Minus) => "the -",
            Some(Kind::Times) => "the times sign",
            Some(Kind::Over) => "the division sign",
            Some(Kind::Caret) => "the ^",
            Some(Kind::Open | Kind::OpenSquare | Kind::OpenBrace) => "the bracket",
            Some(Kind::Relation(_)) => "the sign between the two sides",
            Some(Kind::Comma | Kind::Semicolon) => "the comma",
            Some(Kind::Function(_)) => "the name of the function",
            _ => "this",
        };
        self.fail(format!("Something is missing after {after}: fill it in, or take it away."))
    }

    /// What stands in round, square or grouping brackets.
    pub(super) fn group(&mut self) -> Read<Id> {
        let opened = self.at();
        let kind = self.tokens[self.next].kind.clone();
        self.next += 1;
        let bars = std::mem::take(&mut self.bars);
        let inside = self.sum()?;
        self.bars = bars;
        let close = match kind {
            Kind::OpenSquare => Kind::CloseSquare,
            Kind::OpenBrace => Kind::CloseBrace,
            _ => Kind::Close,
        };
        self.close(&close, opened)?;
        Ok(inside)
    }

    pub(crate) fn close(&mut self, close: &Kind, opened: usize) -> Read<()> {
        if self.eat(close) {
            return Ok(());
        }
        match self.peek() {
            None => Err(Unreadable::new(opened, "This bracket is open: close it.")),
            Some(Kind::Comma | Kind::Semicolon)
                if !self.tokens[self.next..].iter().any(|token| token.kind.closes()) =>
            {
                Err(Unreadable::new(opened, "This bracket is open: close it."))
            }
            Some(Kind::Comma | Kind::Semicolon) => {
                self.fail("A comma can't stand here: use a point in decimals, as in 1.5.")
            }
            Some(kind) if kind.closes() => {
                self.fail("This bracket doesn't close the one that is open: change it.")
            }
            Some(_) => self.fail("This can't stand here: take it away, or put a sign before it."),
        }
    }

    pub(super) fn within(&mut self, close: &Kind, function: Function) -> Read<Id> {
        let opened = self.at();
        self.next += 1;
        let bars = std::mem::take(&mut self.bars);
        let inside = self.sum()?;
        self.bars = bars;
        self.close(close, opened)?;
        self.add(Node::Call(function, [inside].into()))
    }

    pub(super) fn absolute(&mut self) -> Read<Id> {
        let opened = self.at();
        self.next += 1;
        self.bars += 1;
        let inside = self.sum()?;
        self.bars -= 1;
        if !matches!(self.peek(), Some(Kind::Bar(Bar::Either | Bar::Close))) {
            return Err(Unreadable::new(opened, "This bar is open: close it with another |."));
        }
        self.next += 1;
        self.add(Node::Call(Function::Abs, [inside].into()))
    }
}
