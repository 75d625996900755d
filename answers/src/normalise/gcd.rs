//! The greatest common divisor of polynomials in several unknowns: one unknown at a time, by remainders that are made
//! primitive at every step.

use crate::limits::Budget;
use crate::poly::{Gen, Poly};

/// Up to a constant; `None` when it would take too many steps.
pub(crate) fn gcd(a: &Poly, b: &Poly, budget: &Budget) -> Option<Poly> {
    budget.take(500)?;
    if a.is_zero() {
        return Some(b.primitive());
    }
    if b.is_zero() {
        return Some(a.primitive());
    }
    if a.as_constant().is_some() || b.as_constant().is_some() {
        return Some(Poly::one());
    }
    let (in_a, in_b) = (a.generators(), b.generators());
    let only = |from: &[Gen], not: &[Gen]| from.iter().copied().find(|generator| !not.contains(generator));
    if let Some(generator) = only(&in_a, &in_b) {
        return gcd(&content(a, generator, budget)?, b, budget);
    }
    if let Some(generator) = only(&in_b, &in_a) {
        return gcd(a, &content(b, generator, budget)?, budget);
    }
    let degree = |generator: &Gen| a.degree_in(*generator).min(b.degree_in(*generator));
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

/// The divisor of all coefficients by powers of one unknown.
fn content(poly: &Poly, main: Gen, budget: &Budget) -> Option<Poly> {
    let mut found = Poly::zero();
    for coefficient in poly.by_powers(main, budget)? {
        found = gcd(&found, &coefficient, budget)?;
        if found.as_constant().is_some_and(|value| !value.is_zero()) {
            return Some(Poly::one());
        }
    }
    Some(found)
}

fn pseudo_remainder(high: &Poly, low: &Poly, main: Gen, budget: &Budget) -> Option<Poly> {
    let degree = low.degree_in(main);
    let lead = low.by_powers(main, budget)?.pop()?;
    let mut rest = high.clone();
    while !rest.is_zero() && rest.degree_in(main) >= degree {
        let difference = rest.degree_in(main) - degree;
        let first = rest.by_powers(main, budget)?.pop()?;
        let shift = Poly::term(crate::poly::Monomial::of(main, difference), dashu_ratio::RBig::ONE);
        let shift = if difference == 0 { Poly::one() } else { shift };
        let take = low.mul(&first, budget)?.mul(&shift, budget)?;
        rest = rest.mul(&lead, budget)?.sub(&take, budget)?;
    }
    Some(rest)
}
