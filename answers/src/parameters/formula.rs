//! A formula in the parameters, evaluated exactly.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::{ParametersError, Values};
use crate::classify::{MathObject, ParsedAnswer, Reading, read};
use crate::kind::Kind;
use crate::lex::function::Function;
use crate::normalise::exact::{factorial, is_small};
use crate::normalise::function::Binary;
use crate::parse::tree::{Id, Node};

/// The largest exponent.
const EXPONENT: i64 = 64;

/// A formula, read once.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    answer: Box<ParsedAnswer>,
    root: Id,
}

impl Formula {
    /// Reads a formula in which only these letters occur.
    pub(super) fn parse(text: &str, known: &[char]) -> Result<Self, ParametersError> {
        let unreadable = || ParametersError::Formula(text.to_owned());
        let kind =
            Kind::expression().variables(known.iter().map(char::to_string)).map_err(|_| unreadable())?;
        let reading = Reading { sort: Some(kind.name), ..Reading::expected(text, &kind) };
        let answer = read(text, &reading).map_err(|_| unreadable())?;
        let MathObject::Expr(root) = answer.object else { return Err(unreadable()) };
        let is_known = |name: &&str| name.chars().count() == 1 && name.chars().all(|c| known.contains(&c));
        if !answer.arena.symbols(root).iter().all(is_known) {
            return Err(unreadable());
        }
        Ok(Self { answer: Box::new(answer), root })
    }

    /// Returns the value; `None` after a division by zero, for a root, and for a number that is too large.
    pub(super) fn value(&self, values: &Values) -> Option<RBig> {
        let arena = &self.answer.arena;
        let mut found: Vec<Option<RBig>> = vec![None; self.root as usize + 1];
        for id in arena.descendants(self.root) {
            let of = |id: Id| found.get(id as usize).cloned().flatten();
            let value = node(arena.node(id), &of, values).filter(is_small);
            if let Some(place) = found.get_mut(id as usize) {
                *place = value;
            }
        }
        found.pop().flatten()
    }
}

fn node(node: &Node, of: &dyn Fn(Id) -> Option<RBig>, values: &Values) -> Option<RBig> {
    let all = |ids: &[Id]| ids.iter().map(|id| of(*id)).collect::<Option<Vec<RBig>>>();
    Some(match node {
        Node::Number(value, _) => value.clone(),
        Node::Symbol(name) => values.get(name.chars().next()?)?.clone(),
        Node::Negative(a) => -of(*a)?,
        Node::Sum(ids) => all(ids)?.into_iter().fold(RBig::ZERO, |sum, value| sum + value),
        Node::Product(ids) => all(ids)?.into_iter().fold(RBig::ONE, |product, value| product * value),
        Node::Quotient(a, b) => of(*a)? / Some(of(*b)?).filter(|b| !b.is_zero())?,
        Node::Mixed(a, b) => of(*a)? + of(*b)?,
        Node::Percent(a) => of(*a)? / RBig::from(100),
        Node::Factorial(a) => RBig::from(factorial(&whole(of(*a)?)?)?),
        Node::Power(a, b) => {
            let (base, power) = (of(*a)?, i64::try_from(whole(of(*b)?)?).ok()?);
            if power.abs() > EXPONENT || base.is_zero() && power <= 0 {
                return None;
            }
            base.pow(isize::try_from(power).ok()?)
        }
        Node::Call(function, ids) => call(*function, all(ids)?)?,
        _ => return None,
    })
}

fn call(function: Function, arguments: Vec<RBig>) -> Option<RBig> {
    let fold = |function: Binary| {
        arguments.iter().cloned().map(Some).reduce(|a, b| function.exact(&a?, &b?)).flatten()
    };
    match function {
        Function::Gcd => fold(Binary::Gcd),
        Function::Lcm => fold(Binary::Lcm),
        Function::Min => fold(Binary::Min),
        Function::Max => fold(Binary::Max),
        Function::Mod => fold(Binary::Mod),
        Function::Abs => arguments.first().map(|value| value.clone().max(-value.clone())),
        Function::Floor => arguments.first().map(|value| RBig::from(value.floor())),
        Function::Ceil => arguments.first().map(|value| RBig::from(value.ceil())),
        _ => None,
    }
}

fn whole(value: RBig) -> Option<IBig> {
    value.is_int().then(|| value.numerator().clone())
}
