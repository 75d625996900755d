//! Answers in words: "no solution", "isosceles", "yes".

use super::MathObject;
use crate::error::ParseError;
use crate::lex::notation::Notation;
use crate::lex::words::is_mathematics;

/// Short words that are answers, whatever their letters.
const SHORT_WORDS: &[&str] = &[
    "no", "on", "yes", "odd", "one", "two", "six", "ten", "sum", "all", "any", "dne", "sss", "sas", "asa",
    "aas", "ssa", "rhs", "red", "idk", "add", "aim", "air", "art", "ask", "bit", "box", "boy", "dot", "few",
    "fit", "fix", "for", "got", "hot", "how", "its", "low", "lot", "mix", "not", "now", "nor", "off", "see",
    "sky", "too", "ill", "egg",
];

/// Returns `true` for a text that begins with a letter or a command, as words do.
fn begins_as_word(text: &str) -> bool {
    text.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '\\')
}

/// Returns `true` for letters in order, such as `CDBA`: three or more capitals and nothing else.
pub(super) fn is_letters(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Returns `true` for a word of three letters, such as `arc`, which is no product.
///
/// The letters of a product are usually in alphabetical order, and few of them are vowels.
fn is_short_word(word: &str) -> bool {
    let letters = word.as_bytes();
    let vowel = letters.iter().any(|b| b"aeiou".contains(b));
    letters.len() == 3
        && letters.iter().all(u8::is_ascii_lowercase)
        && vowel
        && !letters.is_sorted()
        && !is_mathematics(word)
}

/// Returns the number that words name, as plain notation.
pub(super) fn number(text: &str) -> Option<&'static str> {
    if !begins_as_word(text) {
        return None;
    }
    Some(match text.trim().trim_end_matches('.').to_lowercase().as_str() {
        "half" | "a half" | "one half" => "1/2",
        "a third" | "one third" => "1/3",
        "two thirds" => "2/3",
        "quarter" | "a quarter" | "one quarter" => "1/4",
        "three quarters" => "3/4",
        "zero" | "nought" | "nil" => "0",
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        "eleven" => "11",
        "twelve" => "12",
        _ => return None,
    })
}

/// Rejects the decimal comma of `2,5` where one number is expected.
pub(super) fn check_decimal_comma(text: &str) -> Result<(), ParseError> {
    let text = text.trim().replace("{,}", ",");
    let number = text.rsplit('=').next().unwrap_or(&text).trim();
    let Some((whole, places)) = number.trim_start_matches(['-', '−', '+']).split_once(',') else {
        return Ok(());
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(places) && (places.len() != 3 || whole.len() > 3 || whole == "0") {
        let why = format!(
            "A decimal has a point: write {whole}.{places}. Two answers have a space after the comma."
        );
        return Err(ParseError::new(0, why));
    }
    Ok(())
}

/// Returns the set that a phrase names, such as "no solution" or "all reals".
pub(super) fn named_set(text: &str) -> Option<MathObject> {
    if !begins_as_word(text) {
        return None;
    }
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
/// it is a short word. Variables of the rules and of the expected answer stay letters.
pub(super) fn words(text: &str, notation: &Notation) -> Option<String> {
    if !begins_as_word(text) {
        return None;
    }
    let text = without_text_command(text);
    let trimmed = text.trim().trim_end_matches(['.', '!']);
    let allowed = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\'' | '’');
    if trimmed.is_empty() || !trimmed.chars().all(allowed) || trimmed.starts_with('-') {
        return None;
    }
    let words: Vec<&str> =
        trimmed.split(|c: char| c.is_whitespace() || c == '-').filter(|w| !w.is_empty()).collect();
    let is_variables = |word: &str| word.chars().all(|c| notation.has_variable(c.encode_utf8(&mut [0; 4])));
    let wordy = |word: &&str| {
        let lower = word.to_lowercase();
        !is_variables(word)
            && (SHORT_WORDS.contains(&lower.as_str())
                || is_short_word(word)
                || word.chars().count() >= 4 && !is_mathematics(word))
    };
    // `x squared`, `minus x`, `square root of x`
    let formula =
        |word: &&str| matches!(word.to_lowercase().as_str(), "squared" | "cubed" | "minus" | "plus" | "root");
    if words.len() > 1 && words.iter().any(formula) && words.iter().any(|word| word.chars().count() == 1) {
        return None;
    }
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

/// Replaces each `\text{…}` by a space, its content, and `after`.
pub(super) fn without_text_commands(mut text: String, after: &str) -> String {
    for command in ["\\text{", "\\mathrm{", "\\textrm{", "\\mbox{", "\\operatorname{"] {
        while let Some((before, rest)) = text.split_once(command) {
            let Some((inside, rest)) = rest.split_once('}') else { break };
            text = format!("{before} {inside}{after}{rest}");
        }
    }
    text
}

/// Trims the text, collapses spaces, and folds the case unless it matters.
pub(crate) fn fold(text: &str, case: bool) -> String {
    let text = without_text_command(text);
    let text = text.trim().trim_end_matches(['.', '!']).replace('’', "'").replace('-', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    if case { joined } else { joined.to_lowercase() }
}
