//! Intervals, inequalities in one variable, and their unions, as parts of the number line.

use std::cmp::Ordering;

use super::Comparer;
use crate::classify::{Connective, MathObject};
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::lex::function::Constant;
use crate::lex::token::Relation;
use crate::normalise::dag::Op;
use crate::parse::tree::Id;

/// An end of an interval. `Below` and `Above` are the infinities.
#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    Below,
    At(Id, f64),
    Above,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LineInterval {
    pub(super) low: Endpoint,
    pub(super) high: Endpoint,
    pub(super) low_closed: bool,
    pub(super) high_closed: bool,
}

/// A union of intervals, and the variable of the inequality, if it is named.
#[derive(Clone, Debug)]
pub(super) struct IntervalSet {
    letter: Option<Id>,
    parts: Vec<LineInterval>,
}

pub(super) const WHOLE_LINE: LineInterval =
    LineInterval { low: Endpoint::Below, high: Endpoint::Above, low_closed: false, high_closed: false };

impl Comparer<'_> {
    /// Returns an object as a union of intervals.
    ///
    /// An ambiguous object such as `(1, 2)` is an interval only beside a certain one.
    pub(super) fn interval_set_of(
        &mut self,
        object: &MathObject,
        beside: &MathObject,
    ) -> Option<IntervalSet> {
        if !is_interval_set(object) && !is_interval_set(beside) {
            return None;
        }
        self.intervals(object)
    }

    fn intervals(&mut self, object: &MathObject) -> Option<IntervalSet> {
        let unnamed = |parts| Some(IntervalSet { letter: None, parts });
        match object {
            MathObject::Reals => unnamed(vec![WHOLE_LINE]),
            MathObject::Empty => unnamed(Vec::new()),
            MathObject::Interval { low, high, low_closed, high_closed } => {
                let part = self.part(*low, *high, *low_closed, *high_closed)?;
                unnamed(vec![part])
            }
            MathObject::Tuple(both) => match both[..] {
                [MathObject::Expr(low), MathObject::Expr(high)] => {
                    let part = self.part(low, high, false, false)?;
                    unnamed(vec![part])
                }
                _ => None,
            },
            MathObject::Set(points) => {
                let mut parts = Vec::new();
                for point in points {
                    let MathObject::Expr(id) = point else { return None };
                    parts.push(self.part(*id, *id, true, true)?);
                }
                unnamed(parts)
            }
            MathObject::Union(all) => self.joined(all, Connective::Or),
            MathObject::List(all, connective) => self.joined(all, *connective),
            MathObject::Chain(sides, relations) => self.chain_interval_set(sides, relations),
            _ => None,
        }
    }

    fn joined(&mut self, all: &[MathObject], connective: Connective) -> Option<IntervalSet> {
        let mut letter = None;
        let mut each = Vec::new();
        for object in all {
            let intervals = self.intervals(object)?;
            if letter.is_some() && intervals.letter.is_some() && letter != intervals.letter {
                return None;
            }
            letter = letter.or(intervals.letter);
            each.push(intervals.parts);
        }
        let union: Vec<LineInterval> = self.merged(each.iter().flatten().copied().collect());
        // `x > 2, x < 5`: a comma whose union would be the whole line means "and".
        let everything =
            matches!(union[..], [LineInterval { low: Endpoint::Below, high: Endpoint::Above, .. }]);
        if connective == Connective::And || connective == Connective::Comma && everything && each.len() > 1 {
            let both = each.into_iter().reduce(|a, b| self.intersection(&a, &b))?;
            return Some(IntervalSet { letter, parts: both });
        }
        Some(IntervalSet { letter, parts: union })
    }

    fn chain_interval_set(&mut self, sides: &[MathObject], relations: &[Relation]) -> Option<IntervalSet> {
        if let ([letter, set], [Relation::In]) = (sides, relations) {
            let MathObject::Expr(id) = letter else { return None };
            let intervals = self.intervals(set)?;
            return Some(IntervalSet { letter: Some(*id), parts: intervals.parts });
        }
        let mut letter = None;
        let mut parts = vec![WHOLE_LINE];
        for (two, relation) in sides.windows(2).zip(relations) {
            let step = (two[0].clone(), *relation, two[1].clone());
            let (f, relation) = self.as_zero(&step)?;
            if relation == Relation::Equal {
                return None;
            }
            let [unknown] = self.letters(f)[..] else { return None };
            if letter.is_some_and(|known| known != unknown) {
                return None;
            }
            letter = Some(unknown);
            let step = self.solutions(f, unknown, relation)?;
            parts = self.intersection(&parts, &step);
        }
        Some(IntervalSet { letter, parts })
    }

    fn part(&self, low: Id, high: Id, low_closed: bool, high_closed: bool) -> Option<LineInterval> {
        Some(LineInterval { low: self.end(low)?, high: self.end(high)?, low_closed, high_closed })
    }

    pub(super) fn end(&self, id: Id) -> Option<Endpoint> {
        let infinite = |id: Id| *self.dag.op(id) == Op::Constant(Constant::Infinity);
        if infinite(id) {
            return Some(Endpoint::Above);
        }
        if let Op::Mul(a, b) = self.dag.op(id)
            && let Some(value) = self.dag.value(*a).or_else(|| self.dag.value(*b))
            && (infinite(*a) || infinite(*b))
        {
            return Some(if *value < dashu_ratio::RBig::ZERO { Endpoint::Below } else { Endpoint::Above });
        }
        if !self.is_constant(id) {
            return None;
        }
        equality::approximate(&self.dag, id, self.budget).map(|value| Endpoint::At(id, value))
    }

    fn order(&mut self, a: Endpoint, b: Endpoint) -> Ordering {
        match (a, b) {
            (Endpoint::Below, Endpoint::Below) | (Endpoint::Above, Endpoint::Above) => Ordering::Equal,
            (Endpoint::Below, _) | (_, Endpoint::Above) => Ordering::Less,
            (_, Endpoint::Below) | (Endpoint::Above, _) => Ordering::Greater,
            (Endpoint::At(x, v), Endpoint::At(y, w)) => {
                if self.same_value(x, y).is_same() {
                    return Ordering::Equal;
                }
                v.total_cmp(&w)
            }
        }
    }

    pub(super) fn intersection(&mut self, a: &[LineInterval], b: &[LineInterval]) -> Vec<LineInterval> {
        let mut all = Vec::new();
        for x in a.iter().take(64) {
            for y in b.iter().take(64) {
                let (low, low_closed) = match self.order(x.low, y.low) {
                    Ordering::Less => (y.low, y.low_closed),
                    Ordering::Greater => (x.low, x.low_closed),
                    Ordering::Equal => (x.low, x.low_closed && y.low_closed),
                };
                let (high, high_closed) = match self.order(x.high, y.high) {
                    Ordering::Less => (x.high, x.high_closed),
                    Ordering::Greater => (y.high, y.high_closed),
                    Ordering::Equal => (x.high, x.high_closed && y.high_closed),
                };
                all.push(LineInterval { low, high, low_closed, high_closed });
            }
        }
        self.merged(all)
    }

    /// Sorts intervals, drops empty ones, and joins those that touch.
    fn merged(&mut self, mut parts: Vec<LineInterval>) -> Vec<LineInterval> {
        parts.retain(|part| match self.order(part.low, part.high) {
            Ordering::Less => true,
            Ordering::Equal => part.low_closed && part.high_closed,
            Ordering::Greater => false,
        });
        parts.sort_by(|a, b| self.order(a.low, b.low).then(b.low_closed.cmp(&a.low_closed)));
        let mut merged: Vec<LineInterval> = Vec::new();
        for part in parts {
            if let Some(last) = merged.last().copied() {
                let touches = match self.order(part.low, last.high) {
                    Ordering::Less => true,
                    Ordering::Equal => part.low_closed || last.high_closed,
                    Ordering::Greater => false,
                };
                if touches {
                    let further = self.order(part.high, last.high);
                    if let Some(last) = merged.last_mut() {
                        match further {
                            Ordering::Greater => {
                                (last.high, last.high_closed) = (part.high, part.high_closed)
                            }
                            Ordering::Equal => last.high_closed |= part.high_closed,
                            Ordering::Less => {}
                        }
                    }
                    continue;
                }
            }
            merged.push(part);
        }
        merged
    }

    pub(super) fn same_interval_sets(&mut self, a: IntervalSet, b: IntervalSet) -> Decision {
        self.compare_interval_sets(a, b, true)
    }

    /// Returns `true` if two answers differ only in which ends are closed.
    pub(crate) fn same_but_ends(&mut self, a: &MathObject, b: &MathObject) -> bool {
        match (self.interval_set_of(a, b), self.interval_set_of(b, a)) {
            (Some(a), Some(b)) if !a.parts.is_empty() => self.compare_interval_sets(a, b, false).is_same(),
            _ => false,
        }
    }

    fn compare_interval_sets(&mut self, a: IntervalSet, b: IntervalSet, ends: bool) -> Decision {
        if a.letter.is_some() && b.letter.is_some() && a.letter != b.letter {
            return Decision::Different;
        }
        let (a, b) = (self.merged(a.parts), self.merged(b.parts));
        let same = a.len() == b.len()
            && a.iter().zip(&b).all(|(x, y)| {
                self.order(x.low, y.low) == Ordering::Equal
                    && self.order(x.high, y.high) == Ordering::Equal
                    && (!ends || x.low_closed == y.low_closed && x.high_closed == y.high_closed)
            });
        if same { Decision::Same } else { self.different() }
    }
}

fn is_interval_set(object: &MathObject) -> bool {
    match object {
        MathObject::Interval { .. } | MathObject::Union(_) | MathObject::Reals => true,
        MathObject::Chain(sides, relations) => match relations[..] {
            [Relation::In] => sides.last().is_some_and(is_interval_set),
            _ => relations.iter().all(|relation| !matches!(relation, Relation::Equal | Relation::In)),
        },
        MathObject::List(all, _) => !all.is_empty() && all.iter().all(is_interval_set),
        _ => false,
    }
}
