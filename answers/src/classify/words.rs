//! Answers in words: "no solution", "isosceles", "yes".

use super::MathObject;
use crate::lex::words::is_mathematics;

/// Short words that are answers. Other runs of up to three letters are products.
const SHORT_WORDS: &[&str] = &[
    "no", "on", "yes", "odd", "one", "two", "six", "ten", "sum", "all", "any", "dne", "sss", "sas", "asa",
    "aas", "ssa", "rhs", "red", "idk",
];

/// Returns the set that a phrase names, such as "no solution" or "all reals".
pub(super) fn named_set(text: &str) -> Option<MathObject> {
    match fold(text, false).as_str() {
        "no solution" | "no solutions" | "no real solution" | "no real solutions" | "no real roots"
        | "no roots" | "none" | "empty" | "empty set" | "the empty set" | "null set" => {
            Some(MathObject::Empty)
        }
        "all reals" | "all real numbers" | "the real numbers" | "real numbers" | "all real x" => {
            Some(MathObject::Reals)
        }
        _ => None,
    }
}

/// Returns the text if it is an answer in words, not mathematics.
///
/// A run of letters such as `mgh` is a product. It is a word if it has at least four letters, or if
/// it is one of the short words. Letters that the rules declare as variables stay letters.
pub(super) fn words(text: &str, variables: &[String]) -> Option<String> {
    let text = without_text_command(text);
    let trimmed = text.trim().trim_end_matches(['.', '!']);
    let allowed = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\'' | '’');
    if trimmed.is_empty() || !trimmed.chars().all(allowed) || trimmed.starts_with('-') {
        return None;
    }
    let words: Vec<&str> =
        trimmed.split(|c: char| c.is_whitespace() || c == '-').filter(|w| !w.is_empty()).collect();
    let is_variables = |word: &str| {
        !variables.is_empty() && word.chars().all(|c| variables.iter().any(|v| v.chars().eq([c])))
    };
    let wordy = |word: &&str| {
        let lower = word.to_lowercase();
        SHORT_WORDS.contains(&lower.as_str())
            || word.chars().count() >= 4 && !is_mathematics(word) && !is_variables(word)
    };
    words.iter().any(wordy).then(|| text.trim().to_owned())
}

/// Returns the content of `\text{…}` if the whole text is one such command, else the trimmed text.
fn without_text_command(text: &str) -> String {
    let inner = text.trim();
    for command in ["\\text{", "\\textrm{", "\\mathrm{", "\\mbox{"] {
        if let Some(rest) = inner.strip_prefix(command).and_then(|rest| rest.strip_suffix('}'))
            && !rest.contains(['{', '}', '\\'])
        {
            return rest.to_owned();
        }
    }
    inner.to_owned()
}

/// Trims the text, collapses spaces, and folds the case unless it matters.
pub(crate) fn fold(text: &str, case: bool) -> String {
    let text = without_text_command(text);
    let text = text.trim().trim_end_matches(['.', '!']).replace('’', "'").replace('-', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    if case { joined } else { joined.to_lowercase() }
}
