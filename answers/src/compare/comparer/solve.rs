//! Linear and quadratic inequalities in one variable.

use dashu_int::UBig;
use dashu_ratio::RBig;

use super::Comparer;
use super::intervals::{Endpoint, LineInterval, WHOLE_LINE};
use crate::compare::equality;
use crate::lex::token::Relation;
use crate::normalise::dag::Op;
use crate::normalise::function::Unary;
use crate::parse::tree::Id;

impl Comparer<'_> {
    /// Solves `f > 0`, `f >= 0` or `f ≠ 0` for a polynomial of degree one or two.
    pub(super) fn solutions(&mut self, f: Id, x: Id, relation: Relation) -> Option<Vec<LineInterval>> {
        if let Some(parts) = self.in_absolute_value(f, x, relation) {
            return Some(parts);
        }
        let [at_zero, at_one, at_minus_one] = [0, 1, -1].map(|value| self.put(f, x, value));
        let (c, one, minus_one) = (at_zero?, at_one?, at_minus_one?);
        let half = self.dag.number(RBig::from_parts(1.into(), UBig::from(2u8)));
        let sum = self.dag.add(one, minus_one);
        let mean = self.dag.mul(sum, half);
        let a = self.dag.sub(mean, c);
        let difference = self.dag.sub(one, minus_one);
        let b = self.dag.mul(difference, half);
        // The parabola through three points must be equal to the function.
        let (linear, square) = (self.dag.mul(b, x), self.dag.mul(x, x));
        let quadratic = self.dag.mul(a, square);
        let rest = self.dag.add(linear, c);
        let whole = self.dag.add(quadratic, rest);
        if !equality::same(&self.dag, whole, f, self.budget).is_same() {
            return None;
        }
        let zero = self.dag.number(0);
        if equality::same(&self.dag, a, zero, self.budget).is_same() {
            return self.linear(b, c, relation);
        }
        self.quadratic([a, b, c], relation)
    }

    /// Solves an inequality in which `x` is only within one absolute value: `|x - 1| < 3`.
    fn in_absolute_value(&mut self, f: Id, x: Id, relation: Relation) -> Option<Vec<LineInterval>> {
        let needed = self.dag.dependencies(&[f]);
        let mut absolute =
            needed.iter().copied().filter(|id| matches!(self.dag.op(*id), Op::Unary(Unary::Abs, _)));
        let (bars, None) = (absolute.next()?, absolute.next()) else { return None };
        let Op::Unary(Unary::Abs, inside) = *self.dag.op(bars) else { return None };
        let size = self.dag.variable("|…|");
        let outer = self.substituted(f, bars, size)?;
        if self.letters(outer) != [size] {
            return None;
        }
        let sizes = self.solutions(outer, size, relation)?;
        let zero = self.dag.number(0);
        let zero = self.end(zero)?;
        let positive =
            LineInterval { low: zero, high: Endpoint::Above, low_closed: true, high_closed: false };
        let sizes = self.intersection(&sizes, &[positive]);
        let mut found = Vec::new();
        for part in sizes {
            for sign in [1, -1] {
                // `low <= ±inside <= high`
                let sign = self.dag.number(sign);
                let side = self.dag.mul(inside, sign);
                let mut both = vec![WHOLE_LINE];
                for (end, closed, above) in
                    [(part.low, part.low_closed, true), (part.high, part.high_closed, false)]
                {
                    let Endpoint::At(end, _) = end else { continue };
                    let difference = if above { self.dag.sub(side, end) } else { self.dag.sub(end, side) };
                    let relation = if closed { Relation::GreaterEqual } else { Relation::Greater };
                    let parts = self.solutions(difference, x, relation)?;
                    both = self.intersection(&both, &parts);
                }
                found.extend(both);
            }
        }
        Some(found)
    }

    fn linear(&mut self, slope: Id, constant: Id, relation: Relation) -> Option<Vec<LineInterval>> {
        let rising = equality::approximate(&self.dag, slope, self.budget)?;
        if rising == 0.0 {
            return None;
        }
        let minus = self.dag.neg(constant);
        let root = self.dag.div(minus, slope);
        let end = self.end(root)?;
        let included = relation == Relation::GreaterEqual;
        let (below, above) = sides(end, end, included);
        Some(match relation {
            Relation::NotEqual => vec![below, above],
            _ if rising > 0.0 => vec![above],
            _ => vec![below],
        })
    }

    fn quadratic(&mut self, [a, b, c]: [Id; 3], relation: Relation) -> Option<Vec<LineInterval>> {
        let number = |comparer: &mut Self, value: i32| comparer.dag.number(value);
        let (two, four, zero) = (number(self, 2), number(self, 4), number(self, 0));
        let (square, product) = (self.dag.mul(b, b), self.dag.mul(a, c));
        let product = self.dag.mul(four, product);
        let discriminant = self.dag.sub(square, product);
        let opens_upwards = equality::approximate(&self.dag, a, self.budget)? > 0.0;
        let included = relation == Relation::GreaterEqual;
        let double = equality::same(&self.dag, discriminant, zero, self.budget).is_same();
        if !double && equality::approximate(&self.dag, discriminant, self.budget)? < 0.0 {
            let everywhere = opens_upwards || relation == Relation::NotEqual;
            return Some(if everywhere { vec![WHOLE_LINE] } else { Vec::new() });
        }
        let half = self.dag.number(RBig::from_parts(1.into(), UBig::from(2u8)));
        let root = if double { zero } else { self.dag.pow(discriminant, half) };
        let (minus_b, twice_a) = (self.dag.neg(b), self.dag.mul(two, a));
        let (sum, difference) = (self.dag.add(minus_b, root), self.dag.sub(minus_b, root));
        let (first, second) = (self.dag.div(difference, twice_a), self.dag.div(sum, twice_a));
        let (low, high) = if opens_upwards { (first, second) } else { (second, first) };
        let (low, high) = (self.end(low)?, self.end(high)?);
        let (below, above) = sides(low, high, included);
        let inside = LineInterval { low, high, low_closed: included, high_closed: included };
        Some(match relation {
            Relation::NotEqual if double => vec![below, above],
            Relation::NotEqual => {
                vec![below, LineInterval { low_closed: false, high_closed: false, ..inside }, above]
            }
            _ if opens_upwards => vec![below, above],
            _ => vec![inside],
        })
    }

    /// Substitutes a number for a variable.
    pub(crate) fn put(&mut self, f: Id, letter: Id, value: i32) -> Option<Id> {
        let value = self.dag.number(value);
        self.substituted(f, letter, value)
    }

    /// Substitutes an expression for a variable.
    pub(super) fn substituted(&mut self, f: Id, letter: Id, value: Id) -> Option<Id> {
        let mut now: Vec<Id> = (0..=f).collect();
        for id in self.dag.dependencies(&[f]) {
            let to = |id: Id| now[id as usize];
            let new = match self.dag.op(id).clone() {
                _ if id == letter => value,
                Op::Add(a, b) => self.dag.add(to(a), to(b)),
                Op::Mul(a, b) => self.dag.mul(to(a), to(b)),
                Op::Pow(a, b) => self.dag.pow(to(a), to(b)),
                Op::Unary(function, a) => self.dag.unary(function, to(a)),
                Op::Apply(function, all) => {
                    let all: Box<[Id]> = all.iter().map(|id| to(*id)).collect();
                    self.dag.push(Op::Apply(function, all))
                }
                Op::Binary(..) | Op::Undefined => return None,
                _ => id,
            };
            now[id as usize] = new;
        }
        Some(now[f as usize])
    }
}

/// Returns what is below `low`, and what is above `high`.
fn sides(low: Endpoint, high: Endpoint, included: bool) -> (LineInterval, LineInterval) {
    let below = LineInterval { low: Endpoint::Below, high: low, low_closed: false, high_closed: included };
    let above = LineInterval { low: high, high: Endpoint::Above, low_closed: included, high_closed: false };
    (below, above)
}
