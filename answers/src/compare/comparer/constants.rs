//! Constants with any name: of an antiderivative, and of a differential equation.

use super::Comparer;
use crate::compare::decision::Decision;
use crate::kind::KindName;
use crate::normalise::dag::Op;
use crate::normalise::derivative::derivative;
use crate::parse::tree::Id;

/// The usual names of a constant of integration.
const NAMES: &[&str] = &["C", "c", "K", "k", "D", "d", "A", "B"];
/// The most constants of a differential equation.
const MOST: usize = 4;

impl Comparer<'_> {
    /// Compares two expressions except for the names and values of their constants; `None` if the
    /// kind has no constants, or the expected answer has none.
    pub(super) fn same_but_constants(&mut self, expected: Id, given: Id) -> Option<Decision> {
        match self.rules.name {
            KindName::Antiderivative => self.same_antiderivative(expected, given),
            KindName::GeneralSolution | KindName::Derivative if !self.inferred => {
                self.same_up_to_names(expected, given)
            }
            _ => None,
        }
    }

    fn same_antiderivative(&mut self, expected: Id, given: Id) -> Option<Decision> {
        let main = self.main_letters(expected)?;
        if self.constant_of(given, &main).is_none() {
            return Some(self.different());
        }
        Some(self.same_derivatives(expected, given, &main))
    }

    /// Returns `true` if an answer is right except for its missing constant.
    pub(crate) fn lacks_constant(&mut self, expected: Id, given: Id) -> bool {
        let Some(main) = self.main_letters(expected) else { return false };
        self.constant_of(given, &main).is_none() && self.same_derivatives(expected, given, &main).is_same()
    }

    /// Returns the letters other than the constant; `None` without a constant.
    fn main_letters(&mut self, expected: Id) -> Option<Vec<Id>> {
        let constant = self.constant_of(expected, &[])?;
        Some(self.letters(expected).into_iter().filter(|letter| *letter != constant).collect())
    }

    fn same_derivatives(&mut self, expected: Id, given: Id, main: &[Id]) -> Decision {
        let mut all = Decision::from(!main.is_empty());
        for letter in main {
            let (Some(f), Some(g)) =
                (derivative(&mut self.dag, expected, *letter), derivative(&mut self.dag, given, *letter))
            else {
                return self.same_value(expected, given);
            };
            all = all.and(|| self.same_value(f, g));
        }
        all
    }

    /// Returns a letter that only adds a multiple of itself, and is not one of the main letters.
    fn constant_of(&mut self, id: Id, main: &[Id]) -> Option<Id> {
        let letters = self.letters(id);
        let mut found: Vec<(usize, Id)> = Vec::new();
        for letter in letters.iter().copied().filter(|letter| !main.contains(letter)) {
            let Op::Variable(index) = self.dag.op(letter) else { continue };
            let name = self.dag.names().get(usize::from(*index)).cloned().unwrap_or_default();
            let rank = NAMES.iter().position(|known| **known == *name);
            // Without main letters, x + C has two candidates: only a usual name is a constant.
            let Some(rank) = rank.or_else(|| (!main.is_empty()).then_some(NAMES.len())) else { continue };
            if letters.len() > 1
                && let Some(slope) = derivative(&mut self.dag, id, letter)
                && self.dag.value(slope).is_some_and(|slope| !slope.is_zero())
            {
                found.push((rank, letter));
            }
        }
        found.into_iter().min().map(|(_, letter)| letter)
    }

    /// Compares two expressions under every assignment of the given constants to the expected ones.
    fn same_up_to_names(&mut self, expected: Id, given: Id) -> Option<Decision> {
        let (wanted, found) = (self.constants(expected), self.constants(given));
        if wanted.is_empty() || wanted.len() != found.len() || wanted.len() > MOST {
            return None;
        }
        // New names first, so that A → B → A does not meet.
        let fresh: Vec<Id> = (0..wanted.len()).map(|k| self.dag.variable(&format!("constant {k}"))).collect();
        let mut start = expected;
        for (letter, new) in wanted.iter().zip(&fresh) {
            start = self.substituted(start, *letter, *new)?;
        }
        let mut any = Decision::Different;
        for order in orders(fresh.len()) {
            let mut other = given;
            for (letter, place) in found.iter().zip(&order) {
                other = self.substituted(other, *letter, *fresh.get(*place)?)?;
            }
            any = any.or(|| self.same_value(start, other));
        }
        Some(any)
    }

    fn constants(&self, id: Id) -> Vec<Id> {
        let is_constant = |id: &Id| {
            let Op::Variable(index) = self.dag.op(*id) else { return false };
            let name = self.dag.names().get(usize::from(*index)).map_or("", |name| name);
            matches!(name, "A" | "B" | "C" | "D" | "P" | "Q" | "c")
                || name
                    .to_ascii_lowercase()
                    .strip_prefix("c_")
                    .is_some_and(|index| index.parse::<u8>().is_ok())
        };
        self.letters(id).into_iter().filter(is_constant).collect()
    }
}

/// Returns every order of the first numbers.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, next| {
        let mut longer = Vec::new();
        for order in orders {
            for at in 0..=order.len() {
                let mut order: Vec<usize> = order.clone();
                order.insert(at, next);
                longer.push(order);
            }
        }
        longer
    })
}
