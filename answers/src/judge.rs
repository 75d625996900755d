//! From two texts to a verdict: reading, trying the other way to read, comparing, hinting.

use crate::compare::Comparison;
use crate::lex::Reading;
use crate::rules::Rules;
use crate::shape::{Answer, Shape, collect, read};
use crate::verdict::{Side, Unreadable, Verdict};

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
    let first = judge(&wanted, &got, rules);
    if first.is_equal() {
        return first;
    }
    for wanted in readings(expected, wanted, rules) {
        for got in readings(given, got.clone(), rules) {
            if judge(&wanted, &got, rules).is_equal() {
                return Verdict::Equal;
            }
        }
    }
    first
}

/// The other ways to read a text, where there are any, and the first one.
fn readings(text: &str, first: Answer, rules: &Rules) -> Vec<Answer> {
    let other = first.other;
    let mut all = vec![first];
    if other == Reading::default() {
        return all;
    }
    let choices = |flag: bool| if flag { vec![false, true] } else { vec![false] };
    for thousands in choices(other.thousands) {
        for euler in choices(other.euler) {
            for points in choices(other.points) {
                let reading = Reading { thousands, euler, points };
                if reading != Reading::default() {
                    all.extend(read(text, reading, &rules.variables));
                }
            }
        }
    }
    all
}

fn judge(expected: &Answer, given: &Answer, rules: &Rules) -> Verdict {
    if let Err(error) = only_known(expected, given, rules) {
        return error.of(Side::Given);
    }
    let mut comparison = Comparison::new(rules);
    let wanted = match comparison.import(expected, &|name| name.to_owned()) {
        Ok(shape) => shape,
        Err(error) => return error.of(Side::Expected),
    };
    let rename = folding(expected, given, rules);
    let got = match comparison.import(given, &rename) {
        Ok(shape) => shape,
        Err(error) => return error.of(Side::Given),
    };
    if comparison.equal(&wanted, &got) { Verdict::Equal } else { Verdict::not_equal(None) }
}

fn symbols(answer: &Answer) -> Vec<String> {
    let mut ids = Vec::new();
    collect(&answer.shape, &mut ids);
    let mut all: Vec<String> = ids.iter().flat_map(|id| answer.arena.symbols(*id)).map(str::to_owned).collect();
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
        match (known.iter().find(same), found.iter().filter(same).count(), known.iter().filter(same).count()) {
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
        let is_known = |other: &String| *other == name || !rules.case && other.to_lowercase() == name.to_lowercase();
        if !known.iter().any(is_known) && !rules.variables.iter().any(is_known) {
            let why = format!("“{name}” isn't used here: write the answer with {}.", rules.variables.join(", "));
            return Err(Unreadable::new(0, why));
        }
    }
    Ok(())
}
