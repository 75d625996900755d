//! Function symbols: `f(x)`, `f'(x)`, `f^{-1}(x)`, composites, and functions of random variables.

use crate::lex::token::{Relation, Token, TokenKind};
use crate::parse::tree::{Id, Node};
use crate::parse::{ParseResult, Parser};

/// The functions of random variables and events.
const PROBABILITY: [&str; 6] = ["P", "Pr", "E", "Var", "Cov", "SD"];

/// How a letter before a bracket is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Function,
    /// A function if its argument is one of the usual ones.
    ByArgument,
    Variable,
}

impl Parser<'_> {
    /// Parses a symbol that is already consumed: a variable, or a function with its argument.
    pub(super) fn applied(&mut self, name: String) -> ParseResult<Id> {
        if PROBABILITY.contains(&name.as_str()) && self.is_probability(&name) {
            let arguments = self.arguments()?;
            return self.add(Node::Apply(name.into(), arguments.into()));
        }
        let start = self.next;
        if let Some(names) = self.composite(name.clone()) {
            if self.peek() != Some(&TokenKind::Open) {
                return self.add(Node::Symbol(names.join("∘").into()));
            }
            let mut arguments = self.arguments()?;
            for name in names.into_iter().rev() {
                let id = self.add(Node::Apply(name.into(), std::mem::take(&mut arguments).into()))?;
                arguments = vec![id];
            }
            if let [id] = arguments[..] {
                return Ok(id);
            }
        }
        self.next = start;
        self.add(Node::Symbol(name.into()))
    }

    /// Consumes the names of a composite up to its bracket: `f`, `fg`, `f∘g`, `f^2`, `f^{-1}g`.
    ///
    /// Returns `None` if the name is a variable. `f^2` is f twice.
    fn composite(&mut self, first: String) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut name = first;
        let mut joined = false;
        loop {
            let role = self.role(&name);
            if role == Role::Variable && !joined {
                return None;
            }
            let times = self.times_applied();
            match times {
                -1 => names.push(format!("{name}⁻¹")),
                times => names.extend(std::iter::repeat_n(name.clone(), times.max(1).unsigned_abs().into())),
            }
            match (self.peek(), self.ahead(1)) {
                (Some(TokenKind::Open), _) => {
                    let fits = joined || role == Role::Function || self.argument_fits(&name);
                    return fits.then_some(names);
                }
                (Some(TokenKind::Degree), Some(TokenKind::Symbol(next))) => {
                    (name, joined) = (next.clone(), true);
                    self.next += 2;
                }
                (Some(TokenKind::Symbol(next)), _) if self.role(next) != Role::Variable => {
                    name = next.clone();
                    self.next += 1;
                }
                _ if joined => return Some(names),
                _ => return None,
            }
        }
    }

    /// Consumes the exponent of a function before its bracket; 1 where there is none.
    fn times_applied(&mut self) -> i8 {
        if self.peek() != Some(&TokenKind::Caret) {
            return 1;
        }
        let mut at = 1;
        let braced = matches!(self.ahead(at), Some(TokenKind::OpenBrace | TokenKind::Open));
        at += usize::from(braced);
        let negative = self.ahead(at) == Some(&TokenKind::Minus);
        at += usize::from(negative);
        let value = match self.ahead(at) {
            Some(TokenKind::Number { value, places: None }) => {
                (1..=4).find(|n| *value == dashu_ratio::RBig::from(*n))
            }
            _ => None,
        };
        at += 1;
        if braced {
            if !matches!(self.ahead(at), Some(TokenKind::CloseBrace | TokenKind::Close)) {
                return 1;
            }
            at += 1;
        }
        let followed =
            matches!(self.ahead(at), Some(TokenKind::Open | TokenKind::Symbol(_) | TokenKind::Degree));
        match (value, negative) {
            (Some(1), true) if followed => {
                self.next += at;
                -1
            }
            (Some(times), false) if followed && self.ahead(at) == Some(&TokenKind::Open) => {
                self.next += at;
                times
            }
            _ => 1,
        }
    }

    fn role(&self, name: &str) -> Role {
        let base = name.trim_end_matches('\'');
        let letter = base.split('_').next().unwrap_or(base);
        let one_letter = letter.chars().count() == 1 && letter.chars().all(char::is_alphabetic);
        if !one_letter {
            return Role::Variable;
        }
        if self.notation.has_function(base) || self.notation.has_function(name) {
            Role::Function
        } else if self.notation.has_variable(base) {
            Role::Variable
        } else if self.defined.iter().any(|known| known == name) {
            Role::Function
        } else if !matches!(letter, "f" | "g" | "h" | "F" | "G" | "H" | "φ" | "ψ") || self.has_plain(base) {
            Role::Variable
        } else if name.ends_with('\'') {
            Role::Function
        } else {
            Role::ByArgument
        }
    }

    /// Returns `true` if the text has the letter without an argument, as h in `f(x+h)`.
    fn has_plain(&self, name: &str) -> bool {
        self.tokens.iter().enumerate().any(|(at, token)| {
            token.kind.is_symbol(name)
                && !matches!(
                    self.tokens.get(at + 1).map(|token| &token.kind),
                    Some(TokenKind::Open | TokenKind::Caret | TokenKind::Symbol(_) | TokenKind::Degree)
                )
        })
    }

    /// Returns the tokens in the bracket that opens at the next token.
    fn in_bracket(&self) -> &[Token] {
        let rest = self.tokens.get(self.next..).unwrap_or_default();
        let mut depth = 0usize;
        for (at, token) in rest.iter().enumerate() {
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return rest.get(1..at).unwrap_or_default();
                }
            }
        }
        &[]
    }

    /// Returns `true` if the argument has the usual variables only, such as x and t.
    fn argument_fits(&self, name: &str) -> bool {
        let inside = self.in_bracket();
        let mut symbols = inside.iter().filter_map(|token| match &token.kind {
            TokenKind::Symbol(of) => Some(of.as_str()),
            _ => None,
        });
        let function =
            |of: &str| self.notation.has_function(of) || matches!(of, "f" | "g" | "F" | "G" | "φ" | "ψ");
        let fits = |of: &str| is_usual(of) || function(of);
        if matches!(name.trim_end_matches('\''), "f" | "F" | "φ" | "ψ") && !inside.is_empty() {
            // `f(x+h)`, `f(a)`.
            return symbols.clone().all(function) || symbols.clone().any(is_usual) || inside.len() == 1;
        }
        !inside.is_empty() && symbols.all(fits)
    }

    /// Returns `true` for `P(A)`, `E(2X)`, `Var(X)`; false for products such as `P(1+r)`.
    fn is_probability(&self, name: &str) -> bool {
        let square = self.peek() == Some(&TokenKind::OpenSquare);
        if self.peek() != Some(&TokenKind::Open) && !square {
            return false;
        }
        if self.notation.has_function(name) || !matches!(name, "P" | "E") {
            return true;
        }
        if self.notation.has_variable(name) {
            return false;
        }
        let inside = self.in_bracket();
        let event = inside.iter().any(|token| match &token.kind {
            TokenKind::Symbol(of) => {
                of.starts_with(|c: char| c.is_ascii_uppercase()) || of.starts_with("\\bar")
            }
            TokenKind::Relation(_)
            | TokenKind::Intersection
            | TokenKind::Union
            | TokenKind::SetMinus
            | TokenKind::Prime
            | TokenKind::Overline
            | TokenKind::Text(_)
            | TokenKind::SuchThat => true,
            _ => false,
        });
        let label = self.ahead(inside.len() + 2) == Some(&TokenKind::Relation(Relation::Equal));
        event || label && self.next <= 1 && !inside.iter().any(|token| token.kind == TokenKind::Comma)
    }

    /// Parses arguments in brackets. They may be events.
    fn arguments(&mut self) -> ParseResult<Vec<Id>> {
        let opened = self.at();
        let close = if self.eat(&TokenKind::OpenSquare) {
            TokenKind::CloseSquare
        } else {
            self.next += 1;
            TokenKind::Close
        };
        let bars = std::mem::replace(&mut self.bars, 1);
        let mut all = vec![self.nested(Self::event)?];
        while all.len() < 8 && (self.eat(&TokenKind::Comma) || self.eat(&TokenKind::Semicolon)) {
            let next = self.nested(Self::event)?;
            all.push(next);
        }
        self.bars = bars;
        self.close(&close, opened)?;
        Ok(all)
    }
}

/// Returns `true` for the letters that functions are usually applied to.
fn is_usual(name: &str) -> bool {
    matches!(name, "x" | "t" | "n" | "k" | "z" | "u" | "θ" | "y")
}

/// Returns the names that stand in `name(x) =`.
pub(super) fn defined(tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, five) in tokens.windows(5).enumerate() {
        let begins = at.checked_sub(1).and_then(|before| tokens.get(before)).is_none_or(|before| {
            matches!(
                before.kind,
                TokenKind::Comma
                    | TokenKind::Semicolon
                    | TokenKind::And
                    | TokenKind::Or
                    | TokenKind::Relation(_)
            )
        });
        if let [
            Token { kind: TokenKind::Symbol(name), .. },
            open,
            Token { kind: TokenKind::Symbol(of), .. },
            close,
            equal,
        ] = five
            && begins
            && open.kind == TokenKind::Open
            && of != name
            && is_usual(of)
            && close.kind == TokenKind::Close
            && equal.kind == TokenKind::Relation(Relation::Equal)
        {
            names.push(name.clone());
        }
    }
    names
}
