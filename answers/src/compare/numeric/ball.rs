//! Ball arithmetic: a complex midpoint with an error bound.

use super::real::Real;

/// The value of roots and logarithms of negative numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Undefined, as in school mathematics.
    Real,
    /// The principal value.
    Complex,
}

#[derive(Clone, Debug)]
pub(crate) struct Ball<R> {
    pub(crate) re: R,
    /// The imaginary part; `None` for a real number.
    pub(crate) im: Option<R>,
    /// The logarithm to base 2 of the error bound; minus infinity for an exact value.
    pub(crate) error: f64,
}

/// Returns the logarithm of a sum, given the logarithms of its terms.
pub(crate) fn sum_of(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        high
    } else {
        high + (low - high).exp2().ln_1p() * std::f64::consts::LOG2_E
    }
}

impl<R: Real> Ball<R> {
    pub(crate) fn real(re: R, error: f64) -> Self {
        Self { re, im: None, error }
    }

    /// Returns a value with the error of one rounding.
    fn rounded(re: R) -> Self {
        let error = R::PRECISION + re.log2();
        Self::real(re, error)
    }

    pub(crate) fn exact(value: &dashu_ratio::RBig) -> Self {
        let small = value.numerator().is_zero() || exactly_small(value);
        let re = R::rational(value);
        let error = if small { f64::NEG_INFINITY } else { R::PRECISION + re.log2() };
        Self::real(re, error)
    }

    pub(crate) fn i() -> Self {
        let one = R::rational(&dashu_ratio::RBig::ONE);
        Self { re: R::zero(), im: Some(one), error: f64::NEG_INFINITY }
    }

    pub(crate) fn pi() -> Self {
        Self::rounded(R::pi())
    }

    /// Returns the ball unless it is not a number, or far too large.
    pub(crate) fn sound(self) -> Option<Self> {
        let size = self.size();
        (size < 1e9 && !size.is_nan() && self.error < 1e9 && !self.error.is_nan()).then_some(self)
    }

    /// Returns the logarithm to base 2 of the absolute value, within one.
    pub(crate) fn size(&self) -> f64 {
        match &self.im {
            None => self.re.log2(),
            Some(im) => self.re.log2().max(im.log2()) + 0.5,
        }
    }

    /// Returns `true` if the value is certainly not zero.
    pub(crate) fn nonzero(&self) -> bool {
        self.size() > self.error + 2.0
    }

    fn with(re: R, im: Option<R>, error: f64) -> Self {
        let mut ball = Self { re, im, error };
        // An `f64` has no digits left below this size.
        let floor = if R::COST < 1000 { -1000.0 } else { f64::NEG_INFINITY };
        ball.error = sum_of(sum_of(error, R::PRECISION + ball.size()), floor);
        ball
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let im = match (&self.im, &other.im) {
            (None, None) => None,
            (Some(a), None) | (None, Some(a)) => Some(a.clone()),
            (Some(a), Some(b)) => Some(a.add(b)),
        };
        let re = self.re.add(&other.re);
        if im.is_none() && self.is_whole() && other.is_whole() && re.is_whole() {
            return Self::real(re, f64::NEG_INFINITY);
        }
        Self::with(re, im, sum_of(self.error, other.error))
    }

    /// Returns `true` for an exact integer.
    fn is_whole(&self) -> bool {
        self.error == f64::NEG_INFINITY && self.im.is_none() && self.re.is_whole()
    }

    pub(crate) fn neg(&self) -> Self {
        Self { re: self.re.neg(), im: self.im.as_ref().map(Real::neg), error: self.error }
    }

    pub(crate) fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    pub(crate) fn mul(&self, other: &Self) -> Self {
        let (re, im) = match (&self.im, &other.im) {
            (None, None) => (self.re.mul(&other.re), None),
            (Some(im), None) => (self.re.mul(&other.re), Some(im.mul(&other.re))),
            (None, Some(im)) => (self.re.mul(&other.re), Some(self.re.mul(im))),
            (Some(a), Some(b)) => {
                (self.re.mul(&other.re).add(&a.mul(b).neg()), Some(self.re.mul(b).add(&a.mul(&other.re))))
            }
        };
        if im.is_none() && self.is_whole() && other.is_whole() && re.is_whole() {
            return Self::real(re, f64::NEG_INFINITY);
        }
        let rounding = R::PRECISION + 2.0 + self.size() + other.size();
        let error = sum_of(
            sum_of(self.error + other.size(), other.error + self.size()),
            sum_of(self.error + other.error, rounding),
        );
        let error = if error.is_nan() { f64::NEG_INFINITY } else { error };
        Self::with(re, im, error)
    }

    /// Returns the reciprocal; `None` if the value can be zero.
    pub(crate) fn inverse(&self) -> Option<Self> {
        if !self.nonzero() {
            return None;
        }
        let one = R::rational(&dashu_ratio::RBig::ONE);
        let (re, im) = match &self.im {
            None => (one.div(&self.re), None),
            Some(im) => {
                let square = self.re.mul(&self.re).add(&im.mul(im));
                if square.is_zero() {
                    return None;
                }
                (self.re.div(&square), Some(im.neg().div(&square)))
            }
        };
        let size = self.size();
        Some(Self::with(re, im, sum_of(self.error - 2.0 * size + 2.0, R::PRECISION + 3.0 - size)))
    }

    pub(crate) fn power(&self, count: i64) -> Option<Self> {
        let mut base = if count < 0 { self.inverse()? } else { self.clone() };
        let mut left = count.unsigned_abs();
        let mut result: Option<Self> = None;
        loop {
            if left & 1 == 1 {
                result = Some(result.map_or_else(|| base.clone(), |so_far| so_far.mul(&base)).sound()?);
            }
            left >>= 1;
            if left == 0 {
                break;
            }
            base = base.mul(&base).sound()?;
        }
        Some(result.unwrap_or_else(|| Self::exact(&dashu_ratio::RBig::ONE)))
    }

    /// Returns the value if it is real.
    pub(crate) fn as_real(&self) -> Option<&R> {
        match &self.im {
            None => Some(&self.re),
            Some(im) => im.is_zero().then_some(&self.re),
        }
    }

    /// Returns `true` on the negative axis, or so close that the branch is uncertain.
    fn on_cut(&self) -> bool {
        self.re.is_negative()
            && self.im.as_ref().is_some_and(|im| im.log2() <= self.error + 2.0 && self.as_real().is_none())
    }

    pub(crate) fn sqrt(&self, domain: Domain) -> Option<Self> {
        let size = self.size();
        let error = if self.nonzero() {
            sum_of(self.error - size / 2.0 + 1.0, R::PRECISION + size / 2.0 + 1.0)
        } else {
            self.error / 2.0 + 1.0
        };
        if let Some(re) = self.as_real() {
            if !re.is_negative() {
                return Some(Self::with(re.sqrt(), None, error));
            }
            if !self.nonzero() {
                return Some(Self::with(R::zero(), None, error));
            }
            return match domain {
                Domain::Real => None,
                Domain::Complex => Some(Self::with(R::zero(), Some(re.neg().sqrt()), error)),
            };
        }
        if self.on_cut() || !self.nonzero() {
            return None;
        }
        let half = Self::exact(&dashu_ratio::RBig::from_parts(1.into(), 2u8.into()));
        self.ln(Domain::Complex)?.mul(&half).exp()
    }

    /// Returns `true` for zero without an error.
    pub(crate) fn is_exact_zero(&self) -> bool {
        self.error == f64::NEG_INFINITY && self.re.is_zero() && self.as_real().is_some()
    }

    /// Returns a positive power of a value that may be zero: a root magnifies its error.
    pub(crate) fn root_near_zero(&self, power: f64) -> Self {
        if self.is_exact_zero() {
            return self.clone();
        }
        Self::with(R::zero(), None, power * (self.size().max(self.error) + 1.0) + 1.0)
    }

    pub(crate) fn exp(&self) -> Option<Self> {
        if self.error > -1.0 {
            return None;
        }
        let size = self.re.exp()?;
        // The rounding error of the argument grows with it.
        let rounding = R::PRECISION + self.size().max(0.0) + 2.0 + size.log2();
        let error = sum_of(self.error + 1.0 + size.log2(), rounding);
        match &self.im {
            None => Some(Self::with(size, None, error)),
            Some(im) => {
                let (sin, cos) = im.sin_cos()?;
                Some(Self::with(size.mul(&cos), Some(size.mul(&sin)), error + 1.0))
            }
        }
        .and_then(Self::sound)
    }

    pub(crate) fn ln(&self, domain: Domain) -> Option<Self> {
        if !self.nonzero() || self.on_cut() {
            return None;
        }
        let error = |value: f64| sum_of(self.error - self.size() + 2.0, R::PRECISION + value.max(0.0) + 2.0);
        if let Some(re) = self.as_real() {
            if !re.is_negative() {
                let ln = re.ln();
                let error = error(ln.log2());
                return Some(Self::with(ln, None, error));
            }
            if domain == Domain::Real {
                return None;
            }
            let ln = re.neg().ln();
            let error = error(ln.log2());
            return Some(Self::with(ln, Some(R::pi()), error));
        }
        let im = self.im.clone().unwrap_or_else(R::zero);
        let square = self.re.mul(&self.re).add(&im.mul(&im));
        if square.is_zero() {
            return None;
        }
        let half = R::rational(&dashu_ratio::RBig::from_parts(1.into(), 2u8.into()));
        let ln = square.ln().mul(&half);
        let error = error(ln.log2().max(2.0));
        Some(Self::with(ln, Some(R::angle(&self.re, &im)), error))
    }

    /// Returns sine and cosine.
    pub(crate) fn sin_cos(&self) -> Option<(Self, Self)> {
        if let Some(re) = self.as_real() {
            let (sin, cos) = re.sin_cos()?;
            let error = sum_of(self.error.min(1.0), R::PRECISION + 1.0);
            return Some((Self::with(sin, None, error), Self::with(cos, None, error)));
        }
        // By e^(iz) and its reciprocal.
        let turned = self.mul(&Self::i()).exp()?;
        let back = turned.inverse()?;
        let half = Self::exact(&dashu_ratio::RBig::from_parts(1.into(), 2u8.into()));
        let cos = turned.add(&back).mul(&half);
        let sin = turned.sub(&back).mul(&half).mul(&Self::i().neg());
        Some((sin, cos))
    }

    pub(crate) fn asin(&self, domain: Domain) -> Option<Self> {
        let one = Self::exact(&dashu_ratio::RBig::ONE);
        let rest = one.sub(&self.mul(self));
        if let Some(re) = self.as_real()
            && let Some(root) = rest.sqrt(Domain::Real)
            && let Some(across) = root.as_real()
        {
            let error = if rest.nonzero() { self.error - root.size() + 2.0 } else { self.error / 2.0 + 2.0 };
            let error = sum_of(sum_of(error, root.error), R::PRECISION + 2.0);
            return Some(Self::with(R::angle(across, re), None, error));
        }
        if domain == Domain::Real && self.as_real().is_some() {
            return None;
        }
        let inside = self.mul(&Self::i()).add(&rest.sqrt(Domain::Complex)?);
        Some(inside.ln(Domain::Complex)?.mul(&Self::i().neg()))
    }

    pub(crate) fn acos(&self, domain: Domain) -> Option<Self> {
        let half = Self::exact(&dashu_ratio::RBig::from_parts(1.into(), 2u8.into()));
        Some(Self::pi().mul(&half).sub(&self.asin(domain)?))
    }

    pub(crate) fn atan(&self) -> Option<Self> {
        let one = Self::exact(&dashu_ratio::RBig::ONE);
        if let Some(re) = self.as_real() {
            let error = sum_of(self.error, R::PRECISION + 2.0);
            return Some(Self::with(R::angle(&one.re, re), None, error));
        }
        let turned = self.mul(&Self::i());
        let difference = one.sub(&turned).ln(Domain::Complex)?.sub(&one.add(&turned).ln(Domain::Complex)?);
        let half = Self::exact(&dashu_ratio::RBig::from_parts(1.into(), 2u8.into()));
        Some(difference.mul(&half).mul(&Self::i()))
    }

    pub(crate) fn abs(&self) -> Self {
        match (&self.im, self.as_real()) {
            (_, Some(re)) => {
                Self { re: if re.is_negative() { re.neg() } else { re.clone() }, im: None, error: self.error }
            }
            (Some(im), _) => {
                Self::with(self.re.mul(&self.re).add(&im.mul(im)).sqrt(), None, self.error + 1.0)
            }
            (None, None) => self.clone(),
        }
    }

    /// Returns the floor; `None` where it is uncertain.
    pub(crate) fn floor(&self) -> Option<Self> {
        let re = self.as_real()?;
        let floor = re.floor();
        if self.error == f64::NEG_INFINITY {
            return Some(Self::real(floor, f64::NEG_INFINITY));
        }
        let above = re.add(&floor.neg()).to_f64();
        let error = self.error.exp2();
        (above > error && 1.0 - above > error).then(|| Self::real(floor, f64::NEG_INFINITY))
    }

    /// Returns -1 or 1; `None` near zero.
    pub(crate) fn sign(&self) -> Option<Self> {
        let re = self.as_real().filter(|_| self.nonzero())?;
        let one = R::rational(&dashu_ratio::RBig::ONE);
        Some(Self::real(if re.is_negative() { one.neg() } else { one }, f64::NEG_INFINITY))
    }

    /// Returns the nearest integer if the value is one.
    pub(crate) fn whole(&self) -> Option<i64> {
        let value = self.as_real()?.to_f64();
        let near = value.round();
        ((value - near).abs() < 1e-9 && self.error < -20.0 && near.abs() < 1e15).then_some(near as i64)
    }
}

/// Returns `true` if an `f64` holds the number without rounding.
fn exactly_small(value: &dashu_ratio::RBig) -> bool {
    use dashu_int::ops::BitTest;
    let denominator = value.denominator();
    value.numerator().bit_len() <= 50
        && denominator.bit_len() <= 50
        && denominator.trailing_zeros().is_some_and(|zeros| zeros + 1 == denominator.bit_len())
}
