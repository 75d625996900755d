//! The functions that are left after normalisation; every other function is built from these.

use dashu_int::IBig;
use dashu_int::ops::Gcd;
use dashu_ratio::RBig;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Sin,
    Cos,
    Asin,
    Acos,
    Atan,
    Ln,
    Abs,
    Floor,
    Sign,
    Factorial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Mod,
    Gcd,
    Lcm,
    Min,
    Max,
}

impl Binary {
    /// Returns the exact value for two rational numbers; `None` where the function is undefined.
    pub(crate) fn exact(self, x: &RBig, y: &RBig) -> Option<RBig> {
        let integers = || (x.is_int() && y.is_int()).then(|| (x.numerator(), y.numerator()));
        Some(match self {
            Self::Min => x.clone().min(y.clone()),
            Self::Max => x.clone().max(y.clone()),
            Self::Mod if y.is_zero() => return None,
            Self::Mod => x - y * RBig::from((x / y).floor()),
            Self::Gcd | Self::Lcm => {
                let (x, y) = integers()?;
                if x.is_zero() && y.is_zero() {
                    return Some(RBig::ZERO);
                }
                let gcd = IBig::from(x.gcd(y));
                let value = if self == Self::Gcd { gcd } else { x * y / gcd };
                RBig::from(IBig::from(value.into_parts().1))
            }
        })
    }
}
