//! Names on one side of an equation: segments, ratios of segments, points, and congruences.

use super::{Connective, MathObject};
use crate::lex::function::Function;
use crate::lex::token::Relation;
use crate::parse::tree::{Arena, Id, Node};
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    /// Returns an equation with its labels as names of their own.
    pub(super) fn labelled(
        &mut self,
        mut sides: Vec<MathObject>,
        relations: Vec<Relation>,
    ) -> ParseResult<MathObject> {
        if relations.iter().any(|relation| *relation != Relation::Equal) {
            return Ok(MathObject::Chain(sides, relations));
        }
        if let [MathObject::Tuple(names), MathObject::Tuple(values)] = &sides[..]
            && names.len() == values.len()
            && names.iter().all(|name| self.symbol_of(name).is_some())
        {
            // `(k, m) = (4, 7)`
            let each = names.iter().zip(values).map(|(name, value)| {
                MathObject::Chain(vec![name.clone(), value.clone()], vec![Relation::Equal])
            });
            return Ok(MathObject::List(each.collect(), Connective::And));
        }
        if let [MathObject::Ratio(names), MathObject::Ratio(_)] = &sides[..]
            && let Some(names) = names.iter().map(|id| segments(&self.arena, *id)).collect::<Option<Vec<_>>>()
        {
            // `V_1 : V_2 = 2 : 5`
            sides[0] = MathObject::Expr(self.add(Node::Symbol(names.join(":").into()))?);
            return Ok(MathObject::Chain(sides, relations));
        }
        let constants = sides.iter().filter(|side| self.is_constant(side)).count();
        if constants + 1 == sides.len() {
            for side in &mut sides {
                if let MathObject::Expr(id) = side
                    && !matches!(self.arena.node(*id), Node::Symbol(_))
                    && !self.arena.symbols(*id).is_empty()
                    && let Some(name) = segments(&self.arena, *id)
                {
                    *id = self.add(Node::Symbol(name.into()))?;
                }
            }
        }
        // `x = 10 mod 7`: the modulus is part of the answer.
        if let [MathObject::Expr(name), MathObject::Expr(rest)] = sides[..]
            && !self.arena.symbols(name).is_empty()
            && let Node::Call(Function::Mod, both) = self.arena.node(rest).clone()
        {
            let class = self.add(Node::Apply("mod".into(), [rest, both[1]].into()))?;
            sides[1] = MathObject::Expr(class);
        }
        Ok(MathObject::Chain(sides, relations))
    }

    fn symbol_of(&self, object: &MathObject) -> Option<&str> {
        match object {
            MathObject::Expr(id) => match self.arena.node(*id) {
                Node::Symbol(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_constant(&self, object: &MathObject) -> bool {
        matches!(object, MathObject::Expr(id) if self.arena.symbols(*id).is_empty())
    }
}

/// Returns the name of a line segment, `AB` or `|AB|`, of a quotient of two, or of a symbol.
///
/// `AB` and `BA` are the same segment and get the same name.
fn segments(arena: &Arena, id: Id) -> Option<String> {
    match arena.node(id) {
        Node::Symbol(name) => Some(name.to_string()),
        Node::Product(letters) if letters.len() < 4 => {
            let mut name = String::new();
            for letter in letters {
                match arena.node(*letter) {
                    Node::Symbol(letter) if letter.chars().all(char::is_uppercase) => name += letter,
                    _ => return None,
                }
            }
            let backwards: String = name.chars().rev().collect();
            Some(name.min(backwards))
        }
        Node::Call(Function::Abs, of) => match arena.node(of[0]) {
            Node::Product(_) => segments(arena, of[0]),
            Node::Symbol(name) if name.starts_with('\\') => Some(format!("|{name}|")),
            _ => None,
        },
        Node::Quotient(a, b) => match (arena.node(*a), arena.node(*b)) {
            (Node::Product(_), Node::Product(_)) => {
                Some(format!("{}/{}", segments(arena, *a)?, segments(arena, *b)?))
            }
            _ => None,
        },
        _ => None,
    }
}
