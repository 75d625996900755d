//! Vectors by components, and objects that the sort of the expected answer makes vectors.

use super::{MathObject, Reading, infer::Sort};
use crate::parse::tree::{Arena, Id, Node};
use crate::parse::{ParseResult, Parser};

/// The unit vectors, with and without hats, in order.
const UNIT_VECTORS: [[&str; 3]; 2] = [["i", "j", "k"], ["\\hat{i}", "\\hat{j}", "\\hat{k}"]];

impl Parser<'_> {
    /// Returns an object in the form of the expected sort: `((1,2),(3,4))` as a matrix, `[3,-2]` as a vector.
    pub(super) fn adapted(&mut self, object: MathObject, reading: &Reading) -> ParseResult<MathObject> {
        let vector = matches!(reading.sort, Some(Sort::Vector | Sort::Point));
        Ok(match object {
            MathObject::Tuple(rows) if reading.sort == Some(Sort::Matrix) => match matrix_of(&rows) {
                Some(matrix) => matrix,
                None => MathObject::Tuple(rows),
            },
            MathObject::Interval { low, high, low_closed: true, high_closed: true }
                if reading.sort == Some(Sort::Vector) =>
            {
                MathObject::Tuple(vec![MathObject::Expr(low), MathObject::Expr(high)])
            }
            MathObject::Expr(id) if vector => match self.components(id)? {
                Some(components) => MathObject::Tuple(components.into_iter().map(MathObject::Expr).collect()),
                None => MathObject::Expr(id),
            },
            MathObject::Tuple(_) | MathObject::Matrix(_) if reading.sort == Some(Sort::Expression) => {
                match self.combination(&object, reading)? {
                    Some(id) => MathObject::Expr(id),
                    None => object,
                }
            }
            other => other,
        })
    }

    /// Returns `3i - 2j` for `(3, -2)`, if the expected answer uses unit vectors.
    fn combination(&mut self, object: &MathObject, reading: &Reading) -> ParseResult<Option<Id>> {
        let known = |names: &[&str; 3]| names[..2].iter().all(|name| reading.notation.has_variable(name));
        let vectors =
            reading.notation.vocabulary.is_some().then(|| UNIT_VECTORS.into_iter().find(known)).flatten();
        let Some(names) = vectors else { return Ok(None) };
        let components: Vec<Id> = match object {
            MathObject::Tuple(all) => all
                .iter()
                .filter_map(|one| if let MathObject::Expr(id) = one { Some(*id) } else { None })
                .collect(),
            MathObject::Matrix(rows) if rows.iter().all(|row| row.len() == 1) => {
                rows.iter().flatten().copied().collect()
            }
            _ => return Ok(None),
        };
        if !(2..=3).contains(&components.len()) {
            return Ok(None);
        }
        let mut terms = Vec::new();
        for (component, name) in components.into_iter().zip(names) {
            let unit = self.add(Node::Symbol(name.into()))?;
            terms.push(self.add(Node::Product([component, unit].into()))?);
        }
        self.add(Node::Sum(terms.into())).map(Some)
    }

    /// Returns the coefficients of `3i - 2j`.
    fn components(&mut self, id: Id) -> ParseResult<Option<Vec<Id>>> {
        let symbols = self.arena.symbols(id);
        let Some(names) =
            UNIT_VECTORS.into_iter().find(|names| names[..2].iter().any(|name| symbols.contains(name)))
        else {
            return Ok(None);
        };
        let count = if symbols.contains(&names[2]) || self.notation.dimensions == 3 { 3 } else { 2 };
        let terms = match self.arena.node(id) {
            Node::Sum(terms) => terms.to_vec(),
            _ => vec![id],
        };
        let mut found: Vec<Option<Id>> = vec![None; count];
        for term in terms {
            let Some((at, coefficient)) = self.component(term, &names)? else { return Ok(None) };
            match found.get_mut(at) {
                Some(place @ None) => *place = Some(coefficient),
                _ => return Ok(None),
            }
        }
        let mut all = Vec::new();
        for one in found {
            all.push(match one {
                Some(id) => id,
                None => self.number(0)?,
            });
        }
        Ok(Some(all))
    }

    fn component(&mut self, term: Id, names: &[&str; 3]) -> ParseResult<Option<(usize, Id)>> {
        let place = |arena: &Arena, id: Id| match arena.node(id) {
            Node::Symbol(name) => names.iter().position(|known| *known == &**name),
            _ => None,
        };
        match self.arena.node(term).clone() {
            Node::Symbol(_) => {
                let one = self.number(1)?;
                Ok(place(&self.arena, term).map(|at| (at, one)))
            }
            Node::Negative(of) => match self.component(of, names)? {
                Some((at, coefficient)) => Ok(Some((at, self.add(Node::Negative(coefficient))?))),
                None => Ok(None),
            },
            Node::Product(factors) => {
                let (units, rest): (Vec<Id>, Vec<Id>) =
                    factors.iter().partition(|id| place(&self.arena, **id).is_some());
                match units[..] {
                    [unit] => {
                        let coefficient = match rest[..] {
                            [one] => one,
                            _ => self.add(Node::Product(rest.into()))?,
                        };
                        Ok(place(&self.arena, unit).map(|at| (at, coefficient)))
                    }
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }
}

fn matrix_of(rows: &[MathObject]) -> Option<MathObject> {
    let row = |row: &MathObject| match row {
        MathObject::Tuple(all) => {
            all.iter().map(|one| if let MathObject::Expr(id) = one { Some(*id) } else { None }).collect()
        }
        _ => None,
    };
    let rows: Vec<Vec<Id>> = rows.iter().map(row).collect::<Option<_>>()?;
    rows.iter().all(|row| row.len() == rows[0].len()).then_some(MathObject::Matrix(rows))
}
