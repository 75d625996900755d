//! Numbers: `1,000`, `0.\\overline{3}`, `6.02E23`, `2½`.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Lexer;
use crate::error::ParseError;
use crate::lex::token::{Token, TokenKind};

impl Lexer<'_> {
    pub(super) fn digits(&mut self) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// Returns the length of a thousands separator, if exactly three digits follow it.
    fn group(&mut self) -> Option<usize> {
        let len = match (self.peek(0)?, self.peek(1)) {
            ('{', Some(',')) if self.peek(2) == Some('}') => 3,
            ('\\', Some(',')) => 2,
            ('\u{202f}' | '\u{2009}' | '\'', _) => 1,
            (' ', _) => 1,
            (',', _) => 1,
            _ => return None,
        };
        let after = |n: usize| self.peek(len + n);
        let three = (0..3).all(|n| after(n).is_some_and(|c| c.is_ascii_digit()));
        let fourth = after(3).is_some_and(|c| c.is_ascii_digit() || c == '/');
        if !three || fourth {
            return None;
        }
        if self.peek(0) == Some(',') {
            return (self.notation.thousands && self.depth == 0).then_some(len);
        }
        Some(len)
    }

    pub(super) fn number(&mut self) -> Result<(), ParseError> {
        let at = self.at;
        let mut whole = self.digits();
        let mut grouped = false;
        if (1..=3).contains(&whole.len()) && !whole.starts_with('0') {
            while let Some(len) = self.group() {
                grouped |= self.peek(0) != Some(',');
                self.at += len;
                whole += &self.digits();
            }
        }
        let mut decimals = None;
        let mut recurring = String::new();
        if self.peek(0) == Some('.') {
            self.at += 1;
            let mut digits = self.digits();
            // `1 234.567 8`: decimals in groups of three.
            while grouped
                && digits.len().is_multiple_of(3)
                && matches!(self.peek(0), Some(' ' | '\u{202f}' | '\u{2009}'))
                && self.peek(1).is_some_and(|c| c.is_ascii_digit())
            {
                self.at += 1;
                digits += &self.digits();
            }
            decimals = Some(digits);
            recurring = self.recurring()?;
            if recurring.is_empty() && self.peek(0) == Some('.') && self.peek(1) != Some('.') {
                return self.error(self.at, "A number has one decimal point: write 1.5.");
            }
        }
        let mut value = RBig::from(integer(&whole));
        let mut places = None;
        if let Some(decimals) = &decimals {
            let scale = IBig::from(10).pow(decimals.len());
            value += RBig::from(integer(decimals)) / RBig::from(scale.clone());
            if recurring.is_empty() {
                places = Some(decimals.len() as u32);
            } else {
                let nines = IBig::from(10).pow(recurring.len()) - IBig::ONE;
                value += RBig::from(integer(&recurring)) / RBig::from(nines * scale);
            }
        }
        self.scientific(&mut value)?;
        if self.peek(0) == Some('O')
            && !self.peek(1).is_some_and(char::is_alphabetic)
            && !self.notation.has_variable("O")
        {
            return self.error(self.at, "This is the letter O: write the digit 0.");
        }
        self.push(TokenKind::Number { value, places }, at);
        Ok(())
    }

    /// Lexes recurring digits: `\overline{3}`, `\dot{3}`, or `...` after three equal digits.
    fn recurring(&mut self) -> Result<String, ParseError> {
        if let Some(digits) = self.dotted() {
            return Ok(digits);
        }
        let rest: String = self.chars[self.at..].iter().take(12).collect();
        for command in ["\\overline{", "\\dot{", "\\bar{"] {
            if rest.starts_with(command) {
                let at = self.at;
                self.at += command.len();
                let mut digits = self.digits();
                if digits.is_empty() || self.peek(0) != Some('}') {
                    return self.error(at, "Only digits recur: write 0.\\overline{3}.");
                }
                self.at += 1;
                // `0.\dot{1}4\dot{2}` recurs from the first dotted digit to the last.
                let between: String =
                    self.chars[self.at..].iter().take_while(|c| c.is_ascii_digit()).collect();
                let after: String = self.chars[self.at + between.len()..].iter().take(5).collect();
                if command == "\\dot{" && after == "\\dot{" {
                    self.at += between.len() + 5;
                    digits += &between;
                    digits += &self.digits();
                    if self.peek(0) != Some('}') {
                        return self.error(self.at, "Close the brace of \\dot{ with }.");
                    }
                    self.at += 1;
                }
                return Ok(digits);
            }
        }
        let dots = if rest.starts_with('…') {
            1
        } else if rest.starts_with("...") {
            3
        } else if rest.starts_with("\\dots") || rest.starts_with("\\ldots") {
            rest.find('s').map_or(0, |end| end + 1)
        } else {
            0
        };
        if dots == 0 {
            return Ok(String::new());
        }
        let before: Vec<char> = self.chars[..self.at].iter().rev().take(3).copied().collect();
        if before.len() == 3 && before.iter().all(|c| *c == before[0] && c.is_ascii_digit()) {
            self.at += dots;
            return Ok(before[0].to_string());
        }
        self.error(self.at, "The dots don't say how it goes on: write a fraction, or 0.\\overline{12}.")
    }

    /// Lexes `\dot2\dot7`, `0.6̇`, `0.1̇42̇` and `0.(6)`: the digits from the first mark to the last.
    fn dotted(&mut self) -> Option<String> {
        let start = self.at;
        let mut digits = String::new();
        let (mut marked, mut joined) = (0, false);
        if self.peek(0) == Some('(') {
            // `0.5(6)` is a product.
            if start.checked_sub(1).and_then(|at| self.chars.get(at)) != Some(&'.') {
                return None;
            }
            self.at += 1;
            digits = self.digits();
            if !digits.is_empty() && self.peek(0) == Some(')') {
                self.at += 1;
                return Some(digits);
            }
            self.at = start;
            return None;
        }
        // A mark after a digit: the digit before this position may be the first of them.
        if self.peek(0) == Some('\u{307}') {
            self.at += 1;
            (marked, joined) = (1, true);
            digits.extend(self.chars.get(start.checked_sub(1)?));
        }
        let mut len = (self.at, digits.len());
        loop {
            if self.chars[self.at..].starts_with(&['\\', 'd', 'o', 't']) {
                self.at += 4;
                while self.peek(0) == Some(' ') {
                    self.at += 1;
                }
                let Some(digit) = self.peek(0).filter(char::is_ascii_digit) else { break };
                self.at += 1;
                digits.push(digit);
                marked += 1;
                len = (self.at, digits.len());
            } else if let Some(digit) = self.peek(0).filter(char::is_ascii_digit)
                && marked == 1
            {
                self.at += 1;
                digits.push(digit);
                if self.peek(0) == Some('\u{307}') {
                    self.at += 1;
                    marked += 1;
                    len = (self.at, digits.len());
                }
            } else {
                break;
            }
            if marked == 2 {
                break;
            }
        }
        self.at = if marked == 0 { start } else { len.0 };
        digits.truncate(len.1);
        if joined && !digits.is_empty() {
            // The first digit is a decimal already, so the period begins after it.
            let first = digits.remove(0);
            digits.push(first);
        }
        (marked > 0).then_some(digits)
    }

    fn scientific(&mut self, value: &mut RBig) -> Result<(), ParseError> {
        let Some('e' | 'E') = self.peek(0) else { return Ok(()) };
        let signed = matches!(self.peek(1), Some('+' | '-' | '−'));
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if !digit(self.peek(1 + usize::from(signed))) {
            return Ok(());
        }
        // `2e + 2f` without spaces: a letter after the digits.
        let mut after =
            self.chars[self.at + 1 + usize::from(signed)..].iter().skip_while(|c| c.is_ascii_digit());
        if self.peek(1) == Some('+') && after.next().is_some_and(|c| c.is_alphabetic()) {
            return Ok(());
        }
        let at = self.at;
        let negative = signed && self.peek(1) != Some('+');
        self.at += 1 + usize::from(signed);
        let power = self.digits().parse::<usize>().ok().filter(|power| *power <= 400);
        let Some(power) = power else {
            return self.error(at, "That power of ten is too large: write powers up to 400.");
        };
        let power = RBig::from(IBig::from(10).pow(power));
        if negative {
            *value /= power
        } else {
            *value *= power
        }
        Ok(())
    }

    pub(super) fn vulgar(&mut self, (numerator, denominator): (u8, u8), at: usize) {
        let value = RBig::from_parts(IBig::from(numerator), UBig::from(denominator));
        let fraction = TokenKind::Number { value: value.clone(), places: None };
        if let Some(Token { kind: TokenKind::Number { value: whole, places: None }, .. }) =
            self.tokens.last_mut()
            && whole.is_int()
        {
            *whole += value;
        } else {
            self.push(fraction, at);
        }
    }
}

/// Parses decimal digits.
pub(super) fn integer(digits: &str) -> IBig {
    digits.parse().unwrap_or(IBig::ZERO)
}
