//! Equations and inequalities: solved ones by their values, others as curves and regions.

use super::Comparer;
use crate::classify::MathObject;
use crate::compare::decision::Decision;
use crate::compare::equality::proportional;
use crate::kind::KindName;
use crate::lex::token::Relation;
use crate::normalise::dag::Op;
use crate::normalise::rational;
use crate::parse::tree::Id;

impl Comparer<'_> {
    /// Returns variable and value of a solved equation.
    ///
    /// Solved are `x = 2`, `2 = x`, `x = 4/2 = 2` and `x ∈ {1, 2}`.
    pub(crate) fn solved(&mut self, object: &MathObject) -> Option<(Id, MathObject)> {
        let MathObject::Chain(sides, relations) = object else { return None };
        let equations = relations.iter().all(|relation| *relation == Relation::Equal);
        let member = relations[..] == [Relation::In];
        if !equations && !member {
            return None;
        }
        let place = if self.is_letter(&sides[0]) {
            0
        } else if equations && self.is_letter(sides.last()?) {
            sides.len() - 1
        } else {
            return None;
        };
        let MathObject::Expr(letter) = sides[place] else { return None };
        let others: Vec<&MathObject> =
            sides.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, s)| s).collect();
        let value = (*others.last()?).clone();
        // `x = x + 1` does not define x.
        if let MathObject::Expr(id) = value
            && self.letters(id).contains(&letter)
        {
            return None;
        }
        let consistent = Decision::all(others.iter().map(|other| self.equal(other, &value)));
        consistent.is_same().then_some((letter, value))
    }

    fn is_letter(&self, object: &MathObject) -> bool {
        matches!(object, MathObject::Expr(id) if self.is_name(*id))
    }

    /// Returns `true` for a variable, and for a function without a definition: `f(x)`, `P(A)`.
    pub(crate) fn is_name(&self, id: Id) -> bool {
        matches!(self.dag.op(id), Op::Variable(_) | Op::Apply(..))
    }

    /// Returns `true` if two sides name the same value: `f(x) = …` and `y = …`, `dy/dx = …` and `f'(x) = …`.
    fn same_name(&self, a: Id, b: Id) -> bool {
        a == b
            || match (self.label(a), self.label(b)) {
                (Some(first), Some(second)) => first.order == second.order && first.form != second.form,
                _ => false,
            }
    }

    fn label(&self, id: Id) -> Option<Label> {
        let primes = |name: &str| name.chars().filter(|c| *c == '\'').count();
        match self.dag.op(id) {
            Op::Variable(index) => {
                let name = self.dag.names().get(usize::from(*index))?;
                if let Some((above, _)) = name.split_once("/d") {
                    let order =
                        above.trim_start_matches(['d', '^']).chars().next()?.to_digit(10).unwrap_or(1);
                    return Some(Label { form: LabelForm::Quotient, order: order as usize });
                }
                let letter = name.trim_end_matches('\'');
                (letter == "y").then(|| Label { form: LabelForm::Letter, order: primes(name) })
            }
            Op::Apply(index, of) => {
                let name = self.dag.functions().get(usize::from(*index))?;
                let plain = of.iter().all(|id| matches!(self.dag.op(*id), Op::Variable(_)));
                let probability = matches!(&**name, "P" | "Pr" | "E" | "Var" | "Cov" | "SD");
                (plain && !probability).then(|| Label { form: LabelForm::Function, order: primes(name) })
            }
            _ => None,
        }
    }

    pub(super) fn same_relation(&mut self, a: &MathObject, b: &MathObject) -> Decision {
        let (first, second) = (self.solved(a), self.solved(b));
        let constant = |comparer: &Self, solved: &Option<(Id, MathObject)>| match solved {
            Some((_, MathObject::Expr(id))) => Some(comparer.is_constant(*id)),
            Some(_) => Some(true),
            None => None,
        };
        let (one, two) = (constant(self, &first), constant(self, &second));
        if let (Some((x, v)), Some((y, w))) = (&first, &second) {
            if self.same_name(*x, *y) {
                match self.equal(v, w) {
                    Decision::Different => {}
                    decided => return decided,
                }
            } else if let Some(renamed) = self.in_variable_of(*x, (*y, w)) {
                return self.equal(v, &MathObject::Expr(renamed));
            }
        }
        // `2x = 4` is not a solved form where `x = 2` is expected, but `x - 2 = 0` is a line.
        if (one == Some(true) || two == Some(true)) && !self.is_equation_wanted() {
            return self.same_differences(a, b);
        }
        if self.rules.form.is_some() && first.as_ref().map(|(x, _)| *x) != second.as_ref().map(|(y, _)| *y) {
            return self.different();
        }
        let (MathObject::Chain(sides_a, relations_a), MathObject::Chain(sides_b, relations_b)) = (a, b)
        else {
            return Decision::Different;
        };
        if sides_a.len() != sides_b.len() {
            return Decision::Different;
        }
        let steps = |sides: &[MathObject],
                     relations: &[Relation]|
         -> Option<Vec<(MathObject, Relation, MathObject)>> {
            let steps = sides.windows(2).zip(relations).map(|(two, r)| (two[0].clone(), *r, two[1].clone()));
            Some(steps.collect())
        };
        let (Some(a), Some(mut b)) = (steps(sides_a, relations_a), steps(sides_b, relations_b)) else {
            return Decision::Different;
        };
        self.same_steps(&a, &b).or(|| {
            b.reverse();
            Decision::from(a.len() > 1).and(|| self.same_steps(&a, &b))
        })
    }

    fn is_equation_wanted(&self) -> bool {
        self.rules.name == KindName::Equation && !self.inferred
    }

    /// Compares two equations by the difference of their sides, up to its sign.
    fn same_differences(&mut self, a: &MathObject, b: &MathObject) -> Decision {
        let (Some(f), Some(g)) = (self.difference(a), self.difference(b)) else { return self.different() };
        let negative = self.dag.neg(g);
        self.same_value(f, g).or(|| self.same_value(f, negative))
    }

    fn difference(&mut self, object: &MathObject) -> Option<Id> {
        let MathObject::Chain(sides, relations) = object else { return None };
        let ([MathObject::Expr(left), MathObject::Expr(right)], [Relation::Equal]) =
            (&sides[..], &relations[..])
        else {
            return None;
        };
        Some(self.dag.sub(*left, *right))
    }

    /// Returns the rule of `f(t) = …` in the variable of `f(x) = …`.
    fn in_variable_of(&mut self, expected: Id, (name, rule): (Id, &MathObject)) -> Option<Id> {
        let (Op::Apply(f, x), Op::Apply(g, t)) = (self.dag.op(expected), self.dag.op(name)) else {
            return None;
        };
        let ([x], [t], true) = (&x[..], &t[..], f == g) else { return None };
        let (x, t) = (*x, *t);
        let MathObject::Expr(rule) = rule else { return None };
        let letters = self.letters(*rule);
        let variables = [x, t].iter().all(|id| matches!(self.dag.op(*id), Op::Variable(_)));
        (variables && letters.contains(&t) && !letters.contains(&x))
            .then(|| self.substituted(*rule, t, x))
            .flatten()
    }

    /// Returns `true` if a variable stands alone on one side, and not on the other.
    pub(crate) fn is_solved_for(&mut self, object: &MathObject, name: &str) -> bool {
        let letter = self.dag.variable(name);
        match object {
            MathObject::List(all, _) | MathObject::Union(all) => {
                all.iter().all(|one| self.is_solved_for(one, name))
            }
            MathObject::Chain(sides, relations) => {
                let alone = |side: &MathObject| matches!(side, MathObject::Expr(id) if *id == letter);
                relations[..] == [Relation::In]
                    || sides.iter().filter(|side| alone(side)).count() == 1
                        && sides.iter().filter(|side| !alone(side)).all(|side| match side {
                            MathObject::Expr(id) => !self.letters(*id).contains(&letter),
                            _ => true,
                        })
            }
            MathObject::Expr(id) => !self.letters(*id).contains(&letter),
            _ => true,
        }
    }

    fn same_steps(
        &mut self,
        a: &[(MathObject, Relation, MathObject)],
        b: &[(MathObject, Relation, MathObject)],
    ) -> Decision {
        Decision::all(a.iter().zip(b).map(|(a, b)| self.same_step(a, b)))
    }

    fn same_step(
        &mut self,
        a: &(MathObject, Relation, MathObject),
        b: &(MathObject, Relation, MathObject),
    ) -> Decision {
        let (Some((f, one)), Some((g, two))) = (self.as_zero(a), self.as_zero(b)) else {
            return Decision::from(a.1 == b.1).and(|| self.equal(&a.0, &b.0)).and(|| self.equal(&a.2, &b.2));
        };
        if one != two {
            return Decision::Different;
        }
        if flipped(a.1) == Some(b.1) && a.0 == b.2 && a.2 == b.0 {
            return Decision::Same;
        }
        match proportional(&self.dag, f, g, self.budget) {
            Some(sign) => (sign > 0 || matches!(one, Relation::Equal | Relation::NotEqual)).into(),
            None if one == Relation::Equal => {
                let part = self.budget.part(2);
                let same = rational::same_numerator(&self.dag, f, g, &part) == Some(true);
                self.budget.give_back(&part);
                if same { Decision::Same } else { self.different() }
            }
            None => self.different(),
        }
    }

    /// Moves a relation to one side: `f = 0`, `f > 0` or `f >= 0`.
    pub(super) fn as_zero(&mut self, step: &(MathObject, Relation, MathObject)) -> Option<(Id, Relation)> {
        let (MathObject::Expr(left), relation, MathObject::Expr(right)) = step else { return None };
        Some(match relation {
            Relation::Equal | Relation::NotEqual => (self.dag.sub(*left, *right), *relation),
            Relation::Greater | Relation::GreaterEqual => (self.dag.sub(*left, *right), *relation),
            Relation::Less => (self.dag.sub(*right, *left), Relation::Greater),
            Relation::LessEqual => (self.dag.sub(*right, *left), Relation::GreaterEqual),
            Relation::In => return None,
        })
    }
}

/// Returns the relation with its sides exchanged.
fn flipped(relation: Relation) -> Option<Relation> {
    Some(match relation {
        Relation::Less => Relation::Greater,
        Relation::Greater => Relation::Less,
        Relation::LessEqual => Relation::GreaterEqual,
        Relation::GreaterEqual => Relation::LessEqual,
        Relation::Equal | Relation::NotEqual => relation,
        Relation::In => return None,
    })
}

/// The name of a value on the left of an equation, by its form and the order of the derivative.
struct Label {
    form: LabelForm,
    order: usize,
}

#[derive(PartialEq, Eq)]
enum LabelForm {
    Letter,
    Function,
    Quotient,
}
