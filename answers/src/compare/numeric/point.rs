//! One sample point: a coordinate for every variable, and the exact values there.

use dashu_ratio::RBig;

use super::ball::Ball;
use super::real::Real;
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::exact::{abs, bits, factorial};
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

/// The most bits of an exact value at a point.
const EXACT_BITS: usize = 1_024;
/// The steps of an exact operation.
const STEPS: usize = 80;

/// The unit of a coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    One,
    Pi,
    RootTwo,
}

/// The value of a variable: a rational multiple of a unit.
#[derive(Clone, Debug)]
pub(super) struct Coordinate {
    pub(super) value: RBig,
    pub(super) unit: Unit,
}

impl Coordinate {
    pub(super) fn rational(value: RBig) -> Self {
        Self { value, unit: Unit::One }
    }

    pub(super) fn ball<R: Real>(&self) -> Option<Ball<R>> {
        let value = Ball::exact(&self.value);
        Some(match self.unit {
            Unit::One => value,
            Unit::Pi => value.mul(&Ball::pi()),
            Unit::RootTwo => value.mul(&Ball::exact(&RBig::from(2)).sqrt(super::Domain::Real)?),
        })
    }
}

/// A value for every variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    pub(super) coordinates: Vec<Coordinate>,
    /// The exact values of operations, where they are rational.
    exact: Vec<Option<RBig>>,
}

impl Point {
    pub(super) fn new(coordinates: Vec<Coordinate>) -> Self {
        Self { coordinates, exact: Vec::new() }
    }

    /// Returns the point with one coordinate replaced.
    pub(super) fn with(&self, index: usize, value: RBig) -> Self {
        let mut coordinates = self.coordinates.clone();
        if let Some(coordinate) = coordinates.get_mut(index) {
            *coordinate = Coordinate::rational(value);
        }
        Self::new(coordinates)
    }

    pub(super) fn exact(&self, id: Id) -> Option<&RBig> {
        self.exact.get(id as usize)?.as_ref()
    }

    /// Computes the rational values of operations, so that floors at whole numbers are certain.
    ///
    /// Returns `None` if the steps run out.
    pub(super) fn evaluate(&mut self, dag: &Dag, wanted: &[Id], budget: &Budget) -> Option<()> {
        let last = wanted.last().map_or(0, |id| *id as usize + 1);
        self.exact = vec![None; last];
        for id in wanted {
            let op = dag.op(*id);
            let value = self.value(op).filter(|value| bits(value) <= EXACT_BITS);
            let size = value.as_ref().map_or(0, bits);
            let factorial = matches!(op, Op::Unary(Unary::Factorial, _));
            budget.take(STEPS + 2 * size + if factorial { 8 * size } else { 0 })?;
            if let Some(place) = self.exact.get_mut(*id as usize) {
                *place = value;
            }
        }
        Some(())
    }

    fn value(&self, op: &Op) -> Option<RBig> {
        let get = |id: &Id| self.exact(*id);
        match op {
            Op::Number(value) => Some(value.clone()),
            Op::Variable(index) => {
                let coordinate = self.coordinates.get(usize::from(*index))?;
                (coordinate.unit == Unit::One).then(|| coordinate.value.clone())
            }
            Op::Add(a, b) => Some(get(a)? + get(b)?),
            Op::Mul(a, b) => Some(get(a)? * get(b)?),
            Op::Pow(a, b) => {
                let (base, power) = (get(a)?, get(b)?);
                let count = i64::try_from(power.numerator()).ok().filter(|_| power.is_int())?;
                let size = bits(base).checked_mul(count.unsigned_abs() as usize)?;
                let defined = !base.is_zero() || count > 0;
                (defined && size <= EXACT_BITS).then(|| base.clone().pow(count as isize))
            }
            Op::Unary(function, a) => {
                let value = get(a)?;
                match function {
                    Unary::Abs => Some(RBig::from_parts(abs(value.numerator()), value.denominator().clone())),
                    Unary::Floor => Some(RBig::from(value.floor())),
                    Unary::Sign if value.is_zero() => Some(RBig::ZERO),
                    Unary::Sign => Some(value.signum()),
                    Unary::Factorial if value.is_int() && *value <= RBig::from(170) => {
                        factorial(value.numerator()).map(RBig::from)
                    }
                    _ => None,
                }
            }
            Op::Binary(function, a, b) => function.exact(get(a)?, get(b)?),
            _ => None,
        }
    }
}
