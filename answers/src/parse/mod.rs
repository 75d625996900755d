//! Tokens into trees: one expression at a time, by precedence climbing. What joins expressions is read in `shape`.

use dashu_ratio::RBig;

use crate::expr::{Arena, Constant, Full, Function, Id, Node};
use crate::limits::{DEPTH, NODES};
use crate::token::{Bar, Kind, Token};
use crate::verdict::Unreadable;

mod brackets;
mod calls;

/// Reads the tokens of one text, from the first to the last.
pub(crate) struct Parser {
    pub(crate) tokens: Vec<Token>,
    pub(crate) next: usize,
    pub(crate) arena: Arena,
    pub(crate) latex: bool,
    /// Whether `root(8, 3)` is the third root, and whether there is one.
    pub(crate) degree_last: bool,
    pub(crate) has_root: bool,
    /// Where the text ends, in characters.
    pub(crate) end: usize,
    pub(crate) depth: usize,
    /// How many bars are open here: one more `|` closes.
    pub(crate) bars: usize,
    /// Letters that the box declares as unknowns, whatever else they may mean.
    pub(crate) variables: Box<[String]>,
}

pub(crate) type Read<T> = Result<T, Unreadable>;

impl Parser {
    pub(crate) fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    pub(crate) fn ahead(&self, n: usize) -> Option<&Kind> {
        self.tokens.get(self.next + n).map(|token| &token.kind)
    }

    pub(crate) fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |token| token.at)
    }

    pub(crate) fn eat(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == Some(kind);
        self.next += usize::from(found);
        found
    }

    pub(crate) fn fail<T>(&self, why: impl Into<String>) -> Read<T> {
        Err(Unreadable::new(self.at(), why))
    }

    pub(crate) fn add(&mut self, node: Node) -> Read<Id> {
        let at = self.at();
        self.arena.add(node, at).map_err(|full| {
            let why = match full {
                Full::Nodes => format!("This has more than {NODES} parts: write it in a shorter form."),
                Full::Depth => {
                    format!("This is nested more than {DEPTH} deep: write it with fewer brackets.")
                }
            };
            Unreadable::new(at, why)
        })
    }

    /// One level deeper: brackets, exponents, signs.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > DEPTH {
            return self
                .fail(format!("This is nested more than {DEPTH} deep: write it with fewer brackets."));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(crate) fn number(&mut self, value: impl Into<RBig>) -> Read<Id> {
        self.add(Node::Number(value.into(), None))
    }

    pub(crate) fn sum(&mut self) -> Read<Id> {
        self.nested(Self::sum_here)
    }

    fn sum_here(&mut self) -> Read<Id> {
        let mut terms = Vec::new();
        loop {
            let sign = match self.peek() {
                Some(Kind::Plus) => Some(Kind::Plus),
                Some(Kind::Minus) => Some(Kind::Minus),
                Some(Kind::PlusMinus) => Some(Kind::PlusMinus),
                Some(Kind::MinusPlus) => Some(Kind::MinusPlus),
                _ if terms.is_empty() => None,
                _ => break,
            };
            self.next += usize::from(sign.is_some());
            let term = self.product()?;
            terms.push(match sign {
                // -1 mod 3 is 2: the sign belongs to what is divided.
                Some(Kind::Minus) if terms.is_empty() => self.negative(term)?,
                Some(Kind::Minus) => self.add(Node::Negative(term))?,
                Some(Kind::PlusMinus) => self.add(Node::PlusMinus(term, false))?,
                Some(Kind::MinusPlus) => self.add(Node::PlusMinus(term, true))?,
                _ => term,
            });
        }
        if let [term] = terms[..] { Ok(term) } else { self.add(Node::Sum(terms.into())) }
    }

    fn negative(&mut self, term: Id) -> Read<Id> {
        if let Node::Call(Function::Mod, both) = self.arena.node(term).clone() {
            let over = self.add(Node::Negative(both[0]))?;
            return self.add(Node::Call(Function::Mod, [over, both[1]].into()));
        }
        self.add(Node::Negative(term))
    }

    fn product(&mut self) -> Read<Id> {
        let first = self.signed()?;
        let mut factors = vec![first];
        loop {
            match self.peek() {
                Some(Kind::Times) => {
                    self.next += 1;
                    let factor = self.signed()?;
                    factors.push(factor);
                }
                Some(Kind::Over) => {
                    self.next += 1;
                    let under = self.signed()?;
                    let over = self.close_product(&mut factors)?;
                    factors.push(self.add(Node::Quotient(over, under))?);
                }
                Some(Kind::Mod) => {
                    self.next += 1;
                    let by = self.signed()?;
                    let over = self.close_product(&mut factors)?;
                    factors.push(self.add(Node::Call(Function::Mod, [over, by].into()))?);
                }
                Some(Kind::Choose | Kind::Permute) => {
                    let function = if self.eat(&Kind::Choose) {
                        Function::Choose
                    } else {
                        self.next += 1;
                        Function::Permute
                    };
                    self.eat(&Kind::Underscore);
                    let of = self.power()?;
                    let from = factors.pop().unwrap_or(of);
                    factors.push(self.add(Node::Call(function, [from, of].into()))?);
                }
                _ if self.starts_factor() => {
                    let before = self.next.checked_sub(1).and_then(|at| self.tokens.get(at));
                    let literal = matches!(before, Some(Token { kind: Kind::Number { .. }, .. }));
                    let fraction = literal && self.peek() == Some(&Kind::Fraction);
                    let factor = self.power()?;
                    if fraction && self.is_mixed(*factors.last().unwrap_or(&factor), factor) {
                        let whole = factors.pop().unwrap_or(factor);
                        factors.push(self.add(Node::Mixed(whole, factor))?);
                    } else {
                        factors.push(factor);
                    }
                }
                _ => break,
            }
        }
        self.close_product(&mut factors)
    }

    fn close_product(&mut self, factors: &mut Vec<Id>) -> Read<Id> {
        let factors = std::mem::take(factors);
        if let [factor] = factors[..] { Ok(factor) } else { self.add(Node::Product(factors.into())) }
    }

    /// `2\frac{1}{2}`: a whole number, then a fraction of whole numbers below one.
    fn is_mixed(&self, whole: Id, fraction: Id) -> bool {
        let int = |id: Id| match self.arena.node(id) {
            Node::Number(value, None) if value.is_int() => Some(value),
            _ => None,
        };
        let Node::Quotient(over, under) = self.arena.node(fraction) else { return false };
        match (int(whole), int(*over), int(*under)) {
            (Some(_), Some(over), Some(under)) => over < under,
            _ => false,
        }
    }

    fn signed(&mut self) -> Read<Id> {
        match self.peek() {
            Some(Kind::Minus) => {
                self.next += 1;
                let of = self.nested(Self::signed)?;
                self.add(Node::Negative(of))
            }
            Some(Kind::Plus) => {
                self.next += 1;
                self.nested(Self::signed)
            }
            Some(Kind::PlusMinus) => {
                self.next += 1;
                let of = self.nested(Self::signed)?;
                self.add(Node::PlusMinus(of, false))
            }
            _ => self.power(),
        }
    }

    /// Whether what comes next can be multiplied with what stood before, without a sign.
    fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Kind::Bar(Bar::Either)) => self.bars == 0,
            Some(kind) => matches!(
                kind,
                Kind::Number { .. }
                    | Kind::Symbol(_)
                    | Kind::Function(_)
                    | Kind::Constant(_)
                    | Kind::Open
                    | Kind::OpenSquare
                    | Kind::OpenBrace
                    | Kind::OpenFloor
                    | Kind::OpenCeil
                    | Kind::Bar(Bar::Open)
                    | Kind::Fraction
                    | Kind::Binomial
                    | Kind::Text(_)
            ),
            None => false,
        }
    }

    pub(crate) fn power(&mut self) -> Read<Id> {
        if let Some(id) = self.prescript()? {
            return Ok(id);
        }
        let base = self.postfix()?;
        self.power_of(base)
    }

    /// The exponents and marks that may follow.
    pub(crate) fn power_of(&mut self, mut base: Id) -> Read<Id> {
        while self.eat(&Kind::Caret) {
            if let Some(mark) = self.raised_mark(base)? {
                base = self.marks(mark)?;
                continue;
            }
            let exponent = self.nested(Self::exponent)?;
            base = self.add(Node::Power(base, exponent))?;
            base = self.marks(base)?;
        }
        Ok(base)
    }

    /// `^\circ`, `^{\circ}`, and the prime that LaTeX raises.
    fn raised_mark(&mut self, base: Id) -> Read<Option<Id>> {
        let braced = self.peek() == Some(&Kind::OpenBrace) && self.ahead(2) == Some(&Kind::CloseBrace);
        if self.ahead(usize::from(braced)) != Some(&Kind::Degree) {
            return Ok(None);
        }
        self.next += if braced { 3 } else { 1 };
        self.add(Node::Degrees(base)).map(Some)
    }

    fn exponent(&mut self) -> Read<Id> {
        if self.latex
            && let Some(Kind::Number { value, places: None }) = self.peek()
            && value.is_int()
            && *value >= RBig::from(10)
        {
            return self.first_digit();
        }
        match self.peek() {
            Some(Kind::Minus) => {
                self.next += 1;
                // `10^-20` isn't how LaTeX writes it: whoever wrote it meant all of the number.
                let of = match self.peek().cloned() {
                    Some(Kind::Number { value, places }) => {
                        self.next += 1;
                        self.add(Node::Number(value, places))?
                    }
                    _ => self.nested(Self::exponent)?,
                };
                let of = self.marks(of)?;
                self.add(Node::Negative(of))
            }
            Some(Kind::Plus) => {
                self.next += 1;
                self.nested(Self::exponent)
            }
            // In LaTeX one token is raised: `x^a^b` has no meaning, and `x^ab` is x^a·b.
            _ if self.latex => self.primary(),
            _ => {
                let base = self.postfix()?;
                self.power_of(base)
            }
        }
    }

    /// In LaTeX `x^23` is x²·3, and `\frac12` a half: a number without braces is its first digit.
    fn first_digit(&mut self) -> Read<Id> {
        let Some(Token { kind: Kind::Number { value, .. }, at, .. }) = self.tokens.get(self.next).cloned()
        else {
            return self.primary();
        };
        let digits = value.to_string();
        if !value.is_int() || digits.len() < 2 {
            return self.primary();
        }
        let parse = |text: &str| text.parse::<dashu_int::IBig>().map_or(RBig::ZERO, RBig::from);
        let rest = Kind::Number { value: parse(&digits[1..]), places: None };
        self.tokens[self.next] = Token { kind: rest, at: at + 1, spaced: false };
        self.number(parse(&digits[..1]))
    }

    /// Something with the marks that follow it: `5!`, `50%`, `30°`.
    fn postfix(&mut self) -> Read<Id> {
        let id = self.primary()?;
        self.marks(id)
    }

    fn marks(&mut self, mut id: Id) -> Read<Id> {
        loop {
            let node = match self.peek() {
                Some(Kind::Bang) => Node::Factorial(id),
                Some(Kind::Percent) => Node::Percent(id),
                Some(Kind::Degree) => Node::Degrees(id),
                _ => return Ok(id),
            };
            self.next += 1;
            id = self.add(node)?;
        }
    }

    fn primary(&mut self) -> Read<Id> {
        let Some(Token { kind, at, .. }) = self.tokens.get(self.next).cloned() else {
            return self.missing();
        };
        match kind {
            Kind::Number { value, places } => {
                self.next += 1;
                let id = self.add(Node::Number(value, places))?;
                self.plain_mixed(id)
            }
            Kind::Symbol(name) => {
                self.next += 1;
                self.called(name)
            }
            Kind::Constant(constant) => {
                self.next += 1;
                let name = match constant {
                    Constant::E => "e",
                    Constant::I => "i",
                    _ => "",
                };
                if self.variables.iter().any(|known| known == name) {
                    self.add(Node::Symbol(name.into()))
                } else {
                    self.add(Node::Constant(constant))
                }
            }
            Kind::Function(function) => self.function(function),
            Kind::Fraction => {
                self.next += 1;
                let over = self.argument()?;
                let under = self.argument()?;
                self.add(Node::Quotient(over, under))
            }
            Kind::Binomial => {
                self.next += 1;
                let from = self.argument()?;
                let of = self.argument()?;
                self.add(Node::Call(Function::Choose, [from, of].into()))
            }
            Kind::Open | Kind::OpenSquare | Kind::OpenBrace => self.group(),
            Kind::OpenFloor => self.within(&Kind::CloseFloor, Function::Floor),
            Kind::OpenCeil => self.within(&Kind::CloseCeil, Function::Ceil),
            Kind::Bar(Bar::Either | Bar::Open) => self.absolute(),
            Kind::Text(word) => {
                self.next += 1;
                self.word(&word, at)
            }
            _ => self.missing(),
        }
    }

    /// `5\text{cm}` is `5 cm`: without a setting for units, each letter is a letter.
    fn word(&mut self, word: &str, at: usize) -> Read<Id> {
        let letters: Vec<char> = word.chars().filter(|c| !c.is_whitespace()).collect();
        if letters.is_empty() || !letters.iter().all(|c| c.is_alphabetic()) {
            let why = format!("“{word}” can't stand here: write numbers, letters and signs.");
            return Err(Unreadable::new(at, why));
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

    /// `2 1/2` in plain text: a space, and a fraction of whole numbers below one.
    fn plain_mixed(&mut self, whole: Id) -> Read<Id> {
        let plain = |n: usize| match self.tokens.get(self.next + n) {
            Some(Token { kind: Kind::Number { value, places: None }, spaced, .. }) if value.is_int() => {
                Some((value.clone(), *spaced))
            }
            _ => None,
        };
        let whole_is_int = self.arena.number(whole).is_some_and(RBig::is_int);
        let (Some((over, true)), Some(Kind::Over), Some((under, _)), true) =
            (plain(0), self.ahead(1), plain(2), whole_is_int)
        else {
            return Ok(whole);
        };
        if over >= under {
            return Ok(whole);
        }
        self.next += 3;
        let over = self.number(over)?;
        let under = self.number(under)?;
        let fraction = self.add(Node::Quotient(over, under))?;
        self.add(Node::Mixed(whole, fraction))
    }

    /// What a LaTeX command takes: braces, one digit, or one thing.
    pub(crate) fn argument(&mut self) -> Read<Id> {
        match self.peek() {
            Some(Kind::Number { .. }) => self.first_digit(),
            None => self.missing(),
            Some(_) => self.nested(Self::primary),
        }
    }
}
