//! Arithmetic modulo a prime below 2^62, in Montgomery form.

use dashu_ratio::RBig;

/// A prime field. Its elements are in Montgomery form: `x·2^64`.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) prime: u64,
    /// `-1/prime` modulo 2^64.
    inverse: u64,
    /// 2^128 modulo the prime.
    square: u64,
}

impl Field {
    pub(super) const fn new(prime: u64) -> Self {
        // Newton's iteration doubles the number of right bits.
        let mut inverse = prime;
        let mut step = 0;
        while step < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(prime.wrapping_mul(inverse)));
            step += 1;
        }
        let radix = (1u128 << 64) % prime as u128;
        Self { prime, inverse: inverse.wrapping_neg(), square: (radix * radix % prime as u128) as u64 }
    }

    pub(super) const fn mul(&self, a: u64, b: u64) -> u64 {
        let product = a as u128 * b as u128;
        let factor = (product as u64).wrapping_mul(self.inverse);
        let result = ((product + factor as u128 * self.prime as u128) >> 64) as u64;
        if result >= self.prime { result - self.prime } else { result }
    }

    /// Converts a number into Montgomery form.
    pub(super) const fn element(&self, value: u64) -> u64 {
        self.mul(value % self.prime, self.square)
    }

    /// Converts an element into a number below the prime.
    pub(super) const fn number(&self, element: u64) -> u64 {
        self.mul(element, 1)
    }

    pub(super) const fn add(&self, a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= self.prime { sum - self.prime } else { sum }
    }

    pub(super) const fn neg(&self, a: u64) -> u64 {
        if a == 0 { 0 } else { self.prime - a }
    }

    pub(super) const fn sub(&self, a: u64, b: u64) -> u64 {
        self.add(a, self.neg(b))
    }

    /// Raises to a non-negative power.
    pub(super) const fn raise(&self, mut base: u64, mut power: u64) -> u64 {
        let mut result = self.element(1);
        while power > 0 {
            if power & 1 == 1 {
                result = self.mul(result, base);
            }
            base = self.mul(base, base);
            power >>= 1;
        }
        result
    }

    /// Raises to a power; `None` for a negative power of zero.
    pub(super) fn power(&self, base: u64, power: i64) -> Option<u64> {
        if power >= 0 {
            return Some(self.raise(base, power.unsigned_abs()));
        }
        // Fermat: the inverse is the power p - 2.
        (base != 0).then(|| self.raise(self.raise(base, self.prime - 2), power.unsigned_abs()))
    }

    /// Returns the residue of a rational number; `None` if the prime divides its denominator.
    pub(super) fn rational(&self, value: &RBig) -> Option<u64> {
        let (sign, numerator) = value.numerator().clone().into_parts();
        let numerator = self.element(&numerator % self.prime);
        let numerator = if sign == dashu_int::Sign::Negative { self.neg(numerator) } else { numerator };
        if value.denominator().is_one() {
            return Some(numerator);
        }
        let denominator = self.power(self.element(value.denominator() % self.prime), -1)?;
        Some(self.mul(numerator, denominator))
    }
}
