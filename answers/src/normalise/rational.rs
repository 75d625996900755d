//! Expressions as quotients of polynomials: the exact test for equality, and the canonical form.
//!
//! A subexpression that is not rational, such as sin(x), is an indeterminate. Its name contains the
//! canonical form of its argument.

use dashu_ratio::RBig;

use crate::lex::function::Constant;
use crate::limits::Budget;
use crate::normalise::dag::{Dag, Op};
use crate::normalise::function::{Binary, Unary};
use crate::normalise::gcd::gcd;
use crate::normalise::polynomial::{Generator, Monomial, Polynomial};
use crate::parse::tree::Id;

/// A quotient of polynomials. The denominator is not zero.
#[derive(Clone, Debug)]
pub(crate) struct RationalFunction {
    pub(crate) numerator: Polynomial,
    pub(crate) denominator: Polynomial,
}

/// The indeterminates of some quotients, by name.
#[derive(Debug, Default)]
pub(crate) struct Generators {
    pub(crate) names: Vec<String>,
    /// The squares of the indeterminates, where they are numbers: i² = -1, √2² = 2.
    squares: Vec<Option<RBig>>,
}

impl Generators {
    fn named(&mut self, name: String, square: Option<RBig>) -> Generator {
        if let Some(index) = self.names.iter().position(|generators| *generators == name) {
            return index as Generator;
        }
        self.names.push(name);
        self.squares.push(square);
        (self.names.len() - 1) as Generator
    }

    fn has_relations(&self, poly: &Polynomial) -> bool {
        poly.generators().iter().any(|generator| self.squares[usize::from(*generator)].is_some())
    }

    /// Replaces the squares of i and of roots with numbers.
    fn reduced(&self, poly: Polynomial, budget: &Budget) -> Option<Polynomial> {
        if !self.has_relations(&poly) {
            return Some(poly);
        }
        let mut sum = Polynomial::zero();
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
            sum = sum.add(&Polynomial::term(left, value), budget)?;
        }
        Some(sum)
    }
}

impl RationalFunction {
    fn of(numerator: Polynomial) -> Self {
        Self { numerator, denominator: Polynomial::one() }
    }

    fn mul(&self, other: &Self, generators: &Generators, budget: &Budget) -> Option<Self> {
        let numerator = generators.reduced(self.numerator.mul(&other.numerator, budget)?, budget)?;
        let denominator = generators.reduced(self.denominator.mul(&other.denominator, budget)?, budget)?;
        (!denominator.is_zero()).then_some(Self { numerator, denominator })
    }

    fn add(&self, other: &Self, generators: &Generators, budget: &Budget) -> Option<Self> {
        if self.denominator == other.denominator {
            return Some(Self {
                numerator: self.numerator.add(&other.numerator, budget)?,
                denominator: self.denominator.clone(),
            });
        }
        let left = self.numerator.mul(&other.denominator, budget)?;
        let right = other.numerator.mul(&self.denominator, budget)?;
        let numerator = generators.reduced(left.add(&right, budget)?, budget)?;
        let denominator = generators.reduced(self.denominator.mul(&other.denominator, budget)?, budget)?;
        (!denominator.is_zero()).then_some(Self { numerator, denominator })
    }

    fn pow(&self, power: i64, generators: &Generators, budget: &Budget) -> Option<Self> {
        let base = if power < 0 {
            if self.numerator.is_zero() {
                return None;
            }
            Self { numerator: self.denominator.clone(), denominator: self.numerator.clone() }
        } else {
            self.clone()
        };
        let power = u32::try_from(power.unsigned_abs()).ok()?;
        let degree =
            base.numerator.leading().map_or(0, |(monomial, _)| monomial.degree).saturating_mul(power);
        if degree > 20_000 || power > 200 && base.numerator.terms.len() > 1 {
            return None;
        }
        if generators.has_relations(&base.numerator) || generators.has_relations(&base.denominator) {
            if power > 64 {
                return None;
            }
            let mut result = Self::of(Polynomial::one());
            for _ in 0..power {
                result = result.mul(&base, generators, budget)?;
            }
            return Some(result);
        }
        Some(Self {
            numerator: base.numerator.pow(power, budget)?,
            denominator: base.denominator.pow(power, budget)?,
        })
    }

    /// Cancels common factors, and makes the coefficients coprime integers.
    ///
    /// The leading coefficient of the denominator becomes positive.
    pub(crate) fn cancelled(self, generators: &Generators, budget: &Budget) -> Option<Self> {
        let Self { mut numerator, mut denominator } = self;
        if numerator.is_zero() {
            return Some(Self::of(numerator));
        }
        if denominator.as_constant().is_none()
            && !generators.has_relations(&numerator)
            && !generators.has_relations(&denominator)
        {
            let common = gcd(&numerator, &denominator, budget)?;
            if !common.is_one() {
                numerator = numerator.exact_div(&common, budget)?;
                denominator = denominator.exact_div(&common, budget)?;
            }
        }
        let (a, b) = (numerator.primitive_factor(), denominator.primitive_factor());
        let (numerator, denominator) = (numerator.scale(&a), denominator.scale(&b));
        // The scaled quotient equals numerator·b / (denominator·a).
        let factor = b / a;
        Some(Self {
            numerator: numerator.scale(&RBig::from(factor.numerator().clone())),
            denominator: denominator.scale(&RBig::from(dashu_int::IBig::from(factor.denominator().clone()))),
        })
    }
}

/// Converts operations to quotients; `None` if the steps run out.
pub(crate) fn of(
    dag: &Dag,
    roots: &[Id],
    generators: &mut Generators,
    budget: &Budget,
) -> Option<Vec<RationalFunction>> {
    let wanted = dag.dependencies(roots);
    let last = wanted.last().map_or(0, |id| *id as usize + 1);
    let mut all: Vec<Option<RationalFunction>> = vec![None; last];
    for id in wanted {
        let get = |id: &Id| all[*id as usize].as_ref();
        let ratio = match dag.op(id) {
            Op::Number(value) => RationalFunction::of(Polynomial::constant(value.clone())),
            Op::Variable(index) => letter(generators, spelled(&dag.names()[usize::from(*index)]), None),
            Op::Constant(Constant::Pi) => letter(generators, "pi".into(), None),
            Op::Constant(Constant::E) => letter(generators, "e".into(), None),
            Op::Constant(Constant::Infinity) => letter(generators, "infinity".into(), None),
            Op::Constant(Constant::I) => letter(generators, "i".into(), Some(RBig::from(-1))),
            Op::Add(a, b) => get(a)?.add(get(b)?, generators, budget)?,
            Op::Mul(a, b) => get(a)?.mul(get(b)?, generators, budget)?,
            Op::Pow(a, b) => match dag.value(*b) {
                Some(power) if power.is_int() => {
                    let power = i64::try_from(power.numerator()).ok()?;
                    get(a)?.pow(power, generators, budget)?
                }
                power => {
                    let square = power.filter(|power| is_half(power)).and_then(|_| dag.value(*a)).cloned();
                    let (base, raised) =
                        (print(get(a)?, generators, budget)?, print(get(b)?, generators, budget)?);
                    let name = if power.is_some_and(is_half) {
                        format!("sqrt({base})")
                    } else {
                        format!("{}^{}", bracketed(&base), bracketed(&raised))
                    };
                    letter(generators, name, square)
                }
            },
            Op::Unary(function, a) => {
                let argument = print(get(a)?, generators, budget)?;
                letter(generators, named(*function, &argument), None)
            }
            Op::Binary(function, a, b) => {
                let (a, b) = (print(get(a)?, generators, budget)?, print(get(b)?, generators, budget)?);
                let name = match function {
                    Binary::Mod => format!("({} mod {})", bracketed(&a), bracketed(&b)),
                    Binary::Gcd => format!("gcd({a}, {b})"),
                    Binary::Lcm => format!("lcm({a}, {b})"),
                    Binary::Min => format!("min({a}, {b})"),
                    Binary::Max => format!("max({a}, {b})"),
                };
                letter(generators, name, None)
            }
            Op::Apply(function, all) => {
                let mut arguments = Vec::new();
                for id in all {
                    arguments.push(print(get(id)?, generators, budget)?);
                }
                let name = &dag.functions()[usize::from(*function)];
                letter(generators, applied(name, &arguments), None)
            }
            Op::Undefined => return None,
        };
        all[id as usize] = Some(ratio);
    }
    roots.iter().map(|root| all[*root as usize].clone()).collect()
}

/// Returns `true` if two expressions are the same quotient; `None` if the steps run out.
pub(crate) fn equal(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Option<bool> {
    let mut generators = Generators::default();
    let both = of(dag, &[a, b], &mut generators, budget)?;
    let left = generators.reduced(both[0].numerator.mul(&both[1].denominator, budget)?, budget)?;
    let right = generators.reduced(both[1].numerator.mul(&both[0].denominator, budget)?, budget)?;
    Some(left == right)
}

/// Returns `true` if the numerators are equal up to a constant, so that they have the same zeros.
pub(crate) fn same_numerator(dag: &Dag, a: Id, b: Id, budget: &Budget) -> Option<bool> {
    let mut generators = Generators::default();
    let both = of(dag, &[a, b], &mut generators, budget)?;
    let mut overs = Vec::new();
    for ratio in both {
        overs.push(ratio.cancelled(&generators, budget)?.numerator.primitive());
    }
    Some(overs[0] == overs[1] && !overs[0].is_zero())
}

/// Returns the canonical form as text; `None` if the steps run out.
pub(crate) fn canonical(dag: &Dag, id: Id, budget: &Budget) -> Option<String> {
    let mut generators = Generators::default();
    let ratio = of(dag, &[id], &mut generators, budget)?.pop()?;
    print(&ratio, &generators, budget)
}

fn letter(generators: &mut Generators, name: String, square: Option<RBig>) -> RationalFunction {
    let generator = generators.named(name, square);
    RationalFunction::of(Polynomial::term(Monomial::of(generator, 1), RBig::ONE))
}

pub(crate) fn is_half(power: &RBig) -> bool {
    power.numerator().is_one() && *power.denominator() == dashu_int::UBig::from(2u8)
}

/// Spells the application of a function without a definition so that it can be read again.
pub(crate) fn applied(name: &str, arguments: &[String]) -> String {
    let plain = |text: &String| text.chars().all(char::is_alphanumeric);
    let operand = |text: &String| if plain(text) { text.clone() } else { format!("({text})") };
    match (name, arguments) {
        ("∩" | "∪" | "∖" | "⊂", all) => {
            let all: Vec<String> = all.iter().map(operand).collect();
            format!("({})", all.join(name))
        }
        ("|" | "<" | "≤" | "=" | "≠" | "∈", all) => all.join(name),
        ("×", [a, b]) => format!("({}×{})", spelled(a), spelled(b)),
        ("′", [of]) => format!("({of})'"),
        ("mod", [value, by]) => format!("({value} mod {by})"),
        ("\\overline", [of]) => format!("\\overline{{{of}}}"),
        _ => match name.strip_suffix("⁻¹") {
            Some(name) => format!("{name}^{{-1}}({})", arguments.join(", ")),
            None => format!("{name}({})", arguments.join(", ")),
        },
    }
}

/// Spells a variable's name so that it can be read again.
pub(crate) fn spelled(name: &str) -> String {
    if let Some((above, below)) = name.split_once('/').filter(|(_, below)| !below.starts_with('d')) {
        return format!("\\frac{{{above}}}{{{below}}}");
    }
    // A name with a mark over it, a derivative and an angle are read as they are written.
    if name.contains(['\\', '/', ':', '∠', '△', '∘', 'Δ', 'δ']) {
        return name.to_owned();
    }
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

fn named(function: Unary, argument: &str) -> String {
    let name = match function {
        Unary::Sin => "sin",
        Unary::Cos => "cos",
        Unary::Asin => "arcsin",
        Unary::Acos => "arccos",
        Unary::Atan => "arctan",
        Unary::Ln => "ln",
        Unary::Abs => "abs",
        Unary::Floor => "floor",
        Unary::Sign => "sign",
        Unary::Factorial => return format!("({argument})!"),
    };
    format!("{name}({argument})")
}

fn bracketed(text: &str) -> String {
    let simple = text.chars().all(|c| c.is_ascii_digit()) || text.chars().count() == 1 || text == "pi";
    if simple { text.to_owned() } else { format!("({text})") }
}

/// Prints a quotient, with its indeterminates sorted by name.
fn print(ratio: &RationalFunction, generators: &Generators, budget: &Budget) -> Option<String> {
    let mut order: Vec<usize> = (0..generators.names.len()).collect();
    // Single letters come first, then functions, then square roots of numbers.
    let rank = |index: &usize| {
        (
            generators.names[*index].chars().count() > 1,
            generators.squares[*index].is_some(),
            &generators.names[*index],
        )
    };
    order.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let mut to: Vec<Generator> = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, index)| to[*index] = place as Generator);
    let sorted = Generators {
        names: order.iter().map(|index| generators.names[*index].clone()).collect(),
        squares: order.iter().map(|index| generators.squares[*index].clone()).collect(),
    };
    let ratio = RationalFunction {
        numerator: ratio.numerator.renamed(&to),
        denominator: ratio.denominator.renamed(&to),
    };
    let ratio = ratio.cancelled(&sorted, budget)?;
    let numerator = polynomial(&ratio.numerator, &sorted);
    if ratio.denominator.is_one() {
        return Some(numerator);
    }
    let denominator = polynomial(&ratio.denominator, &sorted);
    let numerator = if ratio.numerator.terms.len() > 1 { format!("({numerator})") } else { numerator };
    let single = ratio.denominator.as_constant().is_some() || denominator.chars().count() == 1;
    Some(if single { format!("{numerator}/{denominator}") } else { format!("{numerator}/({denominator})") })
}

fn polynomial(poly: &Polynomial, generators: &Generators) -> String {
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
            let name = &generators.names[usize::from(*generator)];
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
