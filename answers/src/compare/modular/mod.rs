//! Identity testing over two prime fields (Schwartz–Zippel), with exponentials and roots.
//!
//! Every expression gets a residue in two fields with primes near 2^61. Equal residues prove that
//! two expressions are equal: unequal ones of degree d have equal residues with a probability of
//! about (d/2^61)². Different residues prove that two expressions differ, if both are *certain*:
//! if their residues respect every relation between their parts.
//!
//! | expression | residue |
//! |---|---|
//! | variable, π | the 2520th power of a pseudo-random element, so that it has roots up to the tenth |
//! | `i`, √2 to √97, e^(2πi/24504480) | elements with the right relations between them ([`lane`]) |
//! | e^u | an element of the order q, raised to the residue of u modulo the prime q ([`upper`]) |
//! | e^(iπr) in e^u, for a rational r | the root of unity, split off from u ([`linear`]) |
//! | sin u, cos u | (e^(iu) - e^(-iu))/2i and (e^(iu) + e^(-iu))/2 |
//! | a^b | e^(b ln a), with the constant part of b as an exact power ([`powers`]) |
//! | ln a | a sum over the factors of a; primes and variables have independent logarithms |
//! | f(u) for a function without a definition | a hash of f and of the residue of u |
//! | every other function | a hash of its name and of its argument's residue; not certain |
//!
//! Residues modulo q decide with a probability of about (d/2^36)² for an exponent of degree d.
//! π, e, and the logarithms of different primes are taken as algebraically independent, as
//! Schanuel's conjecture says. The laws of logarithms and roots are those for positive values.

use crate::lex::function::Constant;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

use self::field::Field;
use self::lane::LANES;
use self::linear::Linear;
use super::random::mix;

mod field;
mod lane;
mod linear;
mod powers;
mod upper;

/// The flags of the constants below an operation.
const HAS_PI: u8 = 1;
const HAS_LOG: u8 = 2;
const HAS_I: u8 = 4;

/// The power of which every variable is one, so that it has roots.
const VARIABLE_POWER: i64 = 2520;

/// One residue in each field.
type Pair = [u64; 2];

/// The residues of one operation.
#[derive(Clone, Copy, Debug)]
struct Value {
    /// Modulo the primes `p`.
    base: Pair,
    certain: bool,
    /// Modulo the primes `q`, for exponents.
    upper: Option<Pair>,
    upper_certain: bool,
    linear: Option<Linear>,
    flags: u8,
}

/// The residues of some operations; `None` after a division by zero.
pub(crate) struct Residues<'a> {
    wanted: &'a [Id],
    values: Vec<Option<Value>>,
    /// `true` if a number of the expressions is zero in a field, so that the test does not apply.
    unusable: bool,
}

/// The result of the test of two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResidueOutcome {
    Same,
    /// The residues differ, and are certain.
    Different,
    /// The residues differ, but are not certain.
    Unsure,
    /// An expression divides by zero at the chosen values.
    Undefined,
}

impl<'a> Residues<'a> {
    /// Computes the residues of operations, given with their dependencies in order.
    ///
    /// `seed` selects the values of the variables.
    pub(crate) fn of(dag: &Dag, wanted: &'a [Id], seed: u64) -> Self {
        let exponents = wanted.iter().any(|id| has_exponent(dag, dag.op(*id)));
        let mut all =
            Work { dag, seed, exponents, wanted, values: Vec::with_capacity(wanted.len()), unusable: false };
        for id in wanted {
            let value = all.value(*id);
            all.values.push(value);
        }
        Self { wanted, values: all.values, unusable: all.unusable }
    }

    fn get(&self, id: Id) -> Option<&Value> {
        self.values.get(self.wanted.binary_search(&id).ok()?)?.as_ref()
    }

    pub(crate) fn compare(&self, a: Id, b: Id) -> ResidueOutcome {
        let (Some(x), Some(y)) = (self.get(a), self.get(b)) else { return ResidueOutcome::Undefined };
        if self.unusable {
            ResidueOutcome::Unsure
        } else if x.base == y.base {
            ResidueOutcome::Same
        } else if x.certain && y.certain {
            ResidueOutcome::Different
        } else {
            ResidueOutcome::Unsure
        }
    }

    /// Returns `true` if the expression has a residue.
    pub(crate) fn is_defined(&self, id: Id) -> bool {
        self.get(id).is_some()
    }

    /// Compares the ratios of two pairs of expressions, as `a·d` with `b·c`.
    ///
    /// The ratio of `c` to `d` comes from residues with another seed.
    pub(crate) fn same_ratio(&self, other: &Self, a: Id, b: Id) -> ResidueOutcome {
        let (Some(a1), Some(b1), Some(a2), Some(b2)) = (self.get(a), self.get(b), other.get(a), other.get(b))
        else {
            return ResidueOutcome::Undefined;
        };
        if self.unusable || a1.base.contains(&0) || b1.base.contains(&0) {
            return ResidueOutcome::Unsure;
        }
        let equal = LANES.iter().enumerate().all(|(lane, fields)| {
            fields.base.mul(a1.base[lane], b2.base[lane]) == fields.base.mul(b1.base[lane], a2.base[lane])
        });
        match equal {
            true => ResidueOutcome::Same,
            false if a1.certain && b1.certain => ResidueOutcome::Different,
            false => ResidueOutcome::Unsure,
        }
    }
}

/// Returns `true` for an operation whose residue needs that of an exponent.
fn has_exponent(dag: &Dag, op: &Op) -> bool {
    match op {
        Op::Unary(Unary::Sin | Unary::Cos, _) => true,
        Op::Pow(a, b) => match dag.value(*b) {
            Some(_) => *dag.op(*a) == Op::Constant(Constant::E),
            None => true,
        },
        _ => false,
    }
}

/// The residues while they are computed.
struct Work<'a> {
    dag: &'a Dag,
    seed: u64,
    /// `true` if residues modulo the primes `q` are needed.
    exponents: bool,
    wanted: &'a [Id],
    values: Vec<Option<Value>>,
    unusable: bool,
}

impl Work<'_> {
    fn get(&self, id: Id) -> Option<Value> {
        *self.values.get(self.wanted.binary_search(&id).ok()?)?
    }

    fn value(&mut self, id: Id) -> Option<Value> {
        let op = self.dag.op(id);
        let (base, certain) = self.base(op)?;
        if let Op::Number(number) = op
            && !number.is_zero()
            && base.contains(&0)
        {
            self.unusable = true;
        }
        let mut value =
            Value { base, certain, upper: None, upper_certain: false, linear: None, flags: self.flags(op) };
        if self.exponents {
            (value.upper, value.upper_certain) = match self.upper(op, &value) {
                Some((upper, certain)) => (Some(upper), certain),
                None => (None, false),
            };
            value.linear = self.linear(op);
        }
        Some(value)
    }

    fn flags(&self, op: &Op) -> u8 {
        let of = |id: &Id| self.get(*id).map_or(0, |value| value.flags);
        match op {
            Op::Constant(Constant::Pi) => HAS_PI,
            Op::Constant(Constant::I) => HAS_I,
            Op::Constant(_) | Op::Number(_) | Op::Variable(_) | Op::Undefined => 0,
            Op::Add(a, b) | Op::Mul(a, b) | Op::Pow(a, b) | Op::Binary(_, a, b) => of(a) | of(b),
            Op::Unary(Unary::Ln, a) => of(a) | HAS_LOG,
            Op::Unary(_, a) => of(a),
            Op::Apply(_, all) => all.iter().map(of).fold(0, |all, flags| all | flags),
        }
    }

    /// Returns the residue modulo the primes `p`, and whether it is certain.
    fn base(&self, op: &Op) -> Option<(Pair, bool)> {
        Some(match op {
            Op::Number(number) => (in_base(|field, _| field.rational(number))?, true),
            Op::Variable(index) => (self.root_of_variable(u64::from(*index), VARIABLE_POWER)?, true),
            Op::Constant(Constant::Pi) => (self.root_of_variable(PI, VARIABLE_POWER)?, true),
            Op::Constant(Constant::E) => (self.power_of_e([1, 1]), true),
            Op::Constant(Constant::I) => (unity(1, 4)?, true),
            Op::Constant(Constant::Infinity) => (self.random(&[2]), false),
            Op::Add(a, b) => self.two(*a, *b, Field::add)?,
            Op::Mul(a, b) => self.two(*a, *b, Field::mul)?,
            Op::Pow(a, b) => self.power(*a, *b)?,
            Op::Unary(Unary::Sin | Unary::Cos, a) => {
                let (turned, back, certain) = self.turned(*a)?;
                let sine = matches!(op, Op::Unary(Unary::Sin, _));
                let i = unity(1, 4)?;
                let pair = in_base(|field, lane| {
                    let half = field.power(field.element(2), -1)?;
                    if sine {
                        // 1/i is -i.
                        let difference = field.mul(field.sub(turned[lane], back[lane]), half);
                        Some(field.neg(field.mul(difference, i[lane])))
                    } else {
                        Some(field.mul(field.add(turned[lane], back[lane]), half))
                    }
                })?;
                (pair, certain)
            }
            Op::Unary(Unary::Ln, a) => {
                let log = self.log(*a, 0)?;
                (log.base, log.certain)
            }
            Op::Unary(Unary::Abs, a) => {
                // |u| and |-u| are the same.
                let of = self.get(*a)?.base;
                let smaller = in_base(|field, lane| Some(of[lane].min(field.neg(of[lane]))))?;
                (self.random(&[100, Unary::Abs as u64, smaller[0], smaller[1]]), false)
            }
            Op::Unary(function, a) => {
                let of = self.get(*a)?.base;
                (self.random(&[100, *function as u64, of[0], of[1]]), false)
            }
            Op::Binary(function, a, b) => {
                let (x, y) = (self.get(*a)?.base, self.get(*b)?.base);
                (self.random(&[200, *function as u64, x[0], x[1], y[0], y[1]]), false)
            }
            Op::Apply(function, all) => {
                let (mut words, mut certain) = (vec![300, u64::from(*function)], true);
                for id in all {
                    let value = self.get(*id)?;
                    words.extend(value.base);
                    certain &= value.certain;
                }
                (self.random(&words), certain)
            }
            Op::Undefined => return None,
        })
    }

    fn two(&self, a: Id, b: Id, f: fn(&Field, u64, u64) -> u64) -> Option<(Pair, bool)> {
        let (x, y) = (self.get(a)?, self.get(b)?);
        let pair = in_base(|field, lane| Some(f(field, x.base[lane], y.base[lane])))?;
        Some((pair, x.certain && y.certain))
    }

    /// Returns pseudo-random elements modulo the primes `p`.
    fn random(&self, words: &[u64]) -> Pair {
        LANES_RANGE.map(|lane| self.hash(words, lane) % LANES[lane].base.prime)
    }

    fn hash(&self, words: &[u64], lane: usize) -> u64 {
        let mut all = [0u64; 12];
        let (head, rest) = words.split_at(words.len().min(9));
        all[..head.len()].copy_from_slice(head);
        all[9] = self.seed;
        all[10] = lane as u64;
        all[11] = if rest.is_empty() { words.len() as u64 } else { mix(rest) };
        mix(&all)
    }

    /// Returns the `power`-th power of the root of a variable, which is its 2520th power.
    fn root_of_variable(&self, index: u64, power: i64) -> Option<Pair> {
        in_base(|field, lane| {
            let root = self.hash(&[1, index], lane) % field.prime;
            field.power(root, power)
        })
    }
}

/// The index of π among the variables.
const PI: u64 = 1 << 32;

const LANES_RANGE: [usize; 2] = [0, 1];

/// Computes a residue modulo each prime `p`.
fn in_base(f: impl Fn(&Field, usize) -> Option<u64>) -> Option<Pair> {
    Some([f(&LANES[0].base, 0)?, f(&LANES[1].base, 1)?])
}

/// Computes a residue modulo each prime `q`.
fn in_upper(f: impl Fn(&Field, usize) -> Option<u64>) -> Option<Pair> {
    Some([f(&LANES[0].upper, 0)?, f(&LANES[1].upper, 1)?])
}

/// Returns the root of unity e^(2πi·numerator/denominator), if the fields have it.
fn unity(numerator: i64, denominator: i64) -> Option<Pair> {
    let step = (denominator != 0 && lane::UNITY % denominator == 0).then(|| lane::UNITY / denominator)?;
    let power = numerator.rem_euclid(denominator) * step;
    in_base(|field, lane| Some(field.raise(field.element(LANES[lane].unity), power.unsigned_abs())))
}
