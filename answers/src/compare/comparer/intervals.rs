//! Intervals, inequalities of one letter and their unions, as parts of the number line.

use std::cmp::Ordering;

use super::Comparison;
use crate::decide;
use crate::expr::{Constant, Id};
use crate::shape::{Joint, Shape};
use crate::tape::Op;
use crate::token::Relation;

/// Where a part of the line ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Below,
    At(Id, f64),
    Above,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    low: End,
    high: End,
    low_in: bool,
    high_in: bool,
}

/// Parts of the line, and the letter that lies in them, if it's named.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    letter: Option<Id>,
    parts: Vec<Part>,
}

const LINE: Part = Part { low: End::Below, high: End::Above, low_in: false, high_in: false };

impl Comparison<'_> {
    /// The shape as parts of the line; what could be something else too, `(1, 2)`, only beside what couldn't.
    pub(super) fn ranges_of(&mut self, shape: &Shape, beside: &Shape) -> Option<Ranges> {
        if !is_range(shape) && !is_range(beside) {
            return None;
        }
        self.ranges(shape)
    }

    /// Whether every inequality has its letter alone on one side.
    pub(super) fn is_solved_range(&self, shape: &Shape) -> bool {
        match shape {
            Shape::List(all, _) | Shape::Union(all) => all.iter().all(|shape| self.is_solved_range(shape)),
            Shape::Chain(_, relations) if relations[..] == [Relation::In] => true,
            Shape::Chain(sides, _) => sides.windows(2).all(|two| {
                let letter = |side: &Shape| matches!(side, Shape::Expr(id) if matches!(self.tape.op(*id), Op::Variable(_)));
                let constant = |side: &Shape| matches!(side, Shape::Expr(id) if self.is_constant(*id));
                letter(&two[0]) && constant(&two[1]) || constant(&two[0]) && letter(&two[1])
            }),
            _ => true,
        }
    }

    fn ranges(&mut self, shape: &Shape) -> Option<Ranges> {
        let unnamed = |parts| Some(Ranges { letter: None, parts });
        match shape {
            Shape::Reals => unnamed(vec![LINE]),
            Shape::Empty => unnamed(Vec::new()),
            Shape::Interval { low, high, low_in, high_in } => {
                let part = self.part(*low, *high, *low_in, *high_in)?;
                unnamed(vec![part])
            }
            Shape::Tuple(both) => match both[..] {
                [Shape::Expr(low), Shape::Expr(high)] => {
                    let part = self.part(low, high, false, false)?;
                    unnamed(vec![part])
                }
                _ => None,
            },
            Shape::Set(points) => {
                let mut parts = Vec::new();
                for point in points {
                    let Shape::Expr(id) = point else { return None };
                    parts.push(self.part(*id, *id, true, true)?);
                }
                unnamed(parts)
            }
            Shape::Union(all) => self.joined(all, Joint::Or),
            Shape::List(all, joint) => self.joined(all, *joint),
            Shape::Chain(sides, relations) => self.chain_ranges(sides, relations),
            _ => None,
        }
    }

    fn joined(&mut self, all: &[Shape], joint: Joint) -> Option<Ranges> {
        let mut letter = None;
        let mut each = Vec::new();
        for shape in all {
            let ranges = self.ranges(shape)?;
            if letter.is_some() && ranges.letter.is_some() && letter != ranges.letter {
                return None;
            }
            letter = letter.or(ranges.letter);
            each.push(ranges.parts);
        }
        let union: Vec<Part> = self.merged(each.iter().flatten().copied().collect());
        // `x > 2, x < 5`: a comma that would let everything in means "and".
        let everything = matches!(union[..], [Part { low: End::Below, high: End::Above, .. }]);
        if joint == Joint::And || joint == Joint::Comma && everything && each.len() > 1 {
            let both = each.into_iter().reduce(|a, b| self.intersection(&a, &b))?;
            return Some(Ranges { letter, parts: both });
        }
        Some(Ranges { letter, parts: union })
    }

    fn chain_ranges(&mut self, sides: &[Shape], relations: &[Relation]) -> Option<Ranges> {
        if let ([letter, set], [Relation::In]) = (sides, relations) {
            let Shape::Expr(id) = letter else { return None };
            let ranges = self.ranges(set)?;
            return Some(Ranges { letter: Some(*id), parts: ranges.parts });
        }
        let mut letter = None;
        let mut parts = vec![LINE];
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
            let step = self.linear(f, unknown, relation)?;
            parts = self.intersection(&parts, &step);
        }
        Some(Ranges { letter, parts })
    }

    /// Where `a·x + b` is positive, or isn't zero.
    fn linear(&mut self, f: Id, x: Id, relation: Relation) -> Option<Vec<Part>> {
        let [at_zero, at_one, at_two] = [0, 1, 2].map(|value| self.put(f, x, value));
        let (zero, one, two) = (at_zero?, at_one?, at_two?);
        let slope = self.tape.sub(one, zero);
        let number = self.tape.number(2);
        let twice = self.tape.mul(slope, number);
        let line = self.tape.add(zero, twice);
        // Two points make a line; the function itself must be it.
        let product = self.tape.mul(slope, x);
        let whole = self.tape.add(product, zero);
        if !decide::same(&self.tape, line, two, self.budget)
            || !decide::same(&self.tape, whole, f, self.budget)
        {
            return None;
        }
        let rising = decide::approximate(&self.tape, slope, self.budget)?;
        if rising == 0.0 {
            return None;
        }
        let minus = self.tape.neg(zero);
        let root = self.tape.div(minus, slope);
        let end = self.end(root)?;
        let included = relation == Relation::GreaterEqual;
        let above = Part { low: end, high: End::Above, low_in: included, high_in: false };
        let below = Part { low: End::Below, high: end, low_in: false, high_in: included };
        Some(match relation {
            Relation::NotEqual => vec![below, above],
            _ if rising > 0.0 => vec![above],
            _ => vec![below],
        })
    }

    /// The operation with a number for a letter.
    pub(crate) fn put(&mut self, f: Id, letter: Id, value: i32) -> Option<Id> {
        let mut now: Vec<Id> = (0..=f).collect();
        for id in crate::numeric::needed(&self.tape, &[f]) {
            let to = |id: Id| now[id as usize];
            let new = match self.tape.op(id).clone() {
                _ if id == letter => self.tape.number(value),
                Op::Add(a, b) => self.tape.add(to(a), to(b)),
                Op::Mul(a, b) => self.tape.mul(to(a), to(b)),
                Op::Pow(a, b) => self.tape.pow(to(a), to(b)),
                Op::One(function, a) => self.tape.one(function, to(a)),
                Op::Two(..) | Op::Nothing => return None,
                _ => id,
            };
            now[id as usize] = new;
        }
        Some(now[f as usize])
    }

    fn part(&self, low: Id, high: Id, low_in: bool, high_in: bool) -> Option<Part> {
        Some(Part { low: self.end(low)?, high: self.end(high)?, low_in, high_in })
    }

    fn end(&self, id: Id) -> Option<End> {
        let infinite = |id: Id| *self.tape.op(id) == Op::Constant(Constant::Infinity);
        if infinite(id) {
            return Some(End::Above);
        }
        if let Op::Mul(a, b) = self.tape.op(id)
            && let Some(value) = self.tape.value(*a).or_else(|| self.tape.value(*b))
            && (infinite(*a) || infinite(*b))
        {
            return Some(if *value < dashu_ratio::RBig::ZERO { End::Below } else { End::Above });
        }
        if !self.is_constant(id) {
            return None;
        }
        decide::approximate(&self.tape, id, self.budget).map(|value| End::At(id, value))
    }

    fn order(&mut self, a: End, b: End) -> Ordering {
        match (a, b) {
            (End::Below, End::Below) | (End::Above, End::Above) => Ordering::Equal,
            (End::Below, _) | (_, End::Above) => Ordering::Less,
            (_, End::Below) | (End::Above, _) => Ordering::Greater,
            (End::At(x, v), End::At(y, w)) => {
                if self.same_value(x, y) {
                    return Ordering::Equal;
                }
                v.total_cmp(&w)
            }
        }
    }

    fn intersection(&mut self, a: &[Part], b: &[Part]) -> Vec<Part> {
        let mut all = Vec::new();
        for x in a.iter().take(64) {
            for y in b.iter().take(64) {
                let (low, low_in) = match self.order(x.low, y.low) {
                    Ordering::Less => (y.low, y.low_in),
                    Ordering::Greater => (x.low, x.low_in),
                    Ordering::Equal => (x.low, x.low_in && y.low_in),
                };
                let (high, high_in) = match self.order(x.high, y.high) {
                    Ordering::Less => (x.high, x.high_in),
                    Ordering::Greater => (y.high, y.high_in),
                    Ordering::Equal => (x.high, x.high_in && y.high_in),
                };
                all.push(Part { low, high, low_in, high_in });
            }
        }
        self.merged(all)
    }

    /// Sorted, without what is empty, and what touches as one.
    fn merged(&mut self, mut parts: Vec<Part>) -> Vec<Part> {
        parts.retain(|part| match self.order(part.low, part.high) {
            Ordering::Less => true,
            Ordering::Equal => part.low_in && part.high_in,
            Ordering::Greater => false,
        });
        parts.sort_by(|a, b| self.order(a.low, b.low).then(b.low_in.cmp(&a.low_in)));
        let mut merged: Vec<Part> = Vec::new();
        for part in parts {
            if let Some(last) = merged.last().copied() {
                let touches = match self.order(part.low, last.high) {
                    Ordering::Less => true,
                    Ordering::Equal => part.low_in || last.high_in,
                    Ordering::Greater => false,
                };
                if touches {
                    let further = self.order(part.high, last.high);
                    if let Some(last) = merged.last_mut() {
                        match further {
                            Ordering::Greater => (last.high, last.high_in) = (part.high, part.high_in),
                            Ordering::Equal => last.high_in |= part.high_in,
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

    pub(super) fn same_ranges(&mut self, a: Ranges, b: Ranges) -> bool {
        self.compare_ranges(a, b, true)
    }

    /// Whether two answers are the same but for which ends belong to them.
    pub(crate) fn same_but_ends(&mut self, a: &Shape, b: &Shape) -> bool {
        match (self.ranges_of(a, b), self.ranges_of(b, a)) {
            (Some(a), Some(b)) if !a.parts.is_empty() => self.compare_ranges(a, b, false),
            _ => false,
        }
    }

    fn compare_ranges(&mut self, a: Ranges, b: Ranges, ends: bool) -> bool {
        if a.letter.is_some() && b.letter.is_some() && a.letter != b.letter {
            return false;
        }
        let (a, b) = (self.merged(a.parts), self.merged(b.parts));
        a.len() == b.len()
            && a.iter().zip(&b).all(|(x, y)| {
                self.order(x.low, y.low) == Ordering::Equal
                    && self.order(x.high, y.high) == Ordering::Equal
                    && (!ends || x.low_in == y.low_in && x.high_in == y.high_in)
            })
    }
}

fn is_range(shape: &Shape) -> bool {
    match shape {
        Shape::Interval { .. } | Shape::Union(_) | Shape::Reals => true,
        Shape::Chain(sides, relations) => match relations[..] {
            [Relation::In] => sides.last().is_some_and(is_range),
            _ => relations.iter().all(|relation| !matches!(relation, Relation::Equal | Relation::In)),
        },
        Shape::List(all, _) => !all.is_empty() && all.iter().all(is_range),
        _ => false,
    }
}
