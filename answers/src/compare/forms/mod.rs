//! The forms that a kind can ask for. Each is a test of the tree of a right answer, as written.

use dashu_ratio::RBig;

use crate::classify::{MathObject, ParsedAnswer, collect};
use crate::kind::Kind;
use crate::kind::{Form, Tolerance, ToleranceMode};
use crate::limits::Budget;
use crate::normalise::dag::{Conventions, Dag};
use crate::parse::tree::{Arena, Id, Node};

mod factorised;
mod fractions;
mod numbers;
mod order;
mod simplified;

/// Returns `true` if a right answer is in the required form.
pub(crate) fn has_form(
    form: Form,
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &Kind,
    budget: &Budget,
) -> bool {
    match form {
        Form::Simplified => return simplified::is_simplified(expected, given, rules, budget),
        Form::SameUpToOrder => return order::same(expected, given),
        Form::LowestTerms if !simplified::is_lowest_ratio(given) => return false,
        _ => {}
    }
    let mut ids = Vec::new();
    match &given.object {
        // `y = (x-1)(x+2)`: the name has no form.
        MathObject::Chain(sides, _) => sides.iter().for_each(|side| collect(side, &mut ids)),
        object => collect(object, &mut ids),
    }
    if let (MathObject::Chain(..), true) = (&given.object, ids.len() > 1) {
        ids.retain(|id| !matches!(given.arena.node(*id), Node::Symbol(_) | Node::Apply(..)));
    }
    ids.into_iter().all(|id| {
        let written = Written { arena: &given.arena, rules, budget };
        match form {
            Form::Fraction => written.is_fraction(id),
            Form::LowestTerms => written.is_in_lowest_terms(id),
            Form::Mixed => written.is_mixed(id),
            Form::Decimal => written.is_decimal(id),
            Form::StandardForm => written.is_standard_form(id),
            Form::Percentage => written.is_percentage(id),
            Form::Surd => simplified::is_simplest_surd(&given.arena, id, rules, budget),
            Form::Expanded => simplified::is_expanded(&given.arena, id),
            Form::Factorised => written.is_factorised(id),
            Form::CompletedSquare => written.is_completed_square(id),
            Form::PartialFractions => written.is_in_partial_fractions(id),
            Form::SingleFraction => written.is_single_fraction(id),
            Form::Simplified | Form::SameUpToOrder => true,
        }
    })
}

/// Returns `true` if every number is written with as many digits as the tolerance compares.
pub(crate) fn has_digits(given: &ParsedAnswer, tolerance: &Tolerance) -> bool {
    let mut ids = Vec::new();
    collect(&given.object, &mut ids);
    ids.retain(|id| given.arena.symbols(*id).is_empty());
    ids.into_iter().all(|id| match tolerance.0 {
        ToleranceMode::Figures(count) => numbers::figures(&given.arena, id)
            .is_some_and(|(least, most)| (least..=most).contains(&usize::from(count))),
        ToleranceMode::Places(count) => numbers::places(&given.arena, id) == Some(u32::from(count)),
        _ => true,
    })
}

/// The tree of an answer, as written.
struct Written<'a> {
    arena: &'a Arena,
    rules: &'a Kind,
    budget: &'a Budget,
}

impl Written<'_> {
    fn node(&self, id: Id) -> &Node {
        self.arena.node(id)
    }

    /// Returns the node below signs.
    fn unsigned(&self, id: Id) -> Id {
        match self.node(id) {
            Node::Negative(a) => self.unsigned(*a),
            _ => id,
        }
    }

    /// Returns the graph of an expression, with the operation of every node below it.
    fn graph(&self, root: Id) -> Option<(Dag, Vec<Id>)> {
        let conventions = Conventions { natural_log: self.rules.natural_log, degrees: self.rules.degrees };
        let mut dag = Dag::new(conventions);
        let ids = dag.import_all(self.arena, root, &|name| name.to_owned()).ok()?;
        Some((dag, ids))
    }

    /// Returns the factors of a product, without signs.
    fn factors(&self, id: Id) -> Vec<Id> {
        let id = self.unsigned(id);
        match self.node(id) {
            Node::Product(all) => all.iter().flat_map(|id| self.factors(*id)).collect(),
            _ => vec![id],
        }
    }

    fn terms(&self, id: Id) -> Vec<Id> {
        let id = self.unsigned(id);
        match self.node(id) {
            Node::Sum(all) => all.iter().flat_map(|id| self.terms(*id)).collect(),
            _ => vec![id],
        }
    }

    fn integer_power(&self, id: Id) -> Option<u32> {
        self.arena
            .number(id)
            .filter(|power| power.is_int())
            .and_then(|power| power.numerator().try_into().ok())
    }

    fn number(&self, id: Id) -> Option<&RBig> {
        self.arena.number(id)
    }
}
