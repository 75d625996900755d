//! Step 4: brings answers into a form in which they can be compared.
//!
//! - [`dag`]: operations of both answers in one graph, in which equal operations are one node.
//! - [`rational`]: quotients of polynomials, and the canonical form that is printed.
//! - [`polynomial`], [`gcd`]: polynomials over the rational numbers, and their greatest common
//!   divisor.
//! - [`exact`], [`function`]: bounded arithmetic on rational numbers, and the functions that are
//!   left.

use crate::classify::{MathObject, ParsedAnswer};
use crate::error::ParseError;
use crate::lex::token::Relation;
use crate::parse::tree::{Arena, Id, Node};

use self::dag::Dag;

pub(crate) mod dag;
pub(crate) mod exact;
pub(crate) mod function;
pub(crate) mod gcd;
pub(crate) mod polynomial;
pub(crate) mod rational;

/// Adds an answer to the graph, and returns it with operations in place of tree nodes.
///
/// `rename` maps the name of a variable in the text to its name in the graph.
pub(crate) fn import(
    dag: &mut Dag,
    answer: &ParsedAnswer,
    rename: &dyn Fn(&str) -> String,
) -> Result<MathObject, ParseError> {
    Import { dag, arena: &answer.arena, rename }.object(&answer.object)
}

struct Import<'a> {
    dag: &'a mut Dag,
    arena: &'a Arena,
    rename: &'a dyn Fn(&str) -> String,
}

impl Import<'_> {
    fn object(&mut self, object: &MathObject) -> Result<MathObject, ParseError> {
        Ok(match object {
            MathObject::Expr(id) => MathObject::Expr(self.expression(*id)?),
            MathObject::Chain(sides, relations) if relations.iter().all(|r| *r == Relation::Equal) => {
                let mut imported = Vec::new();
                for side in sides {
                    let name =
                        function_name(self.arena, side).or_else(|| segment_name(self.arena, side, sides));
                    imported.push(match name {
                        Some(name) => MathObject::Expr(self.dag.variable(&name)),
                        None => self.object(side)?,
                    });
                }
                MathObject::Chain(imported, relations.clone())
            }
            MathObject::Chain(sides, relations) => MathObject::Chain(self.objects(sides)?, relations.clone()),
            MathObject::List(objects, connective) => MathObject::List(self.objects(objects)?, *connective),
            MathObject::Set(objects) => MathObject::Set(self.objects(objects)?),
            MathObject::Tuple(objects) => MathObject::Tuple(self.objects(objects)?),
            MathObject::Union(objects) => MathObject::Union(self.objects(objects)?),
            MathObject::Interval { low, high, low_closed, high_closed } => MathObject::Interval {
                low: self.expression(*low)?,
                high: self.expression(*high)?,
                low_closed: *low_closed,
                high_closed: *high_closed,
            },
            MathObject::Matrix(rows) => {
                let rows: Result<_, _> = rows.iter().map(|row| self.expressions(row)).collect();
                MathObject::Matrix(rows?)
            }
            MathObject::Ratio(parts) => MathObject::Ratio(self.expressions(parts)?),
            MathObject::Empty => MathObject::Empty,
            MathObject::Reals => MathObject::Reals,
            MathObject::Words(words) => MathObject::Words(words.clone()),
        })
    }

    fn objects(&mut self, objects: &[MathObject]) -> Result<Vec<MathObject>, ParseError> {
        objects.iter().map(|object| self.object(object)).collect()
    }

    fn expression(&mut self, id: Id) -> Result<Id, ParseError> {
        self.dag.import(self.arena, id, self.rename)
    }

    fn expressions(&mut self, ids: &[Id]) -> Result<Vec<Id>, ParseError> {
        ids.iter().map(|id| self.expression(*id)).collect()
    }
}

/// Returns the name of a function that one side of an equation defines: `f(x)`, `f'(x)`, `dy/dx`.
pub(crate) fn function_name(arena: &Arena, side: &MathObject) -> Option<String> {
    let MathObject::Expr(id) = side else { return None };
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
            let Node::Quotient(numerator, denominator) = arena.node(all[0]) else { return None };
            let (d, of) = product(*numerator)?;
            (d == "d" && name(*denominator) == Some("d") && name(all[1]).is_some())
                .then(|| format!("d{of}()"))
        }
        // `f(2) = 5` defines a value, but `2f = 5` is an equation.
        Node::Product(all) if all.len() == 2 && arena.number(all[1]).is_some() => {
            let (function, at) = (name(all[0])?, arena.number(all[1])?);
            ["f", "g", "h"].contains(&function.trim_end_matches('\'')).then(|| format!("{function}({at})"))
        }
        Node::Product(_) => {
            let (function, of) = product(*id)?;
            let name = function.trim_end_matches('\'');
            let is_function = ["f", "g", "h", "F", "G", "H"].contains(&name)
                && ["x", "t", "n", "z", "θ"].contains(&of)
                || ["y", "P", "p"].contains(&name) && of == "x";
            is_function.then(|| format!("{function}()"))
        }
        Node::Quotient(numerator, denominator) => {
            let (d, of) = product(*numerator)?;
            let (by, _) = product(*denominator)?;
            (d == "d" && by == "d").then(|| format!("d{of}()"))
        }
        _ => None,
    }
}

/// Returns the name of a line segment or an angle beside a number: `AB = 5`, `∠ABC = 60°`.
///
/// `AB` and `BA` are the same segment and get the same name.
fn segment_name(arena: &Arena, side: &MathObject, sides: &[MathObject]) -> Option<String> {
    let constant =
        |other: &MathObject| matches!(other, MathObject::Expr(id) if arena.symbols(*id).is_empty());
    let MathObject::Expr(id) = side else { return None };
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
