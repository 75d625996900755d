//! Equations and inequalities: solved ones by what they say of their letter, others as curves and regions.

use super::Comparison;
use crate::decide::proportional;
use crate::expr::Id;
use crate::ratio;
use crate::shape::Shape;
use crate::tape::Op;
use crate::token::Relation;

impl Comparison<'_> {
    /// The letter of a solved equation, and what it equals: `x = 2`, `2 = x`, `x = 4/2 = 2`, `x ∈ {1, 2}`.
    pub(crate) fn solved(&mut self, shape: &Shape) -> Option<(Id, Shape)> {
        let Shape::Chain(sides, relations) = shape else { return None };
        let equations = relations.iter().all(|relation| *relation == Relation::Equal);
        let member = relations[..] == [Relation::In];
        if !equations && !member {
            return None;
        }
        let place = if self.is_letter(&sides[0]) {
            0
        } else if equations && self.is_letter(sides.last()?) {
            sides.len() - 1
        } else {
            return None;
        };
        let Shape::Expr(letter) = sides[place] else { return None };
        let others: Vec<&Shape> =
            sides.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, s)| s).collect();
        let value = (*others.last()?).clone();
        // `x = x + 1` says nothing about what x is.
        if let Shape::Expr(id) = value
            && self.letters(id).contains(&letter)
        {
            return None;
        }
        let consistent = others.iter().all(|other| self.equal(other, &value));
        consistent.then_some((letter, value))
    }

    fn is_letter(&self, shape: &Shape) -> bool {
        matches!(shape, Shape::Expr(id) if matches!(self.tape.op(*id), Op::Variable(_)))
    }

    /// `f(x) = …` and `y = …` name the same thing.
    fn same_name(&self, a: Id, b: Id) -> bool {
        let is_function = |id: Id| match self.tape.op(id) {
            Op::Variable(index) => self.tape.names()[usize::from(*index)].ends_with("()"),
            _ => false,
        };
        a == b || is_function(a) != is_function(b)
    }

    pub(super) fn same_relation(&mut self, a: &Shape, b: &Shape) -> bool {
        let (first, second) = (self.solved(a), self.solved(b));
        let constant = |comparison: &Self, solved: &Option<(Id, Shape)>| match solved {
            Some((_, Shape::Expr(id))) => Some(comparison.is_constant(*id)),
            Some(_) => Some(true),
            None => None,
        };
        let (one, two) = (constant(self, &first), constant(self, &second));
        if let (Some((x, v)), Some((y, w))) = (&first, &second)
            && self.same_name(*x, *y)
            && self.equal(v, w)
        {
            return true;
        }
        // `2x = 4` isn't solved yet where `x = 2` is wanted.
        if one == Some(true) || two == Some(true) {
            return false;
        }
        if self.rules.simplified && first.as_ref().map(|(x, _)| *x) != second.as_ref().map(|(y, _)| *y) {
            return false;
        }
        let (Shape::Chain(sides_a, relations_a), Shape::Chain(sides_b, relations_b)) = (a, b) else {
            return false;
        };
        if sides_a.len() != sides_b.len() {
            return false;
        }
        let steps = |sides: &[Shape], relations: &[Relation]| -> Option<Vec<(Shape, Relation, Shape)>> {
            let steps = sides.windows(2).zip(relations).map(|(two, r)| (two[0].clone(), *r, two[1].clone()));
            Some(steps.collect())
        };
        let (Some(a), Some(mut b)) = (steps(sides_a, relations_a), steps(sides_b, relations_b)) else {
            return false;
        };
        if self.same_steps(&a, &b) {
            return true;
        }
        b.reverse();
        a.len() > 1 && self.same_steps(&a, &b)
    }

    fn same_steps(&mut self, a: &[(Shape, Relation, Shape)], b: &[(Shape, Relation, Shape)]) -> bool {
        a.iter().zip(b).all(|(a, b)| self.same_step(a, b))
    }

    fn same_step(&mut self, a: &(Shape, Relation, Shape), b: &(Shape, Relation, Shape)) -> bool {
        let (Some((f, one)), Some((g, two))) = (self.as_zero(a), self.as_zero(b)) else {
            return a.1 == b.1 && self.equal(&a.0, &b.0) && self.equal(&a.2, &b.2);
        };
        if one != two {
            return false;
        }
        match proportional(&self.tape, f, g, self.budget) {
            Some(sign) => sign > 0 || matches!(one, Relation::Equal | Relation::NotEqual),
            None if one == Relation::Equal => {
                let part = self.budget.part(2);
                let same = ratio::same_numerator(&self.tape, f, g, &part) == Some(true);
                self.budget.give_back(&part);
                same
            }
            None => false,
        }
    }

    /// `f = 0`, `f > 0` or `f >= 0`.
    pub(super) fn as_zero(&mut self, step: &(Shape, Relation, Shape)) -> Option<(Id, Relation)> {
        let (Shape::Expr(left), relation, Shape::Expr(right)) = step else { return None };
        Some(match relation {
            Relation::Equal | Relation::NotEqual => (self.tape.sub(*left, *right), *relation),
            Relation::Greater | Relation::GreaterEqual => (self.tape.sub(*left, *right), *relation),
            Relation::Less => (self.tape.sub(*right, *left), Relation::Greater),
            Relation::LessEqual => (self.tape.sub(*right, *left), Relation::GreaterEqual),
            Relation::In => return None,
        })
    }
}
