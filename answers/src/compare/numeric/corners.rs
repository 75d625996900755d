//! Points at and around the corners and jumps of functions that are defined piece by piece.
//!
//! A corner of |u|, sgn u, min and max is a zero of u or of the difference; a jump of ⌊u⌋ and of
//! the remainder is a place where u is a whole number. Places of linear expressions with rational
//! coefficients are exact; others are found by a search for a change of sign on a grid with
//! logarithmic steps, and by bisection.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::SEED;
use super::ball::Domain;
use super::eval::Values;
use super::point::Point;
use super::real::Real;
use super::sample_points::SamplePoints;
use crate::compare::random::mix;
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::{Binary, Unary};
use crate::parse::tree::Id;

/// The most functions whose corners are searched, variables of each, and points.
const FUNCTIONS: usize = 8;
const VARIABLES: usize = 2;
const POINTS: usize = 160;
/// The most changes of sign of one function.
const ZEROS: usize = 3;

/// One function that is defined piece by piece.
struct Bend {
    /// The argument is `first - second`, or `first / second` for a remainder.
    first: Id,
    second: Option<Id>,
    /// `true` if every whole number is a jump.
    jumps: bool,
}

/// Returns points at, before and after the corners of the expressions.
pub(super) fn points(dag: &Dag, wanted: &[Id], samples: &SamplePoints, budget: &Budget) -> Vec<Point> {
    let mut found = Vec::new();
    let bends = wanted.iter().filter_map(|id| bend(dag, *id)).take(FUNCTIONS);
    for (number, bend) in bends.enumerate() {
        let roots: Vec<Id> = [Some(bend.first), bend.second].into_iter().flatten().collect();
        let below = dag.dependencies(&roots);
        let variables = below.iter().filter_map(|id| match dag.op(*id) {
            Op::Variable(index) => Some(usize::from(*index)),
            _ => None,
        });
        let start = samples.get(3 * number, SEED + 1);
        for variable in variables.take(VARIABLES) {
            let integer = samples.is_integer(variable);
            let line = Line { dag, below: &below, bend: &bend, start: &start, variable, integer, budget };
            line.places(&mut found);
            if found.len() >= POINTS {
                return found;
            }
        }
    }
    found
}

fn bend(dag: &Dag, id: Id) -> Option<Bend> {
    let of = |first: Id| Bend { first, second: None, jumps: false };
    Some(match dag.op(id) {
        Op::Unary(Unary::Abs | Unary::Sign, a) => of(*a),
        Op::Unary(Unary::Floor, a) => Bend { jumps: true, ..of(*a) },
        Op::Binary(Binary::Min | Binary::Max, a, b) => Bend { second: Some(*b), ..of(*a) },
        Op::Binary(Binary::Mod, a, b) => Bend { second: Some(*b), jumps: true, ..of(*a) },
        // √((x - a)²) bends where x - a is zero.
        Op::Pow(a, b) if dag.value(*b).is_some_and(|power| !power.is_int()) => match dag.op(*a) {
            Op::Pow(inner, power) if dag.value(*power).is_some_and(RBig::is_int) => of(*inner),
            Op::Add(..) | Op::Mul(..) => of(*a),
            _ => return None,
        },
        _ => return None,
    })
}

/// The argument of one function along one variable.
struct Line<'a> {
    dag: &'a Dag,
    below: &'a [Id],
    bend: &'a Bend,
    start: &'a Point,
    variable: usize,
    /// `true` if the variable stands for integers.
    integer: bool,
    budget: &'a Budget,
}

impl Line<'_> {
    fn places(&self, found: &mut Vec<Point>) {
        let random = (mix(&[SEED, 9, self.variable as u64]) % 90 + 10) as i64;
        let all: &[i64] = if self.bend.jumps { &[0, 1, -1, 2, 5, -7, random] } else { &[0] };
        if let Some((slope, constant)) = self.linear() {
            for target in all {
                let place = (RBig::from(*target) - &constant) / &slope;
                self.around(&place, true, found);
            }
            return;
        }
        let grid: Vec<(f64, f64)> = grid().filter_map(|x| Some((x, self.at(x)?))).collect();
        for target in all {
            let zeros = grid.windows(2).filter_map(|pair| {
                let [(low, below), (high, above)] = pair else { return None };
                let target = *target as f64;
                if (below - target) * (above - target) > 0.0 {
                    return None;
                }
                self.bisect(*low, *high, target)
            });
            // The zeros near the origin and those far from it are at both ends of the grid.
            for zero in zeros.take(ZEROS) {
                if let Ok(place) = RBig::try_from(zero) {
                    self.around(&place, false, found);
                }
            }
        }
    }

    /// Returns slope and constant of a linear argument with rational values.
    fn linear(&self) -> Option<(RBig, RBig)> {
        let at = |x: i64| {
            let mut point = self.start.with(self.variable, RBig::from(x));
            point.evaluate(self.dag, self.below, self.budget)?;
            let first = point.exact(self.bend.first)?.clone();
            Some(match self.bend.second {
                None => first,
                Some(second) if self.bend.jumps => {
                    let by = point.exact(second)?;
                    if by.is_zero() {
                        return None;
                    }
                    first / by
                }
                Some(second) => first - point.exact(second)?,
            })
        };
        let (zero, one, far) = (at(0)?, at(1)?, at(1_000)?);
        let slope = &one - &zero;
        (!slope.is_zero() && far == &zero + &slope * RBig::from(1_000)).then_some((slope, zero))
    }

    fn at(&self, x: f64) -> Option<f64> {
        let point = self.start.with(self.variable, RBig::try_from(x).ok()?);
        let values = Values::<f64>::at(self.dag, self.below, &point, Domain::Real, self.budget)?;
        let first = values.get(self.bend.first)?.as_real()?.to_f64();
        Some(match self.bend.second {
            None => first,
            Some(second) => {
                let second = values.get(second)?.as_real()?.to_f64();
                if self.bend.jumps { first / second } else { first - second }
            }
        })
        .filter(|value| value.is_finite())
    }

    fn bisect(&self, mut low: f64, mut high: f64, target: f64) -> Option<f64> {
        let rising = self.at(low)? <= target;
        for _ in 0..60 {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                break;
            }
            if (self.at(middle)? <= target) == rising { low = middle } else { high = middle }
        }
        Some(low)
    }

    /// Adds points at a place, and before and after it.
    fn around(&self, place: &RBig, exact: bool, found: &mut Vec<Point>) {
        let mut add = |value: RBig| {
            if found.len() < POINTS {
                found.push(self.start.with(self.variable, value));
            }
        };
        if self.integer {
            let below = place.floor();
            [-1, 0, 1].into_iter().for_each(|step| add(RBig::from(&below + IBig::from(step))));
            return;
        }
        let unit = if place.is_zero() { RBig::ONE } else { place.clone() };
        let fine = if exact { 40usize } else { 30 };
        if exact {
            add(place.clone());
        }
        for bits in [fine, 22, 9, 2] {
            let step = &unit / RBig::from(1u64 << bits);
            add(place + &step);
            add(place - step);
        }
    }
}

/// The places at which a change of sign is searched, in order.
fn grid() -> impl Iterator<Item = f64> {
    let far = |k: i32| 13.7 * f64::from(3 * k).exp2();
    let negative = (0..14).rev().map(move |k| -far(k));
    let middle = (-11..=11).map(|k| f64::from(k) * 1.137 + 0.013);
    negative.chain(middle).chain((0..14).map(far))
}
