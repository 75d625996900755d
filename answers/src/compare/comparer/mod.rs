//! Compares two objects: decides which classes can be equal, and which expressions correspond.

use crate::classify::words;
use crate::classify::{MathObject, ParsedAnswer};
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::error::ParseError;
use crate::kind::KindName;
use crate::kind::{Kind, ToleranceMode};
use crate::limits::Budget;
use crate::normalise;
use crate::normalise::dag::{Conventions, Dag, Op};
use crate::parse::tree::Id;

mod constants;
mod families;
mod intervals;
mod lists;
mod relations;
mod solve;
mod tolerance;

/// The state of one comparison: the operations of both answers, the rules, and the steps left.
pub(crate) struct Comparer<'a> {
    pub(crate) dag: Dag,
    pub(crate) budget: &'a Budget,
    pub(crate) rules: &'a Kind,
    /// `true` if the kind was taken from the expected answer.
    pub(crate) inferred: bool,
}

impl<'a> Comparer<'a> {
    pub(crate) fn new(rules: &'a Kind, inferred: bool, budget: &'a Budget) -> Self {
        let conventions = Conventions { natural_log: rules.natural_log, degrees: rules.degrees };
        Self { dag: Dag::new(conventions), budget, rules, inferred }
    }

    pub(super) fn import(
        &mut self,
        answer: &ParsedAnswer,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<MathObject, ParseError> {
        normalise::import(&mut self.dag, answer, rename)
    }

    /// Compares two objects.
    pub(crate) fn equal(&mut self, a: &MathObject, b: &MathObject) -> Decision {
        if a == b {
            return Decision::Same;
        }
        if self.budget.take(100).is_none() {
            return Decision::Undecided;
        }
        // `(1, 2)` is a point, where a point is asked for.
        if self.rules.name != KindName::Point
            && let (Some(x), Some(y)) = (self.interval_set_of(a, b), self.interval_set_of(b, a))
        {
            return self.same_interval_sets(x, y);
        }
        if self.rules.name == KindName::GeneralSolution
            && let Some(decision) = self.same_families(a, b)
        {
            return decision;
        }
        match (a, b) {
            (MathObject::Words(x), MathObject::Words(y)) => {
                (words::fold(x, self.rules.case) == words::fold(y, self.rules.case)).into()
            }
            (MathObject::Words(_), _) | (_, MathObject::Words(_)) => Decision::Different,
            (MathObject::Empty, MathObject::Empty) | (MathObject::Reals, MathObject::Reals) => Decision::Same,
            (MathObject::Expr(x), MathObject::Expr(y)) => {
                self.same_but_constants(*x, *y).unwrap_or_else(|| self.same_value(*x, *y))
            }
            (MathObject::Matrix(x), MathObject::Matrix(y)) => {
                let flat = |rows: &[Vec<Id>]| rows.iter().flatten().copied().collect::<Vec<_>>();
                Decision::from(x.len() == y.len() && x[0].len() == y[0].len()).and(|| {
                    Decision::all(flat(x).into_iter().zip(flat(y)).map(|(x, y)| self.same_value(x, y)))
                })
            }
            (MathObject::Matrix(rows), MathObject::Tuple(other))
            | (MathObject::Tuple(other), MathObject::Matrix(rows)) => {
                let vector: Vec<MathObject> = rows.iter().flatten().map(|id| MathObject::Expr(*id)).collect();
                Decision::from(rows.len() == 1 || rows[0].len() == 1).and(|| self.in_order(&vector, other))
            }
            (MathObject::Tuple(x), MathObject::Tuple(y)) => self.in_order(x, y),
            (MathObject::Ratio(x), MathObject::Ratio(y)) => self.same_ratio(x, y),
            (MathObject::List(x, connective), MathObject::List(y, other)) => {
                self.same_lists(x, *connective, y, *other)
            }
            (MathObject::Set(x), MathObject::Set(y)) => self.same_elements(x, y),
            (MathObject::Set(x), MathObject::List(y, _)) | (MathObject::List(x, _), MathObject::Set(y)) => {
                self.same_elements(x, y)
            }
            (MathObject::List(list, _), MathObject::Tuple(tuple))
            | (MathObject::Tuple(tuple), MathObject::List(list, _)) => {
                let sorted = self.by_name(list);
                self.in_order(&sorted, tuple)
            }
            (MathObject::Union(x), MathObject::Union(y)) => self.same_elements(x, y),
            (
                MathObject::Interval { low, high, low_closed, high_closed },
                MathObject::Interval {
                    low: other_low,
                    high: other_high,
                    low_closed: other_in,
                    high_closed: also_in,
                },
            ) => Decision::from((low_closed, high_closed) == (other_in, also_in))
                .and(|| self.same_value(*low, *other_low))
                .and(|| self.same_value(*high, *other_high)),
            (MathObject::Chain(..), MathObject::Chain(..)) => self.same_relation(a, b),
            (MathObject::List(x, _) | MathObject::Set(x), other)
            | (other, MathObject::List(x, _) | MathObject::Set(x))
                if !x.is_empty() && !matches!(other, MathObject::Chain(..)) =>
            {
                self.all_equal_one(x, other)
            }
            (MathObject::Chain(..), other) | (other, MathObject::Chain(..)) => {
                let chain = if matches!(a, MathObject::Chain(..)) { a } else { b };
                match self.solved(chain) {
                    Some((_, value)) => self.equal(&value, other),
                    None => match other {
                        MathObject::List(x, _) | MathObject::Set(x) if !x.is_empty() => {
                            self.all_equal_one(x, chain)
                        }
                        _ => self.different(),
                    },
                }
            }
            _ => self.different(),
        }
    }

    /// Returns `Different`, or `Undecided` if the steps ran out before.
    pub(super) fn different(&self) -> Decision {
        if self.budget.is_exhausted() { Decision::Undecided } else { Decision::Different }
    }

    /// Compares ratios: a : b = c : d if ad = bc.
    fn same_ratio(&mut self, a: &[Id], b: &[Id]) -> Decision {
        Decision::from(a.len() == b.len()).and(|| {
            Decision::all(a.iter().zip(b).map(|(x, y)| {
                let (left, right) = (self.dag.mul(*x, b[0]), self.dag.mul(*y, a[0]));
                self.same_value(left, right)
            }))
        })
    }

    /// Compares two values, within the tolerance of the kind.
    pub(crate) fn same_value(&mut self, a: Id, b: Id) -> Decision {
        match &self.rules.tolerance.0 {
            ToleranceMode::Exact => equality::same(&self.dag, a, b, self.budget),
            _ => equality::same(&self.dag, a, b, self.budget).or(|| self.nearly(a, b)),
        }
    }

    /// Returns the variables that an operation depends on.
    pub(crate) fn letters(&self, id: Id) -> Vec<Id> {
        self.dag
            .dependencies(&[id])
            .into_iter()
            .filter(|id| matches!(self.dag.op(*id), Op::Variable(_)))
            .collect()
    }

    pub(crate) fn is_constant(&self, id: Id) -> bool {
        self.letters(id).is_empty()
    }
}
