//! Double precision: the quick check.

use dashu_ratio::RBig;

use super::Real;

impl Real for f64 {
    const PRECISION: f64 = -51.0;
    const COST: usize = 150;
    const CHEAP: usize = 60;

    fn rational(value: &RBig) -> Self {
        value.to_f64().value()
    }

    fn zero() -> Self {
        0.0
    }

    fn pi() -> Self {
        std::f64::consts::PI
    }

    fn add(&self, other: &Self) -> Self {
        self + other
    }

    fn mul(&self, other: &Self) -> Self {
        self * other
    }

    fn div(&self, other: &Self) -> Self {
        self / other
    }

    fn neg(&self) -> Self {
        -self
    }

    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }

    fn exp(&self) -> Option<Self> {
        Some(f64::exp(*self)).filter(|value| value.is_finite())
    }

    fn ln(&self) -> Self {
        f64::ln(*self)
    }

    fn sin_cos(&self) -> Option<(Self, Self)> {
        (self.abs() < 1e15).then(|| f64::sin_cos(*self))
    }

    fn angle(x: &Self, y: &Self) -> Self {
        y.atan2(*x)
    }

    fn floor(&self) -> Self {
        f64::floor(*self)
    }

    fn is_zero(&self) -> bool {
        *self == 0.0
    }

    fn is_negative(&self) -> bool {
        *self < 0.0
    }

    fn log2(&self) -> f64 {
        self.abs().log2()
    }

    fn to_f64(&self) -> f64 {
        *self
    }

    fn whole_is_exact(&self) -> bool {
        true
    }
}
