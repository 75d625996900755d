//! The variables of an answer: the allowed ones, and upper or lower case.

use crate::classify::{ParsedAnswer, collect};
use crate::error::ParseError;
use crate::kind::Kind;

fn variables(answer: &ParsedAnswer) -> Vec<String> {
    let mut ids = Vec::new();
    collect(&answer.object, &mut ids);
    let mut all: Vec<String> =
        ids.iter().flat_map(|id| answer.arena.symbols(*id)).map(str::to_owned).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns a function that maps the given answer's variables to those of the expected answer.
///
/// `X` becomes `x` unless the case matters, or one of the answers uses both letters. The case of Greek
/// letters always matters.
pub(super) fn case_folding(
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &Kind,
) -> impl Fn(&str) -> String + use<> {
    let (expected, given) = (variables(expected), variables(given));
    let case = rules.case;
    move |name| {
        if case
            || !name.is_ascii()
            || name.contains(['\\', '/'])
            || expected.iter().any(|other| other == name)
        {
            return name.to_owned();
        }
        let same = |other: &&String| other.to_lowercase() == name.to_lowercase();
        let counts = (given.iter().filter(same).count(), expected.iter().filter(same).count());
        match (expected.iter().find(same), counts) {
            (Some(other), (1, 1)) => other.clone(),
            _ => name.to_owned(),
        }
    }
}

/// Rejects a given answer with a variable that is neither declared nor in the expected answer.
pub(super) fn check_variables(
    expected: &ParsedAnswer,
    given: &ParsedAnswer,
    rules: &Kind,
) -> Result<(), ParseError> {
    if rules.variables.is_empty() {
        return Ok(());
    }
    let expected = variables(expected);
    for name in variables(given) {
        let is_same =
            |other: &String| *other == name || !rules.case && other.to_lowercase() == name.to_lowercase();
        if !expected.iter().any(is_same) && !rules.variables.iter().any(is_same) {
            let message =
                format!("“{name}” isn't used here: write the answer with {}.", rules.variables.join(", "));
            return Err(ParseError::new(0, message));
        }
    }
    Ok(())
}
