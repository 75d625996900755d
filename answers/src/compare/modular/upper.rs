//! Residues of exponents modulo the primes `q`, and the exponentials modulo the primes `p`.

use crate::lex::function::Constant;
use crate::normalise::dag::Op;
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

use super::lane::{LANES, ROOTS};
use super::linear::{Fraction, Linear};
use super::{
    Field, HAS_I, HAS_LOG, HAS_PI, LANES_RANGE, PI, Pair, VARIABLE_POWER, Value, Work, in_base, in_upper,
    unity,
};

impl Work<'_> {
    /// Returns the residue modulo the primes `q`, and whether it is certain.
    pub(super) fn upper(&mut self, op: &Op, value: &Value) -> Option<(Pair, bool)> {
        let get = |id: &Id| {
            let value = self.get(*id)?;
            Some((value.upper?, value.upper_certain))
        };
        let two = |a: &Id, b: &Id, f: fn(&Field, u64, u64) -> u64| {
            let ((x, sure), (y, also)) = (get(a)?, get(b)?);
            Some((in_upper(|field, lane| Some(f(field, x[lane], y[lane])))?, sure && also))
        };
        match op {
            Op::Number(number) => {
                let pair = in_upper(|field, _| field.rational(number))?;
                if !number.is_zero() && pair.contains(&0) {
                    self.unusable = true;
                }
                Some((pair, true))
            }
            Op::Variable(index) => Some((self.upper_root(u64::from(*index), VARIABLE_POWER)?, true)),
            Op::Constant(Constant::Pi) => Some((self.upper_root(PI, VARIABLE_POWER)?, true)),
            Op::Constant(Constant::I) => {
                Some((in_upper(|field, lane| Some(field.element(LANES[lane].upper_i)))?, true))
            }
            Op::Constant(Constant::E) => Some((self.upper_random(&[3]), true)),
            Op::Add(a, b) => two(a, b, Field::add),
            Op::Mul(a, b) => two(a, b, Field::mul),
            Op::Pow(a, b) => {
                if let Some(power) = self.dag.value(*b) {
                    if power.is_int() {
                        let power = i64::try_from(power.numerator()).ok()?;
                        let (base, certain) = get(a)?;
                        return Some((in_upper(|field, lane| field.power(base[lane], power))?, certain));
                    }
                    if let Some(roots) = self.upper_power(*a, Fraction::of(power)?) {
                        return Some((roots, true));
                    }
                }
                Some((self.upper_random(&[4, value.base[0], value.base[1]]), false))
            }
            Op::Unary(Unary::Ln, a) => {
                let log = self.log(*a, 0)?;
                Some((log.upper, log.certain))
            }
            Op::Apply(..) => Some((self.upper_random(&[5, value.base[0], value.base[1]]), value.certain)),
            _ => Some((self.upper_random(&[4, value.base[0], value.base[1]]), false)),
        }
    }

    /// Returns a root of a variable, or the square root of a small prime.
    fn upper_power(&self, base: Id, power: Fraction) -> Option<Pair> {
        match self.dag.op(base) {
            Op::Variable(index) if VARIABLE_POWER % power.denominator == 0 => {
                let step = VARIABLE_POWER / power.denominator;
                self.upper_root(u64::from(*index), step.checked_mul(power.numerator)?)
            }
            Op::Number(value) if power.denominator == 2 && power.numerator == 1 => {
                let prime = u64::try_from(value.numerator()).ok().filter(|_| value.is_int())?;
                let index = ROOTS.iter().take(6).position(|root| *root == prime)?;
                in_upper(|field, lane| Some(field.element(*LANES[lane].upper_roots.get(index)?)))
            }
            _ => None,
        }
    }

    pub(super) fn upper_random(&self, words: &[u64]) -> Pair {
        LANES_RANGE.map(|lane| self.hash(words, lane + 2) % LANES[lane].upper.prime)
    }

    fn upper_root(&self, index: u64, power: i64) -> Option<Pair> {
        in_upper(|field, lane| field.power(self.hash(&[1, index], lane + 2) % field.prime, power))
    }

    pub(super) fn linear(&self, op: &Op) -> Option<Linear> {
        let get = |id: &Id| self.get(*id)?.linear;
        match op {
            Op::Number(value) => Linear::number(value),
            Op::Variable(_) | Op::Constant(Constant::E) | Op::Apply(..) => Some(Linear::OTHER),
            Op::Constant(Constant::Pi) => Some(Linear::PI),
            Op::Constant(Constant::I) => Some(Linear::I),
            Op::Add(a, b) => get(a)?.add(get(b)?),
            Op::Mul(a, b) => get(a)?.mul(get(b)?),
            Op::Pow(a, b) => match self.dag.value(*b) {
                Some(power) if power.is_int() => get(a)?.power(i64::try_from(power.numerator()).ok()?),
                Some(_) if matches!(self.dag.op(*a), Op::Variable(_)) => Some(Linear::OTHER),
                _ => None,
            },
            // The logarithm of a product contains constants: ln(ex) is ln x + 1.
            Op::Unary(Unary::Ln, a) => match self.dag.op(*a) {
                Op::Number(_) | Op::Variable(_) | Op::Constant(Constant::Pi) => Some(Linear::LOG),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns e raised to a residue modulo the primes `q`, which is not in Montgomery form.
    pub(super) fn power_of_e(&self, exponent: Pair) -> Pair {
        LANES_RANGE.map(|lane| {
            let fields = &LANES[lane];
            fields.base.raise(fields.base.element(fields.power), exponent[lane])
        })
    }

    /// Returns e^(iu) and e^(-iu), and whether they are certain.
    pub(super) fn turned(&self, of: Id) -> Option<(Pair, Pair, bool)> {
        self.exponential(of, None)
    }

    /// Returns e^(ru) for a rational `r`, or e^(iu) without one; its reciprocal; and whether they
    /// are certain.
    pub(super) fn exponential(&self, of: Id, factor: Option<Fraction>) -> Option<(Pair, Pair, bool)> {
        let value = self.get(of)?;
        let upper = value.upper?;
        let linear = value.linear;
        // The rational multiple of iπ in the exponent.
        let turn = match (factor, linear) {
            (_, None) => Some(Fraction::ZERO),
            (None, Some(linear)) => Some(linear.pi.re),
            (Some(factor), Some(linear)) => linear.pi.im.mul(factor),
        };
        let root = turn.and_then(|turn| {
            Some((
                turn,
                unity(turn.numerator, turn.denominator.checked_mul(2)?)?,
                unity(turn.numerator.checked_neg()?, turn.denominator.checked_mul(2)?)?,
            ))
        });
        let simple = match linear {
            Some(linear) if factor.is_some() || value.flags & HAS_I != 0 => !linear.log,
            Some(_) => true,
            None => value.flags & (HAS_PI | HAS_LOG) == 0,
        };
        let certain = simple && root.is_some() && value.upper_certain;
        let (turn, root, back) = root.unwrap_or_else(|| (Fraction::ZERO, self.one(), self.one()));
        let pi = self.upper_root(PI, VARIABLE_POWER)?;
        let rest = in_upper(|field, lane| {
            let i = field.element(LANES[lane].upper_i);
            let scaled = match factor {
                None => field.mul(upper[lane], i),
                Some(factor) => field.mul(upper[lane], fraction(field, factor)?),
            };
            let turned = field.mul(field.mul(fraction(field, turn)?, pi[lane]), i);
            Some(field.number(field.sub(scaled, turned)))
        })?;
        let minus = in_upper(|field, lane| Some(if rest[lane] == 0 { 0 } else { field.prime - rest[lane] }))?;
        let times = |a: Pair, b: Pair| in_base(|field, lane| Some(field.mul(a[lane], b[lane])));
        Some((times(self.power_of_e(rest), root)?, times(self.power_of_e(minus), back)?, certain))
    }

    pub(super) fn one(&self) -> Pair {
        LANES_RANGE.map(|lane| LANES[lane].base.element(1))
    }
}

/// Returns the residue of a fraction.
pub(super) fn fraction(field: &Field, value: Fraction) -> Option<u64> {
    let size = field.element(value.numerator.unsigned_abs());
    let numerator = if value.numerator < 0 { field.neg(size) } else { size };
    if value.denominator == 1 {
        return Some(numerator);
    }
    Some(field.mul(numerator, field.power(field.element(value.denominator.unsigned_abs()), -1)?))
}
