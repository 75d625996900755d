//! Expressions as quotients of polynomials: the exact answer to "are these the same", and the canonical form.
//!
//! What isn't rational, sin(x) say, is an unknown like any other, named by the canonical form of its argument.

use dashu_ratio::RBig;

use crate::expr::{Constant, Id};
use crate::gcd::gcd;
use crate::limits::Budget;
use crate::numeric::needed;
use crate::poly::{Gen, Monomial, Poly};
use crate::tape::{One, Op, Tape, Two};

/// A quotient; the denominator isn't zero.
#[derive(Clone, Debug)]
pub(crate) struct Ratio {
    pub(crate) over: Poly,
    pub(crate) under: Poly,
}

/// The unknowns of some quotients, by name.
#[derive(Debug, Default)]
pub(crate) struct Generators {
    pub(crate) names: Vec<String>,
    /// What their squares are, where that is a number: i² = -1, √2² = 2.
    squares: Vec<Option<RBig>>,
}

impl Generators {
    fn named(&mut self, name: String, square: Option<RBig>) -> Gen {
        if let Some(index) = self.names.iter().position(|known| *known == name) {
            return index as Gen;
        }
        self.names.push(name);
        self.squares.push(square);
        (self.names.len() - 1) as Gen
    }

    fn has_relations(&self, poly: &Poly) -> bool {
        poly.generators().iter().any(|generator| self.squares[usize::from(*generator)].is_some())
    }

    /// Puts numbers for squares of i and of roots.
    fn reduced(&self, poly: Poly, budget: &Budget) -> Option<Poly> {
        if !self.has_relations(&poly) {
            return Some(poly);
        }
        let mut sum = Poly::zero();
        for (monomial, value) in poly.terms {
            let mut left = Monomial::default();
            let mut value = value;
            for (generator, power) in monomial.powers {
                let mut power = power;
                if let Some(square) = &self.squares[usize::from(generator)] {
                    value *= square.pow((power / 2) as isize);
                    power %= 2;
                }
                if power > 0 {
                    left = left.times(&Monomial::of(generator, power));
                }
            }
            sum = sum.add(&Poly::term(left, value), budget)?;
        }
        Some(sum)
    }
}

impl Ratio {
    fn of(over: Poly) -> Self {
        Self { over, under: Poly::one() }
    }

    fn mul(&self, other: &Self, known: &Generators, budget: &Budget) -> Option<Self> {
        let over = known.reduced(self.over.mul(&other.over, budget)?, budget)?;
        let under = known.reduced(self.under.mul(&other.under, budget)?, budget)?;
        (!under.is_zero()).then_some(Self { over, under })
    }

    fn add(&self, other: &Self, known: &Generators, budget: &Budget) -> Option<Self> {
        if self.under == other.under {
            return Some(Self { over: self.over.add(&other.over, budget)?, under: self.under.clone() });
        }
        let left = self.over.mul(&other.under, budget)?;
        let right = other.over.mul(&self.under, budget)?;
        let over = known.reduced(left.add(&right, budget)?, budget)?;
        let under = known.reduced(self.under.mul(&other.under, budget)?, budget)?;
        (!under.is_zero()).then_some(Self { over, under })
    }

    fn pow(&self, power: i64, known: &Generators, budget: &Budget) -> Option<Self> {
        let base = if power < 0 {
            if self.over.is_zero() {
                return None;
            }
            Self { over: self.under.clone(), under: self.over.clone() }
        } else {
            self.clone()
        };
        let power = u32::try_from(power.unsigned_abs()).ok()?;
        let degree = base.over.leading().map_or(0, |(monomial, _)| monomial.degree).saturating_mul(power);
        if degree > 20_000 || power > 200 && base.over.terms.len() > 1 {
            return None;
        }
        if known.has_relations(&base.over) || known.has_relations(&base.under) {
            if power > 64 {
                return None;
            }
            let mut result = Self::of(Poly::one());
            for _ in 0..power {
                result = result.mul(&base, known, budget)?;
            }
            return Some(result);
        }
        Some(Self { over: base.over.pow(power, budget)?, under: base.under.pow(power, budget)? })
    }

    /// Cancelled, with whole coprime coefficients and a denominator that begins with a positive one.
    pub(crate) fn cancelled(self, known: &Generators, budget: &Budget) -> Option<Self> {
        let Self { mut over, mut under } = self;
        if over.is_zero() {
            return Some(Self::of(over));
        }
        if under.as_constant().is_none() && !known.has_relations(&over) && !known.has_relations(&under) {
            let common = gcd(&over, &under, budget)?;
            if !common.is_one() {
                over = over.exact_div(&common, budget)?;
                under = under.exact_div(&common, budget)?;
            }
        }
        let (a, b) = (over.primitive_factor(), under.primitive_factor());
        let (over, under) = (over.scale(&a), under.scale(&b));
        // over/a divided by under/b is over·b / (under·a).
        let factor = b / a;
        Some(Self {
            over: over.scale(&RBig::from(factor.numerator().clone())),
            under: under.scale(&RBig::from(dashu_int::IBig::from(factor.denominator().clone()))),
        })
    }
}

/// Reads operations as quotients; `None` when that takes too many steps.
pub(crate) fn of(tape: &Tape, roots: &[Id], known: &mut Generators, budget: &Budget) -> Option<Vec<Ratio>> {
    let wanted = needed(tape, roots);
    let last = wanted.last().map_or(0, |id| *id as usize + 1);
    let mut all: Vec<Option<Ratio>> = vec![None; last];
    for id in wanted {
        let get = |id: &Id| all[*id as usize].as_ref();
        let ratio = match tape.op(id) {
            Op::Number(value) => Ratio::of(Poly::constant(value.clone())),
            Op::Variable(index) => letter(known, spelled(&tape.names()[usize::from(*index)]), None),
            Op::Constant(Constant::Pi) => letter(known, "pi".into(), None),
            Op::Constant(Constant::E) => letter(known, "e".into(), None),
            Op::Constant(Constant::Infinity) => letter(known, "infinity".into(), None),
            Op::Constant(Constant::I) => letter(known, "i".into(), Some(RBig::from(-1))),
            Op::Add(a, b) => get(a)?.add(get(b)?, known, budget)?,
            Op::Mul(a, b) => get(a)?.mul(get(b)?, known, budget)?,
            Op::Pow(a, b) => match tape.value(*b) {
                Some(power) if power.is_int() => {
                    let power = i64::try_from(power.numerator()).ok()?;
                    get(a)?.pow(power, known, budget)?
                }
                power => {
                    let square = power.filter(|power| is_half(power)).and_then(|_| tape.value(*a)).cloned();
                    let (base, raised) = (print(get(a)?, known, budget)?, print(get(b)?, known, budget)?);
                    let name = if power.is_some_and(is_half) {
                        format!("sqrt({base})")
                    } else {
                        format!("{}^{}", bracketed(&base), bracketed(&raised))
                    };
                    letter(known, name, square)
                }
            },
            Op::One(function, a) => {
                let argument = print(get(a)?, known, budget)?;
                letter(known, named(*function, &argument), None)
            }
            Op::Two(function, a, b) => {
                let (a, b) = (print(get(a)?, known, budget)?, print(get(b)?, known, budget)?);
                let name = match function {
                    Two::Mod => format!("({} mod {})", bracketed(&a), bracketed(&b)),
                    Two::Gcd => format!("gcd({a}, {b})"),
                    Two::Lcm => format!("lcm({a}, {b})"),
                    Two::Min => format!("min({a}, {b})"),
                    Two::Max => format!("max({a}, {b})"),
                };
                letter(known, name, None)
            }
            Op::Nothing => return None,
        };
        all[id as usize] = Some(ratio);
    }
    roots.iter().map(|root| all[*root as usize].clone()).collect()
}

/// Whether two expressions are one quotient; `None` when that takes too many steps.
pub(crate) fn equal(tape: &Tape, a: Id, b: Id, budget: &Budget) -> Option<bool> {
    let mut known = Generators::default();
    let both = of(tape, &[a, b], &mut known, budget)?;
    let left = known.reduced(both[0].over.mul(&both[1].under, budget)?, budget)?;
    let right = known.reduced(both[1].over.mul(&both[0].under, budget)?, budget)?;
    Some(left == right)
}

/// Whether what is over the line vanishes at the same places: the same numerators, up to a constant.
pub(crate) fn same_numerator(tape: &Tape, a: Id, b: Id, budget: &Budget) -> Option<bool> {
    let mut known = Generators::default();
    let both = of(tape, &[a, b], &mut known, budget)?;
    let mut overs = Vec::new();
    for ratio in both {
        overs.push(ratio.cancelled(&known, budget)?.over.primitive());
    }
    Some(overs[0] == overs[1] && !overs[0].is_zero())
}

/// The canonical form.
pub(crate) fn canonical(tape: &Tape, id: Id, budget: &Budget) -> Option<String> {
    let mut known = Generators::default();
    let ratio = of(tape, &[id], &mut known, budget)?.pop()?;
    print(&ratio, &known, budget)
}

fn letter(known: &mut Generators, name: String, square: Option<RBig>) -> Ratio {
    let generator = known.named(name, square);
    Ratio::of(Poly::term(Monomial::of(generator, 1), RBig::ONE))
}

fn is_half(power: &RBig) -> bool {
    power.numerator().is_one() && *power.denominator() == dashu_int::UBig::from(2u8)
}

/// A name as it can be read again.
pub(crate) fn spelled(name: &str) -> String {
    match name.split_once('_') {
        Some((letter, below)) if below.chars().count() > 1 && !below.chars().all(|c| c.is_ascii_digit()) => {
            let (below, primes) = below.split_at(below.find('\'').unwrap_or(below.len()));
            format!("{letter}_{{{below}}}{primes}")
        }
        None if name.chars().filter(|c| *c != '\'').count() > 1 && name.chars().all(char::is_alphabetic) => {
            format!("\\text{{{name}}}")
        }
        _ => name.to_owned(),
    }
}

fn named(function: One, argument: &str) -> String {
    let name = match function {
        One::Sin => "sin",
        One::Cos => "cos",
        One::Asin => "arcsin",
        One::Acos => "arccos",
        One::Atan => "arctan",
        One::Ln => "ln",
        One::Abs => "abs",
        One::Floor => "floor",
        One::Sign => "sign",
        One::Factorial => return format!("({argument})!"),
    };
    format!("{name}({argument})")
}

fn bracketed(text: &str) -> String {
    let simple = text.chars().all(|c| c.is_ascii_digit()) || text.chars().count() == 1 || text == "pi";
    if simple { text.to_owned() } else { format!("({text})") }
}

/// A quotient with its unknowns in the order of their names.
fn print(ratio: &Ratio, known: &Generators, budget: &Budget) -> Option<String> {
    let mut order: Vec<usize> = (0..known.names.len()).collect();
    // Letters before numbers with names, and those before functions.
    let rank = |index: &usize| {
        (known.names[*index].chars().count() > 1, known.squares[*index].is_some(), &known.names[*index])
    };
    order.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let mut to: Vec<Gen> = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, index)| to[*index] = place as Gen);
    let sorted = Generators {
        names: order.iter().map(|index| known.names[*index].clone()).collect(),
        squares: order.iter().map(|index| known.squares[*index].clone()).collect(),
    };
    let ratio = Ratio { over: ratio.over.renamed(&to), under: ratio.under.renamed(&to) };
    let ratio = ratio.cancelled(&sorted, budget)?;
    let over = polynomial(&ratio.over, &sorted);
    if ratio.under.is_one() {
        return Some(over);
    }
    let under = polynomial(&ratio.under, &sorted);
    let over = if ratio.over.terms.len() > 1 { format!("({over})") } else { over };
    let single = ratio.under.as_constant().is_some() || under.chars().count() == 1;
    Some(if single { format!("{over}/{under}") } else { format!("{over}/({under})") })
}

fn polynomial(poly: &Poly, known: &Generators) -> String {
    let mut text = String::new();
    for (monomial, value) in poly.terms.iter().rev() {
        let negative = *value < RBig::ZERO;
        let size = if negative { -value.clone() } else { value.clone() };
        text += match (text.is_empty(), negative) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        let mut factors = Vec::new();
        if !size.is_one() || monomial.degree == 0 {
            factors.push(size.to_string());
        }
        for (generator, power) in &monomial.powers {
            let name = &known.names[usize::from(*generator)];
            let name = if *power > 1 && name.contains('^') { format!("({name})") } else { name.clone() };
            factors.push(match power {
                1 => name,
                2..=9 => format!("{name}^{power}"),
                _ => format!("{name}^({power})"),
            });
        }
        text += &factors.join("*");
    }
    if text.is_empty() { "0".into() } else { text }
}
