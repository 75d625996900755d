//! Forms of numbers: fractions, decimals, percentages, standard form, and digits as written.

use dashu_int::ops::Gcd;
use dashu_ratio::RBig;

use super::Written;
use crate::parse::tree::{Arena, Id, Node};

impl Written<'_> {
    fn integer(&self, id: Id) -> Option<&RBig> {
        match self.node(id) {
            Node::Number(value, None) if value.is_int() => Some(value),
            _ => None,
        }
    }

    /// Returns `true` for an integer, and for one fraction of integers.
    pub(super) fn is_fraction(&self, id: Id) -> bool {
        let id = self.unsigned(id);
        match self.node(id) {
            Node::Quotient(a, b) => {
                self.integer(self.unsigned(*a)).is_some() && self.integer(self.unsigned(*b)).is_some()
            }
            Node::Number(value, None) => value.is_int() || self.is_vulgar(id),
            _ => self.integer(id).is_some(),
        }
    }

    /// Returns `true` for a fraction in one character, such as ½.
    fn is_vulgar(&self, id: Id) -> bool {
        matches!(self.node(id), Node::Number(value, None) if !value.is_int())
    }

    pub(super) fn is_mixed(&self, id: Id) -> bool {
        let id = self.unsigned(id);
        match self.node(id) {
            Node::Mixed(_, fraction) => self.is_cancelled(*fraction),
            Node::Number(_, None) => true,
            // A proper fraction has no whole part.
            Node::Quotient(a, b) => {
                let (Some(a), Some(b)) = (self.integer(*a), self.integer(*b)) else { return false };
                a < b && self.is_cancelled(id)
            }
            _ => false,
        }
    }

    pub(super) fn is_cancelled(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Quotient(a, b) => {
                match (self.integer(self.unsigned(*a)), self.integer(self.unsigned(*b))) {
                    (Some(a), Some(b)) => {
                        !a.is_zero()
                            && !b.is_zero()
                            && !b.is_one()
                            && a.numerator().gcd(b.numerator()).is_one()
                    }
                    _ => true,
                }
            }
            _ => true,
        }
    }

    pub(super) fn is_decimal(&self, id: Id) -> bool {
        match self.node(self.unsigned(id)) {
            Node::Number(value, places) => places.is_some() || value.is_int(),
            _ => false,
        }
    }

    pub(super) fn is_percentage(&self, id: Id) -> bool {
        matches!(self.node(self.unsigned(id)), Node::Percent(_))
    }

    /// Returns `true` for `a × 10^n` with 1 ≤ a < 10.
    pub(super) fn is_standard_form(&self, id: Id) -> bool {
        let Node::Product(all) = self.node(self.unsigned(id)) else { return false };
        let [first, power] = all[..] else { return false };
        let ten = RBig::from(10);
        let digit = self.number(self.unsigned(first)).is_some_and(|a| *a >= RBig::ONE && *a < ten);
        let power = matches!(self.node(power), Node::Power(base, exponent)
            if self.number(*base) == Some(&ten) && self.integer(self.unsigned(*exponent)).is_some());
        digit && power
    }
}

/// Returns the decimal places of a number as written.
pub(super) fn places(arena: &Arena, id: Id) -> Option<u32> {
    match arena.node(id) {
        Node::Number(value, places) => places.or_else(|| value.is_int().then_some(0)),
        Node::Negative(a) | Node::Percent(a) => places(arena, *a),
        _ => None,
    }
}

/// Returns the least and the greatest number of significant figures of a number as written. The
/// zeros at the end of an integer may be significant.
pub(super) fn figures(arena: &Arena, id: Id) -> Option<(usize, usize)> {
    match arena.node(id) {
        Node::Number(value, places) => {
            let scaled = value * RBig::from(10).pow(places.unwrap_or(0).min(1000) as isize);
            let digits = scaled.is_int().then(|| scaled.numerator().to_string())?;
            let digits = digits.trim_start_matches('-').to_owned();
            let least = match places {
                Some(1..) => digits.len(),
                _ => digits.trim_end_matches('0').len().max(1),
            };
            Some((least, digits.len()))
        }
        Node::Negative(a) | Node::Percent(a) => figures(arena, *a),
        // `3.50 × 10^4`: the figures of the first factor.
        Node::Product(all) => figures(arena, *all.first()?),
        _ => None,
    }
}
