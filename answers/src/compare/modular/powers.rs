//! Powers and logarithms, by the laws for positive values.

use dashu_int::UBig;
use dashu_int::ops::BitTest;
use dashu_ratio::RBig;

use crate::lex::function::Constant;
use crate::normalise::dag::Op;
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

use super::lane::{LANES, ROOTS};
use super::linear::Fraction;
use super::upper::fraction;
use super::{HAS_I, HAS_LOG, PI, Pair, VARIABLE_POWER, Work, in_base, in_upper};

/// The deepest recursion into factors and terms.
const DEEPEST: usize = 48;
/// The most bits of a number that is factorised.
const FACTORISED_BITS: usize = 640;

/// A logarithm, as a value and as an exponent.
#[derive(Clone, Copy)]
pub(super) struct Log {
    pub(super) base: Pair,
    pub(super) upper: Pair,
    pub(super) certain: bool,
}

type Power = Option<(Pair, bool)>;

impl Work<'_> {
    /// Returns the residue of a power.
    pub(super) fn power(&self, base: Id, exponent: Id) -> Power {
        if let Some(power) = self.dag.value(exponent) {
            if power.is_int() {
                return self.whole_power(base, i64::try_from(power.numerator()).ok()?);
            }
            if *self.dag.op(base) != Op::Constant(Constant::E) {
                return match Fraction::of(power) {
                    Some(power) => self.root(base, power, 0),
                    None => self.opaque(base, exponent),
                };
            }
        }
        if *self.dag.op(base) == Op::Constant(Constant::E) {
            return self.exp(exponent, 0);
        }
        let value = self.get(exponent)?;
        let log = self.log(base, 0)?;
        let part =
            value.linear.filter(|linear| linear.constant.im.is_zero()).map(|linear| linear.constant.re);
        let constant = part.unwrap_or(Fraction::ZERO);
        let (fixed, sure) =
            if constant.is_zero() { (self.one(), true) } else { self.root(base, constant, 0)? };
        let upper = value.upper?;
        let rest = in_upper(|field, lane| {
            let rest = field.sub(upper[lane], fraction(field, constant)?);
            Some(field.number(field.mul(rest, log.upper[lane])))
        })?;
        let raised = self.power_of_e(rest);
        let flags = value.flags | self.get(base)?.flags;
        // The exponent has no term that makes a root of unity, or a power of a logarithm's argument.
        let simple = flags & HAS_I == 0 && value.linear.is_some_and(|linear| !linear.log);
        let certain = sure && simple && part.is_some() && value.upper_certain && log.certain;
        let pair = in_base(|field, lane| Some(field.mul(fixed[lane], raised[lane])))?;
        Some((pair, certain && *self.dag.op(base) != Op::Constant(Constant::E)))
    }

    fn whole_power(&self, base: Id, power: i64) -> Power {
        let value = self.get(base)?;
        Some((in_base(|field, lane| field.power(value.base[lane], power))?, value.certain))
    }

    fn opaque(&self, base: Id, exponent: Id) -> Power {
        let (x, y) = (self.get(base)?.base, self.get(exponent)?.base);
        Some((self.random(&[6, x[0], x[1], y[0], y[1]]), false))
    }

    /// Returns e^u. Terms such as `2 ln a` in `u` become powers.
    fn exp(&self, of: Id, depth: usize) -> Power {
        let value = self.get(of)?;
        if value.flags & HAS_LOG != 0 && depth < DEEPEST {
            match self.dag.op(of) {
                Op::Unary(Unary::Ln, a) => {
                    let inside = self.get(*a)?;
                    return Some((inside.base, inside.certain));
                }
                Op::Add(a, b) => {
                    let ((x, sure), (y, also)) = (self.exp(*a, depth + 1)?, self.exp(*b, depth + 1)?);
                    return Some((in_base(|field, lane| Some(field.mul(x[lane], y[lane])))?, sure && also));
                }
                Op::Mul(a, b) => {
                    let scaled = |number: &Id, log: &Id| match self.dag.op(*log) {
                        Op::Unary(Unary::Ln, of) => Some((Fraction::of(self.dag.value(*number)?)?, *of)),
                        _ => None,
                    };
                    if let Some((factor, inside)) = scaled(a, b).or_else(|| scaled(b, a)) {
                        return self.root(inside, factor, depth + 1);
                    }
                }
                _ => {}
            }
        }
        self.exponential(of, Some(Fraction { numerator: 1, denominator: 1 }))
            .map(|(pair, _, sure)| (pair, sure))
    }

    /// Returns a rational power, factor by factor.
    fn root(&self, base: Id, power: Fraction, depth: usize) -> Power {
        if power.denominator == 1 {
            return self.whole_power(base, power.numerator);
        }
        let mut factors: Vec<(Id, i64)> = Vec::new();
        self.factors(base, 1, depth, &mut factors)?;
        let (mut result, mut certain) = (self.one(), true);
        for (factor, count) in factors {
            let (pair, sure) = self.root_of_factor(factor, count, power, depth)?;
            result = in_base(|field, lane| Some(field.mul(result[lane], pair[lane])))?;
            certain &= sure;
        }
        Some((result, certain))
    }

    /// Collects the factors of a product with their powers.
    fn factors(&self, id: Id, times: i64, depth: usize, all: &mut Vec<(Id, i64)>) -> Option<()> {
        match self.dag.op(id) {
            Op::Mul(a, b) if depth < DEEPEST => {
                self.factors(*a, times, depth + 1, all)?;
                self.factors(*b, times, depth + 1, all)?;
            }
            Op::Pow(a, b) if depth < DEEPEST && self.dag.value(*b).is_some_and(RBig::is_int) => {
                let power = i64::try_from(self.dag.value(*b)?.numerator()).ok()?;
                self.factors(*a, times.checked_mul(power)?, depth + 1, all)?;
            }
            _ => match all.iter_mut().find(|(known, _)| *known == id) {
                Some((_, count)) => *count = count.checked_add(times)?,
                None => all.push((id, times)),
            },
        }
        Some(())
    }

    fn root_of_factor(&self, of: Id, count: i64, power: Fraction, depth: usize) -> Power {
        let total = power.mul(Fraction { numerator: count, denominator: 1 })?;
        // √(x²) is |x|, which is not a power of x.
        let even = power.denominator % 2 == 0 && count % 2 == 0;
        let variable = |index: u64, total: Fraction| {
            let step =
                (VARIABLE_POWER % total.denominator == 0).then(|| VARIABLE_POWER / total.denominator)?;
            Some((self.root_of_variable(index, step.checked_mul(total.numerator)?)?, true))
        };
        let known = match self.dag.op(of) {
            Op::Number(value) if *value > RBig::ZERO => return self.number_power(value, total),
            Op::Variable(index) if !even => variable(u64::from(*index), total),
            Op::Constant(Constant::Pi) => variable(PI, total),
            Op::Constant(Constant::E) => {
                let exponent =
                    in_upper(|field, _| fraction(field, total).map(|element| field.number(element)))?;
                Some((self.power_of_e(exponent), true))
            }
            Op::Pow(a, b) if depth < DEEPEST => match (self.dag.op(*a), self.dag.value(*b)) {
                (Op::Constant(Constant::E), _) => self.exponential(*b, Some(total)).map(|(pair, _, sure)| {
                    (pair, sure && self.get(*b).is_some_and(|b| b.flags & HAS_I == 0))
                }),
                (Op::Variable(index), Some(first)) => {
                    Fraction::of(first).and_then(|first| variable(u64::from(*index), first.mul(total)?))
                }
                _ => None,
            },
            _ => None,
        };
        if known.is_some() {
            return known;
        }
        let value = self.get(of)?;
        let (inside, outside) = if even { (count, 1) } else { (1, count) };
        let inside = in_base(|field, lane| field.power(value.base[lane], inside))?;
        let words =
            [7, inside[0], inside[1], power.numerator.unsigned_abs(), power.denominator.unsigned_abs()];
        let opaque = self.random(&words);
        let outside = if power.numerator < 0 { -outside } else { outside };
        Some((in_base(|field, lane| field.power(opaque[lane], outside))?, false))
    }

    /// Returns a rational power of a positive number, prime by prime.
    fn number_power(&self, value: &RBig, power: Fraction) -> Power {
        let (mut result, mut certain) = (self.one(), true);
        let numerator = value.numerator().clone().into_parts().1;
        for (part, sign) in [(numerator, 1), (value.denominator().clone(), -1)] {
            for (factor, count) in prime_factors(part) {
                let total = power.mul(Fraction { numerator: sign * count, denominator: 1 })?;
                let wholes = total.numerator.div_euclid(total.denominator);
                let rest = total.numerator.rem_euclid(total.denominator);
                let index = ROOTS.iter().position(|prime| factor == UBig::from(*prime));
                let element = |field: &super::Field| field.element(&factor % field.prime);
                let root = match index {
                    _ if rest == 0 => Some(self.one()),
                    Some(index) if total.denominator == 2 => {
                        in_base(|field, lane| Some(field.element(*LANES[lane].base_roots.get(index)?)))
                    }
                    _ => None,
                };
                certain &= root.is_some();
                let root = match root {
                    Some(root) => root,
                    None => {
                        let of = in_base(|field, _| Some(element(field)))?;
                        let one = self.random(&[8, of[0], of[1], total.denominator.unsigned_abs()]);
                        in_base(|field, lane| field.power(one[lane], rest))?
                    }
                };
                result = in_base(|field, lane| {
                    let whole = field.power(element(field), wholes)?;
                    Some(field.mul(field.mul(result[lane], root[lane]), whole))
                })?;
            }
        }
        Some((result, certain))
    }

    /// Returns the logarithm of an operation.
    pub(super) fn log(&self, of: Id, depth: usize) -> Option<Log> {
        let atom = |words: &[u64], certain: bool| Log {
            base: self.random(words),
            upper: self.upper_random(words),
            certain,
        };
        let value = self.get(of)?;
        let opaque = atom(&[9, value.base[0], value.base[1]], false);
        if depth >= DEEPEST {
            return Some(opaque);
        }
        Some(match self.dag.op(of) {
            Op::Number(number) if *number > RBig::ZERO => {
                let mut sum = Log { base: [0, 0], upper: [0, 0], certain: true };
                let numerator = number.numerator().clone().into_parts().1;
                for (part, sign) in [(numerator, 1), (number.denominator().clone(), -1)] {
                    for (factor, count) in prime_factors(part) {
                        let small = u64::try_from(&factor).ok();
                        let words = match small {
                            Some(small) => [10, small, 0],
                            None => [10, &factor % LANES[0].base.prime, &factor % LANES[1].base.prime],
                        };
                        // Below 101², a number without a factor up to 97 is a prime.
                        let prime = atom(&words, small.is_some_and(|small| small < 10_201));
                        let count = Fraction { numerator: sign * count, denominator: 1 };
                        sum = self.log_sum(sum, prime, count)?;
                    }
                }
                sum
            }
            Op::Variable(index) => atom(&[11, u64::from(*index)], true),
            Op::Constant(Constant::Pi) => atom(&[11, PI], true),
            Op::Constant(Constant::E) => {
                Log { base: self.one(), upper: in_upper(|field, _| Some(field.element(1)))?, certain: true }
            }
            Op::Mul(a, b) => {
                let (x, y) = (self.log(*a, depth + 1)?, self.log(*b, depth + 1)?);
                self.log_sum(x, y, Fraction { numerator: 1, denominator: 1 })?
            }
            Op::Pow(a, b) if *self.dag.op(*a) == Op::Constant(Constant::E) => {
                let exponent = self.get(*b)?;
                match exponent.upper {
                    Some(upper) if exponent.flags & HAS_I == 0 => Log {
                        base: exponent.base,
                        upper,
                        certain: exponent.certain && (exponent.upper_certain || !self.exponents),
                    },
                    _ => opaque,
                }
            }
            Op::Pow(a, b) => {
                let (log, exponent) = (self.log(*a, depth + 1)?, self.get(*b)?);
                let upper = match exponent.upper {
                    Some(upper) => in_upper(|field, lane| Some(field.mul(upper[lane], log.upper[lane])))?,
                    None => log.upper,
                };
                Log {
                    base: in_base(|field, lane| Some(field.mul(exponent.base[lane], log.base[lane])))?,
                    upper,
                    certain: log.certain
                        && exponent.certain
                        && (exponent.upper_certain || !self.exponents)
                        && exponent.flags & HAS_I == 0,
                }
            }
            _ => opaque,
        })
    }

    /// Returns `a + factor·b`.
    fn log_sum(&self, a: Log, b: Log, factor: Fraction) -> Option<Log> {
        Some(Log {
            base: in_base(|field, lane| {
                Some(field.add(a.base[lane], field.mul(fraction(field, factor)?, b.base[lane])))
            })?,
            upper: in_upper(|field, lane| {
                Some(field.add(a.upper[lane], field.mul(fraction(field, factor)?, b.upper[lane])))
            })?,
            certain: a.certain && b.certain,
        })
    }
}

/// Returns the prime factors up to 97 with their powers, and the rest. A large number is one rest.
fn prime_factors(mut value: UBig) -> Vec<(UBig, i64)> {
    let mut all = Vec::new();
    if value.bit_len() > FACTORISED_BITS {
        return vec![(value, 1)];
    }
    for prime in ROOTS {
        let mut count = 0;
        while !value.is_one() && (&value % prime) == 0 {
            value /= prime;
            count += 1;
        }
        if count > 0 {
            all.push((UBig::from(prime), count));
        }
    }
    if !value.is_one() && !value.is_zero() {
        all.push((value, 1));
    }
    all
}
