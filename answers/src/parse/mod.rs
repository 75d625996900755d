//! Step 2: parses tokens into expression trees, one expression at a time, by precedence climbing.
//!
//! The operators between expressions (relations, commas, unions) are parsed in `classify`.

use dashu_ratio::RBig;

use crate::error::ParseError;
use crate::lex::Lexed;
use crate::lex::function::{Constant, Function};
use crate::lex::notation::Notation;
use crate::lex::token::{Bar, Token, TokenKind};
use crate::limits::{DEPTH, NODES};
use crate::parse::tree::{Arena, Id, Node, TreeLimit};

mod applied;
mod brackets;
mod calls;
pub(crate) mod events;
mod exponents;
mod mixed;
pub(crate) mod tree;

/// The parser of one text.
pub(crate) struct Parser<'a> {
    pub(crate) tokens: Vec<Token>,
    pub(crate) next: usize,
    pub(crate) arena: Arena,
    pub(crate) latex: bool,
    /// The length of the text, in characters.
    pub(crate) end: usize,
    pub(crate) depth: usize,
    /// The number of open bars. With an open bar, the next `|` closes it.
    pub(crate) bars: usize,
    pub(crate) notation: &'a Notation,
    /// For every token, `true` if it opens brackets with a comma directly in them.
    lists: Vec<bool>,
    /// The names that the text defines as functions, by `f(x) =`.
    defined: Vec<String>,
}

pub(crate) type ParseResult<T> = Result<T, ParseError>;

impl<'a> Parser<'a> {
    pub(crate) fn new(lexed: Lexed, notation: &'a Notation) -> Self {
        let Lexed { tokens, latex, len: end } = lexed;
        let lists = lists(&tokens);
        let defined = applied::defined(&tokens);
        Self {
            tokens,
            next: 0,
            arena: Arena::default(),
            latex,
            end,
            depth: 0,
            bars: 0,
            notation,
            lists,
            defined,
        }
    }
}

/// Marks the brackets that have a comma directly in them.
fn lists(tokens: &[Token]) -> Vec<bool> {
    let mut lists = vec![false; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind.opens() {
            open.push(at);
        } else if token.kind.closes() {
            open.pop();
        } else if token.kind == TokenKind::Comma
            && let Some(mark) = open.last().and_then(|at| lists.get_mut(*at))
        {
            *mark = true;
        }
    }
    lists
}

impl Parser<'_> {
    pub(crate) fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    pub(crate) fn ahead(&self, n: usize) -> Option<&TokenKind> {
        self.tokens.get(self.next + n).map(|token| &token.kind)
    }

    pub(crate) fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |token| token.at)
    }

    pub(crate) fn eat(&mut self, kind: &TokenKind) -> bool {
        let found = self.peek() == Some(kind);
        self.next += usize::from(found);
        found
    }

    pub(crate) fn fail<T>(&self, why: impl Into<String>) -> ParseResult<T> {
        Err(ParseError::new(self.at(), why))
    }

    pub(crate) fn add(&mut self, node: Node) -> ParseResult<Id> {
        let at = self.at();
        self.arena.add(node, at).map_err(|full| {
            let why = match full {
                TreeLimit::Nodes => format!("This has more than {NODES} parts: write it in a shorter form."),
                TreeLimit::Depth => {
                    format!("This is nested more than {DEPTH} deep: write it with fewer brackets.")
                }
            };
            ParseError::new(at, why)
        })
    }

    /// Parses one level deeper, within the limit of the nesting.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> ParseResult<T>) -> ParseResult<T> {
        self.depth += 1;
        if self.depth > DEPTH {
            return self
                .fail(format!("This is nested more than {DEPTH} deep: write it with fewer brackets."));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Returns `true` if a bracket has a comma directly in it.
    pub(crate) fn opens_list(&self, at: usize) -> bool {
        self.lists.get(at) == Some(&true)
    }

    pub(crate) fn number(&mut self, value: impl Into<RBig>) -> ParseResult<Id> {
        self.add(Node::Number(value.into(), None))
    }

    pub(crate) fn sum(&mut self) -> ParseResult<Id> {
        self.nested(Self::sum_here)
    }

    fn sum_here(&mut self) -> ParseResult<Id> {
        let mut terms = Vec::new();
        loop {
            let sign = match self.peek() {
                Some(TokenKind::Plus) => Some(TokenKind::Plus),
                Some(TokenKind::Minus) => Some(TokenKind::Minus),
                Some(TokenKind::PlusMinus) => Some(TokenKind::PlusMinus),
                Some(TokenKind::MinusPlus) => Some(TokenKind::MinusPlus),
                _ if terms.is_empty() => None,
                _ => break,
            };
            self.next += usize::from(sign.is_some());
            let term = self.product()?;
            terms.push(match sign {
                // -1 mod 3 is 2: the sign belongs to the dividend.
                Some(TokenKind::Minus) if terms.is_empty() => self.negative(term)?,
                Some(TokenKind::Minus) => self.add(Node::Negative(term))?,
                Some(TokenKind::PlusMinus) => self.add(Node::PlusMinus(term, false))?,
                Some(TokenKind::MinusPlus) => self.add(Node::PlusMinus(term, true))?,
                _ => term,
            });
        }
        if let [term] = terms[..] { Ok(term) } else { self.add(Node::Sum(terms.into())) }
    }

    fn negative(&mut self, term: Id) -> ParseResult<Id> {
        if let Node::Call(Function::Mod, both) = self.arena.node(term).clone() {
            let numerator = self.add(Node::Negative(both[0]))?;
            return self.add(Node::Call(Function::Mod, [numerator, both[1]].into()));
        }
        self.add(Node::Negative(term))
    }

    pub(crate) fn product(&mut self) -> ParseResult<Id> {
        let first = self.signed()?;
        let mut factors = vec![first];
        loop {
            match self.peek() {
                Some(TokenKind::Times) => {
                    self.next += 1;
                    let factor = self.signed()?;
                    factors.push(factor);
                }
                Some(TokenKind::Cross) => {
                    self.next += 1;
                    let factor = self.signed()?;
                    let last = *factors.last().unwrap_or(&factor);
                    match self.cross(last, factor)? {
                        Some(product) => {
                            factors.pop();
                            factors.push(product);
                        }
                        None => factors.push(factor),
                    }
                }
                Some(TokenKind::Divide) => {
                    self.next += 1;
                    let denominator = self.signed()?;
                    let numerator = self.close_product(&mut factors)?;
                    factors.push(self.add(Node::Quotient(numerator, denominator))?);
                }
                Some(TokenKind::Mod) => {
                    self.next += 1;
                    let by = self.signed()?;
                    let numerator = self.close_product(&mut factors)?;
                    factors.push(self.add(Node::Call(Function::Mod, [numerator, by].into()))?);
                }
                Some(TokenKind::Choose | TokenKind::Permute) => {
                    let function = if self.eat(&TokenKind::Choose) {
                        Function::Choose
                    } else {
                        self.next += 1;
                        Function::Permute
                    };
                    self.eat(&TokenKind::Underscore);
                    let of = self.power()?;
                    let from = factors.pop().unwrap_or(of);
                    factors.push(self.add(Node::Call(function, [from, of].into()))?);
                }
                _ if self.starts_factor() => {
                    let before = self.next.checked_sub(1).and_then(|at| self.tokens.get(at));
                    let literal = matches!(before, Some(Token { kind: TokenKind::Number { .. }, .. }));
                    let fraction = literal && self.peek() == Some(&TokenKind::Fraction);
                    let factor = self.power()?;
                    let last = *factors.last().unwrap_or(&factor);
                    let percent =
                        if let Node::Percent(of) = self.arena.node(factor) { Some(*of) } else { None };
                    let part = percent.unwrap_or(factor);
                    if fraction && self.is_mixed(last, part) {
                        let whole = factors.pop().unwrap_or(factor);
                        let mixed = self.add(Node::Mixed(whole, part))?;
                        factors.push(if percent.is_some() { self.add(Node::Percent(mixed))? } else { mixed });
                    } else {
                        factors.push(factor);
                    }
                }
                _ => break,
            }
        }
        self.close_product(&mut factors)
    }

    fn close_product(&mut self, factors: &mut Vec<Id>) -> ParseResult<Id> {
        let factors = std::mem::take(factors);
        if let [factor] = factors[..] { Ok(factor) } else { self.add(Node::Product(factors.into())) }
    }

    fn signed(&mut self) -> ParseResult<Id> {
        match self.peek() {
            Some(TokenKind::Minus) => {
                self.next += 1;
                let of = self.nested(Self::signed)?;
                self.add(Node::Negative(of))
            }
            Some(TokenKind::Plus) => {
                self.next += 1;
                self.nested(Self::signed)
            }
            Some(TokenKind::PlusMinus) => {
                self.next += 1;
                let of = self.nested(Self::signed)?;
                self.add(Node::PlusMinus(of, false))
            }
            _ => self.power(),
        }
    }

    /// Returns `true` if the next token starts a factor of a product without a sign.
    pub(crate) fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(TokenKind::Bar(Bar::Either)) => self.bars == 0,
            // The bracket of `]2, 7[` closes.
            Some(TokenKind::OpenSquare) => self.ahead(1).is_some_and(|next| {
                !next.closes()
                    && !matches!(
                        next,
                        TokenKind::Comma
                            | TokenKind::Semicolon
                            | TokenKind::Union
                            | TokenKind::Intersection
                            | TokenKind::Or
                            | TokenKind::And
                            | TokenKind::Relation(_)
                    )
            }),
            // `3(1, 2)` is a multiple of a vector.
            Some(TokenKind::Open) => !self.opens_list(self.next),
            Some(kind) => matches!(
                kind,
                TokenKind::Number { .. }
                    | TokenKind::Symbol(_)
                    | TokenKind::Function(_)
                    | TokenKind::Constant(_)
                    | TokenKind::Overline
                    | TokenKind::OpenBrace
                    | TokenKind::OpenFloor
                    | TokenKind::OpenCeil
                    | TokenKind::Bar(Bar::Open)
                    | TokenKind::Fraction
                    | TokenKind::Binomial
                    | TokenKind::Text(_)
            ),
            None => false,
        }
    }

    pub(crate) fn primary(&mut self) -> ParseResult<Id> {
        let Some(Token { kind, at, .. }) = self.tokens.get(self.next).cloned() else {
            return self.missing();
        };
        match kind {
            TokenKind::Number { value, places } => {
                self.next += 1;
                let id = self.add(Node::Number(value, places))?;
                self.plain_mixed(id)
            }
            TokenKind::Symbol(name) => {
                self.next += 1;
                self.called(name)
            }
            TokenKind::Constant(constant) => {
                self.next += 1;
                let name = match constant {
                    Constant::E => "e",
                    Constant::I => "i",
                    _ => "",
                };
                if self.notation.declares(name) {
                    self.add(Node::Symbol(name.into()))
                } else {
                    self.add(Node::Constant(constant))
                }
            }
            TokenKind::Function(function) => self.function(function),
            TokenKind::Fraction => {
                self.next += 1;
                let numerator = self.argument()?;
                let denominator = self.argument()?;
                self.add(Node::Quotient(numerator, denominator))
            }
            TokenKind::Binomial => {
                self.next += 1;
                let from = self.argument()?;
                let of = self.argument()?;
                self.add(Node::Call(Function::Choose, [from, of].into()))
            }
            TokenKind::Overline => self.overline(),
            TokenKind::Open | TokenKind::OpenSquare | TokenKind::OpenBrace => self.group(),
            TokenKind::OpenFloor => self.within(&TokenKind::CloseFloor, Function::Floor),
            TokenKind::OpenCeil => self.within(&TokenKind::CloseCeil, Function::Ceil),
            TokenKind::Bar(Bar::Either | Bar::Open) => self.absolute(),
            TokenKind::Text(word) => {
                self.next += 1;
                self.word(&word, at)
            }
            _ => self.missing(),
        }
    }

    /// Parses a word in an expression: `5\text{cm}` is `5 cm`, a product with two variables.
    fn word(&mut self, word: &str, at: usize) -> ParseResult<Id> {
        let letters: Vec<char> = word.chars().filter(|c| !c.is_whitespace()).collect();
        if letters.is_empty() || !letters.iter().all(|c| c.is_alphabetic()) {
            let why = format!("“{word}” can't stand here: write numbers, letters and signs.");
            return Err(ParseError::new(at, why));
        }
        if letters.len() > 3 {
            let name: String = letters.into_iter().flat_map(char::to_lowercase).collect();
            return self.add(Node::Symbol(name.into()));
        }
        let mut ids = Vec::new();
        for letter in letters {
            ids.push(self.add(Node::Symbol(letter.to_string().into()))?);
        }
        if let [id] = ids[..] { Ok(id) } else { self.add(Node::Product(ids.into())) }
    }

    /// Parses the argument of a LaTeX command: braces, one digit, or one token.
    pub(crate) fn argument(&mut self) -> ParseResult<Id> {
        match self.peek() {
            Some(TokenKind::Number { .. }) => self.first_digit(),
            None => self.missing(),
            Some(_) => self.nested(Self::primary),
        }
    }
}
