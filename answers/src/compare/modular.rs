//! Identity testing of rational expressions over two prime fields (Schwartz–Zippel).
//!
//! Every variable becomes a random number modulo a prime, and the operations are done in the field.
//! Equal expressions give equal residues; unequal ones almost never do. Modulo these primes -1, 2,
//! 3, 5, 7, 11 and 13 have square roots, so that i and the common roots have residues too.
//!
//! The residue of a function such as sin(2x) is a hash of its name and of its argument's residue.
//! sin(2x) and sin(x+x) are therefore equal, and no other identity of functions is found here.

use dashu_ratio::RBig;

use super::random::mix;
use crate::lex::function::Constant;
use crate::normalise::dag::{Dag, Op};
use crate::parse::tree::Id;

/// The two primes, and the square roots of -1, 2, 3, 5, 7, 11 and 13 modulo each.
const FIELDS: [(u64, [u64; 7]); 2] = [
    (
        2_305_843_009_213_423_681,
        [
            660_782_760_304_197_542,
            561_801_042_510_724_974,
            27_721_020_116_241_218,
            856_307_569_213_193_820,
            1_054_073_551_459_644_929,
            897_007_629_963_165_413,
            956_674_866_882_951_454,
        ],
    ),
    (
        2_305_843_009_212_943_201,
        [
            629_398_314_583_180_522,
            37_848_476_512_097_912,
            38_490_610_380_167_882,
            1_071_907_022_149_548_484,
            951_651_356_907_898_396,
            170_687_590_124_762_108,
            568_912_620_654_498_233,
        ],
    ),
];

const ROOTS: [u32; 6] = [2, 3, 5, 7, 11, 13];

/// One residue in each field; `None` after a division by zero.
pub(crate) type Residue = Option<[u64; 2]>;

/// The residues of every operation.
pub(crate) struct Residues {
    residues: Vec<Residue>,
    /// `true` for rational expressions, whose unequal residues prove that they are unequal.
    rational: Vec<bool>,
}

impl Residues {
    /// Computes the residues. `seed` selects the values of the variables.
    pub(crate) fn of(dag: &Dag, seed: u64) -> Self {
        let mut all = Self { residues: Vec::with_capacity(dag.ops().len()), rational: Vec::new() };
        for op in dag.ops() {
            let rational = all.is_rational_op(dag, op);
            let residue = all.residue_of(dag, op, seed);
            all.residues.push(residue);
            all.rational.push(rational);
        }
        all
    }

    pub(crate) fn get(&self, id: Id) -> Residue {
        self.residues[id as usize]
    }

    pub(crate) fn is_rational(&self, id: Id) -> bool {
        self.rational[id as usize]
    }

    fn is_rational_op(&self, dag: &Dag, op: &Op) -> bool {
        match op {
            Op::Number(_) | Op::Variable(_) | Op::Constant(Constant::I) => true,
            Op::Add(a, b) | Op::Mul(a, b) => self.is_rational(*a) && self.is_rational(*b),
            Op::Pow(a, b) => {
                dag.value(*b).is_some_and(RBig::is_int) && self.is_rational(*a) || root(dag, *a, *b).is_some()
            }
            _ => false,
        }
    }

    fn residue_of(&self, dag: &Dag, op: &Op, seed: u64) -> Residue {
        let two = |a: Id, b: Id, f: fn(u64, u64, u64) -> u64| {
            let (a, b) = (self.get(a)?, self.get(b)?);
            Some([f(a[0], b[0], FIELDS[0].0), f(a[1], b[1], FIELDS[1].0)])
        };
        match op {
            Op::Number(value) => each(|prime, _| reduce(value, prime)),
            Op::Variable(index) => {
                each(|prime, lane| Some(mix(&[seed, 1, u64::from(*index), lane as u64]) % prime))
            }
            Op::Constant(Constant::I) => Some([FIELDS[0].1[0], FIELDS[1].1[0]]),
            Op::Constant(constant) => {
                each(|prime, lane| Some(mix(&[seed, 2, *constant as u64, lane as u64]) % prime))
            }
            Op::Add(a, b) => two(*a, *b, |a, b, prime| (a + b) % prime),
            Op::Mul(a, b) => two(*a, *b, times),
            Op::Pow(a, b) => {
                if let Some(index) = root(dag, *a, *b) {
                    return Some([FIELDS[0].1[index], FIELDS[1].1[index]]);
                }
                if let Some(power) = dag.value(*b).filter(|power| power.is_int())
                    && let Ok(power) = i64::try_from(power.numerator())
                {
                    let base = self.get(*a)?;
                    return each(|prime, lane| raise(base[lane], power, prime));
                }
                self.opaque(seed, 3, &[*a, *b])
            }
            Op::Unary(function, a) => self.opaque(seed, 100 + *function as u64, &[*a]),
            Op::Binary(function, a, b) => self.opaque(seed, 200 + *function as u64, &[*a, *b]),
            Op::Apply(function, all) => self.opaque(seed, 300 + u64::from(*function), all),
            Op::Undefined => None,
        }
    }

    fn opaque(&self, seed: u64, tag: u64, of: &[Id]) -> Residue {
        let mut words = vec![seed, tag];
        for id in of {
            words.extend(self.get(*id)?);
        }
        each(|prime, lane| {
            let mut words = words.clone();
            words.push(lane as u64);
            Some(mix(&words) % prime)
        })
    }
}

/// Returns the index of a square root that the fields contain.
fn root(dag: &Dag, base: Id, exponent: Id) -> Option<usize> {
    let (base, exponent) = (dag.value(base)?, dag.value(exponent)?);
    let half = *exponent.denominator() == dashu_int::UBig::from(2u8) && exponent.numerator().is_one();
    let index = ROOTS.iter().position(|root| *base == RBig::from(*root))?;
    half.then_some(index + 1)
}

fn each(f: impl Fn(u64, usize) -> Option<u64>) -> Residue {
    Some([f(FIELDS[0].0, 0)?, f(FIELDS[1].0, 1)?])
}

fn reduce(value: &RBig, prime: u64) -> Option<u64> {
    let numerator = value.numerator();
    let magnitude = |n: &dashu_int::UBig| n % prime;
    let denominator = magnitude(value.denominator());
    let (sign, numerator) = numerator.clone().into_parts();
    let numerator = magnitude(&numerator);
    let numerator = if sign == dashu_int::Sign::Negative { (prime - numerator) % prime } else { numerator };
    Some(times(numerator, if denominator == 1 { 1 } else { raise(denominator, -1, prime)? }, prime))
}

pub(crate) fn times(a: u64, b: u64, prime: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(prime)) as u64
}

/// Raises to a power; `None` for a negative power of zero.
fn raise(base: u64, power: i64, prime: u64) -> Option<u64> {
    if power < 0 && base == 0 {
        return None;
    }
    // Fermat: the inverse is the power p - 2.
    let base = if power < 0 { raise_up(base, prime - 2, prime) } else { base };
    Some(raise_up(base, power.unsigned_abs(), prime))
}

fn raise_up(mut base: u64, mut power: u64, prime: u64) -> u64 {
    let mut result = 1;
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base, prime);
        }
        base = times(base, base, prime);
        power >>= 1;
    }
    result
}

/// Returns `true` if `a·d` equals `b·c` in both fields.
pub(crate) fn cross_equal(a: [u64; 2], b: [u64; 2], c: [u64; 2], d: [u64; 2]) -> bool {
    (0..2).all(|lane| {
        let prime = FIELDS[lane].0;
        times(a[lane], d[lane], prime) == times(b[lane], c[lane], prime)
    })
}
