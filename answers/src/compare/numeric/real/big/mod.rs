//! The exact one: 320 bits, over the integers of a number crate.

use std::cmp::Ordering;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Real;
use super::series;

/// The bits that are kept.
pub(super) const BITS: usize = 320;

/// `man · 2^exp`.
#[derive(Clone, Debug)]
pub(crate) struct Big {
    pub(super) man: IBig,
    pub(super) exp: i64,
}

impl Big {
    /// Keeps the leading bits.
    pub(super) fn new(man: IBig, exp: i64) -> Self {
        let len = man.bit_len();
        if len <= BITS + 16 {
            return Self { man, exp };
        }
        let extra = len - BITS;
        Self { man: man >> extra, exp: exp + extra as i64 }
    }

    pub(super) fn integer(value: i64) -> Self {
        Self { man: IBig::from(value), exp: 0 }
    }

    pub(super) fn double(value: f64) -> Self {
        if value == 0.0 || !value.is_finite() {
            return Self::integer(0);
        }
        let bits = value.to_bits();
        let raw = ((bits >> 52) & 0x7ff) as i64;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let man = if raw == 0 { fraction } else { fraction | (1 << 52) };
        Self { man: IBig::from(if value < 0.0 { -man } else { man }), exp: raw.max(1) - 1075 }
    }

    /// Times a power of two.
    pub(super) fn shifted(&self, by: i64) -> Self {
        Self { man: self.man.clone(), exp: self.exp + by }
    }

    /// The value as a whole number of `2^-bits`.
    pub(super) fn fixed(&self, bits: i64) -> IBig {
        let shift = self.exp + bits;
        if shift >= 0 {
            self.man.clone() << (shift.min(1 << 20) as usize)
        } else {
            self.man.clone() >> ((-shift).min(1 << 40) as usize)
        }
    }

    /// The whole number at or below it.
    pub(crate) fn to_integer(&self) -> IBig {
        self.fixed(0)
    }

    /// The place of the leading bit: the value is below `2^top`.
    pub(super) fn top(&self) -> i64 {
        self.man.bit_len() as i64 + self.exp
    }
}

impl PartialEq for Big {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Big {
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

impl Real for Big {
    const PRECISION: f64 = -300.0;
    const COST: usize = 12_000;

    fn rational(value: &RBig) -> Self {
        let (over, under) = (value.numerator(), value.denominator());
        if under.is_one() {
            return Self::new(over.clone(), 0);
        }
        let shift = (BITS + 8 + under.bit_len()).saturating_sub(over.bit_len());
        Self::new((over.clone() << shift) / IBig::from(under.clone()), -(shift as i64))
    }

    fn zero() -> Self {
        Self::integer(0)
    }

    fn pi() -> Self {
        Self { man: series::pi(), exp: -series::PI_BITS }
    }

    fn add(&self, other: &Self) -> Self {
        if self.man.is_zero() {
            return other.clone();
        }
        if other.man.is_zero() {
            return self.clone();
        }
        let (high, low) = if self.exp >= other.exp { (self, other) } else { (other, self) };
        // What is far below the last bit that is kept adds nothing.
        if high.top() - low.top() > 2 * BITS as i64 {
            return high.clone();
        }
        let shift = high.exp - low.exp;
        if shift > 4 * BITS as i64 {
            return if high.top() >= low.top() { high.clone() } else { low.clone() };
        }
        Self::new((high.man.clone() << shift as usize) + &low.man, low.exp)
    }

    fn mul(&self, other: &Self) -> Self {
        Self::new(&self.man * &other.man, self.exp + other.exp)
    }

    fn div(&self, other: &Self) -> Self {
        if other.man.is_zero() {
            return Self::zero();
        }
        let shift = (BITS + 8 + other.man.bit_len()).saturating_sub(self.man.bit_len());
        Self::new((self.man.clone() << shift) / &other.man, self.exp - other.exp - shift as i64)
    }

    fn neg(&self) -> Self {
        Self { man: -self.man.clone(), exp: self.exp }
    }

    fn sqrt(&self) -> Self {
        let (sign, man) = self.man.clone().into_parts();
        if sign == dashu_int::Sign::Negative {
            return Self::zero();
        }
        let mut shift = (2 * BITS + 16).saturating_sub(man.bit_len()) as i64;
        if (self.exp - shift) % 2 != 0 {
            shift += 1;
        }
        let root: UBig = (man << shift as usize).nth_root(2);
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
        self.man.is_zero()
    }

    fn is_negative(&self) -> bool {
        self.man < IBig::ZERO
    }

    fn log2(&self) -> f64 {
        if self.man.is_zero() { f64::NEG_INFINITY } else { self.top() as f64 }
    }

    fn to_f64(&self) -> f64 {
        let len = self.man.bit_len();
        let extra = len.saturating_sub(64);
        let head = (self.man.clone() >> extra).to_f64().value();
        head * ((self.exp + extra as i64).clamp(-2000, 2000) as f64).exp2()
    }

    fn whole_is_exact(&self) -> bool {
        Self::new(self.fixed(0), 0).add(&self.neg()).is_zero()
    }
}
