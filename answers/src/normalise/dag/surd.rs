//! Roots of numbers: √8 is 2√2, √6 is √2·√3, √(1/2) is √2/2. Roots of perfect powers are numbers.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::{Dag, Op};
use crate::lex::function::Constant;
use crate::parse::tree::Id;

/// The primes that are extracted from a square root. The rest stays one radicand.
const PRIMES: [u32; 25] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97];

impl Dag {
    /// Adds a power of a number with a fraction as exponent.
    pub(super) fn surd(&mut self, value: &RBig, power: &RBig) -> Option<Id> {
        let root: usize = power.denominator().try_into().ok().filter(|root| *root <= 64)?;
        let count: i64 = power.numerator().try_into().ok()?;
        let size = value.numerator().bit_len().max(value.denominator().bit_len());
        if size > 256 || count.unsigned_abs() > 64 {
            return None;
        }
        if *value < RBig::ZERO {
            if root % 2 == 1 {
                let inside = self.number(-value.clone());
                let exponent = self.number(power.clone());
                let result = self.pow(inside, exponent);
                return Some(if count % 2 == 0 { result } else { self.neg(result) });
            }
            if root == 2 && count == 1 {
                let inside = self.number(-value.clone());
                let exponent = self.number(power.clone());
                let result = self.pow(inside, exponent);
                let i = self.constant(Constant::I);
                return Some(self.mul(i, result));
            }
            return None;
        }
        if let Some(exact) = exact_root(value, root) {
            let result = self.number(exact);
            let exponent = self.number(count);
            return Some(self.pow(result, exponent));
        }
        if root != 2 {
            return None;
        }
        // √(a/b)^n is (√(ab)/b)^n, after the integer powers of a/b are taken out.
        let wholes = count.div_euclid(2);
        let outside = value.clone().pow(wholes as isize) / RBig::from(value.denominator().clone());
        let inside = (value.numerator() * IBig::from(value.denominator().clone())).into_parts().1;
        let (square, primes, rest) = split(inside);
        let mut result = self.number(outside * RBig::from(square));
        let half = self.number(RBig::from_parts(IBig::ONE, UBig::from(2u8)));
        for factor in primes.into_iter().map(UBig::from).chain((!rest.is_one()).then_some(rest)) {
            let factor = self.number(RBig::from(factor));
            let root = self.push(Op::Pow(factor, half));
            result = self.mul(result, root);
        }
        Some(result)
    }
}

/// Factorises `n` into `square² · primes · rest`.
fn split(mut n: UBig) -> (UBig, Vec<u32>, UBig) {
    let mut square = UBig::ONE;
    let mut primes = Vec::new();
    for prime in PRIMES {
        let mut count = 0;
        while (&n % prime) == 0 {
            n /= prime;
            count += 1;
        }
        square *= UBig::from(prime).pow(count / 2);
        if count % 2 == 1 {
            primes.push(prime);
        }
    }
    let root = n.nth_root(2);
    if &root * &root == n { (square * root, primes, UBig::ONE) } else { (square, primes, n) }
}

fn exact_root(value: &RBig, root: usize) -> Option<RBig> {
    let (numerator, denominator) = (value.numerator().clone().into_parts().1, value.denominator().clone());
    let (a, b) = (numerator.nth_root(root), denominator.nth_root(root));
    (a.pow(root) == numerator && b.pow(root) == denominator).then(|| RBig::from_parts(IBig::from(a), b))
}
