//! Equality by value, for identities that algebra does not decide here.
//!
//! Both expressions are evaluated at sample points in double precision. Points at which they agree
//! are checked with 320 bits. Values carry error bounds, so that rounding never makes equal values
//! differ.

use self::real::{BigFloat, Real};
use crate::limits::Budget;
use crate::normalise::dag::Dag;
use crate::parse::tree::Id;

mod ball;
mod eval;
pub(crate) mod real;
mod sample_points;

pub(crate) use ball::{Ball, Domain};
pub(crate) use eval::Values;
pub(crate) use sample_points::SamplePoints;

/// The result of a comparison by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumericOutcome {
    Same,
    Different,
    /// Both expressions are defined at no sample point.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PointOutcome {
    Agree,
    Differ,
    Unsure,
    Undefined,
}

/// The number of agreeing points that are checked with 320 bits.
const CLOSELY: usize = 3;

/// Compares two expressions at the points at which both are defined.
pub(crate) fn same(dag: &Dag, a: Id, b: Id, budget: &Budget) -> NumericOutcome {
    let wanted = dag.dependencies(&[a, b]);
    let points = SamplePoints::of(dag, &wanted);
    let mut found = NumericOutcome::Unknown;
    for domain in [Domain::Real, Domain::Complex] {
        let test = Test { dag, wanted: &wanted, points: &points, domain, budget };
        let (outcome, agreed) = test.run(a, b);
        match outcome {
            NumericOutcome::Different => return outcome,
            // With few real points, such as integers only, the complex points must agree too.
            NumericOutcome::Same if agreed >= 3.min(points.wanted) => return outcome,
            NumericOutcome::Same => found = outcome,
            NumericOutcome::Unknown => {}
        }
    }
    found
}

struct Test<'a> {
    dag: &'a Dag,
    wanted: &'a [Id],
    points: &'a SamplePoints,
    domain: Domain,
    budget: &'a Budget,
}

impl Test<'_> {
    fn run(&self, a: Id, b: Id) -> (NumericOutcome, usize) {
        let mut agreeing = Vec::new();
        let mut unsure = Vec::new();
        for k in 0..self.points.tried {
            match self.at::<f64>(k, a, b) {
                None => break,
                Some(PointOutcome::Agree) => agreeing.push(k),
                Some(PointOutcome::Unsure) => unsure.push(k),
                Some(PointOutcome::Differ) => match self.at::<BigFloat>(k, a, b) {
                    Some(PointOutcome::Agree) => agreeing.push(k),
                    Some(PointOutcome::Undefined | PointOutcome::Unsure) => {}
                    _ => return (NumericOutcome::Different, 0),
                },
                Some(PointOutcome::Undefined) => {}
            }
            if agreeing.len() >= self.points.wanted {
                break;
            }
        }
        let sure = agreeing.len();
        if sure == 0 && unsure.is_empty() {
            // A value that overflows or underflows an `f64` may be defined with 320 bits.
            unsure = (0..self.points.tried.min(6)).collect();
        }
        let mut closely = 0;
        for k in agreeing.into_iter().take(CLOSELY).chain(unsure.into_iter().take(6)) {
            match self.at::<BigFloat>(k, a, b) {
                None => break,
                Some(PointOutcome::Differ) => return (NumericOutcome::Different, 0),
                Some(PointOutcome::Agree) => closely += 1,
                Some(_) => {}
            }
        }
        let agreed = sure.max(closely);
        (if agreed > 0 { NumericOutcome::Same } else { NumericOutcome::Unknown }, agreed)
    }

    /// Compares at the k-th point; `None` if the steps run out.
    fn at<R: Real>(&self, k: usize, a: Id, b: Id) -> Option<PointOutcome> {
        let point = self.points.get(k, SEED);
        let values = Values::<R>::at(self.dag, self.wanted, &point, self.domain, self.budget)?;
        Some(match (values.get(a), values.get(b)) {
            (Some(a), Some(b)) => compare_balls(a, b),
            _ => PointOutcome::Undefined,
        })
    }
}

/// The seed of the sample points.
pub(crate) const SEED: u64 = 0x5eed;

fn compare_balls<R: Real>(a: &Ball<R>, b: &Ball<R>) -> PointOutcome {
    let difference = a.sub(b);
    let error = difference.error + 3.0;
    if difference.size() > error {
        return PointOutcome::Differ;
    }
    let size = a.size().max(b.size());
    // At least a third of the digits must be certain.
    if error <= size + R::PRECISION / 3.0 || error <= R::PRECISION / 2.0 {
        PointOutcome::Agree
    } else {
        PointOutcome::Unsure
    }
}
