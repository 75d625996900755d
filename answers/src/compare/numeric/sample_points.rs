//! Sample points, from a fixed seed: the same pair is always compared at the same points.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use crate::compare::random::mix;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::{Binary, Unary};
use crate::parse::tree::Id;

/// The kind and the number of points that a pair needs.
pub(crate) struct SamplePoints {
    count: usize,
    whole: bool,
    /// Numbers near which an expression may change its form: `|x - 5|`.
    corners: Vec<RBig>,
    /// The number of points that must agree.
    pub(crate) wanted: usize,
    /// The number of points that are tried.
    pub(crate) tried: usize,
}

impl SamplePoints {
    pub(crate) fn of(dag: &Dag, wanted: &[Id]) -> Self {
        let ops = || wanted.iter().map(|id| dag.op(*id));
        let whole = ops().any(|op| {
            matches!(
                op,
                Op::Unary(Unary::Factorial | Unary::Floor, _)
                    | Op::Binary(Binary::Gcd | Binary::Lcm | Binary::Mod, ..)
            )
        });
        let bent = whole
            || ops().any(|op| match op {
                Op::Unary(Unary::Abs | Unary::Sign | Unary::Asin | Unary::Acos | Unary::Atan, _)
                | Op::Binary(..) => true,
                Op::Pow(_, b) => dag.value(*b).is_none_or(|power| !power.is_int()),
                _ => false,
            });
        let mut corners: Vec<RBig> = Vec::new();
        for op in ops() {
            if let Op::Number(value) = op
                && bent
                && corners.len() < 6
                && crate::normalise::exact::bits(value) < 40
            {
                corners.push(value.clone());
            }
        }
        let any = ops().any(|op| matches!(op, Op::Variable(_)));
        let (wanted, tried) = if !any {
            (1, 1)
        } else if bent {
            (16 + corners.len(), 72)
        } else {
            (6, 40)
        };
        Self { count: dag.names().len(), whole, corners, wanted, tried }
    }

    /// Returns the k-th point: a value for every variable.
    pub(crate) fn get(&self, k: usize, seed: u64) -> Vec<RBig> {
        (0..self.count).map(|index| self.value(k, index, mix(&[seed, 7, k as u64, index as u64]))).collect()
    }

    fn value(&self, k: usize, index: usize, random: u64) -> RBig {
        let between = |low: i64, high: i64| {
            let width = ((high - low) * 1024) as u64;
            RBig::from_parts(IBig::from(low * 1024 + (random % width) as i64), UBig::from(1024u32))
        };
        let integer = |most: u64| RBig::from(1 + random % most);
        if self.whole && k.is_multiple_of(2) {
            return integer(6 + 2 * (k as u64 % 5));
        }
        // Far from the origin, where periodic functions have repeated.
        if k % 14 == 13 {
            return between(-400, 400);
        }
        match k % 7 {
            0 => between(0, 3),
            1 => between(-4, 4),
            2 => between(0, 1),
            3 if !self.corners.is_empty() => {
                // Around a corner and its negative, to both sides.
                let corner = &self.corners[(k / 7 + index) % self.corners.len()];
                let corner = if random & (1 << 40) == 0 { corner.clone() } else { -corner.clone() };
                corner + between(-1, 1)
            }
            3 => between(1, 6),
            4 => between(-3, 0),
            5 => integer(9),
            _ if self.corners.is_empty() => between(2, 12),
            _ => {
                let corner = &self.corners[(k / 7) % self.corners.len()];
                let factor = RBig::from(if random & (1 << 41) == 0 { 2 } else { -2 });
                corner * factor + between(-3, 3)
            }
        }
    }
}
