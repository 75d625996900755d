//! Real numbers in two precisions: `f64` for the quick check, [`BigFloat`] for certainty.

use dashu_ratio::RBig;

mod big;
mod double;

pub(crate) use big::BigFloat;

/// The operations of a real number. The caller tracks the errors.
pub(crate) trait Real: Clone + PartialOrd {
    /// The relative error of one operation, as a power of two.
    const PRECISION: f64;
    /// The steps of one elementary function.
    const COST: usize;
    /// The steps of a sum or a product.
    const CHEAP: usize;

    fn rational(value: &RBig) -> Self;
    fn zero() -> Self;
    fn pi() -> Self;
    fn add(&self, other: &Self) -> Self;
    fn mul(&self, other: &Self) -> Self;
    /// Divides by a number that is not zero.
    fn div(&self, other: &Self) -> Self;
    fn neg(&self) -> Self;
    /// Returns the square root of a non-negative number.
    fn sqrt(&self) -> Self;
    /// Returns the exponential; `None` on overflow.
    fn exp(&self) -> Option<Self>;
    /// Returns the natural logarithm of a positive number.
    fn ln(&self) -> Self;
    /// Returns sine and cosine; `None` if the angle is too large.
    fn sin_cos(&self) -> Option<(Self, Self)>;
    /// Returns the angle of the point (x, y).
    fn angle(x: &Self, y: &Self) -> Self;
    fn floor(&self) -> Self;
    fn is_zero(&self) -> bool;
    fn is_negative(&self) -> bool;
    /// Returns the approximate logarithm to base 2 of the absolute value; minus infinity for zero.
    fn log2(&self) -> f64;
    fn to_f64(&self) -> f64;
    /// Returns `true` for an integer so small that sums and products of such are exact.
    fn is_whole(&self) -> bool {
        let value = self.to_f64();
        value.fract() == 0.0 && value.abs() < (1u64 << 50) as f64 && Self::whole_is_exact(self)
    }
    /// Returns `true` if a value that is an integer as an `f64` is one exactly.
    fn whole_is_exact(&self) -> bool;
}
