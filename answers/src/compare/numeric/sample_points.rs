//! Sample points, from a fixed seed: the same pair is always compared at the same points.
//!
//! Points have 60 random bits and come from several families: uniform near the origin, multiples of
//! π and of √2, of every size from 2^-60 to 2^60, and small integers. Functions of integers are
//! also tried at 0 to 100, at multiples of the factors of the integers in the pair, and beside them.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::point::{Coordinate, Point, Unit};
use crate::compare::random::mix;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::{Binary, Unary};
use crate::parse::tree::Id;

/// The points of a pair whose expressions are analytic: two different ones differ almost everywhere.
const ANALYTIC: (usize, usize) = (6, 40);
/// The points of a pair with functions that are defined piece by piece.
const PIECEWISE: (usize, usize) = (60, 128);
/// The points of a pair with floors, remainders or divisors: a third of them are 0 to 100.
const DIVIDING: (usize, usize) = (303, 303);
/// The most integers of a pair whose multiples are tried.
const MODULI: usize = 6;

/// The families and the number of points that a pair needs.
pub(crate) struct SamplePoints {
    /// For each variable, `true` if it stands for integers.
    integer: Vec<bool>,
    /// `true` if integers are positive, as in common divisors.
    positive: bool,
    /// `true` if a function of integers needs exact values.
    pub(super) whole: bool,
    /// `true` if an expression is defined piece by piece.
    pub(super) piecewise: bool,
    /// The integers of the pair, and their prime factors.
    moduli: Vec<u64>,
    /// The number of points that must agree.
    pub(crate) wanted: usize,
    /// The number of points that are tried.
    pub(crate) tried: usize,
}

impl SamplePoints {
    pub(crate) fn of(dag: &Dag, wanted: &[Id]) -> Self {
        let ops = || wanted.iter().map(|id| dag.op(*id));
        let divides = ops().any(|op| {
            matches!(op, Op::Unary(Unary::Floor, _) | Op::Binary(Binary::Gcd | Binary::Lcm | Binary::Mod, ..))
        });
        let whole = divides || ops().any(|op| matches!(op, Op::Unary(Unary::Factorial, _)));
        let piecewise = whole
            || ops().any(|op| match op {
                Op::Unary(Unary::Abs | Unary::Sign | Unary::Asin | Unary::Acos | Unary::Atan, _)
                | Op::Binary(..) => true,
                Op::Pow(a, b) => {
                    dag.value(*a).is_none() && dag.value(*b).is_some_and(|power| !power.is_int())
                }
                _ => false,
            });
        let any = ops().any(|op| matches!(op, Op::Variable(_)));
        let moduli = if whole && any { moduli(dag, wanted) } else { Vec::new() };
        let (wanted, tried) = match (any, piecewise) {
            (false, _) => (1, 1),
            (true, false) => ANALYTIC,
            (true, true) if divides => DIVIDING,
            (true, true) => PIECEWISE,
        };
        let integer = dag.names().iter().map(|name| whole && is_integer(name)).collect();
        let positive = ops().any(|op| matches!(op, Op::Binary(Binary::Gcd | Binary::Lcm, ..)));
        Self { integer, positive, whole, piecewise, moduli, wanted, tried }
    }

    /// Returns the k-th point: a value for every variable.
    pub(crate) fn get(&self, k: usize, seed: u64) -> Point {
        let coordinate = |index: usize| {
            let random = |word: u64| mix(&[seed, 7, k as u64, index as u64, word]);
            match k % 3 {
                1 | 2 if self.whole => Coordinate::rational(self.integer(k, index, random(0))),
                // Of every size, to both sides of zero.
                _ if self.is_integer(index) => {
                    let value = random(0) as i64 >> (k % 60);
                    Coordinate::rational(RBig::from(if self.positive {
                        value.saturating_abs()
                    } else {
                        value
                    }))
                }
                _ => family(if self.whole { k / 3 } else { k }, random(0), random(1)),
            }
        };
        Point::new((0..self.integer.len()).map(coordinate).collect())
    }

    /// Returns `true` for a variable that stands for integers, in a pair with floors or divisors.
    pub(super) fn is_integer(&self, index: usize) -> bool {
        self.integer.get(index).copied().unwrap_or_default()
    }

    fn integer(&self, k: usize, index: usize, random: u64) -> RBig {
        if k % 3 == 1 {
            // The first variable takes every value from 0, the others are random.
            return RBig::from(if index == 0 { k as u64 / 3 } else { random % 41 });
        }
        let modulus = self.moduli.get(k / 3 % self.moduli.len().max(1)).copied().unwrap_or(1);
        let multiple = IBig::from(modulus) * IBig::from(random % 100 + 1);
        RBig::from(multiple + IBig::from([0, 1, -1][(random >> 32) as usize % 3]))
    }
}

/// Returns `true` for the letters that usually stand for integers.
pub(super) fn is_integer(name: &str) -> bool {
    name.starts_with(|letter: char| ('i'..='n').contains(&letter))
}

/// Returns a coordinate of the k-th family.
fn family(k: usize, random: u64, more: u64) -> Coordinate {
    const FRACTION: u32 = 56;
    let negative = more & 1 == 1;
    // 60 bits, the highest of which is set.
    let mantissa = (random >> 4 | 1 << 59) as i64;
    let signed = |value: i64| if negative { -value } else { value };
    let scaled = |value: i64, power: i64| {
        let value = IBig::from(value);
        if power >= 0 {
            RBig::from(value << power as usize)
        } else {
            RBig::from_parts(value, UBig::ONE << power.unsigned_abs() as usize)
        }
    };
    let uniform = (random >> 4) as i64;
    let step = i64::from(FRACTION);
    match k % 9 {
        // 0 to 16, -4 to 4, 0 to 1, 1 to 2.
        0 => Coordinate::rational(scaled(uniform / 8, -step)),
        1 => Coordinate::rational(scaled(signed(uniform / 4), -step)),
        2 => Coordinate::rational(scaled(uniform | 1, -60)),
        3 => Coordinate { value: scaled(signed(uniform >> 34), -20), unit: Unit::Pi },
        4 => Coordinate { value: scaled(signed(uniform >> 34), -20), unit: Unit::RootTwo },
        // Of every size.
        5 => Coordinate::rational(scaled(signed(mantissa), -60 + (more >> 8) as i64 % 24)),
        6 => Coordinate::rational(scaled(signed(mantissa), -60 + (more >> 8) as i64 % 60)),
        7 => Coordinate::rational(scaled(signed(mantissa), -60 - (more >> 8) as i64 % 30)),
        _ => Coordinate::rational(RBig::from(1 + random % 12)),
    }
}

/// Returns the integers of a pair, and their prime factors.
fn moduli(dag: &Dag, wanted: &[Id]) -> Vec<u64> {
    let mut all = Vec::new();
    for id in wanted {
        let Some(value) = dag.value(*id) else { continue };
        for part in [value.numerator().clone().into_parts().1, value.denominator().clone()] {
            let Ok(mut rest) = u64::try_from(&part) else { continue };
            if !(2..1 << 40).contains(&rest) || all.len() >= 2 * MODULI {
                continue;
            }
            all.push(rest);
            for prime in (2..=100).filter(|prime| part.clone() % *prime == 0u64) {
                while rest.is_multiple_of(prime) {
                    rest /= prime;
                    all.push(prime);
                }
            }
            if rest > 1 {
                all.push(rest);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    // The larger ones are the rarer ones.
    let extra = all.len().saturating_sub(2 * MODULI);
    all.drain(..extra);
    all
}
