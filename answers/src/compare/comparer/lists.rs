//! Lists and sets: in order, by name, with or without multiplicity.

use super::Comparer;
use crate::classify::{Connective, MathObject};
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::kind::{KindName, ToleranceMode};
use crate::normalise::dag::Op;
use crate::parse::tree::Id;

impl Comparer<'_> {
    /// Compares two lists.
    ///
    /// Solutions of one variable are a set, values of several variables are assigned by name, and
    /// other elements count as often as they are written.
    pub(super) fn same_lists(
        &mut self,
        a: &[MathObject],
        joint: Connective,
        b: &[MathObject],
        other: Connective,
    ) -> Decision {
        if self.rules.order {
            return self.in_order(a, b);
        }
        let (names, others) = (self.names(a), self.names(b));
        let system = names.len().max(others.len()) > 1;
        let opposed = joint != other && joint != Connective::Comma && other != Connective::Comma;
        // `x = 4 and y = 1` is not `x = 4 or y = 1`, but "2 and 3" are the values 2 or 3.
        if opposed && (system || !self.are_values(a)) {
            return Decision::Different;
        }
        if system && (names.is_empty() || others.is_empty()) {
            // The order tells which value belongs to which name.
            return self.in_order(a, b);
        }
        let solutions = names.len() + others.len() > 0
            || matches!(self.rules.name, KindName::Solutions | KindName::GeneralSolution | KindName::Set)
            || joint == Connective::Or && other == Connective::Or
            || a.iter().chain(b).all(|element| matches!(element, MathObject::Tuple(_)));
        if solutions && !system { self.same_elements(a, b) } else { self.same_multiset(a, b) }
    }

    /// Returns `true` if every element is a value, not a statement.
    fn are_values(&mut self, all: &[MathObject]) -> bool {
        all.iter().all(|object| match object {
            MathObject::Expr(id) => self.is_constant(*id),
            MathObject::Chain(..) => self.solved(object).is_some(),
            MathObject::Tuple(_) | MathObject::Set(_) | MathObject::Matrix(_) => true,
            _ => false,
        })
    }

    /// Compares a list with a single answer, such as the double root `x = 2, x = 2` with `2`.
    pub(super) fn all_equal_one(&mut self, all: &[MathObject], one: &MathObject) -> Decision {
        let named =
            !self.names(all).is_empty() || matches!(self.rules.name, KindName::Solutions | KindName::Set);
        Decision::from(named || all.len() == 1)
            .and(|| Decision::all(all.iter().map(|element| self.equal(element, one))))
    }

    pub(crate) fn in_order(&mut self, a: &[MathObject], b: &[MathObject]) -> Decision {
        Decision::from(a.len() == b.len())
            .and(|| Decision::all(a.iter().zip(b).map(|(a, b)| self.equal(a, b))))
    }

    pub(super) fn same_elements(&mut self, a: &[MathObject], b: &[MathObject]) -> Decision {
        self.all_among(a, b).and(|| self.all_among(b, a))
    }

    /// Returns `Same` if the lists have the same elements, each equally often.
    pub(crate) fn same_multiset(&mut self, a: &[MathObject], b: &[MathObject]) -> Decision {
        Decision::from(a.len() == b.len()).and(|| self.matched(a, b, true))
    }

    /// Returns `Same` if every element of `a` is an element of `b`.
    pub(crate) fn all_among(&mut self, a: &[MathObject], b: &[MathObject]) -> Decision {
        self.matched(a, b, false)
    }

    /// Finds an equal element of `b` for every element of `a`; with `once`, each is used once.
    fn matched(&mut self, a: &[MathObject], b: &[MathObject], once: bool) -> Decision {
        let (values, others) = (self.approximations(a), self.approximations(b));
        let mut used = vec![false; b.len()];
        let mut all = Decision::Same;
        for (element, value) in a.iter().zip(values) {
            let mut found = Decision::Different;
            for ((candidate, other), used) in b.iter().zip(&others).zip(&mut used) {
                if once && *used || are_apart(value, *other) {
                    continue;
                }
                match self.equal(element, candidate) {
                    Decision::Same => {
                        (*used, found) = (true, Decision::Same);
                        break;
                    }
                    Decision::Undecided => found = Decision::Undecided,
                    Decision::Different => {}
                }
            }
            all = all.and(|| found);
            if all == Decision::Different {
                return self.different();
            }
        }
        all
    }

    /// Returns rough values, by which most pairs of a long list need no exact comparison.
    fn approximations(&mut self, all: &[MathObject]) -> Vec<Option<f64>> {
        if all.len() < 3 || self.rules.tolerance.0 != ToleranceMode::Exact {
            return vec![None; all.len()];
        }
        let value = |object: &MathObject| {
            let id = match object {
                MathObject::Expr(id) => *id,
                MathObject::Chain(..) => match self.solved(object)?.1 {
                    MathObject::Expr(id) => id,
                    _ => return None,
                },
                _ => return None,
            };
            self.is_constant(id).then(|| equality::approximate(&self.dag, id, self.budget)).flatten()
        };
        all.iter().map(value).collect()
    }

    /// Returns the distinct names that a list gives values to.
    fn names(&mut self, all: &[MathObject]) -> Vec<Id> {
        let mut found: Vec<Id> =
            all.iter().filter_map(|object| self.solved(object)).map(|(name, _)| name).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Sorts named values by name: `y = 2, x = 1` becomes the point (1, 2).
    pub(super) fn by_name(&mut self, list: &[MathObject]) -> Vec<MathObject> {
        let mut named: Vec<(Box<str>, MathObject)> = Vec::new();
        for object in list {
            let Some((name, value)) = self.solved(object) else { return list.to_vec() };
            let Op::Variable(index) = self.dag.op(name) else { return list.to_vec() };
            let Some(name) = self.dag.names().get(usize::from(*index)) else { return list.to_vec() };
            named.push((name.clone(), value));
        }
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named.into_iter().map(|(_, value)| value).collect()
    }
}

fn are_apart(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() > 1e-9 * (1.0 + a.abs()),
        _ => false,
    }
}
