//! The part of an exponent that decides which root of unity its exponential contains.

use dashu_ratio::RBig;

/// A fraction of small integers, in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) numerator: i64,
    pub(super) denominator: i64,
}

impl Fraction {
    pub(super) const ZERO: Self = Self { numerator: 0, denominator: 1 };
    const ONE: Self = Self { numerator: 1, denominator: 1 };

    fn new(numerator: i64, denominator: i64) -> Option<Self> {
        let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i64::try_from(a).ok().filter(|common| *common > 0 && denominator != 0)?;
        let sign = denominator.signum();
        Some(Self { numerator: (numerator / common) * sign, denominator: (denominator / common) * sign })
    }

    pub(super) fn of(value: &RBig) -> Option<Self> {
        let numerator = i64::try_from(value.numerator()).ok()?;
        let denominator = i64::try_from(value.denominator()).ok()?;
        // Bounded, so that few products overflow.
        (numerator.unsigned_abs() < 1 << 40 && denominator < 1 << 40)
            .then_some(Self { numerator, denominator })
    }

    pub(super) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return Some(self);
        }
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        if self.is_zero() || other.is_zero() {
            return Some(Self::ZERO);
        }
        Self::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    fn neg(self) -> Self {
        Self { numerator: -self.numerator, ..self }
    }

    fn inverse(self) -> Option<Self> {
        Self::new(self.denominator, self.numerator)
    }
}

/// A number `re + im·i` with rational parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gaussian {
    pub(super) re: Fraction,
    pub(super) im: Fraction,
}

impl Gaussian {
    const ZERO: Self = Self { re: Fraction::ZERO, im: Fraction::ZERO };

    fn is_zero(self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }

    fn add(self, other: Self) -> Option<Self> {
        Some(Self { re: self.re.add(other.re)?, im: self.im.add(other.im)? })
    }

    fn mul(self, other: Self) -> Option<Self> {
        if self.is_zero() || other.is_zero() {
            return Some(Self::ZERO);
        }
        let re = self.re.mul(other.re)?.add(self.im.mul(other.im)?.neg())?;
        let im = self.re.mul(other.im)?.add(self.im.mul(other.re)?)?;
        Some(Self { re, im })
    }

    fn inverse(self) -> Option<Self> {
        let norm = self.re.mul(self.re)?.add(self.im.mul(self.im)?)?.inverse()?;
        Some(Self { re: self.re.mul(norm)?, im: self.im.neg().mul(norm)? })
    }
}

/// The terms of degree 0 and 1 of an expression, as a polynomial in π, logarithms and variables:
/// `constant + pi·π + …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Linear {
    pub(super) constant: Gaussian,
    pub(super) pi: Gaussian,
    /// `true` if a logarithm has a term of degree 1.
    pub(super) log: bool,
}

impl Linear {
    /// A variable, or another independent number.
    pub(super) const OTHER: Self = Self { constant: Gaussian::ZERO, pi: Gaussian::ZERO, log: false };
    pub(super) const LOG: Self = Self { log: true, ..Self::OTHER };
    pub(super) const PI: Self =
        Self { pi: Gaussian { re: Fraction::ONE, im: Fraction::ZERO }, ..Self::OTHER };
    pub(super) const I: Self =
        Self { constant: Gaussian { re: Fraction::ZERO, im: Fraction::ONE }, ..Self::OTHER };

    pub(super) fn number(value: &RBig) -> Option<Self> {
        let re = Fraction::of(value)?;
        Some(Self { constant: Gaussian { re, im: Fraction::ZERO }, ..Self::OTHER })
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        Some(Self {
            constant: self.constant.add(other.constant)?,
            pi: self.pi.add(other.pi)?,
            log: self.log || other.log,
        })
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        Some(Self {
            constant: self.constant.mul(other.constant)?,
            pi: self.constant.mul(other.pi)?.add(self.pi.mul(other.constant)?)?,
            log: self.log && !other.constant.is_zero() || other.log && !self.constant.is_zero(),
        })
    }

    pub(super) fn power(self, power: i64) -> Option<Self> {
        if self == Self::OTHER && power > 0 {
            return Some(self);
        }
        if power.unsigned_abs() > 64 {
            return None;
        }
        let base = if power < 0 {
            let constant = self.constant.inverse()?;
            let minus = Gaussian { re: Fraction::ONE.neg(), im: Fraction::ZERO };
            Self { constant, pi: self.pi.mul(constant)?.mul(constant)?.mul(minus)?, log: self.log }
        } else {
            self
        };
        let mut result = base;
        for _ in 1..power.unsigned_abs() {
            result = result.mul(base)?;
        }
        Some(result)
    }
}
