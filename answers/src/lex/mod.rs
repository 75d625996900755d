//! Text into tokens: plain notation and LaTeX, mixed as they come.

use dashu_ratio::RBig;

use crate::expr::{Constant, Function};
use crate::limits::CHARS;
use crate::names;
use crate::token::{Kind, Relation, Token};
use crate::verdict::Unreadable;
use crate::words;

use self::number::integer;

mod latex;
mod number;

/// Which way a text that can be read in two ways is read; the other way is tried when this one isn't the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// `1,000` is a thousand, and not the answers 1 and 000.
    pub(crate) thousands: bool,
    /// `2e-1` is 2e - 1, and not 0.2.
    pub(crate) euler: bool,
    /// `P(1, 2)` is a point with its name, and not a number of permutations.
    pub(crate) points: bool,
    /// `root(8, 3)` has its degree behind, and not before.
    pub(crate) roots: bool,
}

#[derive(Debug)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// Where the other reading would differ.
    pub(crate) other: Reading,
    /// Whether the text has LaTeX in it: `x^23` is then x²·3.
    pub(crate) latex: bool,
    pub(crate) len: usize,
}

/// Whether a text is short enough to be looked at.
pub(crate) fn fits(text: &str) -> Result<(), Unreadable> {
    // No character has more than four bytes: what is far too long isn't even counted.
    if text.len() > 4 * CHARS || text.chars().count() > CHARS {
        return Err(Unreadable::new(CHARS, format!("This is too long: write at most {CHARS} characters.")));
    }
    Ok(())
}

pub(crate) fn lex(text: &str, reading: Reading) -> Result<Lexed, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    let latex = chars.iter().any(|c| matches!(c, '\\' | '{'));
    let len = chars.len();
    let mut lexer =
        Lexer { chars, at: 0, reading, other: Reading::default(), latex, spaced: false, tokens: Vec::new() };
    lexer.strip_dollars();
    while let Some(c) = lexer.peek(0) {
        lexer.next(c)?;
    }
    Ok(Lexed { tokens: lexer.tokens, other: lexer.other, latex, len })
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    reading: Reading,
    other: Reading,
    latex: bool,
    spaced: bool,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind, at: usize) {
        self.tokens.push(Token { kind, at, spaced: std::mem::take(&mut self.spaced) });
    }

    fn error<T>(&self, at: usize, why: impl Into<String>) -> Result<T, Unreadable> {
        Err(Unreadable::new(at, why))
    }

    /// `$x$` is how LaTeX says that mathematics begins; `$5` is money.
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

    fn next(&mut self, c: char) -> Result<(), Unreadable> {
        let at = self.at;
        if c.is_whitespace()
            || matches!(c, '~' | '∠' | '△' | '∴' | '\u{200b}'..='\u{200f}' | '\u{2061}'..='\u{2064}' | '\u{feff}')
        {
            self.at += 1;
            self.spaced = true;
        } else if c.is_ascii_digit() || c == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.number()?;
        } else if c == '.' && self.chars[at..].iter().all(|c| *c == '.' || c.is_whitespace()) {
            self.at = self.chars.len();
        } else if c == '\\' {
            self.command()?;
        } else if let Some(value) = names::vulgar(c) {
            self.at += 1;
            self.vulgar(value, at);
        } else if names::raised(c).is_some() {
            self.raised(at);
        } else if c == '∛' || c == '∜' {
            self.at += 1;
            self.push(Kind::Function(Function::Root), at);
            // The degree of the root stands where `\sqrt[3]` has it.
            let degree = if c == '∛' { 3 } else { 4 };
            self.push(Kind::OpenSquare, at);
            self.push(Kind::Number { value: RBig::from(degree), places: None }, at);
            self.push(Kind::CloseSquare, at);
        } else if let Some(kind) = self.operator(c) {
            self.push(kind, at);
        } else if c.is_alphabetic() {
            self.letters();
        } else if matches!(c, '£' | '$' | '€' | '¥' | '₹') {
            self.at += 1;
            self.push(Kind::Symbol(c.to_string()), at);
        } else {
            return self.error(
                at,
                format!("“{c}” can't stand in an answer: write it in numbers, letters and + - * / ^ ( )."),
            );
        }
        Ok(())
    }

    fn operator(&mut self, c: char) -> Option<Kind> {
        let (kind, len) = match (c, self.peek(1)) {
            ('*', Some('*')) => (Kind::Caret, 2),
            ('<', Some('=')) | ('=', Some('<')) => (Kind::Relation(Relation::LessEqual), 2),
            ('>', Some('=')) | ('=', Some('>')) => (Kind::Relation(Relation::GreaterEqual), 2),
            ('!', Some('=')) | ('<', Some('>')) => (Kind::Relation(Relation::NotEqual), 2),
            ('=', Some('=')) => (Kind::Relation(Relation::Equal), 2),
            ('+', Some('/')) if self.peek(2) == Some('-') => (Kind::PlusMinus, 3),
            ('+', Some('-')) if self.peek(2).is_some_and(|c| c.is_ascii_digit()) && self.starts_item() => {
                (Kind::PlusMinus, 2)
            }
            _ => (names::character(c)?, 1),
        };
        self.at += len;
        Some(kind)
    }

    /// Whether a sign that comes now stands before everything, as in `x = +-2`.
    fn starts_item(&self) -> bool {
        self.tokens
            .last()
            .is_none_or(|token| matches!(token.kind, Kind::Relation(_) | Kind::Comma | Kind::Or))
    }

    /// Raised characters are an exponent in braces.
    fn raised(&mut self, at: usize) {
        // `³√8`: the number is the degree of the root.
        let digits: String = self.chars[at..].iter().map_while(|c| names::raised(*c)).collect();
        let after = at + digits.chars().count();
        if self.chars.get(after) == Some(&'√') && digits.chars().all(|c| c.is_ascii_digit()) {
            self.at = after + 1;
            self.push(Kind::Function(Function::Root), at);
            self.push(Kind::OpenSquare, at);
            self.push(Kind::Number { value: RBig::from(integer(&digits)), places: None }, at);
            return self.push(Kind::CloseSquare, at);
        }
        self.push(Kind::Caret, at);
        self.push(Kind::OpenBrace, at);
        while let Some(c) = self.peek(0).and_then(names::raised) {
            let here = self.at;
            if c.is_ascii_digit() {
                let mut digits = String::new();
                while let Some(c) = self.peek(0).and_then(names::raised).filter(char::is_ascii_digit) {
                    digits.push(c);
                    self.at += 1;
                }
                self.push(Kind::Number { value: RBig::from(integer(&digits)), places: None }, here);
                continue;
            }
            self.at += 1;
            let letter = if c == 'i' { Kind::Constant(Constant::I) } else { Kind::Symbol(c.to_string()) };
            self.push(names::character(c).unwrap_or(letter), here);
        }
        self.push(Kind::CloseBrace, self.at);
    }

    fn letters(&mut self) {
        let start = self.at;
        let mut end = start;
        while self.chars.get(end).is_some_and(|c| c.is_ascii_alphabetic()) {
            end += 1;
        }
        if end == start {
            // A letter of another alphabet stands for itself.
            let letter = self.chars[start];
            self.at += 1;
            return self.symbol(letter.to_string(), start);
        }
        let run: Vec<char> = self.chars[start..end].to_vec();
        let word: String = run.iter().collect();
        if names::is_radian(&word) && !self.tokens.is_empty() {
            self.at = end;
            return;
        }
        if let Some(kind) = names::lone_word(&word).filter(|kind| self.stands_alone(kind, start, end)) {
            self.at = end;
            return self.push(kind, start);
        }
        // `5 apples`: a word behind a number is what is counted.
        let counted = matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. }, .. }));
        if counted && self.spaced && words::is_word(&word) {
            self.at = end;
            return self.push(Kind::Text(word), start);
        }
        let mut from = 0;
        while from < run.len() {
            let at = start + from;
            if let Some((kind, len)) = names::longest(&run[from..]) {
                from += len;
                self.at = start + from;
                self.named(kind, &word, at);
                continue;
            }
            from += 1;
            self.at = start + from;
            match run[from - 1] {
                'x' | 'X' if run.len() == 1 && self.is_times() => self.push(Kind::Times, at),
                'e' => self.push(Kind::Constant(Constant::E), at),
                'i' => self.push(Kind::Constant(Constant::I), at),
                'C' if self.between_numbers() => self.push(Kind::Choose, at),
                'P' if self.between_numbers() => self.push(Kind::Permute, at),
                letter => self.symbol(letter.to_string(), at),
            }
        }
    }

    /// `cbrt` is the third root; `exp` may be followed by a space.
    fn named(&mut self, kind: Kind, word: &str, at: usize) {
        let symbol = if let Kind::Symbol(name) = &kind { Some(name.clone()) } else { None };
        if let Some(name) = symbol {
            return self.symbol(name, at);
        }
        let cube = kind == Kind::Function(Function::Root) && word.contains("cbrt");
        self.push(kind, at);
        if cube {
            self.push(Kind::OpenSquare, at);
            self.push(Kind::Number { value: RBig::from(3), places: None }, at);
            self.push(Kind::CloseSquare, at);
        }
    }

    /// `U` and `in` are letters too: they join only what stands on both sides of them.
    fn stands_alone(&self, kind: &Kind, start: usize, end: usize) -> bool {
        match kind {
            Kind::Union => matches!(self.tokens.last(), Some(Token { kind, .. }) if kind.closes()),
            Kind::Relation(_) | Kind::Choose | Kind::Permute => {
                let rest = self.chars[end..].iter().find(|c| !c.is_whitespace());
                start > 0
                    && !self.tokens.is_empty()
                    && rest.is_some_and(|c| *c != '(' || matches!(kind, Kind::Relation(_)))
            }
            _ => true,
        }
    }

    /// `2 x 3` and `3x10^8`: the letter between two numbers is a sign.
    fn is_times(&self) -> bool {
        let before = matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. }, .. }));
        let rest: String = self.chars[self.at..].iter().take(4).collect();
        let apart =
            self.spaced && rest.starts_with(' ') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        before && (apart || rest.starts_with("10^") || rest.starts_with(" 10^"))
    }

    /// `5C2`: a number stands before, a number comes after.
    fn between_numbers(&self) -> bool {
        let before = matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. }, .. }));
        let mut rest =
            self.chars[self.at..].iter().filter(|c| !c.is_whitespace() && **c != '_' && **c != '{');
        before && rest.next().is_some_and(|c| c.is_ascii_digit() || names::lowered(*c).is_some())
    }

    /// A letter, with what is written below it or after it as a mark.
    fn symbol(&mut self, mut name: String, at: usize) {
        let before = self.tokens.last().is_some_and(|token| matches!(token.kind, Kind::Caret));
        let mut below = String::new();
        match self.peek(0) {
            Some('_') if self.peek(1) == Some('{') => {
                let inside: Vec<char> =
                    self.chars[self.at + 2..].iter().copied().take_while(|c| *c != '}').collect();
                if self.chars.get(self.at + 2 + inside.len()) == Some(&'}') {
                    self.at += inside.len() + 3;
                    let plain: String =
                        inside.into_iter().filter(|c| c.is_alphanumeric() || "+-".contains(*c)).collect();
                    below = ["text", "mathrm"]
                        .iter()
                        .find_map(|c| plain.strip_prefix(c))
                        .unwrap_or(&plain)
                        .to_owned();
                }
            }
            Some('_') if self.peek(1).is_some_and(char::is_alphanumeric) => {
                self.at += 1;
                below = self.digits();
                if self.latex && below.len() > 1 {
                    self.at -= below.len() - 1;
                    below.truncate(1);
                }
                if let (true, Some(c)) = (below.is_empty(), self.peek(0)) {
                    below.push(c);
                    self.at += 1;
                }
            }
            // In plain text `x1` is a name; 1·x is written `1x`.
            Some(c) if c.is_ascii_digit() && !self.latex && !before && name.len() == 1 => {
                below = self.digits()
            }
            _ => {
                while let Some(c) = self.peek(0).and_then(names::lowered) {
                    below.push(c);
                    self.at += 1;
                }
            }
        }
        if !below.is_empty() {
            name.push('_');
            name.push_str(&below);
        }
        while let Some('\'' | '′' | '’') = self.peek(0) {
            name.push('\'');
            self.at += 1;
        }
        self.push(Kind::Symbol(name), at);
    }
}
