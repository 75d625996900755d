//! Names: runs of letters, indices, primes, and marks over letters.

use dashu_ratio::RBig;

use super::Lexer;
use super::words::is_word;
use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::lex::token::{Token, TokenKind};
use crate::lex::vocabulary;

impl Lexer<'_> {
    pub(super) fn letters(&mut self) {
        let start = self.at;
        let mut end = start;
        while self.chars.get(end).is_some_and(char::is_ascii_alphabetic) {
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
        if self.phrase(&word, start, end) {
            return;
        }
        if let Some(kind) = vocabulary::whole_word(&word).filter(|kind| self.stands_alone(kind, start, end)) {
            self.at = end;
            return self.push(kind, start);
        }
        // `area = 24`: a word before the sign is the name of the value.
        let equals = self.chars[end..].iter().find(|c| !c.is_whitespace()) == Some(&'=');
        if self.tokens.is_empty() && equals && is_word(&word) {
            self.at = end;
            return self.push(TokenKind::Symbol(word.to_lowercase()), start);
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
                'e' => self.constant("e", Constant::E, at),
                'i' => self.constant("i", Constant::I, at),
                'C' if self.between_numbers() => self.push(TokenKind::Choose, at),
                'P' if self.between_numbers() => self.push(TokenKind::Permute, at),
                letter => self.symbol(letter.to_string(), at),
            }
        }
    }

    /// Pushes `e` or `i`: a constant, unless the rules or the expected answer use it as a variable.
    pub(super) fn constant(&mut self, name: &str, constant: Constant, at: usize) {
        if self.notation.has_variable(name) || self.notation.decorated(name).is_some() {
            return self.symbol(name.to_owned(), at);
        }
        self.push(TokenKind::Constant(constant), at);
    }

    /// Pushes a named token, or a symbol. `cbrt` becomes a root with the degree 3.
    pub(super) fn named(&mut self, kind: TokenKind, word: &str, at: usize) {
        let symbol = if let TokenKind::Symbol(name) = &kind { Some(name.clone()) } else { None };
        if let Some(name) = symbol {
            return self.symbol(name, at);
        }
        let cube = kind == TokenKind::Function(Function::Root) && word.contains("cbrt");
        let common = kind == TokenKind::Function(Function::Log) && (word == "lg" || word.ends_with("lg"));
        self.push(kind, at);
        if cube {
            self.push(TokenKind::OpenSquare, at);
            self.push(TokenKind::Number { value: RBig::from(3), places: None }, at);
            self.push(TokenKind::CloseSquare, at);
        }
        if common && self.peek(0) != Some('_') {
            // `lg` is to base 10 in every notation.
            self.push(TokenKind::Underscore, at);
            self.push(TokenKind::OpenBrace, at);
            self.push(TokenKind::Number { value: RBig::from(10), places: None }, at);
            self.push(TokenKind::CloseBrace, at);
        }
    }

    /// Returns `true` if a word such as `U` or `in` is an operator with operands on both sides.
    fn stands_alone(&self, kind: &TokenKind, start: usize, end: usize) -> bool {
        match kind {
            TokenKind::Union if end - start > 1 => !self.tokens.is_empty(),
            TokenKind::Union => {
                matches!(self.tokens.last(), Some(Token { kind, .. }) if kind.closes() || *kind == TokenKind::OpenSquare)
            }
            TokenKind::Relation(_) | TokenKind::Choose | TokenKind::Permute => {
                let rest = self.chars[end..].iter().find(|c| !c.is_whitespace());
                start > 0
                    && !self.tokens.is_empty()
                    && rest.is_some_and(|c| *c != '(' || matches!(kind, TokenKind::Relation(_)))
            }
            TokenKind::Function(_) => self.peek(end - start) == Some('('),
            _ => true,
        }
    }

    /// Returns `true` if the letter x is a multiplication sign: `2 x 3`, `3x10^8`, `2x2x3`.
    fn is_times(&self) -> bool {
        let number = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Number { .. }, .. }));
        let letter =
            matches!(self.tokens.last(), Some(Token { kind: TokenKind::Symbol(name), .. }) if name != "x");
        let rest: String = self.chars[self.at..].iter().take(4).collect();
        let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let apart = self.spaced && rest.starts_with(' ') && digit(&rest[1..]);
        let joined = digit(&rest) && !self.spaced && self.is_number_with_signs();
        (number || letter) && apart
            || number && (joined || rest.starts_with("10^") || rest.starts_with(" 10^"))
    }

    /// Returns `true` if every x of the text is a sign, and the answer has no variable x.
    fn is_number_with_signs(&self) -> bool {
        if self.notation.has_variable("x") {
            return false;
        }
        let signs = self.chars.iter().filter(|c| matches!(c, 'x' | 'X')).count();
        let between = self.chars.windows(3).filter(|three| {
            matches!(three[1], 'x' | 'X') && three[0].is_ascii_digit() && three[2].is_ascii_digit()
        });
        between.count() == signs && (signs > 1 || self.notation.vocabulary.is_some())
    }

    /// Returns `true` between two numbers, as in `5C2`.
    fn between_numbers(&self) -> bool {
        let before = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Number { .. }, .. }));
        let mut rest =
            self.chars[self.at..].iter().filter(|c| !c.is_whitespace() && **c != '_' && **c != '{');
        before && rest.next().is_some_and(|c| c.is_ascii_digit() || vocabulary::subscript(*c).is_some())
    }

    /// Pushes a symbol with its index and primes.
    pub(super) fn symbol(&mut self, mut name: String, at: usize) {
        let mut primes = self.primes();
        let mut below = self.index(&name);
        while !below.is_empty() && self.peek(0) == Some('_') {
            let next = self.index(&name);
            if next.is_empty() {
                break;
            }
            below.push('_');
            below += &next;
        }
        primes += self.primes();
        if !below.is_empty() {
            name.push('_');
            name.push_str(&below);
        }
        name.extend(std::iter::repeat_n('\'', primes));
        let name = self.notation.decorated(&name).unwrap_or(name);
        self.push(TokenKind::Symbol(name), at);
    }

    /// Consumes primes, `'`, `′`, `^{\prime}`, and returns their number.
    pub(super) fn primes(&mut self) -> usize {
        let mut count = 0;
        loop {
            match self.peek(0) {
                Some('\'' | '′' | '’') => count += 1,
                Some('″') => count += 2,
                Some('^') => match self.raised_primes() {
                    0 => return count,
                    raised => {
                        count += raised;
                        continue;
                    }
                },
                _ => return count,
            }
            self.at += 1;
        }
    }

    /// Consumes `^{\prime}`, `^\prime` and `^{\prime\prime}`.
    fn raised_primes(&mut self) -> usize {
        let start = self.at;
        self.at += 1;
        let braced = self.peek(0) == Some('{');
        self.at += usize::from(braced);
        let mut count = 0;
        loop {
            match self.peek(0) {
                Some(' ') => self.at += 1,
                Some('\'' | '′' | '’') => {
                    self.at += 1;
                    count += 1;
                }
                Some('\\') if self.chars[self.at..].starts_with(&['\\', 'p', 'r', 'i', 'm', 'e']) => {
                    self.at += 6;
                    count += 1;
                }
                Some('}') if braced && count > 0 => {
                    self.at += 1;
                    return count;
                }
                _ if !braced && count > 0 => return count,
                _ => {
                    self.at = start;
                    return 0;
                }
            }
        }
    }

    /// Consumes an index: `_1`, `_{n+1}`, `_(k+1)`, `_\theta`, `₁`, and the digits of `x1`.
    fn index(&mut self, name: &str) -> String {
        let raised = self.tokens.last().is_some_and(|token| matches!(token.kind, TokenKind::Caret));
        match (self.peek(0), self.peek(1)) {
            (Some('_'), Some(open @ ('{' | '('))) => match self.enclosed(self.at + 1, open) {
                Some((inside, end)) => {
                    self.at = end;
                    plain_index(&inside)
                }
                None => String::new(),
            },
            (Some('_'), Some('\\')) => {
                let len = self.chars[self.at + 2..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
                let inside: String = self.chars[self.at + 1..self.at + 2 + len].iter().collect();
                let below = plain_index(&inside);
                if !below.is_empty() {
                    self.at += 2 + len;
                }
                below
            }
            (Some('_'), Some(c)) if c.is_alphanumeric() => {
                self.at += 1;
                let mut below = self.digits();
                if self.latex && below.len() > 1 {
                    self.at -= below.len() - 1;
                    below.truncate(1);
                }
                if below.is_empty() {
                    below.push(c);
                    self.at += 1;
                }
                below
            }
            // In plain text `x1` is a name; the product is written `1x`.
            (Some(c), _) if c.is_ascii_digit() && !self.latex && !raised && name.len() == 1 => self.digits(),
            _ => {
                let mut below = String::new();
                while let Some(c) = self.peek(0).and_then(vocabulary::subscript) {
                    below.push(c);
                    self.at += 1;
                }
                below
            }
        }
    }

    /// Returns the text between brackets, and the position after them.
    pub(super) fn enclosed(&self, open_at: usize, open: char) -> Option<(String, usize)> {
        let close = if open == '{' { '}' } else { ')' };
        let mut depth = 0usize;
        for (at, c) in self.chars.iter().enumerate().skip(open_at) {
            if *c == open {
                depth += 1;
            } else if *c == close {
                depth -= 1;
                if depth == 0 {
                    return Some((self.chars[open_at + 1..at].iter().collect(), at + 1));
                }
            }
        }
        None
    }

    /// Lexes a mark over letters: `\vec{AB}`, `\bar z`. Over an expression it is an operator.
    pub(super) fn mark(&mut self, command: &str, at: usize) -> Result<(), ParseError> {
        let mark = match command {
            "overrightarrow" | "underline" => "vec",
            "overline" => "bar",
            other => other,
        };
        let start = self.at;
        let inside = self.braces(at)?;
        let letters = plain_index(&inside);
        if letters.is_empty()
            || !letters.chars().all(|c| c.is_alphabetic() || c == '\'')
            || inside.contains('+')
        {
            if mark != "bar" {
                return Err(ParseError::new(
                    at,
                    format!("Only letters stand under \\{command}: write it for each."),
                ));
            }
            self.at = start;
            self.push(TokenKind::Overline, at);
            return Ok(());
        }
        self.symbol(format!("\\{mark}{{{letters}}}"), at);
        Ok(())
    }
}

/// Returns an index without commands and spaces; the terms of `1+k` are sorted.
fn plain_index(inside: &str) -> String {
    let mut plain = String::new();
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let mut name = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_alphabetic) {
                name.push(c);
            }
            match vocabulary::latex_command(&name) {
                Some(TokenKind::Symbol(letter)) => plain += &letter,
                Some(TokenKind::Constant(Constant::Infinity)) => plain.push('∞'),
                _ => {}
            }
        } else if c.is_alphanumeric() || "+-_'∞".contains(c) {
            plain.push(c);
        }
    }
    let letters: Vec<char> = plain.chars().collect();
    if let Some((TokenKind::Symbol(letter), len)) = vocabulary::longest_prefix(&letters)
        && len == letters.len()
    {
        return letter;
    }
    if plain.contains('+') && !plain.contains('-') {
        let mut terms: Vec<&str> = plain.split('+').filter(|term| !term.is_empty()).collect();
        terms.sort_by_key(|term| (term.starts_with(|c: char| c.is_ascii_digit()), *term));
        return terms.join("+");
    }
    plain
}
