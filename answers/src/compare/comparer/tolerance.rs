//! Values that are equal within a tolerance.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::Comparer;
use crate::compare::decision::Decision;
use crate::compare::equality::{self, number, within};
use crate::compare::numeric::real::{BigFloat, Real};
use crate::compare::numeric::{Ball, Domain, SEED, SamplePoints, Values};
use crate::parse::tree::Id;
use crate::rules::ToleranceMode;

impl Comparer<'_> {
    /// Returns `Same` if the given value is within the tolerance, at every sample point.
    pub(super) fn nearly(&mut self, expected: Id, given: Id) -> Decision {
        let wanted = self.dag.dependencies(&[expected, given]);
        let points = SamplePoints::of(&self.dag, &wanted);
        let mut agreed = 0;
        for k in 0..points.tried {
            let point = points.get(k, SEED);
            let values = Values::<BigFloat>::at(&self.dag, &wanted, &point, Domain::Real, self.budget);
            let Some(values) = values else { return Decision::Undecided };
            let (Some(x), Some(y)) = (values.get(expected), values.get(given)) else { continue };
            if !self.near(x, y) {
                return Decision::Different;
            }
            agreed += 1;
            if agreed >= 8 {
                break;
            }
        }
        (agreed > 0).into()
    }

    fn near(&self, expected: &Ball<BigFloat>, given: &Ball<BigFloat>) -> bool {
        match &self.rules.tolerance.0 {
            ToleranceMode::Exact => false,
            ToleranceMode::Absolute(by) => within(expected, given, &number(by)),
            ToleranceMode::Relative(by) => within(expected, given, &expected.mul(&number(by))),
            ToleranceMode::Figures(count) => match (expected.as_real(), given.as_real()) {
                (Some(x), Some(y)) => {
                    let (x, y) = (rounded(x, *count), rounded(y, *count));
                    x.iter().any(|x| y.contains(x))
                }
                _ => false,
            },
            ToleranceMode::Places(_) => false,
        }
    }

    /// Returns `true` if a decimal is an exact value rounded, up or down, at its last digit.
    pub(crate) fn is_rounded(&mut self, exact: Id, decimal: &RBig, places: u32) -> bool {
        let Some(value) = equality::value(&self.dag, exact, self.budget) else { return false };
        let last = RBig::from_parts(IBig::ONE, dashu_int::UBig::from(10u8).pow(places as usize));
        let given = number(decimal);
        // A single digit such as 2 for 2.4 is no rounding worth a hint; 0.3 for 1/3 is.
        let digits = decimal.numerator().to_string().trim_start_matches('-').len();
        let cut_off = value.sub(&given).as_real().is_some_and(Real::is_negative) == (*decimal < RBig::ZERO);
        let reach = if cut_off { last } else { last / RBig::from(2) };
        (places > 0 || digits > 1) && !decimal.is_zero() && within(&value, &given, &number(&reach))
    }
}

/// Rounds a value to significant figures. A tie gives both results, since schools differ.
fn rounded(value: &BigFloat, figures: u8) -> Vec<(IBig, i64)> {
    if value.is_zero() {
        return vec![(IBig::ZERO, 0)];
    }
    let size = value.to_f64().abs().log10().floor();
    if !size.is_finite() {
        return Vec::new();
    }
    let mut places = i64::from(figures) - 1 - size as i64;
    let (mut scaled, limit) = (scale(value, places), IBig::from(10).pow(usize::from(figures)));
    // The logarithm can be off by one at powers of ten.
    if magnitude(&scaled) >= limit {
        places -= 1;
        scaled = scale(value, places);
    }
    let below = whole(&scaled.floor());
    let rest = scaled.add(&BigFloat::rational(&-RBig::from(below.clone())));
    let half = BigFloat::rational(&RBig::from_parts(IBig::ONE, 2u8.into()));
    let off = rest.add(&half.neg());
    let above = below.clone() + IBig::ONE;
    let both = if off.is_zero() || off.log2() < -200.0 {
        vec![below, above]
    } else if off.is_negative() {
        vec![below]
    } else {
        vec![above]
    };
    both.into_iter().map(|value| canonical(value, places)).collect()
}

fn scale(value: &BigFloat, places: i64) -> BigFloat {
    let ten = RBig::from(10).pow(places.clamp(-5000, 5000) as isize);
    value.mul(&BigFloat::rational(&ten))
}

fn magnitude(value: &BigFloat) -> IBig {
    let whole = whole(&value.floor());
    if whole < IBig::ZERO { -whole } else { whole }
}

fn whole(value: &BigFloat) -> IBig {
    value.to_integer()
}

/// Removes trailing zeros: 10 with one decimal place is 1 with none.
fn canonical(mut value: IBig, mut places: i64) -> (IBig, i64) {
    let ten = IBig::from(10);
    while value != IBig::ZERO && (&value % &ten) == IBig::ZERO {
        value /= &ten;
        places -= 1;
    }
    if value == IBig::ZERO { (value, 0) } else { (value, places) }
}
