//! The greatest common divisor of multivariate polynomials, by primitive remainder sequences.

use crate::limits::Budget;
use crate::normalise::polynomial::{Generator, Polynomial};

/// Returns the GCD up to a constant factor; `None` if the steps run out.
pub(crate) fn gcd(a: &Polynomial, b: &Polynomial, budget: &Budget) -> Option<Polynomial> {
    budget.take(500)?;
    if a.is_zero() {
        return Some(b.primitive());
    }
    if b.is_zero() {
        return Some(a.primitive());
    }
    if a.as_constant().is_some() || b.as_constant().is_some() {
        return Some(Polynomial::one());
    }
    let (in_a, in_b) = (a.generators(), b.generators());
    let only = |from: &[Generator], not: &[Generator]| {
        from.iter().copied().find(|generator| !not.contains(generator))
    };
    if let Some(generator) = only(&in_a, &in_b) {
        return gcd(&content(a, generator, budget)?, b, budget);
    }
    if let Some(generator) = only(&in_b, &in_a) {
        return gcd(a, &content(b, generator, budget)?, budget);
    }
    let degree = |generator: &Generator| a.degree_in(*generator).min(b.degree_in(*generator));
    let main = in_a.iter().copied().min_by_key(degree)?;
    let (content_a, content_b) = (content(a, main, budget)?, content(b, main, budget)?);
    let common = gcd(&content_a, &content_b, budget)?;
    let mut high = a.exact_div(&content_a, budget)?;
    let mut low = b.exact_div(&content_b, budget)?;
    if high.degree_in(main) < low.degree_in(main) {
        std::mem::swap(&mut high, &mut low);
    }
    while !low.is_zero() {
        if low.degree_in(main) == 0 {
            return Some(common.primitive());
        }
        let rest = pseudo_remainder(&high, &low, main, budget)?;
        high = low;
        low = if rest.is_zero() {
            rest
        } else {
            let content = content(&rest, main, budget)?;
            rest.exact_div(&content, budget)?.primitive()
        };
    }
    Some(high.mul(&common, budget)?.primitive())
}

/// Returns the content: the GCD of the coefficients by powers of one indeterminate.
fn content(poly: &Polynomial, main: Generator, budget: &Budget) -> Option<Polynomial> {
    let mut found = Polynomial::zero();
    for coefficient in poly.by_powers(main, budget)? {
        found = gcd(&found, &coefficient, budget)?;
        if found.as_constant().is_some_and(|value| !value.is_zero()) {
            return Some(Polynomial::one());
        }
    }
    Some(found)
}

fn pseudo_remainder(
    high: &Polynomial,
    low: &Polynomial,
    main: Generator,
    budget: &Budget,
) -> Option<Polynomial> {
    let degree = low.degree_in(main);
    let lead = low.by_powers(main, budget)?.pop()?;
    let mut rest = high.clone();
    while !rest.is_zero() && rest.degree_in(main) >= degree {
        let difference = rest.degree_in(main) - degree;
        let first = rest.by_powers(main, budget)?.pop()?;
        let shift = Polynomial::term(
            crate::normalise::polynomial::Monomial::of(main, difference),
            dashu_ratio::RBig::ONE,
        );
        let shift = if difference == 0 { Polynomial::one() } else { shift };
        let take = low.mul(&first, budget)?.mul(&shift, budget)?;
        rest = rest.mul(&lead, budget)?.sub(&take, budget)?;
    }
    Some(rest)
}
