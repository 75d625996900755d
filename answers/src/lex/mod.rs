//! Step 1: splits a text into tokens. Plain notation and LaTeX may be mixed.

use dashu_ratio::RBig;

use self::words::is_word;
use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::lex::token::{Relation, Token, TokenKind};
use crate::limits::CHARS;

use self::number::integer;

pub(crate) mod function;
mod latex;
mod number;
pub(crate) mod token;
pub(crate) mod vocabulary;
pub(crate) mod words;

/// The choice between usual interpretations of an ambiguous text.
///
/// The default is tried first. `true` selects the other interpretation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interpretation {
    /// Reads `1,000` as a thousand, not as the answers 1 and 000.
    pub(crate) thousands: bool,
    /// Reads `2e-1` as 2e - 1, not as 0.2.
    pub(crate) euler: bool,
    /// Reads `P(1, 2)` as a point with its name, not as a number of permutations.
    pub(crate) points: bool,
    /// Reads `root(8, 3)` with the degree last, not first.
    pub(crate) roots: bool,
}

#[derive(Debug)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// The choices for which the text has two interpretations.
    pub(crate) ambiguous: Interpretation,
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

pub(crate) fn lex(text: &str, interpretation: Interpretation) -> Result<Lexed, ParseError> {
    let chars: Vec<char> = text.chars().collect();
    let latex = chars.iter().any(|c| matches!(c, '\\' | '{'));
    let len = chars.len();
    let mut lexer = Lexer {
        chars,
        at: 0,
        interpretation,
        ambiguous: Interpretation::default(),
        latex,
        spaced: false,
        tokens: Vec::new(),
    };
    lexer.strip_dollars();
    while let Some(c) = lexer.peek(0) {
        lexer.next(c)?;
    }
    Ok(Lexed { tokens: lexer.tokens, ambiguous: lexer.ambiguous, latex, len })
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    interpretation: Interpretation,
    ambiguous: Interpretation,
    latex: bool,
    spaced: bool,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: TokenKind, at: usize) {
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

    fn letters(&mut self) {
        let start = self.at;
        let mut end = start;
        while self.chars.get(end).is_some_and(|c| c.is_ascii_alphabetic()) {
            end += 1;
        }
        if end == start {
            // Letters outside ASCII are single symbols.
            let letter = self.chars[start];
            self.at += 1;
            return self.symbol(letter.to_string(), start);
        }
        let run: Vec<char> = self.chars[start..end].to_vec();
        let word: String = run.iter().collect();
        if vocabulary::is_radian(&word) && !self.tokens.is_empty() {
            self.at = end;
            return;
        }
        if let Some(kind) = vocabulary::whole_word(&word).filter(|kind| self.stands_alone(kind, start, end)) {
            self.at = end;
            return self.push(kind, start);
        }
        // `5 apples`: a word after a number is what the number counts.
        let counted = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Number { .. }, .. }));
        if counted && self.spaced && is_word(&word) {
            self.at = end;
            return self.push(TokenKind::Text(word), start);
        }
        let mut from = 0;
        while from < run.len() {
            let at = start + from;
            if let Some((kind, len)) = vocabulary::longest_prefix(&run[from..]) {
                from += len;
                self.at = start + from;
                self.named(kind, &word, at);
                continue;
            }
            from += 1;
            self.at = start + from;
            match run[from - 1] {
                'x' | 'X' if run.len() == 1 && self.is_times() => self.push(TokenKind::Times, at),
                'e' => self.push(TokenKind::Constant(Constant::E), at),
                'i' => self.push(TokenKind::Constant(Constant::I), at),
                'C' if self.between_numbers() => self.push(TokenKind::Choose, at),
                'P' if self.between_numbers() => self.push(TokenKind::Permute, at),
                letter => self.symbol(letter.to_string(), at),
            }
        }
    }

    /// Pushes a named token, or a symbol. `cbrt` becomes a root with the degree 3.
    fn named(&mut self, kind: TokenKind, word: &str, at: usize) {
        let symbol = if let TokenKind::Symbol(name) = &kind { Some(name.clone()) } else { None };
        if let Some(name) = symbol {
            return self.symbol(name, at);
        }
        let cube = kind == TokenKind::Function(Function::Root) && word.contains("cbrt");
        self.push(kind, at);
        if cube {
            self.push(TokenKind::OpenSquare, at);
            self.push(TokenKind::Number { value: RBig::from(3), places: None }, at);
            self.push(TokenKind::CloseSquare, at);
        }
    }

    /// Returns `true` if a word such as `U` or `in` is an operator with operands on both sides.
    fn stands_alone(&self, kind: &TokenKind, start: usize, end: usize) -> bool {
        match kind {
            TokenKind::Union => matches!(self.tokens.last(), Some(Token { kind, .. }) if kind.closes()),
            TokenKind::Relation(_) | TokenKind::Choose | TokenKind::Permute => {
                let rest = self.chars[end..].iter().find(|c| !c.is_whitespace());
                start > 0
                    && !self.tokens.is_empty()
                    && rest.is_some_and(|c| *c != '(' || matches!(kind, TokenKind::Relation(_)))
            }
            _ => true,
        }
    }

    /// Returns `true` if the letter x is a multiplication sign: `2 x 3`, `3x10^8`.
    fn is_times(&self) -> bool {
        let before = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Number { .. }, .. }));
        let rest: String = self.chars[self.at..].iter().take(4).collect();
        let apart =
            self.spaced && rest.starts_with(' ') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        before && (apart || rest.starts_with("10^") || rest.starts_with(" 10^"))
    }

    /// Returns `true` between two numbers, as in `5C2`.
    fn between_numbers(&self) -> bool {
        let before = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Number { .. }, .. }));
        let mut rest =
            self.chars[self.at..].iter().filter(|c| !c.is_whitespace() && **c != '_' && **c != '{');
        before && rest.next().is_some_and(|c| c.is_ascii_digit() || vocabulary::subscript(*c).is_some())
    }

    /// Pushes a symbol with its subscript and primes.
    fn symbol(&mut self, mut name: String, at: usize) {
        let before = self.tokens.last().is_some_and(|token| matches!(token.kind, TokenKind::Caret));
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
            // In plain text `x1` is a name; the product is written `1x`.
            Some(c) if c.is_ascii_digit() && !self.latex && !before && name.len() == 1 => {
                below = self.digits()
            }
            _ => {
                while let Some(c) = self.peek(0).and_then(vocabulary::subscript) {
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
        self.push(TokenKind::Symbol(name), at);
    }
}
