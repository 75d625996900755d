//! The simplest form of an answer, as a teacher would define it.

use dashu_int::ops::Gcd;
use dashu_ratio::RBig;

use crate::classify::{MathObject, ParsedAnswer, collect};
use crate::kind::Kind;
use crate::lex::function::Function;
use crate::limits::Budget;
use crate::normalise::dag::{Conventions, Dag};
use crate::normalise::gcd::gcd;
use crate::normalise::rational::{self, Generators, RationalFunction};
use crate::parse::tree::{Arena, Id, Node};

/// The largest power of a number that must be worked out.
const WORKED_OUT: u32 = 1_000_000;

/// Returns `true` if a right answer is simplified, and in the form of the expected one.
///
/// It must be expanded or factorised as the expected answer is. Roots in a denominator are allowed
/// only if the expected answer has them.
pub(super) fn is_simplified(
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &Kind,
    budget: &Budget,
) -> bool {
    // The form of the expected answer is always accepted: 2^5 can be an answer in powers.
    if expected.object == given.object && expected.arena.nodes() == given.arena.nodes() {
        return true;
    }
    if !is_lowest_ratio(given) {
        return false;
    }
    let (mut wanted, mut got) = (Vec::new(), Vec::new());
    collect(&expected.object, &mut wanted);
    collect(&given.object, &mut got);
    let rooted = wanted.iter().any(|id| has_root_below(&expected.arena, *id));
    let simple = got.iter().all(|id| {
        SimplificationCheck::of(&given.arena, *id, rules, budget).is_none_or(|check| check.holds())
            && (rooted || !has_root_below(&given.arena, *id))
    });
    let same_form = match (&wanted[..], &got[..]) {
        (wanted, got) if wanted.len() == got.len() => wanted
            .iter()
            .zip(got)
            .all(|(a, b)| same_form((&expected.arena, *a), (&given.arena, *b), rules, budget)),
        // `x = 2` beside `2`.
        ([.., a], [.., b]) => same_form((&expected.arena, *a), (&given.arena, *b), rules, budget),
        _ => true,
    };
    simple && same_form
}

/// Returns `true` if the integers of a ratio are coprime.
pub(super) fn is_lowest_ratio(given: &ParsedAnswer) -> bool {
    let MathObject::Ratio(parts) = &given.object else { return true };
    let numbers =
        parts.iter().map(|id| given.arena.number(*id).filter(|n| n.is_int()).map(|n| n.numerator().clone()));
    let Some(numbers) = numbers.collect::<Option<Vec<_>>>() else { return true };
    let common =
        numbers.into_iter().reduce(|a, b| if a.is_zero() || b.is_zero() { a + b } else { a.gcd(b).into() });
    common.is_none_or(|common| common.is_one())
}

fn same_form((wanted, a): (&Arena, Id), (given, b): (&Arena, Id), rules: &Kind, budget: &Budget) -> bool {
    if let Some(check) = SimplificationCheck::of(wanted, a, rules, budget)
        && check.dag.value(check.ids[a as usize]).is_some()
        && !is_number(given, b)
    {
        return false;
    }
    let (factors, found) = (sum_factors(wanted, a), sum_factors(given, b));
    if factors == 0 { is_expanded(given, b) || !is_expanded(wanted, a) } else { found >= factors }
}

fn is_number(arena: &Arena, id: Id) -> bool {
    match arena.node(id) {
        Node::Number(..) => true,
        Node::Negative(a) | Node::Percent(a) => is_number(arena, *a),
        Node::Quotient(a, b) | Node::Mixed(a, b) => is_number(arena, *a) && is_number(arena, *b),
        Node::Power(..) | Node::Product(_) => scientific(arena, id),
        _ => false,
    }
}

/// Returns `true` for scientific notation, `6.02 × 10^23`, and for a power of ten.
fn scientific(arena: &Arena, id: Id) -> bool {
    match arena.node(id) {
        Node::Product(all) => all.len() == 2 && is_number(arena, all[0]) && ten_to_a_power(arena, all[1]),
        _ => ten_to_a_power(arena, id),
    }
}

fn ten_to_a_power(arena: &Arena, id: Id) -> bool {
    matches!(arena.node(id), Node::Power(base, _) if arena.number(*base).is_some_and(|base| *base == RBig::from(10)))
}

/// Counts the factors that are sums: two in (x+1)(x+2), two in (x+1)².
fn sum_factors(arena: &Arena, id: Id) -> u32 {
    match arena.node(id) {
        Node::Negative(a) => sum_factors(arena, *a),
        Node::Product(all) => all.iter().map(|id| one_factor(arena, *id)).sum(),
        Node::Power(..) => one_factor(arena, id),
        _ => 0,
    }
}

fn one_factor(arena: &Arena, id: Id) -> u32 {
    match arena.node(id) {
        Node::Sum(_) => 1,
        Node::Power(base, power) if matches!(arena.node(*base), Node::Sum(_)) => {
            arena.number(*power).and_then(|power| u32::try_from(power.numerator()).ok()).unwrap_or(1)
        }
        _ => 0,
    }
}

/// Returns `true` if no product of sums is left.
pub(super) fn is_expanded(arena: &Arena, id: Id) -> bool {
    arena.descendants(id).into_iter().all(|id| sum_factors(arena, id) == 0)
}

fn has_root_below(arena: &Arena, id: Id) -> bool {
    let is_root = |id: &Id| match arena.node(*id) {
        Node::Call(Function::Sqrt, all) => all.iter().all(|id| arena.symbols(*id).is_empty()),
        _ => false,
    };
    arena.descendants(id).into_iter().any(|id| match arena.node(id) {
        Node::Quotient(_, denominator) => arena.descendants(*denominator).iter().any(is_root),
        _ => false,
    })
}

/// Returns `true` if roots are taken, and no root is in a denominator.
pub(super) fn is_simplest_surd(arena: &Arena, id: Id, rules: &Kind, budget: &Budget) -> bool {
    !has_root_below(arena, id)
        && SimplificationCheck::of(arena, id, rules, budget).is_none_or(|check| check.holds())
}

struct SimplificationCheck<'a> {
    arena: &'a Arena,
    root: Id,
    dag: Dag,
    ids: Vec<Id>,
    budget: &'a Budget,
}

impl<'a> SimplificationCheck<'a> {
    fn of(arena: &'a Arena, root: Id, rules: &Kind, budget: &'a Budget) -> Option<Self> {
        let mut dag = Dag::new(Conventions { natural_log: rules.natural_log, degrees: rules.degrees });
        let ids = dag.import_all(arena, root, &|name| name.to_owned()).ok()?;
        Some(Self { arena, root, dag, ids, budget })
    }

    fn holds(&self) -> bool {
        self.arena.descendants(self.root).into_iter().all(|id| self.is_simple(id))
    }

    fn is_simple(&self, id: Id) -> bool {
        match self.arena.node(id) {
            Node::Sum(terms) => !self.any_alike(terms, |ratio| ratio.numerator.is_zero()),
            Node::Product(factors) => self.factors_are_simple(factors),
            Node::Quotient(numerator, denominator) => self.fraction_is_simple(*numerator, *denominator),
            Node::Power(base, power) => self.power_is_simple(id, *base, *power),
            Node::Negative(a) => !matches!(self.arena.node(*a), Node::Negative(_)),
            Node::Call(Function::Sqrt, all) => self.root_is_simple(all[0], 2),
            Node::Call(Function::Root, all) => {
                match self.value(all[0]).and_then(|n| u32::try_from(n.numerator()).ok()) {
                    Some(degree) if degree >= 2 => self.root_is_simple(all[1], degree),
                    _ => true,
                }
            }
            Node::Factorial(_)
            | Node::Call(Function::Choose | Function::Permute | Function::Gcd | Function::Lcm, _) => {
                self.value(id).is_none_or(|value| *value > RBig::from(WORKED_OUT))
            }
            Node::Call(_, all) => self.value(id).is_none() || all.iter().any(|id| self.value(*id).is_none()),
            _ => true,
        }
    }

    fn value(&self, id: Id) -> Option<&RBig> {
        self.dag.value(self.ids[id as usize])
    }

    /// Returns `true` if two terms can be collected, or if a term is zero.
    fn any_alike(&self, terms: &[Id], is_nothing: impl Fn(&RationalFunction) -> bool) -> bool {
        let mut generators = Generators::default();
        let roots: Vec<Id> = terms.iter().map(|id| self.ids[*id as usize]).collect();
        let Some(ratios) = rational::of(&self.dag, &roots, &mut generators, self.budget) else {
            return false;
        };
        let objects: Vec<_> =
            ratios.iter().map(|ratio| (ratio.numerator.primitive(), ratio.denominator.primitive())).collect();
        let pair = objects.iter().enumerate().any(|(at, object)| objects[..at].contains(object));
        pair || ratios.iter().any(is_nothing)
    }

    fn factors_are_simple(&self, factors: &[Id]) -> bool {
        if scientific(self.arena, factors.last().copied().unwrap_or_default()) {
            return true;
        }
        let numbers = factors.iter().filter(|id| self.value(**id).is_some()).count();
        let ones =
            factors.iter().any(|id| self.value(*id).is_some_and(|value| value.is_one() || value.is_zero()));
        let roots = factors.iter().filter(|id| self.is_root_of_number(**id)).count();
        let bases: Vec<Id> = factors.iter().map(|id| self.ids[self.base(*id) as usize]).collect();
        let twice = factors
            .iter()
            .enumerate()
            .any(|(at, id)| self.value(*id).is_none() && bases[..at].contains(&bases[at]));
        numbers <= 1 && !ones && roots <= 1 && !twice
    }

    fn base(&self, id: Id) -> Id {
        match self.arena.node(id) {
            Node::Power(base, _) => *base,
            _ => id,
        }
    }

    fn is_root_of_number(&self, id: Id) -> bool {
        matches!(self.arena.node(id), Node::Call(Function::Sqrt, all) if self.value(all[0]).is_some())
    }

    fn fraction_is_simple(&self, numerator: Id, denominator: Id) -> bool {
        let nested = |id: Id| matches!(self.arena.node(id), Node::Quotient(..));
        if nested(numerator) || nested(denominator) {
            return false;
        }
        if let (Some(a), Some(b)) = (self.value(numerator), self.value(denominator)) {
            let common = || a.numerator().gcd(b.numerator()).is_one();
            return a.is_int() && b.is_int() && !b.is_one() && *b > RBig::ZERO && common();
        }
        let mut generators = Generators::default();
        let roots = [numerator, denominator].map(|id| self.ids[id as usize]);
        let Some(both) = rational::of(&self.dag, &roots, &mut generators, self.budget) else { return true };
        let (a, b) = (&both[0].numerator, &both[1].numerator);
        if b.is_one() {
            return false;
        }
        let content = |poly: &crate::normalise::polynomial::Polynomial| poly.primitive_factor();
        // The primitive factor is one over the content, so common integers are denominators here.
        let (x, y) = (content(a), content(b));
        let shared = !x.denominator().gcd(y.denominator()).is_one();
        let common = gcd(a, b, self.budget).is_none_or(|common| common.as_constant().is_some());
        common && !shared
    }

    fn power_is_simple(&self, id: Id, base: Id, power: Id) -> bool {
        let small = |value: &RBig| value.is_zero() || value.is_one();
        if self.value(power).is_some_and(small) || matches!(self.arena.node(base), Node::Power(..)) {
            return false;
        }
        match (self.value(id), self.value(base)) {
            (Some(value), Some(ten)) => *ten == RBig::from(10) || *value > RBig::from(WORKED_OUT),
            _ => true,
        }
    }

    fn root_is_simple(&self, of: Id, degree: u32) -> bool {
        let Some(value) = self.value(of) else { return true };
        let Ok(n) = u64::try_from(value.numerator()) else { return value.is_int() && *value > RBig::ZERO };
        let power = |k: u64| k.checked_pow(degree);
        let shared = (2..=10_000)
            .map_while(power)
            .take_while(|power| *power <= n)
            .any(|power| n.is_multiple_of(power));
        value.is_int() && n > 1 && !shared
    }
}
