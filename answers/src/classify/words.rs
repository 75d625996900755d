//! Answers in words: trimmed, spaces folded, compared as text.

use crate::names;
use crate::shape::Shape;
use crate::token::Kind;

/// Short words that are answers; as a product of letters nobody writes them.
const SHORT: &[&str] = &[
    "no", "on", "yes", "odd", "one", "two", "six", "ten", "sum", "all", "any", "dne", "sss", "sas", "asa",
    "aas", "ssa", "rhs", "red", "idk",
];

/// Words of mathematics that mean a set.
pub(crate) fn known(text: &str) -> Option<Shape> {
    match fold(text, false).as_str() {
        "no solution" | "no solutions" | "no real solution" | "no real solutions" | "no real roots"
        | "no roots" | "none" | "empty" | "empty set" | "the empty set" | "null set" => Some(Shape::Empty),
        "all reals" | "all real numbers" | "the real numbers" | "real numbers" | "all real x" => {
            Some(Shape::Reals)
        }
        _ => None,
    }
}

/// The text as words, if words are what it is.
///
/// Letters in a row are a product, as in `mgh`, unless there are four of them, or two words, or a word that everybody
/// knows; letters that the box declares stay letters.
pub(crate) fn plain(text: &str, variables: &[String]) -> Option<String> {
    let text = unwrap(text);
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
        SHORT.contains(&lower.as_str())
            || word.chars().count() >= 4 && !is_mathematics(word) && !is_variables(word)
    };
    words.iter().any(wordy).then(|| text.trim().to_owned())
}

/// Whether letters in a row are a word, and no product.
pub(crate) fn is_word(word: &str) -> bool {
    word.chars().count() >= 4 && !is_mathematics(word) && word.chars().any(|c| "aeiouAEIOU".contains(c))
}

/// `sinx`, `xcosx`, `alphabeta`, `infinity`: names that everybody reads as mathematics, with a letter or two.
fn is_mathematics(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    if names::lone_word(word).is_some() {
        return true;
    }
    // `abcd` is a product: letters that follow each other in the alphabet.
    let mut sorted = chars.clone();
    sorted.sort_unstable();
    if sorted.windows(2).all(|two| u32::from(two[1]) == u32::from(two[0]) + 1) {
        return true;
    }
    let (mut at, mut named, mut single) = (0, 0, 0);
    while at < chars.len() {
        match names::longest(&chars[at..]) {
            Some((kind, len)) => {
                named += if matches!(kind, Kind::Function(_)) { 2 } else { 1 };
                at += len;
            }
            None => {
                single += 1;
                at += 1;
            }
        }
    }
    named > 0 && single <= named || chars.len() == 4 && !chars.iter().any(|c| "aeiouAEIOU".contains(*c))
}

/// What stands in `\text{…}`, when that is all there is.
fn unwrap(text: &str) -> String {
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

/// Trims, makes one space of many, and small letters of large ones unless case matters.
pub(crate) fn fold(text: &str, case: bool) -> String {
    let text = unwrap(text);
    let text = text.trim().trim_end_matches(['.', '!']).replace('’', "'").replace('-', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    if case { joined } else { joined.to_lowercase() }
}
