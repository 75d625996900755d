//! Evaluates operations at one sample point.

use dashu_int::ops::BitTest;
use dashu_ratio::RBig;

use super::ball::{Ball, Domain};
use super::point::Point;
use super::real::Real;
use crate::compare::random::mix;
use crate::lex::function::Constant;
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::exact::factorial;
use crate::normalise::function::{Binary, Unary};
use crate::parse::tree::Id;

/// The values of some operations at one point.
pub(crate) struct Values<R>(Vec<Option<Ball<R>>>);

impl<R: Real> Values<R> {
    /// Evaluates operations, given with their dependencies in order; `None` if the steps run out.
    pub(crate) fn at(
        dag: &Dag,
        wanted: &[Id],
        point: &Point,
        domain: Domain,
        budget: &Budget,
    ) -> Option<Self> {
        let last = wanted.last().map_or(0, |id| *id as usize + 1);
        let mut values = Self(vec![None; last]);
        for id in wanted {
            let op = dag.op(*id);
            budget.take(if is_cheap(dag, op) { R::CHEAP } else { R::COST })?;
            values.0[*id as usize] = match point.exact(*id) {
                Some(exact) => Ball::exact(exact).sound(),
                None => values.value(dag, op, point, domain).and_then(Ball::sound),
            };
        }
        Some(values)
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Ball<R>> {
        self.0.get(id as usize)?.as_ref()
    }

    /// Returns `true` if a sum has a term that is too small to be seen with the precision.
    pub(super) fn absorbs(&self, dag: &Dag, wanted: &[Id]) -> bool {
        wanted.iter().any(|id| match dag.op(*id) {
            Op::Add(a, b) => match (self.get(*a), self.get(*b)) {
                (Some(a), Some(b)) => {
                    let (a, b) = (a.size(), b.size());
                    a.is_finite() && b.is_finite() && (a - b).abs() > -R::PRECISION - 40.0
                }
                _ => false,
            },
            _ => false,
        })
    }

    fn value(&self, dag: &Dag, op: &Op, point: &Point, domain: Domain) -> Option<Ball<R>> {
        match op {
            Op::Number(value) => Some(Ball::exact(value)),
            Op::Constant(Constant::Pi) => Some(Ball::pi()),
            Op::Constant(Constant::E) => Ball::exact(&RBig::ONE).exp(),
            Op::Constant(Constant::I) => Some(Ball::i()),
            Op::Constant(Constant::Infinity) | Op::Undefined => None,
            Op::Variable(index) => point.coordinates.get(usize::from(*index))?.ball(),
            Op::Add(a, b) => Some(self.get(*a)?.add(self.get(*b)?)),
            Op::Mul(a, b) => Some(self.get(*a)?.mul(self.get(*b)?)),
            Op::Pow(a, b) => self.power(dag, *a, *b, domain),
            Op::Unary(function, a) => one(*function, self.get(*a)?, domain),
            Op::Binary(function, a, b) => two(*function, self.get(*a)?, self.get(*b)?),
            Op::Apply(function, all) => self.generic(*function, all),
        }
    }

    /// Returns the value of a function without a definition: the sine of a combination of its
    /// arguments with pseudo-random coefficients.
    fn generic(&self, function: u16, arguments: &[Id]) -> Option<Ball<R>> {
        let coefficient = |index: usize| {
            let random = mix(&[8, u64::from(function), index as u64]) % (1 << 20);
            Ball::exact(&RBig::from_parts((random as i64 + 1).into(), (1u32 << 20).into()))
        };
        let mut sum = coefficient(0);
        for (index, id) in arguments.iter().enumerate() {
            sum = sum.add(&coefficient(index + 1).mul(self.get(*id)?));
        }
        sum.sin_cos().map(|(sin, _)| sin)
    }

    fn power(&self, dag: &Dag, base: Id, exponent: Id, domain: Domain) -> Option<Ball<R>> {
        if *dag.op(base) == Op::Constant(Constant::E) {
            return self.get(exponent)?.exp();
        }
        let value = self.get(base)?;
        if let Some(power) = dag.value(exponent) {
            return by_number(value, power, domain);
        }
        let power = self.get(exponent)?;
        if power.error == f64::NEG_INFINITY
            && let Some(count) = power.whole().filter(|count| count.abs() <= 1 << 20)
        {
            if count == 0 && !value.nonzero() {
                return None;
            }
            return value.power(count);
        }
        if value.is_exact_zero() {
            let positive = power.as_real().is_some_and(|power| !power.is_negative()) && power.nonzero();
            return positive.then(|| value.clone());
        }
        power.mul(&value.ln(domain)?).exp()
    }
}

/// Raises to a constant power. Odd roots of negative numbers are negative.
fn by_number<R: Real>(value: &Ball<R>, power: &RBig, domain: Domain) -> Option<Ball<R>> {
    let count = i64::try_from(power.numerator()).ok()?;
    if power.is_int() {
        return value.power(count);
    }
    if *power.denominator() == dashu_int::UBig::from(2u8) {
        return value.sqrt(domain)?.power(count);
    }
    if count > 0 && !value.nonzero() {
        return Some(value.root_near_zero(power.to_f64().value()));
    }
    let exponent = Ball::exact(power);
    let odd = power.denominator().bit(0);
    if odd && domain == Domain::Real && value.as_real().is_some_and(Real::is_negative) {
        let result = exponent.mul(&value.neg().ln(Domain::Real)?).exp()?;
        return Some(if count % 2 == 0 { result } else { result.neg() });
    }
    exponent.mul(&value.ln(domain)?).exp()
}

fn one<R: Real>(function: Unary, a: &Ball<R>, domain: Domain) -> Option<Ball<R>> {
    match function {
        Unary::Sin => a.sin_cos().map(|(sin, _)| sin),
        Unary::Cos => a.sin_cos().map(|(_, cos)| cos),
        Unary::Asin => a.asin(domain),
        Unary::Acos => a.acos(domain),
        Unary::Atan => a.atan(),
        Unary::Ln => a.ln(domain),
        Unary::Abs => Some(a.abs()),
        Unary::Floor => a.floor(),
        Unary::Sign => a.sign(),
        Unary::Factorial => {
            let count = a.whole().filter(|count| (0..=170).contains(count))?;
            factorial(&dashu_int::IBig::from(count)).map(|value| Ball::exact(&RBig::from(value)))
        }
    }
}

fn two<R: Real>(function: Binary, a: &Ball<R>, b: &Ball<R>) -> Option<Ball<R>> {
    match function {
        Binary::Mod => Some(a.sub(&b.mul(&a.mul(&b.inverse()?).floor()?))),
        Binary::Min | Binary::Max => {
            let (x, y) = (a.as_real()?, b.as_real()?);
            let less = x < y;
            Some(if less == (function == Binary::Min) { a.clone() } else { b.clone() })
        }
        Binary::Gcd | Binary::Lcm => {
            let (x, y) = (RBig::from(a.whole()?), RBig::from(b.whole()?));
            function.exact(&x, &y).map(|value| Ball::exact(&value))
        }
    }
}

fn is_cheap(dag: &Dag, op: &Op) -> bool {
    match op {
        Op::Pow(_, b) => dag.value(*b).is_some_and(RBig::is_int),
        Op::Unary(Unary::Abs | Unary::Floor | Unary::Sign, _) => true,
        Op::Unary(..) => false,
        _ => true,
    }
}
