//! Derivatives, on the graph.

use dashu_ratio::RBig;

use super::dag::{Dag, Op};
use super::function::Unary;
use crate::parse::tree::Id;

/// The most operations of an expression that is differentiated.
const OPERATIONS: usize = 2_000;

/// Returns the derivative with respect to a variable; `None` for an expression with a function
/// that has none here, such as a factorial.
pub(crate) fn derivative(dag: &mut Dag, f: Id, x: Id) -> Option<Id> {
    let needed = dag.dependencies(&[f]);
    if needed.len() > OPERATIONS {
        return None;
    }
    let zero = dag.number(0);
    let mut slopes: Vec<Id> = vec![zero; f as usize + 1];
    for id in needed {
        let slope = |id: Id| slopes.get(id as usize).copied().unwrap_or(zero);
        let new = match dag.op(id).clone() {
            _ if id == x => dag.number(1),
            Op::Add(a, b) => dag.add(slope(a), slope(b)),
            Op::Mul(a, b) => {
                let (left, right) = (product(dag, slope(a), b), product(dag, a, slope(b)));
                dag.add(left, right)
            }
            Op::Pow(a, b) => power(dag, id, (a, slope(a)), (b, slope(b))),
            Op::Unary(_, a) if slope(a) == zero => zero,
            Op::Unary(function, a) => {
                let outer = unary(dag, function, a)?;
                product(dag, outer, slope(a))
            }
            Op::Binary(_, a, b) if slope(a) == zero && slope(b) == zero => zero,
            Op::Apply(_, all) if all.iter().all(|id| slope(*id) == zero) => zero,
            Op::Binary(..) | Op::Apply(..) | Op::Undefined => return None,
            _ => zero,
        };
        if let Some(place) = slopes.get_mut(id as usize) {
            *place = new;
        }
    }
    slopes.get(f as usize).copied()
}

fn product(dag: &mut Dag, a: Id, b: Id) -> Id {
    let is_zero = |id: Id| dag.value(id).is_some_and(RBig::is_zero);
    if is_zero(a) || is_zero(b) { dag.number(0) } else { dag.mul(a, b) }
}

/// Returns the derivative of `a^b`: `b·a^(b-1)·a' + a^b·ln a·b'`.
fn power(dag: &mut Dag, whole: Id, (a, a_slope): (Id, Id), (b, b_slope): (Id, Id)) -> Id {
    let is_zero = |dag: &Dag, id: Id| dag.value(id).is_some_and(RBig::is_zero);
    let mut sum = dag.number(0);
    if !is_zero(dag, a_slope) {
        let one = dag.number(1);
        let lower = dag.sub(b, one);
        let rest = dag.pow(a, lower);
        let outer = dag.mul(b, rest);
        sum = dag.mul(outer, a_slope);
    }
    if !is_zero(dag, b_slope) {
        let log = dag.unary(Unary::Ln, a);
        let outer = dag.mul(whole, log);
        let term = dag.mul(outer, b_slope);
        sum = dag.add(sum, term);
    }
    sum
}

/// Returns the derivative of a function at `a`.
fn unary(dag: &mut Dag, function: Unary, a: Id) -> Option<Id> {
    let one = dag.number(1);
    let square = dag.mul(a, a);
    let root = |dag: &mut Dag| {
        let below = dag.sub(one, square);
        let minus_half = dag.number(RBig::from_parts((-1).into(), 2u8.into()));
        dag.pow(below, minus_half)
    };
    Some(match function {
        Unary::Sin => dag.unary(Unary::Cos, a),
        Unary::Cos => {
            let sine = dag.unary(Unary::Sin, a);
            dag.neg(sine)
        }
        Unary::Asin => root(dag),
        Unary::Acos => {
            let slope = root(dag);
            dag.neg(slope)
        }
        Unary::Atan => {
            let below = dag.add(one, square);
            dag.div(one, below)
        }
        Unary::Ln => dag.div(one, a),
        Unary::Abs => dag.unary(Unary::Sign, a),
        Unary::Floor | Unary::Sign | Unary::Factorial => return None,
    })
}
