//! Elementary functions in fixed point with 384 bits, by series with a bounded number of terms.

use std::sync::OnceLock;

use dashu_int::IBig;

use super::super::Real;
use super::{BITS, BigFloat};

/// The bits after the point in every series.
const WORK: i64 = BITS as i64 + 64;

/// The bits of π and ln 2, enough to reduce large arguments.
pub(super) const PI_BITS: i64 = WORK + 64;

/// The largest argument, as a power of two.
const LARGEST: i64 = 60;

/// Returns π by Machin's formula: 16 atan(1/5) - 4 atan(1/239).
pub(super) fn pi() -> IBig {
    static PI: OnceLock<IBig> = OnceLock::new();
    PI.get_or_init(|| {
        let one = IBig::ONE << (PI_BITS + 16) as usize;
        let atan_inverse = |n: i64| {
            let mut term = &one / IBig::from(n);
            let mut sum = term.clone();
            let mut k = 1i64;
            while !term.is_zero() {
                term = -term / IBig::from(n * n);
                k += 2;
                sum += &term / IBig::from(k);
            }
            sum
        };
        (atan_inverse(5) * IBig::from(16) - atan_inverse(239) * IBig::from(4)) >> 16
    })
    .clone()
}

fn ln_two() -> IBig {
    static LN_TWO: OnceLock<IBig> = OnceLock::new();
    // 2 atanh(1/3).
    LN_TWO
        .get_or_init(|| {
            let mut term = (IBig::ONE << (PI_BITS + 16) as usize) / IBig::from(3);
            let mut sum = term.clone();
            let mut k = 1i64;
            while !term.is_zero() {
                term /= IBig::from(9);
                k += 2;
                sum += &term / IBig::from(k);
            }
            (sum * IBig::from(2)) >> 16
        })
        .clone()
}

fn product(a: &IBig, b: &IBig) -> IBig {
    (a * b) >> WORK as usize
}

/// Reduces an argument: `x = n · unit + rest`, with a rest of at most half a unit.
///
/// The unit has `PI_BITS` bits after the point.
fn reduce(x: &BigFloat, unit: &IBig) -> Option<(i64, IBig)> {
    if x.top() > LARGEST {
        return None;
    }
    let fixed = x.fixed(PI_BITS);
    let count: IBig = ((&fixed << 1) + unit).div_floor(&(unit << 1));
    let rest = fixed - &count * unit;
    let count: i64 = (&count).try_into().ok()?;
    Some((count, rest >> (PI_BITS - WORK) as usize))
}

trait DivFloor {
    fn div_floor(&self, by: &Self) -> Self;
}

impl DivFloor for IBig {
    fn div_floor(&self, by: &Self) -> Self {
        use dashu_int::ops::DivEuclid;
        // The divisor is positive here, so that the Euclidean quotient is the floor.
        self.div_euclid(by)
    }
}

pub(super) fn exp(x: &BigFloat) -> Option<BigFloat> {
    let (twos, rest) = reduce(x, &ln_two())?;
    // e^r = (e^(r/256))^256
    let small = rest >> 8;
    let one = IBig::ONE << WORK as usize;
    let mut sum = one.clone();
    let mut term = one;
    for k in 1..80i64 {
        term = product(&term, &small) / IBig::from(k);
        if term.is_zero() {
            break;
        }
        sum += &term;
    }
    for _ in 0..8 {
        sum = product(&sum, &sum);
    }
    Some(BigFloat::new(sum, twos - WORK))
}

/// Returns the logarithm: an estimate in double precision, then the logarithm of its error.
pub(super) fn ln(x: &BigFloat) -> BigFloat {
    let top = x.top();
    let near_one = x.shifted(-top);
    let guess = BigFloat::double(near_one.to_f64().max(0.25).ln());
    let Some(back) = guess.neg().exp() else { return BigFloat::zero() };
    // z = x·e^-guess is 1 + δ, and ln z = 2 atanh(δ / (2 + δ)).
    let delta = near_one.mul(&back).add(&BigFloat::integer(-1));
    let t = delta.div(&delta.add(&BigFloat::integer(2)));
    let square = t.mul(&t);
    let mut term = t.clone();
    let mut sum = t;
    for k in 1..12 {
        term = term.mul(&square);
        sum = sum.add(&term.div(&BigFloat::integer(2 * k + 1)));
    }
    let twos = BigFloat::new(ln_two() * IBig::from(top), -PI_BITS);
    twos.add(&guess).add(&sum.shifted(1))
}

pub(super) fn sin_cos(x: &BigFloat) -> Option<(BigFloat, BigFloat)> {
    // Fixed point would lose the leading bits of a small angle; two terms of the series are exact.
    if x.top() < -(BITS as i64) / 2 {
        let cos = BigFloat::integer(1).add(&x.mul(x).shifted(-1).neg());
        let cube = x.mul(x).mul(x).div(&BigFloat::integer(6));
        return Some((x.add(&cube.neg()), cos));
    }
    let quarter = pi() >> 1;
    let (turns, rest) = reduce(x, &quarter)?;
    // By the series of 2^-6 of the angle, doubled six times.
    let small = rest >> 6;
    let square = product(&small, &small);
    let one = IBig::ONE << WORK as usize;
    let (mut sin, mut term) = (small.clone(), small);
    // The series is that of cos - 1, whose doubling formula is exact for small angles.
    let mut less = IBig::ZERO;
    let mut even = one.clone();
    for k in 1..60i64 {
        even = -product(&even, &square) / IBig::from((2 * k - 1) * (2 * k));
        term = -product(&term, &square) / IBig::from((2 * k) * (2 * k + 1));
        less += &even;
        sin += &term;
        if even.is_zero() && term.is_zero() {
            break;
        }
    }
    for _ in 0..6 {
        // sin 2a = 2 sin a cos a; cos 2a - 1 = -2 sin² a
        let doubled = (product(&sin, &less) + &sin) << 1;
        less = -(product(&sin, &sin) << 1);
        sin = doubled;
    }
    let (sin, cos) = (BigFloat::new(sin, -WORK), BigFloat::new(less + one, -WORK));
    Some(match turns.rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, sin.neg()),
        2 => (sin.neg(), cos.neg()),
        _ => (cos.neg(), sin),
    })
}

/// Returns the angle: an estimate in double precision, then the small angle to the point.
pub(super) fn angle(x: &BigFloat, y: &BigFloat) -> BigFloat {
    if x.is_zero() && y.is_zero() {
        return BigFloat::zero();
    }
    let scale = -x.top().max(y.top());
    let (a, b) = (x.shifted(scale), y.shifted(scale));
    let guess = b.to_f64().atan2(a.to_f64());
    let guess_big = BigFloat::double(guess);
    let Some((sin, cos)) = guess_big.sin_cos() else { return BigFloat::zero() };
    let across = b.mul(&cos).add(&a.mul(&sin).neg());
    let along = a.mul(&cos).add(&b.mul(&sin));
    if along.is_zero() {
        return guess_big;
    }
    let t = across.div(&along);
    let square = t.mul(&t).neg();
    let mut term = t.clone();
    let mut sum = t;
    for k in 1..12 {
        term = term.mul(&square);
        sum = sum.add(&term.div(&BigFloat::integer(2 * k + 1)));
    }
    guess_big.add(&sum)
}
