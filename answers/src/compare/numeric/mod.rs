//! Equality by value, for the pairs that residues do not decide.
//!
//! Both expressions are evaluated at sample points in double precision. Points at which they agree
//! are checked with 320 bits. Values carry error bounds, so that rounding never makes equal values
//! differ.
//!
//! Equality by value rests on an assumption: two different answers differ at two fifths of the
//! points of [`sample_points`] (a tenth of them with floors, remainders or divisors), or beside a
//! corner or jump that [`corners`] finds. At 60 (303) points with 60 pseudo-random bits, the chance
//! that such answers agree is below 2^-40. Analytic expressions agree on an interval
//! only if they are equal; a coincidence of values with 300 bits has a chance of 2^-300. If a term
//! is so small that a sum with 300 bits does not change by it, the pair is undecided.
//!
//! Where a real value does not exist for one side, such as √x for a negative x, both sides are
//! compared as complex numbers: √x·√x is not |x|. Two exceptions keep usual answers right.
//! Logarithms are compared for real values only, so that the laws of logarithms hold, unless one
//! side has ln |u|. The letters i to n stand for integers there and in floors and divisors, so that
//! cos(nπ) is (-1)^n, and ⌈n/2⌉ is ⌊(n+1)/2⌋.

use self::real::{BigFloat, Real};
use crate::compare::decision::Decision;
use crate::lex::function::Constant;
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

mod ball;
mod corners;
mod eval;
mod point;
pub(crate) mod real;
mod sample_points;

pub(crate) use ball::{Ball, Domain};
pub(crate) use eval::Values;
pub(crate) use point::Point;
pub(crate) use sample_points::SamplePoints;

/// The seed of the sample points.
pub(crate) const SEED: u64 = 0x5eed;

#[derive(Clone, Copy, PartialEq, Eq)]
enum PointOutcome {
    Agree,
    Differ,
    /// The values differ by far more than their errors.
    DifferClearly,
    Unsure,
    /// Neither expression has a value.
    Undefined,
    /// One expression has a value, the other does not.
    OneUndefined,
}

/// The number of agreeing points that are checked with 320 bits.
const CLOSELY: usize = 3;
/// The number of points, at which `f64` is not enough, that are checked with 320 bits.
const UNSURE: usize = 6;

/// Returns every point of a pair: the sample points, and those around corners.
pub(crate) fn all_points(dag: &Dag, wanted: &[Id], budget: &Budget) -> (SamplePoints, Vec<Point>) {
    let samples = SamplePoints::of(dag, wanted);
    let corners = corner_points(dag, wanted, &samples, budget);
    (samples, corners)
}

/// Returns the points around corners and jumps, if the pair can have any.
fn corner_points(dag: &Dag, wanted: &[Id], samples: &SamplePoints, budget: &Budget) -> Vec<Point> {
    if !samples.piecewise || samples.tried <= 1 {
        return Vec::new();
    }
    corners::points(dag, wanted, samples, budget)
}

/// Compares two expressions by their values.
pub(crate) fn same(dag: &Dag, wanted: &[Id], a: Id, b: Id, budget: &Budget) -> Decision {
    // A teacher who asks for ln |x| wants the bars.
    let bars = wanted.iter().any(|id| match dag.op(*id) {
        Op::Unary(Unary::Ln, of) => matches!(dag.op(*of), Op::Unary(Unary::Abs, _)),
        _ => false,
    });
    let complex = wanted.iter().all(|id| match dag.op(*id) {
        Op::Unary(Unary::Ln, _) => bars,
        Op::Unary(Unary::Asin | Unary::Acos, _) => false,
        Op::Variable(index) => {
            dag.names().get(usize::from(*index)).is_none_or(|name| !sample_points::is_integer(name))
        }
        _ => true,
    });
    let samples = SamplePoints::of(dag, wanted);
    let mut test = Test { dag, wanted, a, b, complex, exact: samples.whole, budget, tally: Tally::default() };
    test.run(&samples).unwrap_or(Decision::Undecided)
}

/// Returns `true` if two expressions differ at one point.
pub(crate) fn differs_at_one_point(dag: &Dag, wanted: &[Id], a: Id, b: Id, budget: &Budget) -> bool {
    let samples = SamplePoints::of(dag, wanted);
    let test = Test { dag, wanted, a, b, complex: false, exact: false, budget, tally: Tally::default() };
    let outcome = test.at::<f64>(&samples.get(2, SEED), Domain::Real);
    outcome == Some(PointOutcome::DifferClearly)
}

/// The points that have been compared.
#[derive(Default)]
struct Tally {
    agreeing: Vec<Point>,
    unsure: Vec<Point>,
    agreed: usize,
    one_undefined: usize,
}

struct Test<'a> {
    dag: &'a Dag,
    wanted: &'a [Id],
    a: Id,
    b: Id,
    complex: bool,
    exact: bool,
    budget: &'a Budget,
    tally: Tally,
}

impl Test<'_> {
    /// Compares at all points; `None` if the steps run out.
    fn run(&mut self, samples: &SamplePoints) -> Option<Decision> {
        for k in 0..samples.tried {
            if self.quick(samples.get(k, SEED))? == Decision::Different {
                return Some(Decision::Different);
            }
            if self.tally.agreed >= samples.wanted {
                break;
            }
        }
        for point in corner_points(self.dag, self.wanted, samples, self.budget) {
            if self.quick(point)? == Decision::Different {
                return Some(Decision::Different);
            }
        }
        self.closely(samples)
    }

    /// Compares at one point in double precision.
    fn quick(&mut self, mut point: Point) -> Option<Decision> {
        if self.exact {
            point.evaluate(self.dag, self.wanted, self.budget)?;
            if let (Some(a), Some(b)) = (point.exact(self.a), point.exact(self.b)) {
                self.tally.agreed += 1;
                return Some((a == b).into());
            }
        }
        let outcome = match self.at::<f64>(&point, Domain::Real)? {
            PointOutcome::Undefined | PointOutcome::OneUndefined if self.complex => {
                return self.as_complex(point);
            }
            outcome => outcome,
        };
        match outcome {
            PointOutcome::Agree => {
                self.tally.agreed += 1;
                if self.tally.agreeing.len() < CLOSELY {
                    self.tally.agreeing.push(point);
                }
            }
            PointOutcome::Unsure => self.tally.unsure.push(point),
            PointOutcome::DifferClearly => return Some(Decision::Different),
            PointOutcome::Differ => match self.at::<BigFloat>(&point, Domain::Real)? {
                PointOutcome::Agree => self.tally.agreed += 1,
                PointOutcome::Differ | PointOutcome::DifferClearly => return Some(Decision::Different),
                _ => {}
            },
            PointOutcome::Undefined => {}
            PointOutcome::OneUndefined => self.tally.one_undefined += 1,
        }
        Some(Decision::Undecided)
    }

    fn as_complex(&mut self, point: Point) -> Option<Decision> {
        match self.at::<f64>(&point, Domain::Complex)? {
            PointOutcome::Differ | PointOutcome::DifferClearly => {
                match self.at::<BigFloat>(&point, Domain::Complex)? {
                    PointOutcome::Differ | PointOutcome::DifferClearly => return Some(Decision::Different),
                    _ => {}
                }
            }
            PointOutcome::Agree => self.tally.agreed += 1,
            PointOutcome::OneUndefined => self.tally.one_undefined += 1,
            PointOutcome::Unsure | PointOutcome::Undefined => {}
        }
        Some(Decision::Undecided)
    }

    /// Compares with 320 bits, and decides.
    fn closely(&mut self, samples: &SamplePoints) -> Option<Decision> {
        let Tally { agreeing, mut unsure, mut agreed, one_undefined } = std::mem::take(&mut self.tally);
        if agreed == 0 && unsure.is_empty() {
            // A value that overflows or underflows an `f64` may be defined with 320 bits.
            unsure = (0..samples.tried.min(UNSURE)).map(|k| samples.get(k, SEED)).collect();
        }
        let few = if agreed >= samples.wanted { UNSURE / 3 } else { UNSURE };
        let (mut closely, mut absorbed) = (0, 0);
        for point in agreeing.into_iter().chain(unsure.into_iter().take(few)) {
            let values = Values::<BigFloat>::at(self.dag, self.wanted, &point, Domain::Real, self.budget)?;
            match self.outcome(&values) {
                PointOutcome::Differ | PointOutcome::DifferClearly => return Some(Decision::Different),
                PointOutcome::Agree => {
                    agreed += 1;
                    closely += 1;
                    absorbed += usize::from(values.absorbs(self.dag, self.wanted));
                }
                _ => {}
            }
        }
        let infinite = self.wanted.iter().any(|id| *self.dag.op(*id) == Op::Constant(Constant::Infinity));
        Some(match agreed {
            // No value of one of them exists where the other has one.
            0 if one_undefined > 0 || infinite => Decision::Different,
            0 => Decision::Undecided,
            // A term that is too small to be seen may be the difference.
            _ if closely > 0 && absorbed == closely => Decision::Undecided,
            _ => Decision::Same,
        })
    }

    /// Compares at one point; `None` if the steps run out.
    fn at<R: Real>(&self, point: &Point, domain: Domain) -> Option<PointOutcome> {
        let values = Values::<R>::at(self.dag, self.wanted, point, domain, self.budget)?;
        Some(self.outcome(&values))
    }

    fn outcome<R: Real>(&self, values: &Values<R>) -> PointOutcome {
        match (values.get(self.a), values.get(self.b)) {
            (Some(a), Some(b)) => compare_balls(a, b),
            (None, None) => PointOutcome::Undefined,
            _ => PointOutcome::OneUndefined,
        }
    }
}

fn compare_balls<R: Real>(a: &Ball<R>, b: &Ball<R>) -> PointOutcome {
    let difference = a.sub(b);
    let error = difference.error + 3.0;
    if difference.size() > error {
        let clear = difference.size() > error + 16.0;
        return if clear { PointOutcome::DifferClearly } else { PointOutcome::Differ };
    }
    let size = a.size().max(b.size());
    // At least a third of the digits must be certain.
    if error <= size + R::PRECISION / 3.0 || error <= R::PRECISION / 2.0 {
        PointOutcome::Agree
    } else {
        PointOutcome::Unsure
    }
}
