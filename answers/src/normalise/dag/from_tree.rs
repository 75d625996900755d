//! Nodes of a tree as operations, with the limits of exponents and factorials.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::{One, Op, Tape, Two};
use crate::expr::{Arena, Constant, Function, Id, Node};
use crate::limits::{EXPONENT, FACTORIAL};
use crate::verdict::Unreadable;

impl Tape {
    /// Adds a tree. `rename` gives the name under which a letter of it is known.
    pub(crate) fn import(
        &mut self,
        arena: &Arena,
        root: Id,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Id, Unreadable> {
        self.import_all(arena, root, rename).map(|ids| ids[root as usize])
    }

    /// The operation of every node below one.
    pub(crate) fn import_all(
        &mut self,
        arena: &Arena,
        root: Id,
        rename: &dyn Fn(&str) -> String,
    ) -> Result<Vec<Id>, Unreadable> {
        let mut ids: Vec<Id> = vec![0; root as usize + 1];
        for id in arena.under(root) {
            let at = arena.place(id);
            let result = self.node(arena.node(id), &|child| ids[child as usize], rename, at)?;
            if *self.op(result) == Op::Nothing {
                return Err(Unreadable::new(
                    at,
                    "This divides by zero, or has no value: write something that has one.",
                ));
            }
            ids[id as usize] = result;
        }
        Ok(ids)
    }

    fn node(
        &mut self,
        node: &Node,
        to: &dyn Fn(Id) -> Id,
        rename: &dyn Fn(&str) -> String,
        at: usize,
    ) -> Result<Id, Unreadable> {
        Ok(match node {
            Node::Number(value, _) => self.number(value.clone()),
            Node::Symbol(name) => self.variable(&rename(name)),
            Node::Constant(constant) => self.constant(*constant),
            Node::Negative(a) => self.neg(to(*a)),
            Node::PlusMinus(a, _) => to(*a),
            Node::Sum(all) => self.fold(all, to, Self::add),
            Node::Product(all) => self.fold(all, to, Self::mul),
            Node::Quotient(a, b) => self.div(to(*a), to(*b)),
            Node::Mixed(a, b) => self.add(to(*a), to(*b)),
            Node::Power(a, b) => {
                self.check_exponent(to(*b), at)?;
                self.pow(to(*a), to(*b))
            }
            Node::Factorial(a) => {
                self.check_factorial(to(*a), at)?;
                self.one(One::Factorial, to(*a))
            }
            Node::Percent(a) => {
                let hundredth = self.ratio(1, 100);
                self.mul(to(*a), hundredth)
            }
            Node::Degrees(a) if self.dialect.degrees => to(*a),
            Node::Degrees(a) => self.radians(to(*a)),
            Node::Call(function, all) => {
                let ids: Vec<Id> = all.iter().map(|id| to(*id)).collect();
                self.call(*function, &ids, at)?
            }
        })
    }

    fn fold(&mut self, all: &[Id], to: &dyn Fn(Id) -> Id, join: fn(&mut Self, Id, Id) -> Id) -> Id {
        let mut ids: Vec<Id> = all.iter().map(|id| to(*id)).collect();
        // The same terms in another order are the same operations.
        ids.sort_unstable();
        ids.into_iter().reduce(|a, b| join(self, a, b)).unwrap_or_default()
    }

    fn ratio(&mut self, over: i32, under: u32) -> Id {
        self.number(RBig::from_parts(IBig::from(over), under.into()))
    }

    fn radians(&mut self, degrees: Id) -> Id {
        let pi = self.constant(Constant::Pi);
        let part = self.ratio(1, 180);
        let radian = self.mul(pi, part);
        self.mul(degrees, radian)
    }

    fn check_exponent(&mut self, exponent: Id, at: usize) -> Result<(), Unreadable> {
        let bound = RBig::from(EXPONENT);
        match self.value(exponent) {
            Some(value) if *value > bound || *value < -bound => Err(Unreadable::new(
                at,
                format!("This exponent is too large: write exponents up to {EXPONENT}."),
            )),
            _ => Ok(()),
        }
    }

    fn check_factorial(&mut self, of: Id, at: usize) -> Result<(), Unreadable> {
        match self.value(of) {
            Some(value) if *value > RBig::from(FACTORIAL) => Err(Unreadable::new(
                at,
                format!("This factorial is too large: write factorials up to {FACTORIAL}!."),
            )),
            Some(value) if *value < RBig::ZERO || !value.is_int() => Err(Unreadable::new(
                at,
                "Only 0, 1, 2, 3, … have a factorial: put another number before the !.",
            )),
            _ => Ok(()),
        }
    }

    fn call(&mut self, function: Function, ids: &[Id], at: usize) -> Result<Id, Unreadable> {
        let Some(&a) = ids.first() else { return Ok(self.push(Op::Nothing)) };
        let b = ids.get(1).copied();
        Ok(match function {
            Function::Sin => self.of_angle(One::Sin, a),
            Function::Cos => self.of_angle(One::Cos, a),
            Function::Tan | Function::Cot => {
                let sin = self.of_angle(One::Sin, a);
                let cos = self.of_angle(One::Cos, a);
                if function == Function::Tan { self.div(sin, cos) } else { self.div(cos, sin) }
            }
            Function::Sec | Function::Csc => {
                let of = if function == Function::Sec { One::Cos } else { One::Sin };
                let under = self.of_angle(of, a);
                self.inverse(under)
            }
            Function::Asin => self.angle(One::Asin, a),
            Function::Acos => self.angle(One::Acos, a),
            Function::Atan => self.angle(One::Atan, a),
            Function::Asec | Function::Acsc | Function::Acot => {
                let inverse = self.inverse(a);
                self.angle(
                    match function {
                        Function::Asec => One::Acos,
                        Function::Acsc => One::Asin,
                        _ => One::Atan,
                    },
                    inverse,
                )
            }
            Function::Sinh
            | Function::Cosh
            | Function::Tanh
            | Function::Sech
            | Function::Csch
            | Function::Coth => self.hyperbolic(function, a),
            Function::Asinh | Function::Acosh | Function::Atanh => self.inverse_hyperbolic(function, a),
            Function::Ln => self.one(One::Ln, a),
            Function::Log => self.logarithm(a, b),
            Function::Exp => {
                self.check_exponent(a, at)?;
                let e = self.constant(Constant::E);
                self.pow(e, a)
            }
            Function::Sqrt => {
                let half = self.ratio(1, 2);
                self.pow(a, half)
            }
            Function::Root => {
                let exponent = self.inverse(a);
                self.check_exponent(exponent, at)?;
                self.pow(b.unwrap_or(a), exponent)
            }
            Function::Abs => self.one(One::Abs, a),
            Function::Sign => self.one(One::Sign, a),
            Function::Floor => self.one(One::Floor, a),
            Function::Ceil => {
                let minus = self.neg(a);
                let floor = self.one(One::Floor, minus);
                self.neg(floor)
            }
            Function::Gcd => self.fold_two(Two::Gcd, ids),
            Function::Lcm => self.fold_two(Two::Lcm, ids),
            Function::Min => self.fold_two(Two::Min, ids),
            Function::Max => self.fold_two(Two::Max, ids),
            Function::Mod => self.fold_two(Two::Mod, ids),
            Function::Choose => self.choose(a, b.unwrap_or(a), true, at)?,
            Function::Permute => self.choose(a, b.unwrap_or(a), false, at)?,
        })
    }

    fn inverse(&mut self, a: Id) -> Id {
        let minus = self.number(-1);
        self.pow(a, minus)
    }

    fn of_angle(&mut self, function: One, angle: Id) -> Id {
        let angle = if self.dialect.degrees { self.radians(angle) } else { angle };
        self.one(function, angle)
    }

    fn angle(&mut self, function: One, of: Id) -> Id {
        let angle = self.one(function, of);
        if !self.dialect.degrees {
            return angle;
        }
        let one = self.number(1);
        let degree = self.radians(one);
        self.div(angle, degree)
    }

    /// The logarithm of the last one, to the base of the first, if there are two.
    fn logarithm(&mut self, a: Id, b: Option<Id>) -> Id {
        let (base, of) = match b {
            Some(of) => (a, of),
            None if self.dialect.natural_log => return self.one(One::Ln, a),
            None => (self.number(10), a),
        };
        let over = self.one(One::Ln, of);
        let under = self.one(One::Ln, base);
        self.div(over, under)
    }

    /// By powers of e.
    fn hyperbolic(&mut self, function: Function, a: Id) -> Id {
        let e = self.constant(Constant::E);
        let plus = self.pow(e, a);
        let minus = self.inverse(plus);
        let half = self.ratio(1, 2);
        let (sum, difference) = (self.add(plus, minus), self.sub(plus, minus));
        let (cosh, sinh) = (self.mul(half, sum), self.mul(half, difference));
        match function {
            Function::Sinh => sinh,
            Function::Cosh => cosh,
            Function::Tanh => self.div(sinh, cosh),
            Function::Coth => self.div(cosh, sinh),
            Function::Sech => self.inverse(cosh),
            _ => self.inverse(sinh),
        }
    }

    /// By logarithms.
    fn inverse_hyperbolic(&mut self, function: Function, a: Id) -> Id {
        let one = self.number(1);
        let half = self.ratio(1, 2);
        if function == Function::Atanh {
            let (over, under) = (self.add(one, a), self.sub(one, a));
            let ratio = self.div(over, under);
            let log = self.one(One::Ln, ratio);
            return self.mul(half, log);
        }
        let square = self.mul(a, a);
        let inside = if function == Function::Asinh { self.add(square, one) } else { self.sub(square, one) };
        let root = self.pow(inside, half);
        let sum = self.add(a, root);
        self.one(One::Ln, sum)
    }

    fn fold_two(&mut self, function: Two, ids: &[Id]) -> Id {
        let mut ids = ids.to_vec();
        if function != Two::Mod {
            ids.sort_unstable();
        }
        ids.into_iter()
            .reduce(|a, b| match (self.value(a), self.value(b)) {
                (Some(x), Some(y)) => match exact_two(function, x, y) {
                    Some(value) => self.number(value),
                    None => self.push(Op::Nothing),
                },
                _ => self.push(Op::Two(function, a, b)),
            })
            .unwrap_or_default()
    }

    /// `n!/(n-k)!`, over `k!` for combinations; for a known k a polynomial in n.
    fn choose(&mut self, n: Id, k: Id, combinations: bool, at: usize) -> Result<Id, Unreadable> {
        self.check_factorial(n, at)?;
        self.check_factorial(k, at)?;
        let count: Option<u32> = self.whole(k).and_then(|k| (&k).try_into().ok());
        if let (Some(count), Some(n)) = (count.filter(|count| *count <= FACTORIAL), self.whole(n)) {
            let over = (0..count).fold(IBig::ONE, |product, less| product * (&n - IBig::from(less)));
            let under = if combinations {
                super::factorial(&IBig::from(count)).unwrap_or(IBig::ONE)
            } else {
                IBig::ONE
            };
            return Ok(self.number(RBig::from(over) / RBig::from(under)));
        }
        if let Some(count) = count.filter(|count| *count <= 64) {
            let mut product = self.number(1);
            for less in 0..count {
                let less = self.number(-IBig::from(less));
                let factor = self.add(n, less);
                product = self.mul(product, factor);
            }
            if !combinations {
                return Ok(product);
            }
            let under = self.one(One::Factorial, k);
            return Ok(self.div(product, under));
        }
        let over = self.one(One::Factorial, n);
        let rest = self.sub(n, k);
        let under = self.one(One::Factorial, rest);
        let permutations = self.div(over, under);
        if !combinations {
            return Ok(permutations);
        }
        let under = self.one(One::Factorial, k);
        Ok(self.div(permutations, under))
    }
}

/// The value for two exact numbers; `None` where there is none.
pub(crate) fn exact_two(function: Two, x: &RBig, y: &RBig) -> Option<RBig> {
    use dashu_int::ops::Gcd;
    let ints = || (x.is_int() && y.is_int()).then(|| (x.numerator(), y.numerator()));
    Some(match function {
        Two::Min => x.clone().min(y.clone()),
        Two::Max => x.clone().max(y.clone()),
        Two::Mod if y.is_zero() => return None,
        Two::Mod => x - y * RBig::from((x / y).floor()),
        Two::Gcd | Two::Lcm => {
            let (x, y) = ints()?;
            if x.is_zero() && y.is_zero() {
                return Some(RBig::ZERO);
            }
            let gcd = IBig::from(x.gcd(y));
            let value = if function == Two::Gcd { gcd } else { x * y / gcd };
            RBig::from(IBig::from(value.into_parts().1))
        }
    })
}
