//! A hash-consed expression graph (DAG): equal operations of both answers are one node.
//!
//! Numbers are folded exactly on insertion, so that exponents and factorials can be bounded.

use std::collections::HashMap;

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::exact::{abs, bits, factorial, is_small};
use super::function::{Binary, Unary};
use crate::lex::function::Constant;
use crate::limits::BITS;
use crate::parse::tree::Id;

mod from_tree;
mod surd;

/// One operation. Its operands come before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Number(RBig),
    Constant(Constant),
    Variable(u16),
    Add(Id, Id),
    Mul(Id, Id),
    Pow(Id, Id),
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    /// A function without a definition: equal arguments have equal values.
    Apply(u16, Box<[Id]>),
    /// A division by zero, or 0⁰.
    Undefined,
}

/// The conventions for `log` and angles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conventions {
    pub(crate) natural_log: bool,
    pub(crate) degrees: bool,
}

/// The operations of one comparison.
#[derive(Debug, Default)]
pub(crate) struct Dag {
    ops: Vec<Op>,
    interned: HashMap<Op, Id>,
    names: Vec<Box<str>>,
    functions: Vec<Box<str>>,
    pub(crate) conventions: Conventions,
}

impl Dag {
    pub(crate) fn new(conventions: Conventions) -> Self {
        Self { conventions, ..Self::default() }
    }

    pub(crate) fn op(&self, id: Id) -> &Op {
        &self.ops[id as usize]
    }

    pub(crate) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    pub(crate) fn value(&self, id: Id) -> Option<&RBig> {
        match self.op(id) {
            Op::Number(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the operations that the roots depend on, the roots included, operands first.
    pub(crate) fn dependencies(&self, roots: &[Id]) -> Vec<Id> {
        let last = roots.iter().copied().max().unwrap_or(0) as usize;
        let mut needed = vec![false; last + 1];
        roots.iter().for_each(|root| needed[*root as usize] = true);
        for id in (0..=last).rev() {
            if needed[id] {
                match &self.ops[id] {
                    Op::Add(a, b) | Op::Mul(a, b) | Op::Pow(a, b) | Op::Binary(_, a, b) => {
                        needed[*a as usize] = true;
                        needed[*b as usize] = true;
                    }
                    Op::Unary(_, a) => needed[*a as usize] = true,
                    Op::Apply(_, all) => all.iter().for_each(|id| needed[*id as usize] = true),
                    _ => {}
                }
            }
        }
        (0..=last as Id).filter(|id| needed[*id as usize]).collect()
    }

    fn whole(&self, id: Id) -> Option<IBig> {
        self.value(id).filter(|value| value.is_int()).map(|value| value.numerator().clone())
    }

    pub(crate) fn push(&mut self, op: Op) -> Id {
        // An operation on an undefined operand is undefined.
        let op = match op {
            Op::Add(a, b) | Op::Mul(a, b) | Op::Pow(a, b) | Op::Binary(_, a, b)
                if [a, b].iter().any(|id| *self.op(*id) == Op::Undefined) =>
            {
                Op::Undefined
            }
            Op::Unary(_, a) if *self.op(a) == Op::Undefined => Op::Undefined,
            Op::Apply(_, all) if all.iter().any(|id| *self.op(*id) == Op::Undefined) => Op::Undefined,
            op => op,
        };
        if let Some(id) = self.interned.get(&op) {
            return *id;
        }
        let id = self.ops.len() as Id;
        self.interned.insert(op.clone(), id);
        self.ops.push(op);
        id
    }

    pub(crate) fn number(&mut self, value: impl Into<RBig>) -> Id {
        self.push(Op::Number(value.into()))
    }

    pub(crate) fn constant(&mut self, constant: Constant) -> Id {
        self.push(Op::Constant(constant))
    }

    pub(crate) fn variable(&mut self, name: &str) -> Id {
        let index = self.names.iter().position(|interned| **interned == *name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        self.push(Op::Variable(index as u16))
    }

    /// Adds the value of a function without a definition.
    pub(crate) fn apply(&mut self, name: &str, arguments: Box<[Id]>) -> Id {
        let index = self.functions.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.functions.push(name.into());
            self.functions.len() - 1
        });
        self.push(Op::Apply(index as u16, arguments))
    }

    /// Returns the names of the functions without a definition.
    pub(crate) fn functions(&self) -> &[Box<str>] {
        &self.functions
    }

    pub(crate) fn add(&mut self, a: Id, b: Id) -> Id {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) if is_small(a) && is_small(b) => {
                let sum = a + b;
                self.number(sum)
            }
            (Some(zero), _) if zero.is_zero() => b,
            (_, Some(zero)) if zero.is_zero() => a,
            _ => self.push(Op::Add(a.min(b), a.max(b))),
        }
    }

    pub(crate) fn mul(&mut self, a: Id, b: Id) -> Id {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) if is_small(a) && is_small(b) => {
                let product = a * b;
                self.number(product)
            }
            (Some(one), _) if one.is_one() => b,
            (_, Some(one)) if one.is_one() => a,
            _ => self.push(Op::Mul(a.min(b), a.max(b))),
        }
    }

    pub(crate) fn neg(&mut self, a: Id) -> Id {
        let minus = self.number(-1);
        self.mul(minus, a)
    }

    pub(crate) fn sub(&mut self, a: Id, b: Id) -> Id {
        let b = self.neg(b);
        self.add(a, b)
    }

    pub(crate) fn div(&mut self, a: Id, b: Id) -> Id {
        let minus = self.number(-1);
        let inverse = self.pow(b, minus);
        self.mul(a, inverse)
    }

    pub(crate) fn unary(&mut self, function: Unary, a: Id) -> Id {
        let value = self.value(a);
        let folded = match (function, value) {
            (Unary::Abs, Some(value)) => {
                Some(RBig::from_parts(abs(value.numerator()), value.denominator().clone()))
            }
            (Unary::Floor, Some(value)) => Some(RBig::from(value.floor())),
            (Unary::Sign, Some(value)) if !value.is_zero() => Some(value.signum()),
            (Unary::Sin | Unary::Asin | Unary::Atan, Some(value)) if value.is_zero() => Some(RBig::ZERO),
            (Unary::Cos, Some(value)) if value.is_zero() => Some(RBig::ONE),
            (Unary::Ln, Some(value)) if value.is_one() => Some(RBig::ZERO),
            (Unary::Factorial, Some(value)) if value.is_int() => factorial(value.numerator()).map(RBig::from),
            _ => None,
        };
        match (folded, function, self.op(a)) {
            (Some(value), ..) => self.number(value),
            (None, Unary::Ln, Op::Constant(Constant::E)) => self.number(1),
            (None, Unary::Ln, Op::Number(zero)) if zero.is_zero() => self.push(Op::Undefined),
            _ => self.push(Op::Unary(function, a)),
        }
    }

    pub(crate) fn pow(&mut self, base: Id, exponent: Id) -> Id {
        if *self.op(base) == Op::Constant(Constant::E)
            && let Some((argument, power)) = self.logarithm_in(exponent)
        {
            return self.pow(argument, power);
        }
        let exact = match (self.value(base), self.value(exponent)) {
            (_, Some(power)) if power.is_one() => return base,
            (Some(zero), Some(power)) if zero.is_zero() => {
                let positive = *power > RBig::ZERO;
                return if positive { base } else { self.push(Op::Undefined) };
            }
            (_, Some(power)) if power.is_zero() => return self.number(1),
            (Some(one), _) if one.is_one() => return base,
            (Some(value), Some(power)) => self.exact_power(value.clone(), power.clone()),
            _ => None,
        };
        if let Some(id) = exact {
            return id;
        }
        // (x^r)^n is x^(rn) for every integer n. √(x²) is not x, and stays.
        if let (Op::Pow(inner, first), Some(second)) = (self.op(base).clone(), self.whole(exponent))
            && let Some(first) = self.value(first)
        {
            let product = first * RBig::from(second);
            let product = self.number(product);
            return self.pow(inner, product);
        }
        self.push(Op::Pow(base, exponent))
    }

    /// Returns `a` and `k` of an exponent `ln a` or `k ln a` with an integer `k`: e^(k ln a) is a^k.
    fn logarithm_in(&mut self, exponent: Id) -> Option<(Id, Id)> {
        match *self.op(exponent) {
            Op::Unary(Unary::Ln, argument) => Some((argument, self.number(1))),
            Op::Mul(a, b) => {
                let (factor, log) = if self.value(a).is_some() { (a, b) } else { (b, a) };
                match self.op(log) {
                    Op::Unary(Unary::Ln, argument) if self.whole(factor).is_some() => {
                        Some((*argument, factor))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn exact_power(&mut self, value: RBig, power: RBig) -> Option<Id> {
        if power.is_int() {
            let count: i64 = power.numerator().try_into().ok()?;
            let bits = bits(&value).checked_mul(count.unsigned_abs() as usize)?;
            return (bits <= BITS).then(|| {
                let result = value.pow(count as isize);
                self.number(result)
            });
        }
        self.surd(&value, &power)
    }
}
