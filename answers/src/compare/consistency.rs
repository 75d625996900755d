//! Random expressions on which the two tests for equality must agree.

use super::decision::Decision;
use super::modular::{ResidueOutcome, Residues};
use super::numeric;
use super::random::mix;
use crate::lex::function::{Constant, Function};
use crate::limits::Budget;
use crate::normalise::dag::Dag;
use crate::parse::tree::{Arena, Id, Node};

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 += 1;
        mix(&[20_261_130, self.0]) % most
    }
}

/// Adds a random expression, and a second one that equals it where the laws for positive values
/// hold.
fn pair(arena: &mut Arena, random: &mut Random, depth: u64) -> Option<(Id, Id)> {
    let mut add = |node: Node| arena.add(node, 0).ok();
    let leaf = |id: Option<Id>| id.map(|id| (id, id));
    if depth == 0 || random.below(8) == 0 {
        let small = random.below(9) + 1;
        return leaf(match random.below(6) {
            0 | 1 => add(Node::Symbol("x".into())),
            2 => add(Node::Symbol("y".into())),
            3 => add(Node::Constant(Constant::Pi)),
            _ => add(Node::Number(small.into(), None)),
        });
    }
    let (a, b) = pair(arena, random, depth - 1)?;
    let (c, d) = pair(arena, random, depth - 1)?;
    let mut add = |node: Node| arena.add(node, 0).ok();
    let mut call = |function: Function, of: Id| add(Node::Call(function, [of].into()));
    match random.below(14) {
        0 => Some((call(Function::Sin, a)?, call(Function::Sin, b)?)),
        1 => Some((call(Function::Exp, a)?, call(Function::Exp, b)?)),
        2 => {
            // sin 2a = 2 sin a cos a
            let (sin, cos) = (call(Function::Sin, b)?, call(Function::Cos, b)?);
            let two = add(Node::Number(2u8.into(), None))?;
            let twice = add(Node::Product([two, a].into()))?;
            let left = add(Node::Call(Function::Sin, [twice].into()))?;
            Some((left, add(Node::Product([two, sin, cos].into()))?))
        }
        3 => {
            // cos(a + c)
            let sum = add(Node::Sum([a, c].into()))?;
            let left = add(Node::Call(Function::Cos, [sum].into()))?;
            let mut call = |function: Function, of: Id| add(Node::Call(function, [of].into()));
            let (ca, cc, sa, sc) = (
                call(Function::Cos, b)?,
                call(Function::Cos, d)?,
                call(Function::Sin, b)?,
                call(Function::Sin, d)?,
            );
            let (cosines, sines) =
                (add(Node::Product([ca, cc].into()))?, add(Node::Product([sa, sc].into()))?);
            let minus = add(Node::Negative(sines))?;
            Some((left, add(Node::Sum([cosines, minus].into()))?))
        }
        4 => {
            // e^(a + c)
            let sum = add(Node::Sum([a, c].into()))?;
            let left = add(Node::Call(Function::Exp, [sum].into()))?;
            let (x, y) =
                (add(Node::Call(Function::Exp, [b].into()))?, add(Node::Call(Function::Exp, [d].into()))?);
            Some((left, add(Node::Product([x, y].into()))?))
        }
        5 => {
            // a(c + a) = ac + a²
            let two = add(Node::Number(2u8.into(), None))?;
            let sum = add(Node::Sum([c, a].into()))?;
            let left = add(Node::Product([a, sum].into()))?;
            let (product, square) = (add(Node::Product([b, d].into()))?, add(Node::Power(b, two))?);
            Some((left, add(Node::Sum([product, square].into()))?))
        }
        6 => {
            // ln(xa) where a is a square of an exponential: ln x + 2a
            let two = add(Node::Number(2u8.into(), None))?;
            let x = add(Node::Symbol("x".into()))?;
            let exp = add(Node::Call(Function::Exp, [a].into()))?;
            let square = add(Node::Power(exp, two))?;
            let product = add(Node::Product([x, square].into()))?;
            let left = add(Node::Call(Function::Ln, [product].into()))?;
            let log = add(Node::Call(Function::Ln, [x].into()))?;
            let twice = add(Node::Product([two, b].into()))?;
            Some((left, add(Node::Sum([log, twice].into()))?))
        }
        7 => Some((add(Node::Quotient(a, c))?, add(Node::Quotient(b, d))?)),
        8 => {
            // x^(a + 1) = x·x^a
            let one = add(Node::Number(1u8.into(), None))?;
            let x = add(Node::Symbol("x".into()))?;
            let sum = add(Node::Sum([a, one].into()))?;
            let (left, right) = (add(Node::Power(x, sum))?, add(Node::Power(x, b))?);
            Some((left, add(Node::Product([x, right].into()))?))
        }
        9 => Some((call(Function::Sqrt, a)?, call(Function::Sqrt, b)?)),
        10 => Some((call(Function::Abs, a)?, call(Function::Abs, b)?)),
        11 => Some((add(Node::Product([a, c].into()))?, add(Node::Product([d, b].into()))?)),
        12 => Some((call(Function::Ln, a)?, call(Function::Ln, b)?)),
        _ => Some((add(Node::Sum([a, c].into()))?, add(Node::Sum([d, b].into()))?)),
    }
}

#[test]
fn residues_and_values_agree() {
    let mut random = Random(0);
    let (mut same, mut different, mut unsure) = (0, 0, 0);
    for round in 0..600 {
        let mut arena = Arena::default();
        let depth = 1 + random.below(3);
        let Some((a, b)) = pair(&mut arena, &mut random, depth) else { continue };
        // Every fourth pair is wrong, or equal by chance.
        let b = if round % 4 == 0 {
            pair(&mut arena, &mut random, depth).map_or(b, |(other, _)| other)
        } else {
            b
        };
        let mut dag = Dag::default();
        let name = |name: &str| name.to_owned();
        let (Ok(x), Ok(y)) = (dag.import(&arena, a, &name), dag.import(&arena, b, &name)) else { continue };
        let wanted = dag.dependencies(&[x, y]);
        let by_value = numeric::same(&dag, &wanted, x, y, &Budget::new());
        let text = || format!("{:?} {x} {y}", wanted.iter().map(|id| (id, dag.op(*id))).collect::<Vec<_>>());
        match Residues::of(&dag, &wanted, 0).compare(x, y) {
            ResidueOutcome::Different => {
                different += 1;
                assert_ne!(by_value, Decision::Same, "{}", text());
            }
            ResidueOutcome::Same => {
                same += 1;
                // Laws for positive values hold at some points only.
                let positive = wanted.iter().any(|id| {
                    matches!(
                        dag.op(*id),
                        crate::normalise::dag::Op::Unary(crate::normalise::function::Unary::Ln, _)
                    )
                });
                assert!(by_value != Decision::Different || positive, "{}", text());
            }
            ResidueOutcome::Unsure => unsure += 1,
            ResidueOutcome::Undefined => {}
        }
    }
    assert!(same > 80 && different > 50 && unsure > 8, "{same} {different} {unsure}");
}
