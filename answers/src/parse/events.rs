//! Events and sets by letters: `A ∩ B`, `A'`, `X ≤ 2`, `A | B`.
//!
//! Their operations are functions without a definition. The operands of ∩ and ∪ are sorted.

use crate::lex::token::{Bar, Relation, TokenKind};
use crate::lex::words::is_capital;
use crate::parse::tree::{Id, Node};
use crate::parse::{ParseResult, Parser};

pub(crate) const UNION: &str = "∪";
pub(crate) const INTERSECTION: &str = "∩";
pub(crate) const DIFFERENCE: &str = "∖";
pub(crate) const COMPLEMENT: &str = "′";
const SUBSET: &str = "⊂";
const GIVEN: &str = "|";
const BAR: &str = "\\overline";

impl Parser<'_> {
    /// Parses an argument of `P(…)`: an event, a condition, or an expression.
    pub(super) fn event(&mut self) -> ParseResult<Id> {
        let first = self.condition()?;
        let first = self.sets(first)?;
        if matches!(self.peek(), Some(TokenKind::Bar(Bar::Either) | TokenKind::SuchThat)) {
            self.next += 1;
            let second = self.condition()?;
            let second = self.sets(second)?;
            return self.add(Node::Apply(GIVEN.into(), [first, second].into()));
        }
        Ok(first)
    }

    /// Returns `true` before an operator between sets.
    pub(crate) fn at_set_operator(&self) -> bool {
        matches!(
            self.peek(),
            Some(TokenKind::Union | TokenKind::Intersection | TokenKind::SetMinus | TokenKind::Subset)
        )
    }

    /// Parses the operators between sets that follow a first one.
    pub(crate) fn sets(&mut self, first: Id) -> ParseResult<Id> {
        let mut all = first;
        loop {
            let (name, word) = match self.peek() {
                Some(TokenKind::Union) => (UNION, false),
                Some(TokenKind::Or) if self.bars > 0 => (UNION, true),
                Some(TokenKind::Intersection) => (INTERSECTION, false),
                Some(TokenKind::And) if self.bars > 0 => (INTERSECTION, true),
                Some(TokenKind::SetMinus) => (DIFFERENCE, false),
                Some(TokenKind::Subset) => (SUBSET, false),
                _ => return Ok(all),
            };
            self.next += 1;
            let next = self.condition()?;
            // ∩ binds its operands before ∪ does.
            let next = if name == UNION || name == SUBSET || word { self.intersections(next)? } else { next };
            let first = self.complement(all)?;
            all = self.combined(name, first, next)?;
        }
    }

    fn intersections(&mut self, first: Id) -> ParseResult<Id> {
        let mut all = first;
        while self.eat(&TokenKind::Intersection) {
            let next = self.condition()?;
            all = self.combined(INTERSECTION, all, next)?;
        }
        Ok(all)
    }

    fn combined(&mut self, name: &str, first: Id, second: Id) -> ParseResult<Id> {
        let mut operands = vec![first, second];
        if matches!(name, UNION | INTERSECTION) {
            operands = operands
                .into_iter()
                .flat_map(|id| match self.arena.node(id) {
                    Node::Apply(inner, all) if **inner == *name => all.to_vec(),
                    _ => vec![id],
                })
                .collect();
            operands.sort_by_cached_key(|id| self.arena.key(*id));
        }
        self.add(Node::Apply(name.into(), operands.into()))
    }

    /// Parses an expression, or a condition such as `X ≤ 2` or `1 < X < 3`.
    fn condition(&mut self) -> ParseResult<Id> {
        let mut sides = vec![self.sum()?];
        let mut relations = Vec::new();
        while let Some(TokenKind::Relation(relation)) = self.peek() {
            relations.push(*relation);
            self.next += 1;
            let side = self.sum()?;
            sides.push(side);
            if sides.len() > 4 {
                return self.fail("There are too many signs between sides: write one condition.");
            }
        }
        let mut steps = Vec::new();
        for (two, relation) in sides.windows(2).zip(relations) {
            let (name, flip) = match relation {
                Relation::Equal => ("=", self.arena.key(two[0]) > self.arena.key(two[1])),
                Relation::NotEqual => ("≠", self.arena.key(two[0]) > self.arena.key(two[1])),
                Relation::Less => ("<", false),
                Relation::LessEqual => ("≤", false),
                Relation::Greater => ("<", true),
                Relation::GreaterEqual => ("≤", true),
                Relation::In => ("∈", false),
            };
            let both = if flip { [two[1], two[0]] } else { [two[0], two[1]] };
            steps.push(self.add(Node::Apply(name.into(), both.into()))?);
        }
        match (&steps[..], &sides[..]) {
            ([], [side]) => self.complement(*side),
            ([step], _) => Ok(*step),
            ([first, rest @ ..], _) => {
                let mut all = *first;
                for step in rest {
                    all = self.combined(INTERSECTION, all, *step)?;
                }
                Ok(all)
            }
            _ => self.missing(),
        }
    }

    /// Returns the complement for `B'`, `B^c` and `\overline{B}`, and other operands unchanged.
    pub(crate) fn complement(&mut self, id: Id) -> ParseResult<Id> {
        let of = match self.arena.node(id).clone() {
            Node::Symbol(name) => {
                let inside = name.strip_prefix("\\bar{").and_then(|rest| rest.strip_suffix('}'));
                match inside.or_else(|| name.strip_suffix('\'')) {
                    Some(of) if is_capital(of) => self.add(Node::Symbol(of.into()))?,
                    _ => return Ok(id),
                }
            }
            Node::Power(of, exponent) => match (self.arena.node(of), self.arena.node(exponent)) {
                (Node::Symbol(name), Node::Symbol(c)) if is_capital(name) && matches!(&**c, "c" | "C") => of,
                (Node::Apply(..), Node::Symbol(c)) if matches!(&**c, "c" | "C") => of,
                _ => return Ok(id),
            },
            Node::Apply(name, all) if *name == *BAR => match all[..] {
                [of] => of,
                _ => return Ok(id),
            },
            _ => return Ok(id),
        };
        self.add(Node::Apply(COMPLEMENT.into(), [of].into()))
    }

    /// Parses a bar over an expression.
    pub(super) fn overline(&mut self) -> ParseResult<Id> {
        self.next += 1;
        let of = self.argument()?;
        self.add(Node::Apply(BAR.into(), [of].into()))
    }

    /// Combines two factors with `×`: the cross product if both are vectors.
    ///
    /// The operands are sorted, and the sign changes with them: b × a = -(a × b).
    pub(super) fn cross(&mut self, first: Id, second: Id) -> ParseResult<Option<Id>> {
        if !self.is_vector(first) || !self.is_vector(second) {
            return Ok(None);
        }
        if self.arena.key(second) < self.arena.key(first) {
            let product = self.add(Node::Apply("×".into(), [second, first].into()))?;
            return self.add(Node::Negative(product)).map(Some);
        }
        self.add(Node::Apply("×".into(), [first, second].into())).map(Some)
    }

    fn is_vector(&self, id: Id) -> bool {
        match self.arena.node(id) {
            Node::Symbol(name) => name.starts_with("\\vec{") || name.starts_with("\\hat{"),
            Node::Apply(name, _) => **name == *"×",
            Node::Negative(of) => self.is_vector(*of),
            Node::Sum(all) => all.iter().all(|id| self.is_vector(*id)),
            Node::Product(all) => all.iter().filter(|id| self.is_vector(**id)).count() == 1,
            _ => false,
        }
    }
}
