//! Forms of algebraic fractions: lowest terms, single and partial fractions; the completed square.

use super::Written;
use crate::normalise::gcd::gcd;
use crate::normalise::rational::{self, Generators, RationalFunction};
use crate::parse::tree::{Id, Node};

impl Written<'_> {
    fn rational(&self, ids: &[Id], root: Id) -> Option<Vec<RationalFunction>> {
        let (dag, all) = self.graph(root)?;
        let roots: Option<Vec<Id>> = ids.iter().map(|id| all.get(*id as usize).copied()).collect();
        rational::of(&dag, &roots?, &mut Generators::default(), self.budget)
    }

    fn is_polynomial(&self, id: Id) -> bool {
        self.rational(&[id], id)
            .is_some_and(|ratio| ratio.iter().all(|ratio| ratio.denominator.as_constant().is_some()))
    }

    /// Returns `true` if no fraction has a common factor of numerator and denominator.
    pub(super) fn is_in_lowest_terms(&self, root: Id) -> bool {
        self.arena.descendants(root).into_iter().all(|id| {
            let Node::Quotient(a, b) = self.node(id) else { return true };
            if !self.is_cancelled(id) {
                return false;
            }
            let Some(both) = self.rational(&[*a, *b], root) else { return true };
            let [above, below] = &both[..] else { return true };
            if below.numerator.as_constant().is_some() && above.numerator.as_constant().is_some() {
                return true;
            }
            let shared = gcd(&above.numerator, &below.numerator, self.budget)
                .is_some_and(|common| common.as_constant().is_none());
            // The primitive factor is one over the content.
            let contents = [above, below].map(|ratio| ratio.numerator.primitive_factor());
            let common = dashu_int::ops::Gcd::gcd(contents[0].denominator(), contents[1].denominator());
            !shared && common.is_one()
        })
    }

    /// Returns `true` for one quotient without fractions inside, or for no quotient at all.
    pub(super) fn is_single_fraction(&self, id: Id) -> bool {
        let has_fraction = |id: Id| {
            self.arena.descendants(id).into_iter().any(|id| match self.node(id) {
                Node::Quotient(..) | Node::Mixed(..) => true,
                Node::Power(_, power) => matches!(self.node(*power), Node::Negative(_)),
                _ => false,
            })
        };
        match self.node(self.unsigned(id)) {
            Node::Quotient(a, b) => !has_fraction(*a) && !has_fraction(*b),
            // Neither `½(x + 1)` nor `2x` is a single fraction, but `2x` needs no change.
            _ => !has_fraction(id),
        }
    }

    /// Returns `true` for a sum of polynomials and of fractions `a / f^n` with irreducible `f`, in
    /// which the degree of `a` is below that of `f`.
    pub(super) fn is_in_partial_fractions(&self, id: Id) -> bool {
        let mut denominators: Vec<(Id, u32)> = Vec::new();
        for term in self.terms(id) {
            let Some((above, below, power)) = self.fraction(term) else {
                if !self.is_polynomial(term) {
                    return false;
                }
                continue;
            };
            let Some(ratios) = self.rational(&[above, below], id) else { return false };
            let [a, f] = &ratios[..] else { return false };
            let [x] = f.numerator.generators()[..] else { return false };
            let proper = a.numerator.degree_in(x) < f.numerator.degree_in(x);
            let repeated = denominators.contains(&(below, power));
            if !proper || repeated || !super::factorised::is_irreducible(&f.numerator) {
                return false;
            }
            denominators.push((below, power));
        }
        true
    }

    /// Splits a term into numerator, the base of the denominator, and its power.
    fn fraction(&self, term: Id) -> Option<(Id, Id, u32)> {
        let quotient =
            self.factors(term).into_iter().find(|id| matches!(self.node(*id), Node::Quotient(..)))?;
        let Node::Quotient(a, b) = self.node(quotient) else { return None };
        // A number before the bracket does not count: `1/(2(x + 1))`.
        let mut bases = self.factors(*b).into_iter().filter(|id| !self.arena.symbols(*id).is_empty());
        let (base, None) = (bases.next()?, bases.next()) else { return Some((*a, *b, 1)) };
        match self.node(base) {
            Node::Power(base, power) => Some((*a, *base, self.integer_power(*power)?)),
            _ => Some((*a, base, 1)),
        }
    }

    /// Returns `true` for `a(x + b)² + c` with constants a, b, c.
    pub(super) fn is_completed_square(&self, id: Id) -> bool {
        let mut squares = 0;
        for term in self.terms(id) {
            let mut square = false;
            for factor in self.factors(term) {
                let base = match self.node(factor) {
                    Node::Power(base, power) if self.integer_power(*power) == Some(2) => Some(*base),
                    _ => None,
                };
                // Letters outside of the square are coefficients; a lone x is a term left over.
                square |= base.is_some_and(|base| self.is_linear(base));
            }
            squares += usize::from(square);
            if !square && self.shares_letter(term, id) {
                return false;
            }
        }
        squares <= 1
    }

    fn is_linear(&self, base: Id) -> bool {
        let bare = self.unsigned(base);
        matches!(self.node(bare), Node::Symbol(_) | Node::Sum(_))
            && self.terms(bare).into_iter().all(|term| {
                !self.arena.descendants(term).into_iter().any(
                    |id| matches!(self.node(id), Node::Power(base, _) if self.arena.symbols(*base) == ["x"]),
                )
            })
    }

    /// Returns `true` if a term has a letter of a squared bracket of the whole.
    fn shares_letter(&self, term: Id, whole: Id) -> bool {
        let mut squared: Vec<&str> = Vec::new();
        for id in self.arena.descendants(whole) {
            if let Node::Power(base, power) = self.node(id)
                && self.integer_power(*power) == Some(2)
            {
                squared.extend(self.terms(*base).into_iter().filter_map(|id| match self.node(id) {
                    Node::Symbol(name) => Some(&**name),
                    _ => None,
                }));
            }
        }
        self.arena.symbols(term).iter().any(|letter| squared.contains(letter))
            || squared.is_empty() && !self.arena.symbols(term).is_empty() && self.terms(whole).len() > 1
    }
}
