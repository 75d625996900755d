//! Whether two expressions are the same: by prime fields, confirmed exactly, or by value.

use dashu_ratio::RBig;

use crate::expr::Id;
use crate::fingerprint::{Prints, cross_equal};
use crate::limits::Budget;
use crate::numeric::{self, Ball, Domain, Outcome, Points, SEED, Values};
use crate::real::{Big, Real};
use crate::tape::Tape;

/// How often the unknowns get other numbers when something divides by zero.
const SEEDS: u64 = 3;

/// Whether they are equal wherever both are defined.
pub(crate) fn same(tape: &Tape, a: Id, b: Id, budget: &Budget) -> bool {
    if a == b {
        return true;
    }
    if let (Some(x), Some(y)) = (tape.value(a), tape.value(b)) {
        return x == y;
    }
    for seed in 0..SEEDS {
        if budget.take(tape.ops().len() * 200).is_none() {
            return false;
        }
        let prints = Prints::of(tape, seed);
        let (Some(x), Some(y)) = (prints.get(a), prints.get(b)) else { continue };
        let rational = prints.is_rational(a) && prints.is_rational(b);
        if x == y {
            return !rational || !refuted(tape, a, b, budget);
        }
        if rational {
            return false;
        }
        return numeric::same(tape, a, b, budget) == Outcome::Same;
    }
    false
}

/// Equal numbers in both fields are no proof: a multiple of both primes is zero there. Exact arithmetic is; where it
/// would take too long, the fields have the last word.
fn refuted(tape: &Tape, a: Id, b: Id, budget: &Budget) -> bool {
    let part = budget.part(4);
    let unequal = crate::ratio::equal(tape, a, b, &part) == Some(false);
    budget.give_back(&part);
    unequal
}

/// The sign of the constant by which one expression is a multiple of the other; `None` when there is none.
pub(crate) fn proportional(tape: &Tape, a: Id, b: Id, budget: &Budget) -> Option<i8> {
    budget.take(tape.ops().len() * 400)?;
    let (first, second) = (Prints::of(tape, 1), Prints::of(tape, 2));
    let zero = |print: [u64; 2]| print == [0, 0];
    let (a1, b1, a2, b2) = (first.get(a)?, first.get(b)?, second.get(a)?, second.get(b)?);
    let exact = !zero(a1) && !zero(b1) && cross_equal(a1, b1, a2, b2);
    if !exact && first.is_rational(a) && first.is_rational(b) {
        return None;
    }
    let wanted = numeric::needed(tape, &[a, b]);
    let points = Points::of(tape, &wanted);
    let mut ratio: Option<Ball<Big>> = None;
    let mut agreed = 0;
    for k in 0..points.tried {
        let point = points.get(k, SEED);
        let Some(values) = Values::<Big>::at(tape, &wanted, &point, Domain::Real, budget) else { break };
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

/// The value of something without unknowns, at 320 bits.
pub(crate) fn value(tape: &Tape, id: Id, budget: &Budget) -> Option<Ball<Big>> {
    let wanted = numeric::needed(tape, &[id]);
    Values::<Big>::at(tape, &wanted, &[], Domain::Real, budget)?.get(id).cloned()
}

/// The same as an `f64`, for putting ends in order.
pub(crate) fn approximate(tape: &Tape, id: Id, budget: &Budget) -> Option<f64> {
    let value = value(tape, id, budget)?;
    value.as_real().map(Real::to_f64)
}

/// Whether a value is within a distance of another.
pub(crate) fn within(a: &Ball<Big>, b: &Ball<Big>, distance: &Ball<Big>) -> bool {
    let difference = a.sub(b).abs();
    let over = difference.sub(&distance.abs());
    // A value at the very end of the tolerance belongs to it.
    over.re.is_negative() || !over.nonzero()
}

pub(crate) fn number(value: &RBig) -> Ball<Big> {
    Ball::exact(value)
}
