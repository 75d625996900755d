//! Two answers beside each other: which shapes may be the same, and which values stand where.

use crate::decide;
use crate::expr::{Arena, Id, Node};
use crate::limits::Budget;
use crate::rules::{Kind as Tolerated, Rules};
use crate::shape::{Answer, Joint, Shape};
use crate::tape::{Dialect, Op, Tape};
use crate::token::Relation;
use crate::verdict::Unreadable;
use crate::words;

#[path = "intervals.rs"]
mod ranges;
mod relations;
mod tolerance;

/// One comparison: the operations of both answers, and what is left of the steps.
pub(crate) struct Comparison<'a> {
    pub(crate) tape: Tape,
    pub(crate) budget: &'a Budget,
    pub(crate) rules: &'a Rules,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(rules: &'a Rules, budget: &'a Budget) -> Self {
        let dialect = Dialect { natural_log: rules.natural_log, degrees: rules.degrees };
        Self { tape: Tape::new(dialect), budget, rules }
    }

    /// The shape with operations in the place of nodes.
    pub(crate) fn import(
        &mut self,
        answer: &Answer,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Shape, Unreadable> {
        self.shape(&answer.arena, &answer.shape, rename)
    }

    fn shape(
        &mut self,
        arena: &Arena,
        shape: &Shape,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Shape, Unreadable> {
        let all = |comparison: &mut Self, shapes: &[Shape]| -> Result<Vec<Shape>, Unreadable> {
            shapes.iter().map(|shape| comparison.shape(arena, shape, rename)).collect()
        };
        Ok(match shape {
            Shape::Expr(id) => Shape::Expr(self.tape.import(arena, *id, rename)?),
            Shape::Chain(sides, relations) if relations.iter().all(|r| *r == Relation::Equal) => {
                let mut imported = Vec::new();
                for side in sides {
                    imported.push(match self.label(arena, side).or_else(|| points(arena, side, sides)) {
                        Some(label) => Shape::Expr(self.tape.variable(&label)),
                        None => self.shape(arena, side, rename)?,
                    });
                }
                Shape::Chain(imported, relations.clone())
            }
            Shape::Chain(sides, relations) => Shape::Chain(all(self, sides)?, relations.clone()),
            Shape::List(shapes, joint) => Shape::List(all(self, shapes)?, *joint),
            Shape::Set(shapes) => Shape::Set(all(self, shapes)?),
            Shape::Tuple(shapes) => Shape::Tuple(all(self, shapes)?),
            Shape::Union(shapes) => Shape::Union(all(self, shapes)?),
            Shape::Interval { low, high, low_in, high_in } => Shape::Interval {
                low: self.tape.import(arena, *low, rename)?,
                high: self.tape.import(arena, *high, rename)?,
                low_in: *low_in,
                high_in: *high_in,
            },
            Shape::Matrix(rows) => {
                let mut imported = Vec::new();
                for row in rows {
                    let row: Result<Vec<Id>, _> =
                        row.iter().map(|id| self.tape.import(arena, *id, rename)).collect();
                    imported.push(row?);
                }
                Shape::Matrix(imported)
            }
            Shape::Ratio(parts) => {
                let parts: Result<Vec<Id>, _> =
                    parts.iter().map(|id| self.tape.import(arena, *id, rename)).collect();
                Shape::Ratio(parts?)
            }
            Shape::Empty => Shape::Empty,
            Shape::Reals => Shape::Reals,
            Shape::Words(words) => Shape::Words(words.clone()),
        })
    }

    /// `f(x)`, `f'(x)` and `dy/dx` on one side of an equation are names for the other.
    pub(crate) fn label(&self, arena: &Arena, side: &Shape) -> Option<String> {
        let Shape::Expr(id) = side else { return None };
        let name = |id: Id| match arena.node(id) {
            Node::Symbol(name) => Some(&**name),
            _ => None,
        };
        let product = |id: Id| match arena.node(id) {
            Node::Product(all) if all.len() == 2 => Some((name(all[0])?, name(all[1])?)),
            _ => None,
        };
        match arena.node(*id) {
            // `dy/dx` without braces.
            Node::Product(all) if all.len() == 2 && matches!(arena.node(all[0]), Node::Quotient(..)) => {
                let Node::Quotient(over, under) = arena.node(all[0]) else { return None };
                let (d, of) = product(*over)?;
                (d == "d" && name(*under) == Some("d") && name(all[1]).is_some()).then(|| format!("d{of}()"))
            }
            // `f(2) = 5`, but `2f = 5` is an equation.
            Node::Product(all) if all.len() == 2 && arena.number(all[1]).is_some() => {
                let (function, at) = (name(all[0])?, arena.number(all[1])?);
                ["f", "g", "h"]
                    .contains(&function.trim_end_matches('\''))
                    .then(|| format!("{function}({at})"))
            }
            Node::Product(_) => {
                let (function, of) = product(*id)?;
                let name = function.trim_end_matches('\'');
                let known = ["f", "g", "h", "F", "G", "H"].contains(&name)
                    && ["x", "t", "n", "z", "θ"].contains(&of)
                    || ["y", "P", "p"].contains(&name) && of == "x";
                known.then(|| format!("{function}()"))
            }
            Node::Quotient(over, under) => {
                let (d, of) = product(*over)?;
                let (by, _) = product(*under)?;
                (d == "d" && by == "d").then(|| format!("d{of}()"))
            }
            _ => None,
        }
    }

    /// Whether two shapes are the same answer.
    pub(crate) fn equal(&mut self, a: &Shape, b: &Shape) -> bool {
        if self.budget.take(100).is_none() {
            return false;
        }
        if a == b {
            return true;
        }
        if let (Some(x), Some(y)) = (self.ranges_of(a, b), self.ranges_of(b, a)) {
            // `2x > 4` isn't solved yet where `x > 2` is wanted.
            return self.is_solved_range(a) == self.is_solved_range(b) && self.same_ranges(x, y);
        }
        match (a, b) {
            (Shape::Words(x), Shape::Words(y)) => {
                words::fold(x, self.rules.case) == words::fold(y, self.rules.case)
            }
            (Shape::Words(_), _) | (_, Shape::Words(_)) => false,
            (Shape::Empty, Shape::Empty) | (Shape::Reals, Shape::Reals) => true,
            (Shape::Expr(x), Shape::Expr(y)) => self.same_value(*x, *y),
            (Shape::Matrix(x), Shape::Matrix(y)) => {
                let flat = |rows: &[Vec<Id>]| rows.iter().flatten().copied().collect::<Vec<_>>();
                x.len() == y.len()
                    && x[0].len() == y[0].len()
                    && flat(x).into_iter().zip(flat(y)).all(|(x, y)| self.same_value(x, y))
            }
            (Shape::Matrix(rows), Shape::Tuple(other)) | (Shape::Tuple(other), Shape::Matrix(rows)) => {
                let vector: Vec<Shape> = rows.iter().flatten().map(|id| Shape::Expr(*id)).collect();
                (rows.len() == 1 || rows[0].len() == 1) && self.in_order(&vector, other)
            }
            (Shape::Tuple(x), Shape::Tuple(y)) => self.in_order(x, y),
            (Shape::Ratio(x), Shape::Ratio(y)) => self.same_ratio(x, y),
            (Shape::List(x, joint), Shape::List(y, other)) => {
                let joints = *joint == Joint::And || *other == Joint::And;
                if self.rules.order || self.names_one(x, y) && !joints {
                    return self.in_order(x, y);
                }
                self.in_order(x, y) || self.same_elements(x, y)
            }
            (Shape::Set(x), Shape::Set(y)) => self.same_elements(x, y),
            (Shape::Set(x), Shape::List(y, _)) | (Shape::List(x, _), Shape::Set(y)) => {
                self.same_elements(x, y)
            }
            (Shape::List(list, _), Shape::Tuple(tuple)) | (Shape::Tuple(tuple), Shape::List(list, _)) => {
                let sorted = self.by_name(list);
                self.in_order(&sorted, tuple)
            }
            (Shape::Union(x), Shape::Union(y)) => self.same_elements(x, y),
            (
                Shape::Interval { low, high, low_in, high_in },
                Shape::Interval { low: other_low, high: other_high, low_in: other_in, high_in: also_in },
            ) => {
                (low_in, high_in) == (other_in, also_in)
                    && self.same_value(*low, *other_low)
                    && self.same_value(*high, *other_high)
            }
            (Shape::Chain(..), Shape::Chain(..)) => self.same_relation(a, b),
            (Shape::List(x, _) | Shape::Set(x), other) | (other, Shape::List(x, _) | Shape::Set(x))
                if !x.is_empty() && !matches!(other, Shape::Chain(..)) =>
            {
                x.iter().all(|x| self.equal(x, other))
            }
            (Shape::Chain(..), other) | (other, Shape::Chain(..)) => {
                let chain = if matches!(a, Shape::Chain(..)) { a } else { b };
                match self.solved(chain) {
                    Some((_, value)) => self.equal(&value, other),
                    None => match other {
                        Shape::List(x, _) | Shape::Set(x) if !x.is_empty() => {
                            x.iter().all(|x| self.equal(x, chain))
                        }
                        _ => false,
                    },
                }
            }
            _ => false,
        }
    }

    /// Each part in proportion to the first: a : b = c : d where ad = bc.
    fn same_ratio(&mut self, a: &[Id], b: &[Id]) -> bool {
        a.len() == b.len()
            && a.iter().zip(b).all(|(x, y)| {
                let (left, right) = (self.tape.mul(*x, b[0]), self.tape.mul(*y, a[0]));
                self.same_value(left, right)
            })
    }

    pub(crate) fn in_order(&mut self, a: &[Shape], b: &[Shape]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.equal(a, b))
    }

    fn same_elements(&mut self, a: &[Shape], b: &[Shape]) -> bool {
        self.all_among(a, b) && self.all_among(b, a)
    }

    /// Whether every one of the first is one of the second.
    pub(crate) fn all_among(&mut self, a: &[Shape], b: &[Shape]) -> bool {
        a.iter().all(|a| b.iter().any(|b| self.equal(a, b)))
    }

    /// Whether one of the lists names each of its answers, `x = 1, y = 2`, and the other none: the order then says
    /// which is which.
    fn names_one(&mut self, a: &[Shape], b: &[Shape]) -> bool {
        let mut names = |all: &[Shape]| {
            let mut found: Vec<Id> =
                all.iter().filter_map(|shape| self.solved(shape)).map(|(name, _)| name).collect();
            found.sort_unstable();
            found.dedup();
            found.len()
        };
        let (first, second) = (names(a), names(b));
        first.max(second) > 1 && first.min(second) == 0
    }

    /// `y = 2, x = 1` as a point.
    fn by_name(&mut self, list: &[Shape]) -> Vec<Shape> {
        let mut named: Vec<(Box<str>, Shape)> = Vec::new();
        for shape in list {
            let Some((name, value)) = self.solved(shape) else { return list.to_vec() };
            let Op::Variable(index) = self.tape.op(name) else { return list.to_vec() };
            named.push((self.tape.names()[usize::from(*index)].clone(), value));
        }
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named.into_iter().map(|(_, value)| value).collect()
    }

    /// Whether two values are the same, as exactly as the box wants.
    pub(crate) fn same_value(&mut self, a: Id, b: Id) -> bool {
        match &self.rules.tolerance.0 {
            Tolerated::Exact => decide::same(&self.tape, a, b, self.budget),
            _ => decide::same(&self.tape, a, b, self.budget) || self.nearly(a, b),
        }
    }

    /// The letters that an operation depends on.
    pub(crate) fn letters(&self, id: Id) -> Vec<Id> {
        let needed = crate::numeric::needed(&self.tape, &[id]);
        needed.into_iter().filter(|id| matches!(self.tape.op(*id), Op::Variable(_))).collect()
    }

    pub(crate) fn is_constant(&self, id: Id) -> bool {
        self.letters(id).is_empty()
    }
}

/// `AB = 5` and `∠ABC = 60°`: large letters in a row beside a number are points, and name what is between them.
fn points(arena: &Arena, side: &Shape, sides: &[Shape]) -> Option<String> {
    let constant = |other: &Shape| matches!(other, Shape::Expr(id) if arena.symbols(*id).is_empty());
    let Shape::Expr(id) = side else { return None };
    let Node::Product(letters) = arena.node(*id) else { return None };
    let mut name = String::new();
    for letter in letters {
        match arena.node(*letter) {
            Node::Symbol(letter) if letter.chars().all(char::is_uppercase) => name += letter,
            _ => return None,
        }
    }
    let backwards: String = name.chars().rev().collect();
    let rest = sides.iter().filter(|other| *other != side).count() + 1 == sides.len();
    (rest && sides.iter().filter(|other| *other != side).all(constant)).then(|| name.min(backwards))
}
