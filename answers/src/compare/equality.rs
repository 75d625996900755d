//! Equality of two expressions: by residues, which decide most pairs, or by value.

use dashu_ratio::RBig;

use crate::compare::decision::Decision;
use crate::compare::modular::{ResidueOutcome, Residues};
use crate::compare::numeric::real::{BigFloat, Real};
use crate::compare::numeric::{self, Ball, Domain, Point, SEED, Values};
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::rational::{self, is_half};
use crate::parse::tree::Id;

/// The number of attempts with other random values, after a division by zero.
const SEEDS: u64 = 3;
/// The steps of the residue of one operation.
const STEPS_PER_RESIDUE: usize = 150;
/// The sample points at which a ratio must be constant, besides those around corners.
const RATIO_POINTS: usize = 12;

/// Compares two expressions.
pub(crate) fn same(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Decision {
    if a == b {
        return Decision::Same;
    }
    if let (Some(x), Some(y)) = (dag.value(a), dag.value(b)) {
        return (x == y).into();
    }
    let wanted = dag.dependencies(&[a, b]);
    let (mut first, mut second) = (false, false);
    for seed in 0..SEEDS {
        if budget.take(wanted.len() * STEPS_PER_RESIDUE).is_none() {
            return Decision::Undecided;
        }
        let residues = Residues::of(dag, &wanted, seed);
        match residues.compare(a, b) {
            ResidueOutcome::Same if refuted(dag, &wanted, a, b, budget) => return Decision::Different,
            ResidueOutcome::Same => return Decision::Same,
            ResidueOutcome::Different => return Decision::Different,
            ResidueOutcome::Unsure => return numeric::same(dag, &wanted, a, b, budget),
            ResidueOutcome::Undefined => {
                first |= residues.is_defined(a);
                second |= residues.is_defined(b);
            }
        }
    }
    // An expression that divides by zero everywhere differs from one that does not.
    if first != second { Decision::Different } else { Decision::Undecided }
}

/// Returns `true` if another test refutes an equality modulo both primes.
///
/// A multiple of both primes is zero there. Rational expressions are compared with exact
/// arithmetic, others by value at one point. If that takes too long, the equality stands.
fn refuted(dag: &Dag, wanted: &[Id], a: Id, b: Id, budget: &Budget) -> bool {
    let rational = wanted.iter().all(|id| match dag.op(*id) {
        Op::Number(_) | Op::Variable(_) | Op::Constant(_) | Op::Add(..) | Op::Mul(..) => true,
        Op::Pow(a, b) => {
            dag.value(*b).is_some_and(|power| power.is_int() || dag.value(*a).is_some() && is_half(power))
        }
        _ => false,
    });
    if !rational {
        return numeric::differs_at_one_point(dag, wanted, a, b, budget);
    }
    let part = budget.part(4);
    let unequal = rational::equal(dag, a, b, &part) == Some(false);
    budget.give_back(&part);
    unequal
}

/// Returns the sign of the constant ratio of two expressions, 0 if the ratio is not real; `None` if
/// the ratio is not constant.
pub(crate) fn proportional(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Option<i8> {
    let wanted = dag.dependencies(&[a, b]);
    budget.take(wanted.len() * 2 * STEPS_PER_RESIDUE)?;
    let (first, second) = (Residues::of(dag, &wanted, 1), Residues::of(dag, &wanted, 2));
    let exact = match first.same_ratio(&second, a, b) {
        ResidueOutcome::Same => true,
        ResidueOutcome::Unsure => false,
        ResidueOutcome::Different | ResidueOutcome::Undefined => return None,
    };
    let (samples, corners) = numeric::all_points(dag, &wanted, budget);
    let mut ratio: Option<Ball<BigFloat>> = None;
    let mut agreed = 0;
    for point in (0..samples.tried).map(|k| samples.get(k, SEED)).take(RATIO_POINTS).chain(corners) {
        let values = Values::<BigFloat>::at(dag, &wanted, &point, Domain::Real, budget)?;
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
        if exact {
            break;
        }
    }
    let ratio = ratio.filter(|_| exact || agreed >= 2)?;
    Some(match ratio.as_real() {
        Some(ratio) if ratio.is_negative() => -1,
        Some(_) => 1,
        None => 0,
    })
}

/// Evaluates an expression without variables, with 320 bits.
pub(crate) fn value(dag: &Dag, id: Id, budget: &Budget) -> Option<Ball<BigFloat>> {
    let wanted = dag.dependencies(&[id]);
    Values::<BigFloat>::at(dag, &wanted, &Point::default(), Domain::Real, budget)?.get(id).cloned()
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
