//! Values that are equal within a tolerance.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::Comparer;
use crate::compare::decision::Decision;
use crate::compare::equality::{self, number, within};
use crate::compare::numeric::real::{BigFloat, Real};
use crate::compare::numeric::{Ball, Domain, SEED, SamplePoints, Values};
use crate::kind::ToleranceMode;
use crate::parse::tree::Id;

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
            ToleranceMode::Places(count) => match (expected.as_real(), given.as_real()) {
                (Some(x), Some(y)) => {
                    let (x, y) = (rounded_at(x, i64::from(*count)), rounded_at(y, i64::from(*count)));
                    x.iter().any(|x| y.contains(x))
                }
                _ => false,
            },
        }
    }

    /// Returns `true` if a decimal is a value rounded to its decimal places.
    pub(crate) fn is_rounded(&mut self, exact: Id, decimal: &RBig, places: u32) -> bool {
        let Some(value) = equality::value(&self.dag, exact, self.budget) else { return false };
        let Some(value) = value.as_real().filter(|_| !decimal.is_zero() && places < 1000) else {
            return false;
        };
        let scaled = decimal * RBig::from(10).pow(places as isize);
        let given = canonical(scaled.trunc(), i64::from(places));
        scaled.is_int() && rounded_at(value, i64::from(places)).contains(&given)
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
    nearest(&scaled).into_iter().map(|value| canonical(value, places)).collect()
}

/// Rounds a value to decimal places. A tie gives both results.
fn rounded_at(value: &BigFloat, places: i64) -> Vec<(IBig, i64)> {
    nearest(&scale(value, places)).into_iter().map(|value| canonical(value, places)).collect()
}

/// Returns the nearest integers: two for a tie.
fn nearest(scaled: &BigFloat) -> Vec<IBig> {
    let below = whole(&scaled.floor());
    let rest = scaled.add(&BigFloat::rational(&-RBig::from(below.clone())));
    let half = BigFloat::rational(&RBig::from_parts(IBig::ONE, 2u8.into()));
    let off = rest.add(&half.neg());
    let above = below.clone() + IBig::ONE;
    if off.is_zero() || off.log2() < -200.0 {
        vec![below, above]
    } else if off.is_negative() {
        vec![below]
    } else {
        vec![above]
    }
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
