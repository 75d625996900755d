//! Floating point numbers with 320 bits, over `dashu_int`.

use std::cmp::Ordering;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Real;

mod series;

/// The precision in bits.
pub(super) const BITS: usize = 320;

/// The number `mantissa · 2^exp`.
#[derive(Clone, Debug)]
pub(crate) struct BigFloat {
    pub(super) mantissa: IBig,
    pub(super) exp: i64,
}

impl BigFloat {
    /// Rounds to the precision.
    pub(super) fn new(mantissa: IBig, exp: i64) -> Self {
        let len = mantissa.bit_len();
        if len <= BITS + 16 {
            return Self { mantissa, exp };
        }
        let extra = len - BITS;
        Self { mantissa: mantissa >> extra, exp: exp + extra as i64 }
    }

    pub(super) fn integer(value: i64) -> Self {
        Self { mantissa: IBig::from(value), exp: 0 }
    }

    pub(super) fn double(value: f64) -> Self {
        if value == 0.0 || !value.is_finite() {
            return Self::integer(0);
        }
        let bits = value.to_bits();
        let raw = ((bits >> 52) & 0x7ff) as i64;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let mantissa = if raw == 0 { fraction } else { fraction | (1 << 52) };
        Self { mantissa: IBig::from(if value < 0.0 { -mantissa } else { mantissa }), exp: raw.max(1) - 1075 }
    }

    /// Multiplies by a power of two.
    pub(super) fn shifted(&self, by: i64) -> Self {
        Self { mantissa: self.mantissa.clone(), exp: self.exp + by }
    }

    /// Returns the value as an integer multiple of `2^-bits`, rounded down.
    pub(super) fn fixed(&self, bits: i64) -> IBig {
        let shift = self.exp + bits;
        if shift >= 0 {
            self.mantissa.clone() << (shift.min(1 << 20) as usize)
        } else {
            self.mantissa.clone() >> ((-shift).min(1 << 40) as usize)
        }
    }

    /// Returns the floor.
    pub(crate) fn to_integer(&self) -> IBig {
        self.fixed(0)
    }

    /// Returns the position of the leading bit: the value is below `2^top`.
    pub(super) fn top(&self) -> i64 {
        self.mantissa.bit_len() as i64 + self.exp
    }
}

impl PartialEq for BigFloat {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for BigFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let difference = self.add(&other.neg());
        Some(if difference.is_zero() {
            Ordering::Equal
        } else if difference.is_negative() {
            Ordering::Less
        } else {
            Ordering::Greater
        })
    }
}

impl Real for BigFloat {
    const PRECISION: f64 = -300.0;
    const COST: usize = 12_000;
    const CHEAP: usize = 1_200;

    fn rational(value: &RBig) -> Self {
        let (numerator, denominator) = (value.numerator(), value.denominator());
        if denominator.is_one() {
            return Self::new(numerator.clone(), 0);
        }
        let shift = (BITS + 8 + denominator.bit_len()).saturating_sub(numerator.bit_len());
        Self::new((numerator.clone() << shift) / IBig::from(denominator.clone()), -(shift as i64))
    }

    fn zero() -> Self {
        Self::integer(0)
    }

    fn pi() -> Self {
        Self { mantissa: series::pi(), exp: -series::PI_BITS }
    }

    fn add(&self, other: &Self) -> Self {
        if self.mantissa.is_zero() {
            return other.clone();
        }
        if other.mantissa.is_zero() {
            return self.clone();
        }
        let (high, low) = if self.exp >= other.exp { (self, other) } else { (other, self) };
        // A term far below the last bit of the sum changes nothing.
        if high.top() - low.top() > 2 * BITS as i64 {
            return high.clone();
        }
        let shift = high.exp - low.exp;
        if shift > 4 * BITS as i64 {
            return if high.top() >= low.top() { high.clone() } else { low.clone() };
        }
        Self::new((high.mantissa.clone() << shift as usize) + &low.mantissa, low.exp)
    }

    fn mul(&self, other: &Self) -> Self {
        Self::new(&self.mantissa * &other.mantissa, self.exp + other.exp)
    }

    fn div(&self, other: &Self) -> Self {
        if other.mantissa.is_zero() {
            return Self::zero();
        }
        let shift = (BITS + 8 + other.mantissa.bit_len()).saturating_sub(self.mantissa.bit_len());
        Self::new((self.mantissa.clone() << shift) / &other.mantissa, self.exp - other.exp - shift as i64)
    }

    fn neg(&self) -> Self {
        Self { mantissa: -self.mantissa.clone(), exp: self.exp }
    }

    fn sqrt(&self) -> Self {
        let (sign, mantissa) = self.mantissa.clone().into_parts();
        if sign == dashu_int::Sign::Negative {
            return Self::zero();
        }
        let mut shift = (2 * BITS + 16).saturating_sub(mantissa.bit_len()) as i64;
        if (self.exp - shift) % 2 != 0 {
            shift += 1;
        }
        let root: UBig = (mantissa << shift as usize).nth_root(2);
        Self::new(IBig::from(root), (self.exp - shift) / 2)
    }

    fn exp(&self) -> Option<Self> {
        series::exp(self)
    }

    fn ln(&self) -> Self {
        series::ln(self)
    }

    fn sin_cos(&self) -> Option<(Self, Self)> {
        series::sin_cos(self)
    }

    fn angle(x: &Self, y: &Self) -> Self {
        series::angle(x, y)
    }

    fn floor(&self) -> Self {
        Self::new(self.fixed(0), 0)
    }

    fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    fn is_negative(&self) -> bool {
        self.mantissa < IBig::ZERO
    }

    fn log2(&self) -> f64 {
        if self.mantissa.is_zero() { f64::NEG_INFINITY } else { self.top() as f64 }
    }

    fn to_f64(&self) -> f64 {
        let len = self.mantissa.bit_len();
        let extra = len.saturating_sub(64);
        let head = (self.mantissa.clone() >> extra).to_f64().value();
        head * ((self.exp + extra as i64).clamp(-2000, 2000) as f64).exp2()
    }

    fn whole_is_exact(&self) -> bool {
        Self::new(self.fixed(0), 0).add(&self.neg()).is_zero()
    }
}
