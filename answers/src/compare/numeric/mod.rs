//! Identities that no algebra decides here: by value, at points where both expressions have one.
//!
//! First quickly, at several points; what agrees there is then looked at with 320 bits. Numbers carry how far off they
//! may be, so that "different" is never said because of rounding.

use crate::expr::Id;
use crate::limits::Budget;
use crate::real::{Big, Real};
use crate::tape::{Op, Tape};

mod ball;
mod eval;
#[path = "sample_points.rs"]
mod points;

pub(crate) use ball::{Ball, Domain};
pub(crate) use eval::Values;
pub(crate) use points::Points;

/// What the points say of two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Same,
    Different,
    /// There is no point at which both have a value.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    Agree,
    Differ,
    Unsure,
    Undefined,
}

/// How many of the points that agree are looked at closely.
const CLOSELY: usize = 3;

/// The operations that these need, in order.
pub(crate) fn needed(tape: &Tape, roots: &[Id]) -> Vec<Id> {
    let last = roots.iter().copied().max().unwrap_or(0) as usize;
    let mut wanted = vec![false; last + 1];
    roots.iter().for_each(|root| wanted[*root as usize] = true);
    for id in (0..=last).rev() {
        if wanted[id] {
            match tape.ops()[id] {
                Op::Add(a, b) | Op::Mul(a, b) | Op::Pow(a, b) | Op::Two(_, a, b) => {
                    wanted[a as usize] = true;
                    wanted[b as usize] = true;
                }
                Op::One(_, a) => wanted[a as usize] = true,
                _ => {}
            }
        }
    }
    (0..=last as Id).filter(|id| wanted[*id as usize]).collect()
}

/// Whether two expressions have the same value wherever both have one.
pub(crate) fn same(tape: &Tape, a: Id, b: Id, budget: &Budget) -> Outcome {
    let wanted = needed(tape, &[a, b]);
    let points = Points::of(tape, &wanted);
    let mut found = Outcome::Unknown;
    for domain in [Domain::Real, Domain::Complex] {
        let test = Test { tape, wanted: &wanted, points: &points, domain, budget };
        let (outcome, agreed) = test.run(a, b);
        match outcome {
            Outcome::Different => return outcome,
            // A few points only, whole numbers say: the complex ones have to agree too.
            Outcome::Same if agreed >= 3.min(points.wanted) => return outcome,
            Outcome::Same => found = outcome,
            Outcome::Unknown => {}
        }
    }
    found
}

struct Test<'a> {
    tape: &'a Tape,
    wanted: &'a [Id],
    points: &'a Points,
    domain: Domain,
    budget: &'a Budget,
}

impl Test<'_> {
    fn run(&self, a: Id, b: Id) -> (Outcome, usize) {
        let mut agreeing = Vec::new();
        let mut unsure = Vec::new();
        for k in 0..self.points.tried {
            match self.at::<f64>(k, a, b) {
                None => break,
                Some(Here::Agree) => agreeing.push(k),
                Some(Here::Unsure) => unsure.push(k),
                Some(Here::Differ) => match self.at::<Big>(k, a, b) {
                    Some(Here::Agree) => agreeing.push(k),
                    Some(Here::Undefined | Here::Unsure) => {}
                    _ => return (Outcome::Different, 0),
                },
                Some(Here::Undefined) => {}
            }
            if agreeing.len() >= self.points.wanted {
                break;
            }
        }
        let sure = agreeing.len();
        if sure == 0 && unsure.is_empty() {
            // What is too large or too small for the quick look may still have a value.
            unsure = (0..self.points.tried.min(6)).collect();
        }
        let mut closely = 0;
        for k in agreeing.into_iter().take(CLOSELY).chain(unsure.into_iter().take(6)) {
            match self.at::<Big>(k, a, b) {
                None => break,
                Some(Here::Differ) => return (Outcome::Different, 0),
                Some(Here::Agree) => closely += 1,
                Some(_) => {}
            }
        }
        let agreed = sure.max(closely);
        (if agreed > 0 { Outcome::Same } else { Outcome::Unknown }, agreed)
    }

    /// `None` when the steps are used up.
    fn at<R: Real>(&self, k: usize, a: Id, b: Id) -> Option<Here> {
        let point = self.points.get(k, SEED);
        let values = Values::<R>::at(self.tape, self.wanted, &point, self.domain, self.budget)?;
        Some(match (values.get(a), values.get(b)) {
            (Some(a), Some(b)) => here(a, b),
            _ => Here::Undefined,
        })
    }
}

/// What chooses the points.
pub(crate) const SEED: u64 = 0x5eed;

fn here<R: Real>(a: &Ball<R>, b: &Ball<R>) -> Here {
    let difference = a.sub(b);
    let error = difference.error + 3.0;
    if difference.size() > error {
        return Here::Differ;
    }
    let size = a.size().max(b.size());
    // A third of the digits must be left.
    if error <= size + R::PRECISION / 3.0 || error <= R::PRECISION / 2.0 { Here::Agree } else { Here::Unsure }
}
