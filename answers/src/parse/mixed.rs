//! Mixed numbers: `2 1/2`, `2\frac{1}{2}`.

use dashu_ratio::RBig;

use super::tree::{Id, Node};
use super::{ParseResult, Parser};
use crate::lex::token::{Token, TokenKind};

impl Parser<'_> {
    /// Returns `true` for `2\frac{1}{2}`: an integer, then a fraction of integers below one.
    pub(super) fn is_mixed(&self, whole: Id, fraction: Id) -> bool {
        let int = |id: Id| match self.arena.node(id) {
            Node::Number(value, None) if value.is_int() => Some(value),
            _ => None,
        };
        let Node::Quotient(numerator, denominator) = self.arena.node(fraction) else { return false };
        match (int(whole), int(*numerator), int(*denominator)) {
            (Some(_), Some(numerator), Some(denominator)) => numerator < denominator,
            _ => false,
        }
    }

    /// Parses the mixed number `2 1/2`: an integer, a space, and a fraction of integers below one.
    pub(super) fn plain_mixed(&mut self, whole: Id) -> ParseResult<Id> {
        let plain = |n: usize| match self.tokens.get(self.next + n) {
            Some(Token { kind: TokenKind::Number { value, places: None }, spaced, .. }) if value.is_int() => {
                Some((value.clone(), *spaced))
            }
            _ => None,
        };
        let whole_is_int = self.arena.number(whole).is_some_and(RBig::is_int);
        let (Some((numerator, true)), Some(TokenKind::Divide), Some((denominator, _)), true) =
            (plain(0), self.ahead(1), plain(2), whole_is_int)
        else {
            return Ok(whole);
        };
        if numerator >= denominator {
            return Ok(whole);
        }
        self.next += 3;
        let numerator = self.number(numerator)?;
        let denominator = self.number(denominator)?;
        let fraction = self.add(Node::Quotient(numerator, denominator))?;
        self.add(Node::Mixed(whole, fraction))
    }
}
