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
use crate::parse::tree::{Arena, Id};

use self::dag::Dag;

pub(crate) mod dag;
pub(crate) mod derivative;
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
            MathObject::Entry(entry) => MathObject::Entry(entry.clone()),
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
