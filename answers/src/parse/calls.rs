//! Function calls, with powers, bases, and arguments without brackets.

use dashu_ratio::RBig;

use crate::lex::function::Function;
use crate::lex::token::{Bar, TokenKind};
use crate::lex::words::is_capital;
use crate::parse::tree::{Id, Node};
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    pub(crate) fn function(&mut self, function: Function) -> ParseResult<Id> {
        self.next += 1;
        match function {
            Function::Sqrt | Function::Root => return self.root(function),
            Function::Gcd
            | Function::Lcm
            | Function::Min
            | Function::Max
            | Function::Choose
            | Function::Permute => {
                return self.several(function);
            }
            _ => {}
        }
        let mut base = None;
        if function == Function::Log {
            base = self.base()?;
        }
        let mut power = None;
        let mut inverse = false;
        if self.eat(&TokenKind::Caret) {
            inverse = self.minus_one() && inverse_of(function).is_some();
            if !inverse {
                let exponent = self.raised()?;
                power = Some(exponent);
            }
        }
        if function == Function::Log && base.is_none() {
            base = self.base()?;
        }
        let of = self.operand()?;
        let function = inverse_of(function).filter(|_| inverse).unwrap_or(function);
        let call = match base {
            Some(base) => self.add(Node::Call(function, [base, of].into()))?,
            None => self.add(Node::Call(function, [of].into()))?,
        };
        let call = match power {
            Some(power) => self.add(Node::Power(call, power))?,
            None => call,
        };
        Ok(call)
    }

    /// Parses the base of a logarithm: `\log_2`, `log_{10}`, `log2(`.
    fn base(&mut self) -> ParseResult<Option<Id>> {
        if self.eat(&TokenKind::Underscore) {
            return if self.latex { self.argument() } else { self.base_plain() }.map(Some);
        }
        let joined = self.tokens.get(self.next).is_some_and(|token| !token.spaced);
        let spaced_number = self.tokens.get(self.next + 1).is_some_and(|next| {
            next.spaced && matches!(next.kind, TokenKind::Number { .. } | TokenKind::Symbol(_))
        });
        if joined
            && matches!(self.peek(), Some(TokenKind::Number { .. }))
            && (self.ahead(1) == Some(&TokenKind::Open) || spaced_number && !self.latex)
        {
            let Some(TokenKind::Number { value, .. }) = self.peek().cloned() else { return Ok(None) };
            self.next += 1;
            return self.number(value).map(Some);
        }
        Ok(None)
    }

    fn base_plain(&mut self) -> ParseResult<Id> {
        match self.peek().cloned() {
            Some(TokenKind::Number { value, .. }) => {
                self.next += 1;
                self.number(value)
            }
            _ => self.argument(),
        }
    }

    /// Consumes the exponent -1 of an inverse function.
    fn minus_one(&mut self) -> bool {
        let one = |kind: Option<&TokenKind>| matches!(kind, Some(TokenKind::Number { value, .. }) if value.is_one());
        let len = match self.peek() {
            Some(TokenKind::Minus) if one(self.ahead(1)) => 2,
            Some(TokenKind::OpenBrace | TokenKind::Open)
                if self.ahead(1) == Some(&TokenKind::Minus)
                    && one(self.ahead(2))
                    && matches!(self.ahead(3), Some(TokenKind::CloseBrace | TokenKind::Close)) =>
            {
                4
            }
            _ => return false,
        };
        self.next += len;
        true
    }

    /// Parses the exponent of a function: `\sin^2 x`, `sin^{10} x`.
    fn raised(&mut self) -> ParseResult<Id> {
        match self.peek() {
            Some(TokenKind::Minus) => {
                self.next += 1;
                let of = self.argument()?;
                self.add(Node::Negative(of))
            }
            _ => {
                let number = matches!(self.peek(), Some(TokenKind::Number { .. }));
                // `sin^2x`: the exponent is the number alone.
                if number && !self.latex { self.base_plain() } else { self.argument() }
            }
        }
    }

    /// Parses the argument: brackets, or the factors up to the next sign.
    fn operand(&mut self) -> ParseResult<Id> {
        match self.peek() {
            Some(TokenKind::Open | TokenKind::OpenSquare | TokenKind::OpenBrace) => {
                let inside = self.argument()?;
                // `\sin{x}` and `sin(x)` end here; a power applies to the value.
                return Ok(inside);
            }
            Some(TokenKind::Bar(Bar::Open | Bar::Either)) => return self.argument(),
            Some(TokenKind::Minus) => {
                self.next += 1;
                let of = self.operand()?;
                return self.add(Node::Negative(of));
            }
            None => return self.missing(),
            _ => {}
        }
        let first = self.power()?;
        let mut factors = vec![first];
        while let Some(kind) = self.peek() {
            let simple = matches!(
                kind,
                TokenKind::Number { .. }
                    | TokenKind::Symbol(_)
                    | TokenKind::Constant(_)
                    | TokenKind::Fraction
                    | TokenKind::Function(Function::Sqrt | Function::Root)
            );
            if !simple {
                break;
            }
            let factor = self.power()?;
            factors.push(factor);
        }
        if factors.len() == 1 { Ok(first) } else { self.add(Node::Product(factors.into())) }
    }

    /// Parses a root: `\sqrt[3]{x}`, `sqrt(x)`, `√2`, `√x`, `root(3, x)`.
    fn root(&mut self, function: Function) -> ParseResult<Id> {
        let mut degree = None;
        if self.peek() == Some(&TokenKind::OpenSquare) && (self.latex || function == Function::Root) {
            let opened = self.at();
            self.next += 1;
            degree = Some(self.sum()?);
            self.close(&TokenKind::CloseSquare, opened)?;
        } else if function == Function::Root && self.peek() == Some(&TokenKind::Open) {
            return self.several(function);
        }
        let of = match self.peek() {
            Some(TokenKind::Number { value, places }) if !self.latex => {
                let node = Node::Number(value.clone(), *places);
                self.next += 1;
                self.add(node)?
            }
            _ => self.argument()?,
        };
        match degree {
            Some(degree) => self.add(Node::Call(Function::Root, [degree, of].into())),
            None => self.add(Node::Call(Function::Sqrt, [of].into())),
        }
    }

    /// Parses a function of several arguments in brackets: `gcd(12, 18)`.
    fn several(&mut self, function: Function) -> ParseResult<Id> {
        let opened = self.at();
        let close = match self.peek() {
            Some(TokenKind::Open) => TokenKind::Close,
            Some(TokenKind::OpenSet | TokenKind::OpenBrace) => {
                if self.peek() == Some(&TokenKind::OpenSet) {
                    TokenKind::CloseSet
                } else {
                    TokenKind::CloseBrace
                }
            }
            _ => return self.fail("Write its numbers in brackets, as in gcd(12, 18)."),
        };
        self.next += 1;
        let mut all = vec![self.sum()?];
        while self.eat(&TokenKind::Comma) || self.eat(&TokenKind::Semicolon) {
            let next = self.sum()?;
            all.push(next);
        }
        self.close(&close, opened)?;
        let two = matches!(function, Function::Choose | Function::Permute | Function::Root);
        if two && all.len() != 2 || all.len() > 16 {
            return self.fail("This wants two numbers in its brackets: write them with a comma between.");
        }
        if function == Function::Root && self.degree_is_last(&all) {
            all.reverse();
        }
        self.add(Node::Call(function, all.into()))
    }

    /// Returns `true` for `root(8, 3)` and `root(x, 3)`: the degree is the smaller integer.
    fn degree_is_last(&self, both: &[Id]) -> bool {
        let degree = |id: Option<&Id>| {
            id.and_then(|id| self.arena.number(*id)).filter(|value| value.is_int() && **value > RBig::ONE)
        };
        let name = |id: Option<&Id>| match id.map(|id| self.arena.node(*id)) {
            Some(Node::Symbol(name)) => Some(&**name),
            _ => None,
        };
        match (degree(both.first()), degree(both.get(1))) {
            (Some(first), Some(last)) => last < first,
            (Some(_), None) => false,
            (None, Some(_)) => true,
            // `root(x, n)`, `root(2^x, x)`
            (None, None) => match (name(both.first()), name(both.get(1))) {
                (None, Some(_)) => true,
                (Some(first), Some(last)) => {
                    matches!(last, "n" | "k" | "m") && !matches!(first, "n" | "k" | "m")
                }
                _ => false,
            },
        }
    }

    /// Parses a symbol. Before brackets with one comma, `C(5, 2)` and `P(5, 2)` are functions.
    pub(crate) fn called(&mut self, name: String) -> ParseResult<Id> {
        let function = match name.as_str() {
            "C" if self.is_selection(self.next) => Function::Choose,
            "P" if self.is_selection(self.next) => Function::Permute,
            _ => return self.applied(name),
        };
        self.several(function)
    }

    /// Returns `true` for `(5, 2)` and `(n, r)`, which are not the coordinates of a point.
    ///
    /// In `(1, 2)` more are chosen than there are: it is a point.
    pub(crate) fn is_selection(&self, open: usize) -> bool {
        let kind = |n: usize| self.tokens.get(open + n).map(|token| &token.kind);
        if self.notation.points
            || self.has_named_point()
            || kind(0) != Some(&TokenKind::Open)
            || kind(2) != Some(&TokenKind::Comma)
            || kind(4) != Some(&TokenKind::Close)
        {
            return false;
        }
        match (kind(1), kind(3)) {
            (
                Some(TokenKind::Number { value: n, places: None }),
                Some(TokenKind::Number { value: k, places: None }),
            ) => n.is_int() && k.is_int() && n >= k,
            (Some(TokenKind::Symbol(n)), Some(TokenKind::Symbol(_))) => n == "n",
            (Some(TokenKind::Symbol(n)), Some(TokenKind::Number { .. })) => n == "n",
            (Some(TokenKind::Number { .. }), Some(TokenKind::Symbol(k))) => {
                matches!(k.as_str(), "k" | "r" | "x")
            }
            _ => false,
        }
    }

    /// Returns `true` if the text has a point with a name, such as `A(1, 2)`, which is no function.
    fn has_named_point(&self) -> bool {
        self.tokens.windows(2).enumerate().any(|(at, two)| {
            let name = matches!(&two[0].kind, TokenKind::Symbol(name)
                if is_capital(name) && !matches!(&**name, "P" | "C"));
            name && two[1].kind == TokenKind::Open && self.lists.get(at + 1) == Some(&true)
        })
    }

    /// Parses combinations with a prescript: `^5C_2`, `{}^{5}C_{2}`, `{}_5C_2`.
    pub(crate) fn prescript(&mut self) -> ParseResult<Option<Id>> {
        let start = self.next;
        let empty =
            self.peek() == Some(&TokenKind::OpenBrace) && self.ahead(1) == Some(&TokenKind::CloseBrace);
        self.next += if empty { 2 } else { 0 };
        if !self.eat(&TokenKind::Caret) && !self.eat(&TokenKind::Underscore) {
            self.next = start;
            return Ok(None);
        }
        let from = match self.peek().cloned() {
            Some(TokenKind::Number { value, .. }) => {
                self.next += 1;
                self.number(value)?
            }
            _ => self.argument()?,
        };
        let (function, below) = match self.peek().cloned() {
            Some(TokenKind::Symbol(name)) => match name.split_once('_') {
                Some(("C", below)) => (Function::Choose, Some(below.to_owned())),
                Some(("P", below)) => (Function::Permute, Some(below.to_owned())),
                None if name == "C" => (Function::Choose, None),
                None if name == "P" => (Function::Permute, None),
                _ => {
                    return self
                        .fail("A raised number can't stand first: write what it belongs to before it.");
                }
            },
            Some(TokenKind::Choose) => (Function::Choose, None),
            Some(TokenKind::Permute) => (Function::Permute, None),
            _ => return self.fail("A raised number can't stand first: write what it belongs to before it."),
        };
        self.next += 1;
        let of = match below.map(|text| (text.parse::<u32>(), text)) {
            Some((Ok(number), _)) => self.number(RBig::from(number))?,
            Some((Err(_), text)) => self.add(Node::Symbol(text.into()))?,
            None => {
                self.eat(&TokenKind::Underscore);
                self.argument()?
            }
        };
        self.add(Node::Call(function, [from, of].into())).map(Some)
    }
}

fn inverse_of(function: Function) -> Option<Function> {
    Some(match function {
        Function::Sin => Function::Asin,
        Function::Cos => Function::Acos,
        Function::Tan => Function::Atan,
        Function::Sec => Function::Asec,
        Function::Csc => Function::Acsc,
        Function::Cot => Function::Acot,
        Function::Sinh => Function::Asinh,
        Function::Cosh => Function::Acosh,
        Function::Tanh => Function::Atanh,
        Function::Sech => Function::Asech,
        Function::Csch => Function::Acsch,
        Function::Coth => Function::Acoth,
        _ => return None,
    })
}
