//! Sparse multivariate polynomials over the rational numbers, in graded lexicographic order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use dashu_ratio::RBig;

use super::exact::{bits, is_small};
use crate::limits::Budget;

/// The index of an indeterminate: a variable, or an expression that is not rational.
pub(crate) type Generator = u16;

/// A product of powers of indeterminates, sorted by indeterminate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Monomial {
    pub(crate) degree: u32,
    pub(crate) powers: Vec<(Generator, u32)>,
}

impl Monomial {
    pub(crate) fn of(generator: Generator, power: u32) -> Self {
        Self { degree: power, powers: vec![(generator, power)] }
    }

    pub(crate) fn power(&self, generator: Generator) -> u32 {
        self.powers.iter().find(|(known, _)| *known == generator).map_or(0, |(_, power)| *power)
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut powers = Vec::with_capacity(self.powers.len() + other.powers.len());
        let (mut a, mut b) = (self.powers.iter().peekable(), other.powers.iter().peekable());
        loop {
            match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.0 == y.0 => {
                    powers.push((x.0, x.1 + y.1));
                    a.next();
                    b.next();
                }
                (Some(x), Some(y)) => {
                    if x.0 < y.0 {
                        powers.extend(a.next())
                    } else {
                        powers.extend(b.next())
                    }
                }
                (Some(_), None) => powers.extend(a.next()),
                (None, Some(_)) => powers.extend(b.next()),
                (None, None) => break,
            }
        }
        Self { degree: self.degree + other.degree, powers }
    }

    /// Returns the quotient; `None` if the other monomial does not divide this one.
    pub(crate) fn divided_by(&self, other: &Self) -> Option<Self> {
        let mut powers = Vec::with_capacity(self.powers.len());
        for (generator, power) in &self.powers {
            let left = power.checked_sub(other.power(*generator))?;
            if left > 0 {
                powers.push((*generator, left));
            }
        }
        if other.powers.iter().any(|(generator, _)| self.power(*generator) == 0) {
            return None;
        }
        Some(Self { degree: self.degree - other.degree, powers })
    }

    pub(crate) fn without(&self, generator: Generator) -> Self {
        let powers: Vec<_> = self.powers.iter().copied().filter(|(known, _)| *known != generator).collect();
        Self { degree: powers.iter().map(|(_, power)| power).sum(), powers }
    }
}

impl Ord for Monomial {
    fn cmp(&self, other: &Self) -> Ordering {
        self.degree.cmp(&other.degree).then_with(|| {
            for (a, b) in self.powers.iter().zip(&other.powers) {
                // The monomial with the higher power of the first indeterminate is greater.
                let order = b.0.cmp(&a.0).then(a.1.cmp(&b.1));
                if order != Ordering::Equal {
                    return order;
                }
            }
            self.powers.len().cmp(&other.powers.len())
        })
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A polynomial. No coefficient is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Polynomial {
    pub(crate) terms: BTreeMap<Monomial, RBig>,
}

/// The most terms of a polynomial.
const TERMS: usize = 2_000;

impl Polynomial {
    pub(crate) fn zero() -> Self {
        Self::default()
    }

    pub(crate) fn constant(value: RBig) -> Self {
        Self::term(Monomial::default(), value)
    }

    pub(crate) fn one() -> Self {
        Self::constant(RBig::ONE)
    }

    pub(crate) fn term(monomial: Monomial, value: RBig) -> Self {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert(monomial, value);
        }
        Self { terms }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    pub(crate) fn is_one(&self) -> bool {
        self.as_constant().is_some_and(|value| value.is_one())
    }

    pub(crate) fn as_constant(&self) -> Option<RBig> {
        match self.terms.len() {
            0 => Some(RBig::ZERO),
            1 => self
                .terms
                .first_key_value()
                .filter(|(monomial, _)| monomial.degree == 0)
                .map(|(_, v)| v.clone()),
            _ => None,
        }
    }

    /// Returns the greatest term.
    pub(crate) fn leading(&self) -> Option<(&Monomial, &RBig)> {
        self.terms.last_key_value()
    }

    pub(crate) fn generators(&self) -> Vec<Generator> {
        let mut all: Vec<Generator> = self
            .terms
            .keys()
            .flat_map(|monomial| monomial.powers.iter().map(|(generator, _)| *generator))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn degree_in(&self, generator: Generator) -> u32 {
        self.terms.keys().map(|monomial| monomial.power(generator)).max().unwrap_or(0)
    }

    fn insert(&mut self, monomial: Monomial, value: RBig) {
        use std::collections::btree_map::Entry;
        match self.terms.entry(monomial) {
            Entry::Vacant(entry) => {
                if !value.is_zero() {
                    entry.insert(value);
                }
            }
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += value;
                if entry.get().is_zero() {
                    entry.remove();
                }
            }
        }
    }

    pub(crate) fn add(&self, other: &Self, budget: &Budget) -> Option<Self> {
        budget.take(other.terms.len() * 150 + 50)?;
        let mut sum = self.clone();
        for (monomial, value) in &other.terms {
            sum.insert(monomial.clone(), value.clone());
        }
        (sum.terms.len() <= TERMS).then_some(sum)
    }

    pub(crate) fn scale(&self, by: &RBig) -> Self {
        if by.is_zero() {
            return Self::zero();
        }
        Self { terms: self.terms.iter().map(|(monomial, value)| (monomial.clone(), value * by)).collect() }
    }

    pub(crate) fn sub(&self, other: &Self, budget: &Budget) -> Option<Self> {
        self.add(&other.scale(&RBig::from(-1)), budget)
    }

    pub(crate) fn mul(&self, other: &Self, budget: &Budget) -> Option<Self> {
        let mut product = Self::zero();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                budget.take(250 + (bits(x) + bits(y)) / 8)?;
                if !is_small(x) || !is_small(y) {
                    return None;
                }
                product.insert(a.times(b), x * y);
            }
            if product.terms.len() > TERMS {
                return None;
            }
        }
        Some(product)
    }

    pub(crate) fn pow(&self, mut power: u32, budget: &Budget) -> Option<Self> {
        let mut result = Self::one();
        let mut base = self.clone();
        while power > 0 {
            if power & 1 == 1 {
                result = result.mul(&base, budget)?;
            }
            power >>= 1;
            if power > 0 {
                base = base.mul(&base, budget)?;
            }
        }
        Some(result)
    }

    /// Returns the quotient; `None` if the division leaves a remainder.
    pub(crate) fn exact_div(&self, by: &Self, budget: &Budget) -> Option<Self> {
        let (lead, first) = by.leading()?;
        let mut rest = self.clone();
        let mut quotient = Self::zero();
        while let Some((monomial, value)) = rest.leading() {
            let step = Self::term(monomial.divided_by(lead)?, value / first);
            rest = rest.sub(&step.mul(by, budget)?, budget)?;
            quotient = quotient.add(&step, budget)?;
        }
        Some(quotient)
    }

    /// Returns the coefficients by powers of one indeterminate.
    pub(crate) fn by_powers(&self, generator: Generator, budget: &Budget) -> Option<Vec<Self>> {
        budget.take(self.degree_in(generator) as usize * 20 + self.terms.len() * 100)?;
        let mut all = vec![Self::zero(); self.degree_in(generator) as usize + 1];
        for (monomial, value) in &self.terms {
            let power = monomial.power(generator) as usize;
            all[power].terms.insert(monomial.without(generator), value.clone());
        }
        Some(all)
    }

    /// Renumbers the indeterminates.
    pub(crate) fn renamed(&self, to: &[Generator]) -> Self {
        let terms = self.terms.iter().map(|(monomial, value)| {
            let mut powers: Vec<_> = monomial
                .powers
                .iter()
                .map(|(generator, power)| (to[usize::from(*generator)], *power))
                .collect();
            powers.sort_unstable();
            (Monomial { degree: monomial.degree, powers }, value.clone())
        });
        Self { terms: terms.collect() }
    }

    /// Returns the factor that makes the coefficients coprime integers, the leading one positive.
    pub(crate) fn primitive_factor(&self) -> RBig {
        use dashu_int::ops::Gcd;
        let mut over = dashu_int::UBig::ZERO;
        let mut under = dashu_int::UBig::ONE;
        for value in self.terms.values() {
            let (_, numerator) = value.numerator().clone().into_parts();
            over = if over.is_zero() { numerator } else { (&over).gcd(&numerator) };
            let denominator = value.denominator();
            under = &under / (&under).gcd(denominator) * denominator;
        }
        if over.is_zero() {
            return RBig::ONE;
        }
        let factor = RBig::from_parts(dashu_int::IBig::from(under), over);
        if self.leading().is_some_and(|(_, value)| *value < RBig::ZERO) { -factor } else { factor }
    }

    pub(crate) fn primitive(&self) -> Self {
        self.scale(&self.primitive_factor())
    }
}
