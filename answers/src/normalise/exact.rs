//! Exact arithmetic on rational numbers, with a bound on their size.

use dashu_int::IBig;
use dashu_int::ops::BitTest;
use dashu_ratio::RBig;

use crate::limits::{BITS, FACTORIAL};

/// Returns the number of bits of numerator and denominator together.
pub(crate) fn bits(value: &RBig) -> usize {
    value.numerator().bit_len() + value.denominator().bit_len()
}

/// Returns `true` if exact arithmetic may go on with this number.
pub(crate) fn is_small(value: &RBig) -> bool {
    bits(value) <= BITS
}

pub(crate) fn abs(value: &IBig) -> IBig {
    IBig::from(value.clone().into_parts().1)
}

/// Returns `n!`; `None` for a negative `n`, and for one above the limit.
pub(crate) fn factorial(n: &IBig) -> Option<IBig> {
    let n: u32 = n.try_into().ok().filter(|n| *n <= FACTORIAL)?;
    Some((1..=n).fold(IBig::ONE, |product, factor| product * IBig::from(factor)))
}
