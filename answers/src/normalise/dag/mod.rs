//! Trees into one line of few operations, each written once: what is the same in both answers has the same number.
//!
//! Numbers are folded exactly as they come, so that exponents and factorials are known, and bounded, here.

use std::collections::HashMap;

use dashu_int::IBig;
use dashu_ratio::RBig;

use crate::expr::{Constant, Id};
use crate::limits::BITS;

#[path = "from_tree.rs"]
mod import;
pub(crate) use import::exact_two;
mod surd;

/// One operation; its operands stand before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Number(RBig),
    Constant(Constant),
    Variable(u16),
    Add(Id, Id),
    Mul(Id, Id),
    Pow(Id, Id),
    One(One, Id),
    Two(Two, Id, Id),
    /// Divided by zero, or 0⁰.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum One {
    Sin,
    Cos,
    Asin,
    Acos,
    Atan,
    Ln,
    Abs,
    Floor,
    Sign,
    Factorial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Two {
    Mod,
    Gcd,
    Lcm,
    Min,
    Max,
}

/// How a box reads `log` and angles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) natural_log: bool,
    pub(crate) degrees: bool,
}

/// The operations of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    ops: Vec<Op>,
    known: HashMap<Op, Id>,
    names: Vec<Box<str>>,
    pub(crate) dialect: Dialect,
}

impl Tape {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    pub(crate) fn ops(&self) -> &[Op] {
        &self.ops
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

    fn whole(&self, id: Id) -> Option<IBig> {
        self.value(id).filter(|value| value.is_int()).map(|value| value.numerator().clone())
    }

    pub(crate) fn push(&mut self, op: Op) -> Id {
        // What is made of nothing is nothing.
        let op = match op {
            Op::Add(a, b) | Op::Mul(a, b) | Op::Pow(a, b) | Op::Two(_, a, b)
                if [a, b].iter().any(|id| *self.op(*id) == Op::Nothing) =>
            {
                Op::Nothing
            }
            Op::One(_, a) if *self.op(a) == Op::Nothing => Op::Nothing,
            op => op,
        };
        if let Some(id) = self.known.get(&op) {
            return *id;
        }
        let id = self.ops.len() as Id;
        self.known.insert(op.clone(), id);
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
        let index = self.names.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        self.push(Op::Variable(index as u16))
    }

    pub(crate) fn add(&mut self, a: Id, b: Id) -> Id {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) if small(a) && small(b) => {
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
            (Some(a), Some(b)) if small(a) && small(b) => {
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

    pub(crate) fn one(&mut self, function: One, a: Id) -> Id {
        let value = self.value(a);
        let folded = match (function, value) {
            (One::Abs, Some(value)) => {
                Some(RBig::from_parts(abs(value.numerator()), value.denominator().clone()))
            }
            (One::Floor, Some(value)) => Some(RBig::from(value.floor())),
            (One::Sign, Some(value)) if !value.is_zero() => Some(value.signum()),
            (One::Sin | One::Asin | One::Atan, Some(value)) if value.is_zero() => Some(RBig::ZERO),
            (One::Cos, Some(value)) if value.is_zero() => Some(RBig::ONE),
            (One::Ln, Some(value)) if value.is_one() => Some(RBig::ZERO),
            (One::Factorial, Some(value)) if value.is_int() => factorial(value.numerator()).map(RBig::from),
            _ => None,
        };
        match (folded, function, self.op(a)) {
            (Some(value), ..) => self.number(value),
            (None, One::Ln, Op::Constant(Constant::E)) => self.number(1),
            (None, One::Ln, Op::Number(zero)) if zero.is_zero() => self.push(Op::Nothing),
            _ => self.push(Op::One(function, a)),
        }
    }

    pub(crate) fn pow(&mut self, base: Id, exponent: Id) -> Id {
        let exact = match (self.value(base), self.value(exponent)) {
            (_, Some(power)) if power.is_one() => return base,
            (Some(zero), Some(power)) if zero.is_zero() => {
                let positive = *power > RBig::ZERO;
                return if positive { base } else { self.push(Op::Nothing) };
            }
            (_, Some(power)) if power.is_zero() => return self.number(1),
            (Some(one), _) if one.is_one() => return base,
            (Some(value), Some(power)) => self.exact_power(value.clone(), power.clone()),
            _ => None,
        };
        if let Some(id) = exact {
            return id;
        }
        // (x^r)^n is x^(rn) for every whole n.
        if let (Op::Pow(inner, first), Some(second)) = (self.op(base).clone(), self.whole(exponent))
            && let Some(first) = self.value(first)
        {
            let product = first * RBig::from(second);
            // √x² stays what it is: x and its root are the same only where the root is.
            let product = self.number(product);
            return self.pow(inner, product);
        }
        self.push(Op::Pow(base, exponent))
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

/// How many bits a number takes.
pub(crate) fn bits(value: &RBig) -> usize {
    use dashu_int::ops::BitTest;
    value.numerator().bit_len() + value.denominator().bit_len()
}

pub(crate) fn small(value: &RBig) -> bool {
    bits(value) <= BITS
}

fn abs(value: &IBig) -> IBig {
    IBig::from(value.clone().into_parts().1)
}

pub(crate) fn factorial(of: &IBig) -> Option<IBig> {
    let of: u32 = of.try_into().ok().filter(|of| *of <= crate::limits::FACTORIAL)?;
    Some((1..=of).fold(IBig::ONE, |product, factor| product * IBig::from(factor)))
}
