//! Real numbers of two sizes: `f64` to see at once what differs, and [`Big`] to be sure of what doesn't.

use dashu_ratio::RBig;

mod big;
mod double;
#[path = "big/series.rs"]
mod series;

pub(crate) use big::Big;

/// What numeric evaluation needs of a number. Errors are counted by whoever evaluates.
pub(crate) trait Real: Clone + PartialOrd {
    /// The relative error of one operation, as a power of two.
    const PRECISION: f64;
    /// What one elementary function costs, in steps.
    const COST: usize;

    fn rational(value: &RBig) -> Self;
    fn zero() -> Self;
    fn pi() -> Self;
    fn add(&self, other: &Self) -> Self;
    fn mul(&self, other: &Self) -> Self;
    /// The other one isn't zero.
    fn div(&self, other: &Self) -> Self;
    fn neg(&self) -> Self;
    /// Of what isn't negative.
    fn sqrt(&self) -> Self;
    /// `None` when it's too large to be a number here.
    fn exp(&self) -> Option<Self>;
    /// Of what is positive.
    fn ln(&self) -> Self;
    /// Sine and cosine; `None` when the angle is too large.
    fn sin_cos(&self) -> Option<(Self, Self)>;
    /// The angle of the point (x, y).
    fn angle(x: &Self, y: &Self) -> Self;
    fn floor(&self) -> Self;
    fn is_zero(&self) -> bool;
    fn is_negative(&self) -> bool;
    /// The logarithm of the absolute value to base 2, within a little; of zero: minus infinity.
    fn log2(&self) -> f64;
    fn to_f64(&self) -> f64;
    /// Whether it's a whole number so small that sums and products of such are exact.
    fn is_whole(&self) -> bool {
        let value = self.to_f64();
        value.fract() == 0.0 && value.abs() < (1u64 << 50) as f64 && Self::whole_is_exact(self)
    }
    /// Whether what looks whole as an `f64` is.
    fn whole_is_exact(&self) -> bool;
}
