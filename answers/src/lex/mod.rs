//! Step 1: splits a text into tokens. Plain notation and LaTeX may be mixed.

use dashu_ratio::RBig;

use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::lex::notation::Notation;
use crate::lex::token::{Relation, Token, TokenKind};
use crate::limits::CHARS;

use self::number::integer;

mod commands;
pub(crate) mod function;
mod latex;
mod merge;
pub(crate) mod notation;
mod number;
mod phrases;
mod symbols;
pub(crate) mod token;
pub(crate) mod vocabulary;
pub(crate) mod words;

#[derive(Debug)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// `true` for a text with LaTeX in it, in which `x^23` is x²·3.
    pub(crate) latex: bool,
    pub(crate) len: usize,
}

/// Rejects a text that is too long.
pub(crate) fn check_length(text: &str) -> Result<(), ParseError> {
    // A character has at most four bytes, so a far longer text is rejected without counting.
    if text.len() > 4 * CHARS || text.chars().count() > CHARS {
        return Err(ParseError::new(CHARS, format!("This is too long: write at most {CHARS} characters.")));
    }
    Ok(())
}

pub(crate) fn lex(text: &str, notation: &Notation) -> Result<Lexed, ParseError> {
    let chars: Vec<char> = text.chars().map(vocabulary::latin).collect();
    let latex = chars.iter().any(|c| matches!(c, '\\' | '{'));
    let len = chars.len();
    let mut lexer = Lexer { chars, at: 0, notation, latex, spaced: false, depth: 0, tokens: Vec::new() };
    lexer.strip_dollars();
    while let Some(c) = lexer.peek(0) {
        lexer.next(c)?;
    }
    Ok(Lexed { tokens: merge::merged(lexer.tokens, notation)?, latex, len })
}

struct Lexer<'a> {
    chars: Vec<char>,
    at: usize,
    notation: &'a Notation,
    latex: bool,
    spaced: bool,
    /// The number of open brackets. A comma in brackets separates, and groups no digits.
    depth: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: TokenKind, at: usize) {
        match kind {
            TokenKind::Open | TokenKind::OpenSquare | TokenKind::OpenAngle | TokenKind::OpenSet => {
                self.depth += 1
            }
            TokenKind::Close | TokenKind::CloseSquare | TokenKind::CloseAngle | TokenKind::CloseSet => {
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
        self.tokens.push(Token { kind, at, spaced: std::mem::take(&mut self.spaced) });
    }

    fn error<T>(&self, at: usize, why: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(at, why))
    }

    /// Removes the dollars of LaTeX mathematics, `$x$`. The dollar of `$5` is money and stays.
    fn strip_dollars(&mut self) {
        while let (Some(first), Some(last)) = (
            self.chars.iter().position(|c| !c.is_whitespace()),
            self.chars.iter().rposition(|c| !c.is_whitespace()),
        ) {
            if first == last || self.chars[first] != '$' || self.chars[last] != '$' {
                break;
            }
            self.chars[first] = ' ';
            self.chars[last] = ' ';
        }
    }

    fn next(&mut self, c: char) -> Result<(), ParseError> {
        let at = self.at;
        if c.is_whitespace()
            || matches!(c, '~' | '∴' | '\u{200b}'..='\u{200f}' | '\u{2061}'..='\u{2064}' | '\u{feff}')
        {
            self.at += 1;
            self.spaced = true;
        } else if c.is_ascii_digit() || c == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.number()?;
        } else if matches!(c, '.' | '…')
            && self.chars[at..].iter().all(|c| matches!(c, '.' | '…') || c.is_whitespace())
        {
            self.at = self.chars.len();
            self.trailing_dots();
        } else if c == '\\' {
            self.command()?;
        } else if let Some(value) = vocabulary::vulgar_fraction(c) {
            self.at += 1;
            self.vulgar(value, at);
        } else if vocabulary::superscript(c).is_some() {
            self.raised(at);
        } else if c == '∛' || c == '∜' {
            self.at += 1;
            self.push(TokenKind::Function(Function::Root), at);
            // The degree goes where `\sqrt[3]` has it.
            let degree = if c == '∛' { 3 } else { 4 };
            self.push(TokenKind::OpenSquare, at);
            self.push(TokenKind::Number { value: RBig::from(degree), places: None }, at);
            self.push(TokenKind::CloseSquare, at);
        } else if self.follows_bracket()
            && let Some(primes) = Some(self.primes()).filter(|count| *count > 0)
        {
            for _ in 0..primes {
                self.push(TokenKind::Prime, at);
            }
        } else if let Some(kind) = self.operator(c) {
            self.push(kind, at);
        } else if c.is_alphabetic() {
            self.letters();
        } else if matches!(c, '£' | '$' | '€' | '¥' | '₹') {
            self.at += 1;
            self.push(TokenKind::Symbol(c.to_string()), at);
        } else {
            return self.error(
                at,
                format!("“{c}” can't stand in an answer: write it in numbers, letters and + - * / ^ ( )."),
            );
        }
        Ok(())
    }

    /// Drops the comma before the dots at the end of a sequence: `2, 5, 8, …`.
    pub(super) fn trailing_dots(&mut self) {
        if self.tokens.last().is_some_and(|token| token.kind == TokenKind::Comma) && self.tokens.len() > 1 {
            self.tokens.pop();
        }
    }

    fn follows_bracket(&self) -> bool {
        self.tokens.last().is_some_and(|token| token.kind.closes())
    }

    fn operator(&mut self, c: char) -> Option<TokenKind> {
        let (kind, len) = match (c, self.peek(1)) {
            ('*', Some('*')) => (TokenKind::Caret, 2),
            ('<', Some('=')) | ('=', Some('<')) => (TokenKind::Relation(Relation::LessEqual), 2),
            ('>', Some('=')) | ('=', Some('>')) => (TokenKind::Relation(Relation::GreaterEqual), 2),
            ('!', Some('=')) | ('<', Some('>')) => (TokenKind::Relation(Relation::NotEqual), 2),
            ('=', Some('=')) => (TokenKind::Relation(Relation::Equal), 2),
            ('+', Some('/')) if self.peek(2) == Some('-') => (TokenKind::PlusMinus, 3),
            ('+', Some('-')) if self.peek(2).is_some_and(|c| c.is_ascii_digit()) && self.starts_item() => {
                (TokenKind::PlusMinus, 2)
            }
            _ => (vocabulary::symbol_token(c)?, 1),
        };
        self.at += len;
        Some(kind)
    }

    /// Returns `true` if a sign at this position is the first of an item, as in `x = +-2`.
    fn starts_item(&self) -> bool {
        self.tokens.last().is_none_or(|token| {
            matches!(token.kind, TokenKind::Relation(_) | TokenKind::Comma | TokenKind::Or)
        })
    }

    /// Lexes superscript characters as an exponent in braces.
    fn raised(&mut self, at: usize) {
        // `³√8`: the superscript is the degree of the root.
        let digits: String = self.chars[at..].iter().map_while(|c| vocabulary::superscript(*c)).collect();
        let after = at + digits.chars().count();
        if self.chars.get(after) == Some(&'√') && digits.chars().all(|c| c.is_ascii_digit()) {
            self.at = after + 1;
            self.push(TokenKind::Function(Function::Root), at);
            self.push(TokenKind::OpenSquare, at);
            self.push(TokenKind::Number { value: RBig::from(integer(&digits)), places: None }, at);
            return self.push(TokenKind::CloseSquare, at);
        }
        self.push(TokenKind::Caret, at);
        self.push(TokenKind::OpenBrace, at);
        while let Some(c) = self.peek(0).and_then(vocabulary::superscript) {
            let here = self.at;
            if c.is_ascii_digit() {
                let mut digits = String::new();
                while let Some(c) =
                    self.peek(0).and_then(vocabulary::superscript).filter(char::is_ascii_digit)
                {
                    digits.push(c);
                    self.at += 1;
                }
                self.push(TokenKind::Number { value: RBig::from(integer(&digits)), places: None }, here);
                continue;
            }
            self.at += 1;
            let letter =
                if c == 'i' { TokenKind::Constant(Constant::I) } else { TokenKind::Symbol(c.to_string()) };
            self.push(vocabulary::symbol_token(c).unwrap_or(letter), here);
        }
        self.push(TokenKind::CloseBrace, self.at);
    }
}
