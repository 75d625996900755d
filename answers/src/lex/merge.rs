//! Joins tokens that are one name: derivatives, differences, angles; completes short forms.

use super::notation::Notation;
use super::words::is_capital;
use crate::error::ParseError;
use crate::lex::function::Constant;
use crate::lex::token::{Relation, Token, TokenKind};

pub(super) fn merged(mut tokens: Vec<Token>, notation: &Notation) -> Result<Vec<Token>, ParseError> {
    let symbol = |name: &str| tokens.iter().any(|token| token.kind.is_symbol(name));
    let derivative = symbol("d") && !notation.has_variable("d") || symbol("∂");
    // `3i - 2j`: beside j, the letter i is a unit vector.
    let unit_vectors =
        symbol("j") && tokens.iter().any(|token| token.kind == TokenKind::Constant(Constant::I));
    let difference = symbol("Δ") || symbol("δ");
    let shape = tokens.iter().any(|token| matches!(token.kind, TokenKind::Angle | TokenKind::Triangle));
    if unit_vectors {
        for token in &mut tokens {
            if token.kind == TokenKind::Constant(Constant::I) {
                token.kind = TokenKind::Symbol("i".to_owned());
            }
        }
    }
    if derivative || difference || shape {
        tokens = names(tokens, derivative, difference)?;
    }
    if tokens.iter().any(|token| matches!(&token.kind, TokenKind::Begin(name) if name == "cases")) {
        tokens = cases(tokens)?;
    }
    let matrix = tokens.iter().any(|token| matches!(token.kind, TokenKind::Begin(_)));
    if !matrix {
        // `x<5 & x>-2`
        tokens
            .iter_mut()
            .filter(|token| token.kind == TokenKind::Cell)
            .for_each(|token| token.kind = TokenKind::And);
    }
    separate(&mut tokens);
    complete(&mut tokens, notation);
    Ok(tokens)
}

fn names(tokens: Vec<Token>, derivative: bool, difference: bool) -> Result<Vec<Token>, ParseError> {
    let mut merged = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let found = match &rest[0].kind {
            TokenKind::Fraction if derivative => quotient(rest)?,
            TokenKind::Symbol(name) if derivative && is_d(name) => flat_quotient(rest)?,
            TokenKind::Symbol(name) if difference && matches!(name.as_str(), "Δ" | "δ") => {
                match triangle(rest) {
                    Some(found) if name == "Δ" => Some(found),
                    _ => rest.get(1).and_then(|next| match &next.kind {
                        TokenKind::Symbol(of) => Some((format!("{name}{of}"), 2)),
                        _ => None,
                    }),
                }
            }
            TokenKind::Triangle => triangle(rest),
            TokenKind::Angle => angle(rest),
            _ => None,
        };
        match found {
            Some((name, len)) => {
                merged.push(Token { kind: TokenKind::Symbol(name), ..rest[0].clone() });
                at += len;
            }
            None => {
                if !matches!(rest[0].kind, TokenKind::Angle | TokenKind::Triangle) {
                    merged.push(rest[0].clone());
                }
                at += 1;
            }
        }
    }
    Ok(merged)
}

fn is_d(name: &str) -> bool {
    matches!(name, "d" | "∂")
}

/// Reads the tokens of a derivative, one after another.
struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Cursor<'_> {
    fn eat(&mut self, kind: &TokenKind) -> Option<()> {
        let found = self.tokens.get(self.at).is_some_and(|token| token.kind == *kind);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn symbol(&mut self) -> Option<String> {
        let TokenKind::Symbol(name) = &self.tokens.get(self.at)?.kind else { return None };
        self.at += 1;
        Some(name.clone())
    }

    fn d(&mut self) -> Option<()> {
        is_d(&self.symbol()?).then_some(())
    }

    /// Reads `^2` or `^{2}`; 1 where there is no exponent.
    fn order(&mut self) -> Option<String> {
        if self.eat(&TokenKind::Caret).is_none() {
            return Some("1".to_owned());
        }
        let braced = self.eat(&TokenKind::OpenBrace).is_some();
        let order = match &self.tokens.get(self.at)?.kind {
            TokenKind::Number { value, places: None } => value.to_string(),
            TokenKind::Symbol(name) => name.clone(),
            _ => return None,
        };
        self.at += 1;
        if braced {
            self.eat(&TokenKind::CloseBrace)?;
        }
        Some(order)
    }
}

fn operator_error<T>(at: usize) -> Result<T, ParseError> {
    Err(ParseError::new(at, "d/dx can't stand alone: write the derivative itself, or dy/dx."))
}

fn derivative_name(order: &str, of: &str, by: &str) -> String {
    if order == "1" { format!("d{of}/d{by}") } else { format!("d^{order}{of}/d{by}^{order}") }
}

/// Merges `\frac{dy}{dx}` and `\frac{d^2y}{dx^2}`.
fn quotient(tokens: &[Token]) -> Result<Option<(String, usize)>, ParseError> {
    let mut cursor = Cursor { tokens, at: 1 };
    let found = (|| {
        cursor.eat(&TokenKind::OpenBrace)?;
        cursor.d()?;
        let order = cursor.order()?;
        let of = cursor.symbol();
        cursor.eat(&TokenKind::CloseBrace)?;
        cursor.eat(&TokenKind::OpenBrace)?;
        cursor.d()?;
        let by = cursor.symbol()?;
        let same = cursor.order()? == order;
        cursor.eat(&TokenKind::CloseBrace)?;
        same.then_some((order, of, by))
    })();
    match found {
        Some((order, Some(of), by)) => Ok(Some((derivative_name(&order, &of, &by), cursor.at))),
        Some((_, None, _)) => operator_error(tokens[0].at),
        None => Ok(None),
    }
}

/// Merges `dy/dx` and `d²y/dx²`.
fn flat_quotient(tokens: &[Token]) -> Result<Option<(String, usize)>, ParseError> {
    let mut cursor = Cursor { tokens, at: 0 };
    let found = (|| {
        cursor.d()?;
        let order = cursor.order()?;
        let of = cursor.symbol();
        cursor.eat(&TokenKind::Divide)?;
        cursor.d()?;
        let by = cursor.symbol()?;
        if order != "1" && cursor.order()? != order {
            return None;
        }
        Some((order, of, by))
    })();
    match found {
        Some((order, Some(of), by)) => Ok(Some((derivative_name(&order, &of, &by), cursor.at))),
        Some((_, None, _)) => operator_error(tokens[0].at),
        None => Ok(None),
    }
}

/// Returns the capital letters after the first token, at most three.
fn capitals(tokens: &[Token]) -> String {
    let capital = |token: &Token| match &token.kind {
        TokenKind::Symbol(name) if is_capital(name) => Some(name.clone()),
        _ => None,
    };
    tokens.iter().skip(1).map_while(capital).take(3).collect()
}

fn triangle(tokens: &[Token]) -> Option<(String, usize)> {
    let letters = capitals(tokens);
    (letters.len() == 3).then(|| (format!("△{letters}"), 4))
}

/// Merges the name of an angle. ∠ABC is ∠CBA: the vertex stays in the middle.
fn angle(tokens: &[Token]) -> Option<(String, usize)> {
    let mut letters = capitals(tokens);
    if letters.len() == 2 {
        letters.truncate(1);
    }
    if letters.is_empty() {
        let TokenKind::Symbol(name) = &tokens.get(1)?.kind else { return None };
        return Some((format!("∠{name}"), 2));
    }
    let backwards: String = letters.chars().rev().collect();
    let len = letters.len() + 1;
    Some((format!("∠{}", letters.min(backwards)), len))
}

/// Reads the rows of `\begin{cases}` as a list of equations.
fn cases(tokens: Vec<Token>) -> Result<Vec<Token>, ParseError> {
    let mut all = Vec::with_capacity(tokens.len());
    for token in tokens {
        let kind = match &token.kind {
            TokenKind::Begin(name) | TokenKind::End(name) if name == "cases" => continue,
            TokenKind::Row => TokenKind::And,
            TokenKind::Cell => {
                let why = "A function by cases can't be read: write one formula for it.";
                return Err(ParseError::new(token.at, why));
            }
            kind => kind.clone(),
        };
        all.push(Token { kind, ..token });
    }
    if all.last().is_some_and(|token| token.kind == TokenKind::And) {
        all.pop();
    }
    Ok(all)
}

/// Puts a comma between equations that only a space separates: `x=3 x=-2`.
fn separate(tokens: &mut Vec<Token>) {
    let mut equation = false;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].kind {
            TokenKind::Comma | TokenKind::Semicolon | TokenKind::Or | TokenKind::And => equation = false,
            TokenKind::Relation(Relation::Equal) => equation = true,
            TokenKind::Symbol(_)
                if equation
                    && tokens[at].spaced
                    && tokens
                        .get(at + 1)
                        .is_some_and(|next| next.kind == TokenKind::Relation(Relation::Equal))
                    && at.checked_sub(1).is_some_and(|before| ends_operand(&tokens[before].kind)) =>
            {
                let comma = Token { kind: TokenKind::Comma, at: tokens[at].at, spaced: true };
                tokens.insert(at, comma);
                equation = false;
            }
            _ => {}
        }
        at += 1;
    }
}

fn ends_operand(kind: &TokenKind) -> bool {
    kind.closes()
        || matches!(
            kind,
            TokenKind::Number { .. }
                | TokenKind::Symbol(_)
                | TokenKind::Constant(_)
                | TokenKind::Percent
                | TokenKind::Degree
        )
}

/// Completes what pupils leave out: `2 and 3/4`, `1 in 6`, `>3`.
fn complete(tokens: &mut Vec<Token>, notation: &Notation) {
    let number =
        |at: usize| matches!(tokens.get(at).map(|t| &t.kind), Some(TokenKind::Number { places: None, .. }));
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    if tokens.len() == 3 && number(0) && number(2) && kind(1) == Some(&TokenKind::Relation(Relation::In)) {
        tokens[1].kind = TokenKind::Divide;
    } else if notation.thousands
        && tokens.len() == 5
        && number(0)
        && number(2)
        && number(4)
        && kind(1) == Some(&TokenKind::And)
        && kind(3) == Some(&TokenKind::Divide)
    {
        tokens.remove(1);
        tokens[1].spaced = true;
    } else if let Some(TokenKind::Relation(relation)) = kind(0)
        && !matches!(relation, Relation::Equal | Relation::In)
        && let Some(name) = notation.only_variable()
    {
        let kind = TokenKind::Symbol(name.to_owned());
        tokens.insert(0, Token { kind, at: 0, spaced: false });
    }
}
