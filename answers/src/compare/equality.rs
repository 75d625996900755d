//! Equality of two expressions: modulo primes with exact confirmation, or by value.

use dashu_ratio::RBig;

use crate::compare::decision::Decision;
use crate::compare::modular::{Residues, cross_equal};
use crate::compare::numeric::real::{BigFloat, Real};
use crate::compare::numeric::{self, Ball, Domain, NumericOutcome, SEED, SamplePoints, Values};
use crate::limits::Budget;
use crate::normalise::dag::Dag;
use crate::parse::tree::Id;

/// The number of attempts with other random values, after a division by zero.
const SEEDS: u64 = 3;

/// Compares two expressions wherever both are defined.
pub(crate) fn same(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Decision {
    if a == b {
        return Decision::Same;
    }
    if let (Some(x), Some(y)) = (dag.value(a), dag.value(b)) {
        return (x == y).into();
    }
    for seed in 0..SEEDS {
        if budget.take(dag.ops().len() * 200).is_none() {
            return Decision::Undecided;
        }
        let residues = Residues::of(dag, seed);
        let (Some(x), Some(y)) = (residues.get(a), residues.get(b)) else { continue };
        let rational = residues.is_rational(a) && residues.is_rational(b);
        if x == y {
            return (!rational || !refuted(dag, a, b, budget)).into();
        }
        if rational {
            return Decision::Different;
        }
        return match numeric::same(dag, a, b, budget) {
            NumericOutcome::Same => Decision::Same,
            NumericOutcome::Different => Decision::Different,
            NumericOutcome::Unknown if budget.is_exhausted() => Decision::Undecided,
            NumericOutcome::Unknown => Decision::Different,
        };
    }
    Decision::Undecided
}

/// Returns `true` if exact arithmetic refutes an equality modulo both primes.
///
/// A multiple of both primes is zero there. If exact arithmetic takes too long, the equality
/// stands.
fn refuted(dag: &Dag, a: Id, b: Id, budget: &Budget) -> bool {
    let part = budget.part(4);
    let unequal = crate::normalise::rational::equal(dag, a, b, &part) == Some(false);
    budget.give_back(&part);
    unequal
}

/// Returns the sign of the constant ratio of two expressions; `None` if the ratio is not constant.
pub(crate) fn proportional(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Option<i8> {
    budget.take(dag.ops().len() * 400)?;
    let (first, second) = (Residues::of(dag, 1), Residues::of(dag, 2));
    let zero = |print: [u64; 2]| print == [0, 0];
    let (a1, b1, a2, b2) = (first.get(a)?, first.get(b)?, second.get(a)?, second.get(b)?);
    let exact = !zero(a1) && !zero(b1) && cross_equal(a1, b1, a2, b2);
    if !exact && first.is_rational(a) && first.is_rational(b) {
        return None;
    }
    let wanted = dag.dependencies(&[a, b]);
    let points = SamplePoints::of(dag, &wanted);
    let mut ratio: Option<Ball<BigFloat>> = None;
    let mut agreed = 0;
    for k in 0..points.tried {
        let point = points.get(k, SEED);
        let Some(values) = Values::<BigFloat>::at(dag, &wanted, &point, Domain::Real, budget) else { break };
        let (Some(x), Some(y)) = (values.get(a), values.get(b)) else { continue };
        let Some(here) = y.inverse().map(|y| x.mul(&y)).filter(Ball::nonzero) else { continue };
        match &ratio {
            None => ratio = Some(here),
            Some(ratio) => {
                let difference = ratio.sub(&here);
                if difference.size() > difference.error + 3.0 {
                    return None;
                }
                agreed += 1;
            }
        }
        if exact || agreed >= 4 {
            break;
        }
    }
    let ratio = ratio.filter(|_| exact || agreed >= 2)?;
    let sign = ratio.as_real()?.is_negative();
    Some(if sign { -1 } else { 1 })
}

/// Evaluates an expression without variables, with 320 bits.
pub(crate) fn value(dag: &Dag, id: Id, budget: &Budget) -> Option<Ball<BigFloat>> {
    let wanted = dag.dependencies(&[id]);
    Values::<BigFloat>::at(dag, &wanted, &[], Domain::Real, budget)?.get(id).cloned()
}

/// Evaluates an expression without variables as an `f64`, for sorting.
pub(crate) fn approximate(dag: &Dag, id: Id, budget: &Budget) -> Option<f64> {
    let value = value(dag, id, budget)?;
    value.as_real().map(Real::to_f64)
}

/// Returns `true` if two values are within a distance of each other.
pub(crate) fn within(a: &Ball<BigFloat>, b: &Ball<BigFloat>, distance: &Ball<BigFloat>) -> bool {
    let difference = a.sub(b).abs();
    let over = difference.sub(&distance.abs());
    // A difference that equals the tolerance is accepted.
    over.re.is_negative() || !over.nonzero()
}

pub(crate) fn number(value: &RBig) -> Ball<BigFloat> {
    Ball::exact(value)
}
