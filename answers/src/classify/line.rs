//! Parts of the number line without other parts: `[0, 6] - (1, 2)`, `ℝ ∖ {0}`.

use super::{Connective, MathObject};
use crate::lex::function::Constant;
use crate::lex::token::TokenKind;
use crate::limits::ELEMENTS;
use crate::parse::tree::Node;
use crate::parse::{ParseResult, Parser};

impl Parser<'_> {
    /// Parses `[0, 6] - (1, 2)`, `ℝ ∖ {0}` and `[0, 6] ∩ [1, 9]`, as parts of the number line.
    pub(super) fn without(&mut self, first: MathObject) -> ParseResult<MathObject> {
        let mut all = vec![first];
        loop {
            let difference = match self.peek() {
                Some(TokenKind::Minus | TokenKind::SetMinus) => true,
                Some(TokenKind::Intersection) => false,
                _ => break,
            };
            self.next += 1;
            let part = match self.part()? {
                MathObject::Tuple(both) => match both[..] {
                    [MathObject::Expr(low), MathObject::Expr(high)] => {
                        MathObject::Interval { low, high, low_closed: false, high_closed: false }
                    }
                    _ => return self.fail("This is no part of the number line: write an interval or a set."),
                },
                part => part,
            };
            if difference {
                let rest = self.complements(&part)?;
                all.extend(rest);
            } else {
                all.push(part);
            }
            if all.len() > ELEMENTS {
                return self.fail(format!("There are too many parts: write at most {ELEMENTS}."));
            }
        }
        Ok(MathObject::List(all, Connective::And))
    }

    /// Returns the parts of the number line whose intersection is the complement of a set.
    fn complements(&mut self, part: &MathObject) -> ParseResult<Vec<MathObject>> {
        let ends = match part {
            MathObject::Interval { low, high, low_closed, high_closed } => {
                vec![(*low, *high, !*low_closed, !*high_closed)]
            }
            MathObject::Set(points) => {
                let mut ends = Vec::new();
                for point in points {
                    let MathObject::Expr(id) = point else {
                        return self.fail("Only numbers can be taken away: write the part that is left.");
                    };
                    ends.push((*id, *id, false, false));
                }
                ends
            }
            MathObject::Empty => Vec::new(),
            _ => return self.fail("Only intervals and sets can be taken away: write the part that is left."),
        };
        let mut parts = Vec::new();
        for (low, high, low_closed, high_closed) in ends {
            let above = self.add(Node::Constant(Constant::Infinity))?;
            let below = self.add(Node::Negative(above))?;
            parts.push(MathObject::Union(vec![
                MathObject::Interval { low: below, high: low, low_closed: false, high_closed: low_closed },
                MathObject::Interval { low: high, high: above, low_closed: high_closed, high_closed: false },
            ]));
        }
        Ok(parts)
    }
}

pub(super) fn is_part_of_line(object: &MathObject) -> bool {
    matches!(object, MathObject::Interval { .. } | MathObject::Reals)
}
