//! Rational identities, decided over two prime fields.
//!
//! Every unknown becomes a random number modulo a prime, and the operations are done there: equal expressions give
//! equal numbers, unequal ones almost never do. The primes are such that -1, 2, 3, 5, 7, 11 and 13 have square roots,
//! so i and the roots that pupils meet are numbers too. What is no rational operation, sin(2x) say, becomes a number
//! made from its name and the number of its argument: sin(2x) and sin(x+x) are the same, and more is not claimed.

use dashu_ratio::RBig;

use crate::expr::{Constant, Id};
use crate::tape::{Op, Tape};

/// The square roots of -1, 2, 3, 5, 7, 11 and 13, by field.
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

/// One number in each field; `None` where something divides by zero.
pub(crate) type Print = Option<[u64; 2]>;

/// The numbers of every operation.
pub(crate) struct Prints {
    prints: Vec<Print>,
    /// Whether all below is rational, so that unequal numbers prove unequal expressions.
    rational: Vec<bool>,
}

impl Prints {
    /// `seed` chooses the numbers of the unknowns.
    pub(crate) fn of(tape: &Tape, seed: u64) -> Self {
        let mut all = Self { prints: Vec::with_capacity(tape.ops().len()), rational: Vec::new() };
        for op in tape.ops() {
            let rational = all.is_rational_op(tape, op);
            let print = all.print(tape, op, seed);
            all.prints.push(print);
            all.rational.push(rational);
        }
        all
    }

    pub(crate) fn get(&self, id: Id) -> Print {
        self.prints[id as usize]
    }

    pub(crate) fn is_rational(&self, id: Id) -> bool {
        self.rational[id as usize]
    }

    fn is_rational_op(&self, tape: &Tape, op: &Op) -> bool {
        match op {
            Op::Number(_) | Op::Variable(_) | Op::Constant(Constant::I) => true,
            Op::Add(a, b) | Op::Mul(a, b) => self.is_rational(*a) && self.is_rational(*b),
            Op::Pow(a, b) => {
                tape.value(*b).is_some_and(RBig::is_int) && self.is_rational(*a)
                    || root(tape, *a, *b).is_some()
            }
            _ => false,
        }
    }

    fn print(&self, tape: &Tape, op: &Op, seed: u64) -> Print {
        let two = |a: Id, b: Id, f: fn(u64, u64, u64) -> u64| {
            let (a, b) = (self.get(a)?, self.get(b)?);
            Some([f(a[0], b[0], FIELDS[0].0), f(a[1], b[1], FIELDS[1].0)])
        };
        match op {
            Op::Number(value) => each(|prime, _| residue(value, prime)),
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
                if let Some(index) = root(tape, *a, *b) {
                    return Some([FIELDS[0].1[index], FIELDS[1].1[index]]);
                }
                if let Some(power) = tape.value(*b).filter(|power| power.is_int())
                    && let Ok(power) = i64::try_from(power.numerator())
                {
                    let base = self.get(*a)?;
                    return each(|prime, lane| raise(base[lane], power, prime));
                }
                self.opaque(seed, 3, &[*a, *b])
            }
            Op::One(function, a) => self.opaque(seed, 100 + *function as u64, &[*a]),
            Op::Two(function, a, b) => self.opaque(seed, 200 + *function as u64, &[*a, *b]),
            Op::Nothing => None,
        }
    }

    fn opaque(&self, seed: u64, tag: u64, of: &[Id]) -> Print {
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

/// Which of the roots that the fields have it is.
fn root(tape: &Tape, base: Id, exponent: Id) -> Option<usize> {
    let (base, exponent) = (tape.value(base)?, tape.value(exponent)?);
    let half = *exponent.denominator() == dashu_int::UBig::from(2u8) && exponent.numerator().is_one();
    let index = ROOTS.iter().position(|root| *base == RBig::from(*root))?;
    half.then_some(index + 1)
}

fn each(f: impl Fn(u64, usize) -> Option<u64>) -> Print {
    Some([f(FIELDS[0].0, 0)?, f(FIELDS[1].0, 1)?])
}

fn residue(value: &RBig, prime: u64) -> Option<u64> {
    let over = value.numerator();
    let magnitude = |n: &dashu_int::UBig| n % prime;
    let under = magnitude(value.denominator());
    let (sign, over) = over.clone().into_parts();
    let over = magnitude(&over);
    let over = if sign == dashu_int::Sign::Negative { (prime - over) % prime } else { over };
    Some(times(over, if under == 1 { 1 } else { raise(under, -1, prime)? }, prime))
}

pub(crate) fn times(a: u64, b: u64, prime: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(prime)) as u64
}

/// A power; `None` for zero to a negative one.
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

/// Whether `a·d` is `b·c` in both fields.
pub(crate) fn cross_equal(a: [u64; 2], b: [u64; 2], c: [u64; 2], d: [u64; 2]) -> bool {
    (0..2).all(|lane| {
        let prime = FIELDS[lane].0;
        times(a[lane], d[lane], prime) == times(b[lane], c[lane], prime)
    })
}

/// Stirs words into one number (the finaliser of SplitMix64 after each).
pub(crate) fn mix(words: &[u64]) -> u64 {
    let mut state = 0x243f_6a88_85a3_08d3u64;
    for word in words {
        state = state.wrapping_add(*word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}
