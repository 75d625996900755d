//! LaTeX commands: their tokens, the ones without meaning, and the ones with text in braces.

use super::Lexer;
use super::commands::{self, LAYOUT_COMMANDS, MARKS, TEXT_COMMANDS};
use crate::error::ParseError;
use crate::lex::function::Constant;
use crate::lex::token::{Bar, Relation, TokenKind};
use crate::lex::vocabulary;

impl Lexer<'_> {
    pub(super) fn command(&mut self) -> Result<(), ParseError> {
        let at = self.at;
        self.at += 1;
        let Some(first) = self.peek(0) else {
            return self.error(at, "Something is missing after the \\: take the \\ away.");
        };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            match first {
                '{' => self.push(TokenKind::OpenSet, at),
                '}' => self.push(TokenKind::CloseSet, at),
                '|' => self.push(TokenKind::Bar(Bar::Either), at),
                '%' => self.push(TokenKind::Percent, at),
                '\\' => self.push(TokenKind::Row, at),
                '$' => self.push(TokenKind::Symbol("$".into()), at),
                '&' => self.push(TokenKind::And, at),
                ',' | ';' | ':' | '!' | ' ' | '>' | '(' | ')' | '[' | ']' => self.spaced = true,
                _ => return self.error(at, format!("“\\{first}” isn't known here: take it away.")),
            }
            return Ok(());
        }
        let mut name = String::new();
        while let Some(c) = self.peek(0).filter(char::is_ascii_alphabetic) {
            name.push(c);
            self.at += 1;
        }
        match name.as_str() {
            "left" | "right" | "mleft" | "mright" | "middle" => {
                let (open, close) = (name.ends_with("left"), name.ends_with("right"));
                match self.peek(0) {
                    Some('.') => self.at += 1,
                    Some('|') if open || close => {
                        self.at += 1;
                        self.push(TokenKind::Bar(if open { Bar::Open } else { Bar::Close }), at);
                    }
                    _ => {}
                }
            }
            "lvert" | "rvert" | "vert" | "sqrt" | "mod" => self.simple(&name, at)?,
            "begin" | "end" => {
                let inside = self.braces(at)?;
                if name == "begin" && inside == "array" && self.peek(0) == Some('{') {
                    self.braces(at)?;
                }
                self.push(
                    if name == "begin" { TokenKind::Begin(inside) } else { TokenKind::End(inside) },
                    at,
                );
            }
            "placeholder" => return self.error(at, "A box is still empty: fill it in."),
            "differentialD" => self.symbol("d".into(), at),
            "dots" | "ldots" | "cdots" if self.chars[self.at..].iter().all(|c| c.is_whitespace()) => {
                self.trailing_dots();
            }
            "partial" => self.push(TokenKind::Symbol("∂".to_owned()), at),
            "not" => return self.negated(at),
            _ if let Some(why) = commands::operation(&name) => return self.error(at, why),
            _ if MARKS.contains(&name.as_str()) => return self.mark(&name, at),
            _ if LAYOUT_COMMANDS.contains(&name.as_str()) => self.spaced = true,
            _ if TEXT_COMMANDS.contains(&name.as_str()) => {
                let inside = self.braces(at)?;
                self.textual(&name, inside.trim(), at)?;
            }
            _ => self.simple(&name, at)?,
        }
        Ok(())
    }

    /// Lexes `\not=`.
    fn negated(&mut self, at: usize) -> Result<(), ParseError> {
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        if self.peek(0) != Some('=') {
            return self.error(at, "“\\not” can stand before = only: write ≠.");
        }
        self.at += 1;
        self.push(TokenKind::Relation(Relation::NotEqual), at);
        Ok(())
    }

    fn simple(&mut self, name: &str, at: usize) -> Result<(), ParseError> {
        match vocabulary::latex_command(name) {
            Some(TokenKind::Symbol(name)) => self.symbol(name, at),
            Some(kind) => self.named(kind, name, at),
            None => return self.error(at, format!("“\\{name}” isn't known here: write it another way.")),
        }
        Ok(())
    }

    /// Returns the content of the braces at this position, or the single character.
    pub(super) fn braces(&mut self, at: usize) -> Result<String, ParseError> {
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        match self.peek(0) {
            Some('{') => {
                let start = self.at + 1;
                let mut depth = 0usize;
                while let Some(c) = self.peek(0) {
                    self.at += 1;
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        return Ok(self.chars[start..self.at - 1].iter().collect());
                    }
                }
                self.error(start - 1, "This brace is open: close it with }.")
            }
            Some(c) => {
                self.at += 1;
                Ok(c.to_string())
            }
            None => self.error(at, "Something is missing after this: fill it in, or take it away."),
        }
    }

    fn textual(&mut self, command: &str, inside: &str, at: usize) -> Result<(), ParseError> {
        let letters: Vec<char> = inside.chars().collect();
        let is_name = !matches!(command, "text" | "mbox" | "textrm");
        match vocabulary::longest_prefix(&letters) {
            Some((kind, len)) if len == letters.len() => {
                self.named(kind, inside, at);
                return Ok(());
            }
            _ => {}
        }
        if let Some(kind) = vocabulary::whole_word(inside) {
            self.push(kind, at);
            return Ok(());
        }
        match (command, inside) {
            ("mathbb", "Z") => self.symbol("ℤ".into(), at),
            ("mathbb", "N") => self.symbol("ℕ".into(), at),
            ("mathbb", "Q") => self.symbol("ℚ".into(), at),
            ("mathbb", "R") => self.push(TokenKind::Reals, at),
            ("mathrm" | "text" | "operatorname", "e") => self.constant("e", Constant::E, at),
            ("mathrm" | "text" | "operatorname", "i") => self.constant("i", Constant::I, at),
            _ if matches!(inside, "E" | "P" | "Pr" | "Var" | "Cov" | "SD") && self.before_bracket() => {
                self.symbol(inside.into(), at)
            }
            _ if letters.len() == 1 && letters[0].is_alphabetic() && is_name => {
                self.symbol(inside.into(), at)
            }
            // A font around more than a name is dropped.
            _ if is_name && inside.contains('\\') => self.inner(inside, at)?,
            _ if inside.is_empty() || vocabulary::is_radian(inside) => self.spaced = true,
            // `\text{m/s}`, `\text{x = 2}`: text with signs in it is mathematics.
            _ if inside.contains(|c: char| c.is_ascii_digit() || "/^=+²³".contains(c))
                && !inside.contains('\\') =>
            {
                self.inner(inside, at)?;
            }
            _ => self.push(TokenKind::Text(inside.to_owned()), at),
        }
        Ok(())
    }

    /// Returns `true` before an opening bracket.
    fn before_bracket(&self) -> bool {
        let rest: String = self.chars[self.at..].iter().filter(|c| **c != ' ').take(6).collect();
        rest.starts_with(['(', '[']) || rest.starts_with("\\left(") || rest.starts_with("\\left[")
    }

    /// Lexes a text that stands in place of this position.
    fn inner(&mut self, text: &str, at: usize) -> Result<(), ParseError> {
        let tokens = std::mem::take(&mut self.tokens);
        let count = tokens.len();
        let mut inner = Self { chars: text.chars().collect(), at: 0, tokens, ..*self };
        while let Some(c) = inner.peek(0) {
            inner.next(c).map_err(|error| ParseError::new(at, error.message))?;
        }
        self.tokens = inner.tokens;
        self.tokens.iter_mut().skip(count).for_each(|token| token.at = at);
        Ok(())
    }
}
