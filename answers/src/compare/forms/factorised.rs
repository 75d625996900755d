//! Factorised completely over the rationals: no factor has a factor left.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::Written;
use crate::limits::Budget;
use crate::normalise::polynomial::{Generator, Polynomial};
use crate::normalise::rational::{self, Generators};
use crate::parse::tree::{Id, Node};

/// The primes modulo which the degrees of factors are looked for.
const PRIMES: &[u64] = &[10_007, 10_009, 10_037, 10_039, 10_061, 10_067, 10_069, 10_079];
/// The numbers that take the place of all letters but one (Hilbert's irreducibility theorem).
const VALUES: &[[i64; 4]] = &[[2, 3, 7, 11], [5, -3, 13, 4], [-7, 9, 2, 15], [12, 17, -5, 8]];
/// The largest degree that is tested.
const DEGREE: usize = 24;

impl Written<'_> {
    /// Returns `true` if every factor is a number, or is irreducible and has no common number.
    pub(super) fn is_factorised(&self, id: Id) -> bool {
        self.factors(id).into_iter().all(|factor| self.is_prime_factor(factor))
    }

    fn is_prime_factor(&self, factor: Id) -> bool {
        match self.node(factor) {
            Node::Power(base, power) if self.integer_power(*power).is_some() => {
                let base = self.unsigned(*base);
                !matches!(self.node(base), Node::Product(_)) && self.is_prime_factor(base)
            }
            Node::Quotient(a, b) => self.is_factorised(*a) && self.is_factorised(*b),
            Node::Sum(_) => self.is_prime_sum(factor),
            _ => true,
        }
    }

    fn is_prime_sum(&self, id: Id) -> bool {
        let Some((dag, ids)) = self.graph(id) else { return false };
        let Some(root) = ids.get(id as usize) else { return false };
        let Some(ratios) = rational::of(&dag, &[*root], &mut Generators::default(), self.budget) else {
            return true;
        };
        let [ratio] = &ratios[..] else { return true };
        let polynomial = &ratio.numerator;
        // `2x - 6` still has the factor 2; `x/2 + 1` has none in the integers.
        let content = polynomial.primitive_factor();
        ratio.denominator.as_constant().is_some()
            && content.denominator().is_one()
            && is_irreducible(polynomial)
    }
}

/// Returns `true` if a polynomial has no factor over the rationals, except for numbers.
pub(super) fn is_irreducible(polynomial: &Polynomial) -> bool {
    let generators = polynomial.generators();
    if generators.is_empty() {
        return true;
    }
    // A letter that divides every term.
    let divides = |generator: &Generator| polynomial.terms.keys().all(|term| term.power(*generator) > 0);
    if polynomial.terms.len() > 1 && generators.iter().any(divides) {
        return false;
    }
    // In a letter of degree one, a factor can only be a common factor of both coefficients.
    let Some(main) = generators.iter().copied().min_by_key(|generator| polynomial.degree_in(*generator))
    else {
        return true;
    };
    if polynomial.degree_in(main) == 1 && generators.len() > 1 {
        return !has_common_factor(polynomial, main);
    }
    let Some(main) = generators.iter().copied().max_by_key(|generator| polynomial.degree_in(*generator))
    else {
        return true;
    };
    if generators.len() == 1 {
        return coefficients(polynomial, main, &[0; 4]).is_none_or(|f| is_irreducible_in_one(&f));
    }
    VALUES.iter().any(|values| {
        coefficients(polynomial, main, values)
            .is_some_and(|f| f.len() == polynomial.degree_in(main) as usize + 1 && is_irreducible_in_one(&f))
    })
}

fn has_common_factor(polynomial: &Polynomial, main: Generator) -> bool {
    let budget = Budget::new();
    let Some(parts) = polynomial.by_powers(main, &budget) else { return false };
    let [constant, linear] = &parts[..] else { return false };
    crate::normalise::gcd::gcd(constant, linear, &budget).is_some_and(|common| common.as_constant().is_none())
}

/// Returns the integer coefficients in one letter, with numbers for the others.
fn coefficients(polynomial: &Polynomial, main: Generator, values: &[i64; 4]) -> Option<Vec<IBig>> {
    let degree = polynomial.degree_in(main) as usize;
    if degree > DEGREE {
        return None;
    }
    let mut all = vec![RBig::ZERO; degree + 1];
    for (term, value) in &polynomial.primitive().terms {
        let mut value = value.clone();
        for (generator, power) in &term.powers {
            if *generator != main {
                let by = values.get(usize::from(*generator) % 4).copied().unwrap_or(2);
                value *= RBig::from(by).pow(*power as isize);
            }
        }
        if let Some(sum) = all.get_mut(term.power(main) as usize) {
            *sum += value;
        }
    }
    while all.last().is_some_and(RBig::is_zero) {
        all.pop();
    }
    all.into_iter().map(|value| value.is_int().then(|| value.numerator().clone())).collect()
}

/// Decides irreducibility by the degrees of the factors modulo primes, then by searching factors
/// of degree one and two.
fn is_irreducible_in_one(f: &[IBig]) -> bool {
    let degree = f.len().saturating_sub(1);
    if degree <= 1 {
        return true;
    }
    let mut possible: u64 = (1 << (degree + 1)) - 1;
    for prime in PRIMES {
        if let Some(degrees) = modular::factor_degrees(f, *prime) {
            let sums = degrees.iter().fold(1u64, |sums, degree| sums | sums << degree);
            possible &= sums;
        }
        if possible.count_ones() <= 2 {
            return true;
        }
    }
    !search::has_small_factor(f)
}

mod modular {
    //! Distinct-degree factorisation modulo a prime.

    use dashu_int::IBig;

    /// Returns the degrees of the factors modulo a prime; `None` if the prime divides the leading
    /// coefficient or the discriminant.
    pub(super) fn factor_degrees(f: &[IBig], p: u64) -> Option<Vec<usize>> {
        let mut f: Vec<u64> = f.iter().map(|value| residue(value, p)).collect::<Option<_>>()?;
        if *f.last()? == 0 {
            return None;
        }
        monic(&mut f, p);
        let derivative: Vec<u64> =
            f.iter().enumerate().skip(1).map(|(power, value)| value * (power as u64 % p) % p).collect();
        if gcd(f.clone(), trimmed(derivative), p).len() > 1 {
            return None;
        }
        let mut degrees = Vec::new();
        let mut power = vec![0, 1];
        let mut degree = 0;
        while f.len() > 1 {
            degree += 1;
            if 2 * degree > f.len() - 1 {
                degrees.push(f.len() - 1);
                break;
            }
            power = raised(&power, p, &f, p);
            let mut difference = power.clone();
            difference.resize(difference.len().max(2), 0);
            if let Some(linear) = difference.get_mut(1) {
                *linear = (*linear + p - 1) % p;
            }
            let common = gcd(f.clone(), trimmed(difference), p);
            if common.len() > 1 {
                degrees.extend(std::iter::repeat_n(degree, (common.len() - 1) / degree));
                f = divided(&f, &common, p).0;
                power = divided(&power, &f, p).1;
            }
        }
        Some(degrees)
    }

    fn residue(value: &IBig, p: u64) -> Option<u64> {
        let rest: i64 = i64::try_from(value % IBig::from(p)).ok()?;
        u64::try_from(rest.rem_euclid(p as i64)).ok()
    }

    fn trimmed(mut f: Vec<u64>) -> Vec<u64> {
        while f.last() == Some(&0) {
            f.pop();
        }
        f
    }

    fn inverse(value: u64, p: u64) -> u64 {
        let (mut result, mut base, mut power) = (1, value % p, p - 2);
        while power > 0 {
            if power & 1 == 1 {
                result = result * base % p;
            }
            base = base * base % p;
            power >>= 1;
        }
        result
    }

    fn monic(f: &mut [u64], p: u64) {
        let by = inverse(f.last().copied().unwrap_or(1), p);
        f.iter_mut().for_each(|value| *value = *value * by % p);
    }

    /// Returns quotient and remainder.
    fn divided(f: &[u64], by: &[u64], p: u64) -> (Vec<u64>, Vec<u64>) {
        let mut rest = f.to_vec();
        let mut quotient = vec![0; f.len().saturating_sub(by.len()) + 1];
        let Some(leading) = by.last().map(|leading| inverse(*leading, p)) else { return (Vec::new(), rest) };
        while rest.len() >= by.len() {
            let factor = rest.last().copied().unwrap_or(0) * leading % p;
            let shift = rest.len() - by.len();
            if let Some(place) = quotient.get_mut(shift) {
                *place = factor;
            }
            for (value, by) in rest.iter_mut().skip(shift).zip(by) {
                *value = (*value + p * p - factor * by) % p;
            }
            rest.pop();
        }
        (trimmed(quotient), trimmed(rest))
    }

    fn gcd(mut a: Vec<u64>, mut b: Vec<u64>, p: u64) -> Vec<u64> {
        while !b.is_empty() {
            let rest = divided(&a, &b, p).1;
            a = std::mem::replace(&mut b, rest);
        }
        monic(&mut a, p);
        a
    }

    fn product(a: &[u64], b: &[u64], modulus: &[u64], p: u64) -> Vec<u64> {
        let mut product = vec![0; a.len() + b.len()];
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                if let Some(sum) = product.get_mut(i + j) {
                    *sum = (*sum + x * y) % p;
                }
            }
        }
        divided(&trimmed(product), modulus, p).1
    }

    fn raised(base: &[u64], mut power: u64, modulus: &[u64], p: u64) -> Vec<u64> {
        let mut result = vec![1];
        let mut base = base.to_vec();
        while power > 0 {
            if power & 1 == 1 {
                result = product(&result, &base, modulus, p);
            }
            base = product(&base, &base, modulus, p);
            power >>= 1;
        }
        result
    }
}

mod search {
    //! Kronecker's search for factors of degree one and two, among divisors of values.

    use dashu_int::IBig;

    /// The most divisors of one value that are tried.
    const DIVISORS: usize = 64;

    /// Returns `true` if a linear or quadratic factor with small values is found.
    pub(super) fn has_small_factor(f: &[IBig]) -> bool {
        let values: Option<Vec<i64>> =
            [0, 1, -1].into_iter().map(|x| i64::try_from(value_at(f, x)).ok()).collect();
        let Some([zero, one, minus]) = values.as_deref().and_then(|all| <[i64; 3]>::try_from(all).ok())
        else {
            return false;
        };
        if [zero, one, minus].contains(&0) {
            return true;
        }
        let (at_zero, at_one, at_minus) = (divisors(zero), divisors(one), divisors(minus));
        for c in &at_zero {
            for sum in &at_one {
                // `bx + c` at 1 is b + c.
                if divides(&[*c, sum - c], f) {
                    return true;
                }
                for difference in &at_minus {
                    // `ax² + bx + c` at 1 and -1.
                    let (twice_a, twice_b) = (sum + difference - 2 * c, sum - difference);
                    if twice_a % 2 == 0 && twice_b % 2 == 0 && divides(&[*c, twice_b / 2, twice_a / 2], f) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn value_at(f: &[IBig], x: i64) -> IBig {
        f.iter().rev().fold(IBig::ZERO, |sum, value| sum * IBig::from(x) + value)
    }

    fn divisors(value: i64) -> Vec<i64> {
        let value = value.unsigned_abs();
        let small = (1..=10_000u64).take_while(|d| d * d <= value).filter(|d| value.is_multiple_of(*d));
        let all = small.flat_map(|d| [d, value / d]).filter_map(|d| i64::try_from(d).ok());
        all.flat_map(|d| [d, -d]).take(DIVISORS).collect()
    }

    /// Returns `true` if a polynomial of a lower degree divides another one.
    fn divides(by: &[i64], f: &[IBig]) -> bool {
        let Some((leading, degree)) = by.last().filter(|leading| **leading != 0).zip(by.len().checked_sub(1))
        else {
            return false;
        };
        if degree == 0 || degree >= f.len() - 1 {
            return false;
        }
        let mut rest = f.to_vec();
        while rest.len() > degree {
            let Some(top) = rest.pop() else { return false };
            let leading = IBig::from(*leading);
            if &top % &leading != IBig::ZERO {
                return false;
            }
            let factor = top / leading;
            let shift = rest.len() - degree;
            for (value, by) in rest.iter_mut().skip(shift).zip(by) {
                *value -= &factor * IBig::from(*by);
            }
        }
        rest.iter().all(|value| *value == IBig::ZERO)
    }
}
