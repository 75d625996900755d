//! General solutions: values `a + nd` for every integer n, with any letter for n.

use dashu_int::ops::Gcd;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Comparer;
use crate::classify::MathObject;
use crate::compare::decision::Decision;
use crate::compare::equality;
use crate::parse::tree::Id;

/// The most residues of one family in the common period.
const RESIDUES: u64 = 48;
/// The largest denominator of the ratio of two periods.
const DENOMINATOR: u64 = 24;

#[derive(Clone, Copy)]
struct Family {
    start: Id,
    /// The period; `None` for a single value.
    step: Option<Id>,
}

impl Comparer<'_> {
    /// Compares two sets of families; `None` if one of them is something else.
    pub(super) fn same_families(&mut self, a: &MathObject, b: &MathObject) -> Option<Decision> {
        let (mut names, mut others) = (Vec::new(), Vec::new());
        let (x, y) = (self.families(a, &mut names)?, self.families(b, &mut others)?);
        let period = x.iter().find_map(|family| family.step)?;
        if !names.is_empty() && others.iter().any(|name| !names.contains(name)) {
            return Some(Decision::Different);
        }
        if x.iter().chain(&y).any(|family| family.step.is_none()) {
            return Some(self.different());
        }
        let ratios = |comparer: &mut Self, families: &[Family]| -> Option<Vec<RBig>> {
            families.iter().map(|family| comparer.ratio(family.step?, period)).collect()
        };
        let (Some(first), Some(second)) = (ratios(self, &x), ratios(self, &y)) else {
            return Some(self.different());
        };
        let whole = first.iter().chain(&second).cloned().reduce(|a, b| least_multiple(&a, &b))?;
        let factor = self.dag.number(whole.clone());
        let whole_period = self.dag.mul(period, factor);
        let (Some(x), Some(y)) = (self.residues(&x, &first, &whole), self.residues(&y, &second, &whole))
        else {
            return Some(Decision::Undecided);
        };
        let there = self.residues_among(&x, &y, whole_period);
        Some(there.and(|| self.residues_among(&y, &x, whole_period)))
    }

    fn families(&mut self, object: &MathObject, names: &mut Vec<Id>) -> Option<Vec<Family>> {
        match object {
            MathObject::List(all, _) | MathObject::Set(all) => {
                let mut found = Vec::new();
                for object in all {
                    found.extend(self.families(object, names)?);
                }
                Some(found)
            }
            MathObject::Chain(..) => {
                let (name, value) = self.solved(object)?;
                names.push(name);
                self.families(&value, names)
            }
            MathObject::Expr(id) => {
                let [letter] = self.letters(*id)[..] else {
                    return self.is_constant(*id).then(|| vec![Family { start: *id, step: None }]);
                };
                let (start, next) = (self.put(*id, letter, 0)?, self.put(*id, letter, 1)?);
                let step = self.dag.sub(next, start);
                let multiple = self.dag.mul(step, letter);
                let line = self.dag.add(start, multiple);
                let linear = equality::same(&self.dag, line, *id, self.budget).is_same();
                linear.then(|| vec![Family { start, step: Some(step) }])
            }
            _ => None,
        }
    }

    /// Returns the absolute ratio of two periods, if it is rational.
    fn ratio(&mut self, step: Id, period: Id) -> Option<RBig> {
        let quotient = equality::approximate(&self.dag, step, self.budget)?
            / equality::approximate(&self.dag, period, self.budget)?;
        let (denominator, numerator) = (1..=DENOMINATOR).find_map(|denominator| {
            let numerator = quotient * denominator as f64;
            let near = (numerator - numerator.round()).abs() < 1e-9 && numerator.round() != 0.0;
            near.then(|| (denominator, numerator.round() as i64))
        })?;
        let factor = self.dag.number(RBig::from_parts(IBig::from(numerator), UBig::from(denominator)));
        let multiple = self.dag.mul(period, factor);
        let same = equality::same(&self.dag, step, multiple, self.budget).is_same();
        same.then(|| RBig::from_parts(IBig::from(numerator.abs()), UBig::from(denominator)))
    }

    /// Returns the values in one common period, with approximations.
    fn residues(&mut self, families: &[Family], ratios: &[RBig], whole: &RBig) -> Option<Vec<(Id, f64)>> {
        let mut found = Vec::new();
        for (family, ratio) in families.iter().zip(ratios) {
            let count = u64::try_from((whole / ratio).numerator()).ok().filter(|count| *count <= RESIDUES)?;
            for k in 0..count {
                let factor = self.dag.number(k as i32);
                let shift = self.dag.mul(family.step?, factor);
                let value = self.dag.add(family.start, shift);
                found.push((value, equality::approximate(&self.dag, value, self.budget)?));
            }
        }
        Some(found)
    }

    /// Returns `Same` if every value differs from one of the others by a multiple of the period.
    fn residues_among(&mut self, values: &[(Id, f64)], others: &[(Id, f64)], period: Id) -> Decision {
        let Some(length) = equality::approximate(&self.dag, period, self.budget) else {
            return Decision::Undecided;
        };
        let mut all = Decision::Same;
        for (value, at) in values {
            let mut found = Decision::Different;
            for (other, place) in others {
                let turns = (at - place) / length;
                if (turns - turns.round()).abs() > 1e-6 || turns.abs() > 1e6 {
                    continue;
                }
                let turns = self.dag.number(turns.round() as i32);
                let shift = self.dag.mul(period, turns);
                let moved = self.dag.add(*other, shift);
                found = found.or(|| equality::same(&self.dag, *value, moved, self.budget));
            }
            all = all.and(|| found);
        }
        if all == Decision::Different { self.different() } else { all }
    }
}

/// Returns the least common multiple of two positive rational numbers.
fn least_multiple(a: &RBig, b: &RBig) -> RBig {
    let (p, q) = (UBig::try_from(a.numerator().clone()), UBig::try_from(b.numerator().clone()));
    let (Ok(p), Ok(q)) = (p, q) else { return a.clone() };
    let common = (&p).gcd(&q);
    if common.is_zero() {
        return a.clone();
    }
    let numerator = p / common * q;
    RBig::from_parts(numerator.into(), a.denominator().gcd(b.denominator()))
}
