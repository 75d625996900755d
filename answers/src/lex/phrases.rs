//! Words for signs: `x squared`, `minus 3`, `cube root of 5`, `Var(X)`.

use dashu_ratio::RBig;

use super::Lexer;
use crate::lex::function::Function;
use crate::lex::token::{Token, TokenKind};

impl Lexer<'_> {
    /// Lexes words for signs: `x squared`, `minus 3`, `cube root of 5`, `Var(X)`.
    pub(super) fn phrase(&mut self, word: &str, start: usize, end: usize) -> bool {
        let power = match word {
            "squared" => 2,
            "cubed" => 3,
            "minus" | "plus" => {
                self.at = end;
                self.push(if word == "minus" { TokenKind::Minus } else { TokenKind::Plus }, start);
                return true;
            }
            "Var" | "Cov" | "SD" | "Pr" | "var" | "cov"
                if self.chars[end..].iter().find(|c| **c != ' ').is_some_and(|c| "([".contains(*c)) =>
            {
                self.at = end;
                let name = if word == "var" {
                    "Var"
                } else if word == "cov" {
                    "Cov"
                } else {
                    word
                };
                self.push(TokenKind::Symbol(name.to_owned()), start);
                return true;
            }
            "square" | "cube" | "root" | "of" => return self.root_phrase(word, start, end),
            _ => return false,
        };
        if self.tokens.is_empty() {
            return false;
        }
        self.at = end;
        self.push(TokenKind::Caret, start);
        self.push(TokenKind::Number { value: RBig::from(power), places: None }, start);
        true
    }

    /// Lexes `square root of 5`, `cube root 5` and `root of 5`.
    fn root_phrase(&mut self, word: &str, start: usize, end: usize) -> bool {
        let rest: String = self.chars[end..].iter().take(6).collect();
        if word == "of" {
            let after_root = matches!(
                self.tokens.last(),
                Some(Token { kind: TokenKind::Function(Function::Sqrt) | TokenKind::CloseSquare, .. })
            );
            if after_root {
                self.at = end;
            }
            return after_root;
        }
        if word == "root" {
            if rest.trim_start().starts_with("of") {
                self.at = end;
                self.push(TokenKind::Function(Function::Sqrt), start);
                return true;
            }
            return false;
        }
        if !rest.trim_start().starts_with("root") {
            return false;
        }
        self.at = end + (rest.len() - rest.trim_start().len()) + 4;
        if word == "square" {
            self.push(TokenKind::Function(Function::Sqrt), start);
        } else {
            self.named(TokenKind::Function(Function::Root), "cbrt", start);
        }
        true
    }
}
