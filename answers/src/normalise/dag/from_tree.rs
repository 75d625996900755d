//! Converts expression trees into operations, within the limits of exponents and factorials.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::super::exact::factorial;
use super::super::function::{Binary, Unary};
use super::{Dag, Op};
use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::limits::{EXPONENT, FACTORIAL};
use crate::parse::tree::{Arena, Id, Node};

impl Dag {
    /// Adds a tree. `rename` maps a variable's name in the text to its name in the graph.
    pub(crate) fn import(
        &mut self,
        arena: &Arena,
        root: Id,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Id, ParseError> {
        self.import_all(arena, root, rename).map(|ids| ids[root as usize])
    }

    /// Returns the operation of every node below `root`.
    pub(crate) fn import_all(
        &mut self,
        arena: &Arena,
        root: Id,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Vec<Id>, ParseError> {
        let mut ids: Vec<Id> = vec![0; root as usize + 1];
        for id in arena.descendants(root) {
            let at = arena.place(id);
            let result = self.node(arena.node(id), &|child| ids[child as usize], rename, at)?;
            if *self.op(result) == Op::Undefined {
                return Err(ParseError::new(
                    at,
                    "This divides by zero, or has no value: write something that has one.",
                ));
            }
            ids[id as usize] = result;
        }
        Ok(ids)
    }

    fn node(
        &mut self,
        node: &Node,
        to: &dyn Fn(Id) -> Id,
        rename: &dyn Fn(&str) -> String,
        at: usize,
    ) -> Result<Id, ParseError> {
        Ok(match node {
            Node::Number(value, _) => self.number(value.clone()),
            Node::Symbol(name) => self.variable(&rename(name)),
            Node::Constant(constant) => self.constant(*constant),
            Node::Negative(a) => self.neg(to(*a)),
            Node::PlusMinus(a, _) => to(*a),
            Node::Sum(all) => self.fold(all, to, Self::add),
            Node::Product(all) => self.fold(all, to, Self::mul),
            Node::Quotient(a, b) => self.div(to(*a), to(*b)),
            Node::Mixed(a, b) => self.add(to(*a), to(*b)),
            Node::Power(a, b) => {
                self.check_exponent(to(*b), at)?;
                self.pow(to(*a), to(*b))
            }
            Node::Factorial(a) => {
                self.check_factorial(to(*a), at)?;
                self.unary(Unary::Factorial, to(*a))
            }
            Node::Percent(a) => {
                let hundredth = self.ratio(1, 100);
                self.mul(to(*a), hundredth)
            }
            Node::Degrees(a) if self.conventions.degrees => to(*a),
            Node::Degrees(a) => self.radians(to(*a)),
            Node::Apply(name, all) => self.apply(name, all.iter().map(|id| to(*id)).collect()),
            Node::Call(function, all) => {
                let ids: Vec<Id> = all.iter().map(|id| to(*id)).collect();
                self.call(*function, &ids, at)?
            }
        })
    }

    fn fold(&mut self, all: &[Id], to: &dyn Fn(Id) -> Id, join: fn(&mut Self, Id, Id) -> Id) -> Id {
        let mut ids: Vec<Id> = all.iter().map(|id| to(*id)).collect();
        // Sorted operands: equal terms in another order become the same operation.
        ids.sort_unstable();
        ids.into_iter().reduce(|a, b| join(self, a, b)).unwrap_or_default()
    }

    fn ratio(&mut self, numerator: i32, denominator: u32) -> Id {
        self.number(RBig::from_parts(IBig::from(numerator), denominator.into()))
    }

    fn radians(&mut self, degrees: Id) -> Id {
        let pi = self.constant(Constant::Pi);
        let part = self.ratio(1, 180);
        let radian = self.mul(pi, part);
        self.mul(degrees, radian)
    }

    fn check_exponent(&mut self, exponent: Id, at: usize) -> Result<(), ParseError> {
        let bound = RBig::from(EXPONENT);
        match self.value(exponent) {
            Some(value) if *value > bound || *value < -bound => Err(ParseError::new(
                at,
                format!("This exponent is too large: write exponents up to {EXPONENT}."),
            )),
            _ => Ok(()),
        }
    }

    fn check_factorial(&mut self, of: Id, at: usize) -> Result<(), ParseError> {
        match self.value(of) {
            Some(value) if *value > RBig::from(FACTORIAL) => Err(ParseError::new(
                at,
                format!("This factorial is too large: write factorials up to {FACTORIAL}!."),
            )),
            Some(value) if *value < RBig::ZERO || !value.is_int() => Err(ParseError::new(
                at,
                "Only 0, 1, 2, 3, … have a factorial: put another number before the !.",
            )),
            _ => Ok(()),
        }
    }

    fn call(&mut self, function: Function, ids: &[Id], at: usize) -> Result<Id, ParseError> {
        let Some(&a) = ids.first() else { return Ok(self.push(Op::Undefined)) };
        let b = ids.get(1).copied();
        Ok(match function {
            Function::Sin => self.of_angle(Unary::Sin, a),
            Function::Cos => self.of_angle(Unary::Cos, a),
            Function::Tan | Function::Cot => {
                let sin = self.of_angle(Unary::Sin, a);
                let cos = self.of_angle(Unary::Cos, a);
                if function == Function::Tan { self.div(sin, cos) } else { self.div(cos, sin) }
            }
            Function::Sec | Function::Csc => {
                let of = if function == Function::Sec { Unary::Cos } else { Unary::Sin };
                let denominator = self.of_angle(of, a);
                self.inverse(denominator)
            }
            Function::Asin => self.angle(Unary::Asin, a),
            Function::Acos => self.angle(Unary::Acos, a),
            Function::Atan => self.angle(Unary::Atan, a),
            Function::Asec | Function::Acsc | Function::Acot => {
                let inverse = self.inverse(a);
                self.angle(
                    match function {
                        Function::Asec => Unary::Acos,
                        Function::Acsc => Unary::Asin,
                        _ => Unary::Atan,
                    },
                    inverse,
                )
            }
            Function::Sinh
            | Function::Cosh
            | Function::Tanh
            | Function::Sech
            | Function::Csch
            | Function::Coth => self.hyperbolic(function, a),
            Function::Asinh | Function::Acosh | Function::Atanh => self.inverse_hyperbolic(function, a),
            Function::Asech | Function::Acsch | Function::Acoth => {
                let inverse = self.inverse(a);
                let function = match function {
                    Function::Asech => Function::Acosh,
                    Function::Acsch => Function::Asinh,
                    _ => Function::Atanh,
                };
                self.inverse_hyperbolic(function, inverse)
            }
            Function::Ln => self.unary(Unary::Ln, a),
            Function::Log => self.logarithm(a, b),
            Function::Exp => {
                self.check_exponent(a, at)?;
                let e = self.constant(Constant::E);
                self.pow(e, a)
            }
            Function::Sqrt => {
                let half = self.ratio(1, 2);
                self.pow(a, half)
            }
            Function::Root => {
                let exponent = self.inverse(a);
                self.check_exponent(exponent, at)?;
                self.pow(b.unwrap_or(a), exponent)
            }
            Function::Abs => self.unary(Unary::Abs, a),
            Function::Sign => self.unary(Unary::Sign, a),
            Function::Floor => self.unary(Unary::Floor, a),
            Function::Ceil => {
                let minus = self.neg(a);
                let floor = self.unary(Unary::Floor, minus);
                self.neg(floor)
            }
            Function::Gcd => self.fold_binary(Binary::Gcd, ids),
            Function::Lcm => self.fold_binary(Binary::Lcm, ids),
            Function::Min => self.fold_binary(Binary::Min, ids),
            Function::Max => self.fold_binary(Binary::Max, ids),
            Function::Mod => self.fold_binary(Binary::Mod, ids),
            Function::Choose => self.choose(a, b.unwrap_or(a), true, at)?,
            Function::Permute => self.choose(a, b.unwrap_or(a), false, at)?,
        })
    }

    fn inverse(&mut self, a: Id) -> Id {
        let minus = self.number(-1);
        self.pow(a, minus)
    }

    fn of_angle(&mut self, function: Unary, angle: Id) -> Id {
        let angle = if self.conventions.degrees { self.radians(angle) } else { angle };
        self.unary(function, angle)
    }

    fn angle(&mut self, function: Unary, of: Id) -> Id {
        let angle = self.unary(function, of);
        if !self.conventions.degrees {
            return angle;
        }
        let one = self.number(1);
        let degree = self.radians(one);
        self.div(angle, degree)
    }

    /// Adds a logarithm. With two arguments, the first is the base.
    fn logarithm(&mut self, a: Id, b: Option<Id>) -> Id {
        let (base, of) = match b {
            Some(of) => (a, of),
            None if self.conventions.natural_log => return self.unary(Unary::Ln, a),
            None => (self.number(10), a),
        };
        let numerator = self.unary(Unary::Ln, of);
        let denominator = self.unary(Unary::Ln, base);
        self.div(numerator, denominator)
    }

    /// Expresses a hyperbolic function by powers of e.
    fn hyperbolic(&mut self, function: Function, a: Id) -> Id {
        let e = self.constant(Constant::E);
        let plus = self.pow(e, a);
        let minus = self.inverse(plus);
        let half = self.ratio(1, 2);
        let (sum, difference) = (self.add(plus, minus), self.sub(plus, minus));
        let (cosh, sinh) = (self.mul(half, sum), self.mul(half, difference));
        match function {
            Function::Sinh => sinh,
            Function::Cosh => cosh,
            Function::Tanh => self.div(sinh, cosh),
            Function::Coth => self.div(cosh, sinh),
            Function::Sech => self.inverse(cosh),
            _ => self.inverse(sinh),
        }
    }

    /// Expresses an inverse hyperbolic function by logarithms.
    fn inverse_hyperbolic(&mut self, function: Function, a: Id) -> Id {
        let one = self.number(1);
        let half = self.ratio(1, 2);
        if function == Function::Atanh {
            let (numerator, denominator) = (self.add(one, a), self.sub(one, a));
            let ratio = self.div(numerator, denominator);
            let log = self.unary(Unary::Ln, ratio);
            return self.mul(half, log);
        }
        let square = self.mul(a, a);
        let inside = if function == Function::Asinh { self.add(square, one) } else { self.sub(square, one) };
        let root = self.pow(inside, half);
        let sum = self.add(a, root);
        self.unary(Unary::Ln, sum)
    }

    fn fold_binary(&mut self, function: Binary, ids: &[Id]) -> Id {
        let mut ids = ids.to_vec();
        if function != Binary::Mod {
            ids.sort_unstable();
        }
        ids.into_iter()
            .reduce(|a, b| match (self.value(a), self.value(b)) {
                (Some(x), Some(y)) => match function.exact(x, y) {
                    Some(value) => self.number(value),
                    None => self.push(Op::Undefined),
                },
                _ => self.push(Op::Binary(function, a, b)),
            })
            .unwrap_or_default()
    }

    /// Adds combinations or permutations. For a known `k` they are a polynomial in `n`.
    fn choose(&mut self, n: Id, k: Id, combinations: bool, at: usize) -> Result<Id, ParseError> {
        self.check_factorial(n, at)?;
        self.check_factorial(k, at)?;
        let count: Option<u32> = self.whole(k).and_then(|k| (&k).try_into().ok());
        if let (Some(count), Some(n)) = (count.filter(|count| *count <= FACTORIAL), self.whole(n)) {
            let numerator = (0..count).fold(IBig::ONE, |product, less| product * (&n - IBig::from(less)));
            let denominator =
                if combinations { factorial(&IBig::from(count)).unwrap_or(IBig::ONE) } else { IBig::ONE };
            return Ok(self.number(RBig::from(numerator) / RBig::from(denominator)));
        }
        if let Some(count) = count.filter(|count| *count <= 64) {
            let mut product = self.number(1);
            for less in 0..count {
                let less = self.number(-IBig::from(less));
                let factor = self.add(n, less);
                product = self.mul(product, factor);
            }
            if !combinations {
                return Ok(product);
            }
            let denominator = self.unary(Unary::Factorial, k);
            return Ok(self.div(product, denominator));
        }
        let numerator = self.unary(Unary::Factorial, n);
        let rest = self.sub(n, k);
        let denominator = self.unary(Unary::Factorial, rest);
        let permutations = self.div(numerator, denominator);
        if !combinations {
            return Ok(permutations);
        }
        let denominator = self.unary(Unary::Factorial, k);
        Ok(self.div(permutations, denominator))
    }
}
