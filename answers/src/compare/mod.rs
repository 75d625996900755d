//! From two texts to a verdict: reading, trying the other way to read, comparing, hinting.

use crate::compare::Comparison;
use crate::lex::{Reading, fits};
use crate::limits::Budget;
use crate::print::{mathml, plain};
use crate::rules::Rules;
use crate::shape::{Answer, Shape, collect, read};
use crate::verdict::{Hint, Side, Unreadable, Verdict};
use crate::{hint, simplified, units};

/// The steps that reading a character takes, and taking over a node.
const NODE: usize = 400;

/// Whether the given answer is the same as the expected one.
///
/// ```
/// use answers::{Hint, Rules, Verdict, compare};
///
/// let rules = Rules::default();
/// assert!(compare("x^2 + 2x + 1", r"\left(x+1\right)^2", &rules).is_equal());
/// assert_eq!(compare("1/3", "0.333", &rules), Verdict::NotEqual { hint: Some(Hint::Rounded) });
/// let Verdict::Unreadable { at, why, .. } = compare("1", "2+", &rules) else { panic!("it ends in a sign") };
/// assert_eq!((at, why.as_str()), (2, "Something is missing after the +: fill it in, or take it away."));
/// ```
pub fn compare(expected: &str, given: &str, rules: &Rules) -> Verdict {
    let budget = Budget::new();
    if rules.units {
        with_units(expected, given, rules, &budget)
    } else {
        without_units(expected, given, rules, &budget)
    }
}

/// The text in one canonical form: polynomials and rational expressions that are equal get the same one, and it can be
/// read again.
///
/// ```
/// assert_eq!(answers::normalize("(x+1)^2")?, "x^2 + 2*x + 1");
/// assert_eq!(answers::normalize(r"\frac{x^2-1}{x-1}")?, "x + 1");
/// # Ok::<(), answers::Unreadable>(())
/// ```
///
/// # Errors
/// When it can't be read.
pub fn normalize(text: &str) -> Result<String, Unreadable> {
    plain::print(&read(text, Reading::default(), &[])?)
}

/// How the text was read, as MathML Core: escaped, and safe to print in a page.
///
/// ```
/// let shown = answers::to_mathml("1/2")?;
/// assert_eq!(shown, "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>");
/// # Ok::<(), answers::Unreadable>(())
/// ```
///
/// # Errors
/// When it can't be read.
pub fn to_mathml(text: &str) -> Result<String, Unreadable> {
    read(text, Reading::default(), &[]).map(|answer| mathml::print(&answer))
}

/// With the unit of each taken off, and the given number in the unit that is expected.
fn with_units(expected: &str, given: &str, rules: &Rules, budget: &Budget) -> Verdict {
    if let Err(error) = fits(expected) {
        return error.of(Side::Expected);
    }
    if let Err(error) = fits(given) {
        return error.of(Side::Given);
    }
    let (wanted, unit) = units::split(expected);
    let (got, other) = units::split(given);
    match (unit, other) {
        (None, None) => without_units(&wanted, &got, rules, budget),
        (Some(unit), Some(other)) => match other.over(&unit) {
            Some(factor) if factor.is_one() => without_units(&wanted, &got, rules, budget),
            // What is converted needn't be as simple as before.
            Some(factor) => {
                let rules = Rules { simplified: false, ..rules.clone() };
                without_units(&wanted, &format!("({got})*({factor})"), &rules, budget)
            }
            None => Verdict::not_equal(None),
        },
        (Some(_), None) => match without_units(&wanted, &got, rules, budget) {
            Verdict::Equal => Verdict::not_equal(Hint::MissingUnit),
            Verdict::NotEqual { .. } => Verdict::not_equal(None),
            error => error,
        },
        (None, Some(_)) => match without_units(&wanted, &got, rules, budget) {
            Verdict::Equal | Verdict::NotEqual { .. } => Verdict::not_equal(None),
            error => error,
        },
    }
}

fn without_units(expected: &str, given: &str, rules: &Rules, budget: &Budget) -> Verdict {
    let wanted = match read(expected, Reading::default(), &rules.variables) {
        Ok(answer) => answer,
        Err(error) => return error.of(Side::Expected),
    };
    let got = match read(given, Reading::default(), &rules.variables) {
        Ok(answer) => answer,
        // Where words are expected, whatever can't be read as mathematics is just another word.
        Err(_) if matches!(wanted.shape, Shape::Words(_)) => return Verdict::not_equal(None),
        Err(error) => return error.of(Side::Given),
    };
    let first = judge(&wanted, &got, rules, budget);
    if !matches!(first, Verdict::NotEqual { hint } if hint != Some(Hint::NotSimplified)) {
        return first;
    }
    for wanted in readings(expected, wanted, rules, budget) {
        for got in readings(given, got.clone(), rules, budget) {
            let nodes = wanted.arena.nodes().len() + got.arena.nodes().len();
            if budget.take(NODE * nodes).is_none() {
                return first;
            }
            if judge(&wanted, &got, rules, budget).is_equal() {
                return Verdict::Equal;
            }
        }
    }
    first
}

/// The other ways to read a text, where there are any, and the first one.
fn readings(text: &str, first: Answer, rules: &Rules, budget: &Budget) -> Vec<Answer> {
    let other = first.other;
    let mut all = vec![first];
    if other == Reading::default() {
        return all;
    }
    let choices = |flag: bool| if flag { vec![false, true] } else { vec![false] };
    for thousands in choices(other.thousands) {
        for euler in choices(other.euler) {
            for points in choices(other.points) {
                for roots in choices(other.roots) {
                    let reading = Reading { thousands, euler, points, roots };
                    if reading != Reading::default() && budget.take(NODE * text.len()).is_some() {
                        all.extend(read(text, reading, &rules.variables));
                    }
                }
            }
        }
    }
    all
}

fn judge(expected: &Answer, given: &Answer, rules: &Rules, budget: &Budget) -> Verdict {
    if let Err(error) = only_known(expected, given, rules) {
        return error.of(Side::Given);
    }
    let mut comparison = Comparison::new(rules, budget);
    let wanted = match comparison.import(expected, &|name| name.to_owned()) {
        Ok(shape) => shape,
        Err(error) => return error.of(Side::Expected),
    };
    let rename = folding(expected, given, rules);
    let got = match comparison.import(given, &rename) {
        Ok(shape) => shape,
        Err(error) => return error.of(Side::Given),
    };
    if comparison.equal(&wanted, &got) {
        let simple = !rules.simplified || simplified::is_simplified(expected, given, rules, budget);
        return if simple { Verdict::Equal } else { Verdict::not_equal(Hint::NotSimplified) };
    }
    let hint = hint::of(&mut comparison, &wanted, &got, given);
    Verdict::not_equal(hint.or_else(|| other_angles(expected, given, rules, budget)))
}

/// Whether the answers are the same when angles are read in the other unit.
fn other_angles(expected: &Answer, given: &Answer, rules: &Rules, budget: &Budget) -> Option<Hint> {
    if !hint::has_angles(expected) && !hint::has_angles(given) {
        return None;
    }
    let mut same = false;
    for (wanted_degrees, got_degrees) in [(rules.degrees, !rules.degrees), (!rules.degrees, rules.degrees)] {
        let mut comparison = Comparison::new(rules, budget);
        comparison.tape.dialect.degrees = wanted_degrees;
        let Ok(wanted) = comparison.import(expected, &|name| name.to_owned()) else { return None };
        comparison.tape.dialect.degrees = got_degrees;
        let Ok(got) = comparison.import(given, &|name| name.to_owned()) else { return None };
        same |= comparison.equal(&wanted, &got);
    }
    same.then_some(Hint::AngleUnit)
}

fn symbols(answer: &Answer) -> Vec<String> {
    let mut ids = Vec::new();
    collect(&answer.shape, &mut ids);
    let mut all: Vec<String> =
        ids.iter().flat_map(|id| answer.arena.symbols(*id)).map(str::to_owned).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// `X` for `x`, where the expected answer has no letter in both sizes and the given one neither.
fn folding(expected: &Answer, given: &Answer, rules: &Rules) -> impl Fn(&str) -> String + use<> {
    let (known, found) = (symbols(expected), symbols(given));
    let case = rules.case;
    move |name| {
        if case || known.iter().any(|other| other == name) {
            return name.to_owned();
        }
        let same = |other: &&String| other.to_lowercase() == name.to_lowercase();
        match (known.iter().find(same), found.iter().filter(same).count(), known.iter().filter(same).count())
        {
            (Some(other), 1, 1) => other.clone(),
            _ => name.to_owned(),
        }
    }
}

/// Whether the given answer keeps to the letters of the box.
fn only_known(expected: &Answer, given: &Answer, rules: &Rules) -> Result<(), Unreadable> {
    if rules.variables.is_empty() {
        return Ok(());
    }
    let known = symbols(expected);
    for name in symbols(given) {
        let is_known =
            |other: &String| *other == name || !rules.case && other.to_lowercase() == name.to_lowercase();
        if !known.iter().any(is_known) && !rules.variables.iter().any(is_known) {
            let why =
                format!("“{name}” isn't used here: write the answer with {}.", rules.variables.join(", "));
            return Err(Unreadable::new(0, why));
        }
    }
    Ok(())
}
