//! Splits a text into values and their unit.

use dashu_ratio::RBig;

use super::super::words;
use super::{Unit, is_currency, is_unit_letter, parse, table};

/// A text without its units.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    /// The value or the values, in `unit`.
    pub(crate) value: String,
    /// The unit; that of the first value if there are several.
    pub(crate) unit: Option<Unit>,
    /// The unit as written.
    pub(crate) written: String,
    /// `false` if the values have units of different dimensions.
    pub(crate) consistent: bool,
}

/// Splits a text into its values and their unit.
pub(crate) fn split(text: &str) -> Quantity {
    let text = plain(text);
    if let Some(whole) = one(&text) {
        let several = elements(&text).len() > 1;
        if !several || !whole.value.contains(is_letter_of_unit) {
            return whole;
        }
    }
    let parts = elements(&text);
    if parts.len() > 1 {
        return all(&text, &parts);
    }
    Quantity { value: text, unit: None, written: String::new(), consistent: true }
}

/// Returns `true` for a number with a unit that can't be taken for variables: `5 cm`, `£3`.
pub(crate) fn is_quantity(text: &str) -> bool {
    if text.trim_start().starts_with('$') || text.len() > 100 {
        return false;
    }
    let text = plain(text);
    let Some(quantity) = one(&text).filter(|quantity| quantity.unit.is_some()) else { return false };
    let money = quantity.written.starts_with(is_currency) && text.trim_start().starts_with(is_currency);
    let letters = quantity.written.chars().filter(|c| c.is_alphabetic()).count();
    let number = is_number(&quantity.value);
    let spaced = text.trim_start().starts_with(&format!("{} ", quantity.value.trim()));
    number && (money || letters > 1 && spaced)
}

/// Returns the position and the letters after a number that are not a unit.
pub(crate) fn unknown_unit(text: &str) -> Option<(usize, String)> {
    let text = plain(text);
    let text = text.trim_end();
    let at = text.find(|c: char| c.is_alphabetic() && c != 'π')?;
    let (value, unit) = text.split_at(at);
    let letters = unit.chars().all(|c| c.is_alphabetic() || " /^-*·²³⁻¹.0123456789".contains(c));
    (is_number(value.trim()) && letters).then(|| (value.chars().count(), unit.to_owned()))
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '−' | '+' | '/' | ' ' | '½' | '¼' | '¾')
        })
}

fn is_letter_of_unit(c: char) -> bool {
    c.is_ascii_alphabetic() && c != 'e' && c != 'x'
}

/// Splits one value from its unit.
fn one(text: &str) -> Option<Quantity> {
    let text = text.trim();
    money(text).or_else(|| compound(text)).or_else(|| quotient(text)).or_else(|| suffix(text))
}

/// Reads `£5`, `-£5`, `£1.5 million`, `£12 per hour`.
fn money(text: &str) -> Option<Quantity> {
    let (sign, rest) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text),
    };
    let currency = rest.chars().next().filter(|c| is_currency(*c))?;
    let rest = rest.get(currency.len_utf8()..)?.trim();
    let (mut value, mut unit, mut written) = (rest.to_owned(), Unit::money(currency), currency.to_string());
    let per = rest.find("/").or_else(|| rest.find(" per "));
    if let Some((amount, per)) = per.map(|at| rest.split_at(at))
        && let Some(by) = parse(per)
    {
        (value, unit) = (amount.to_owned(), unit.times(&by, 1)?);
        written = format!("{currency}{}", per.trim_end());
    }
    for (word, zeros) in [("million", 6), ("billion", 9), ("thousand", 3)] {
        if let Some(amount) = value.strip_suffix(word) {
            value = format!("({})*10^{zeros}", amount.trim_end());
        }
    }
    Some(Quantity { value: format!("{sign}{value}"), unit: Some(unit), written, consistent: true })
}

/// Reads `2 h 30 min`, `5 m 20 cm`: values in falling units of one dimension.
fn compound(text: &str) -> Option<Quantity> {
    let mut rest = text;
    let mut parts: Vec<(&str, Unit, &str)> = Vec::new();
    while !rest.is_empty() {
        let len = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(len);
        let after = after.trim_start();
        let len = after.find(|c: char| !is_unit_letter(c)).unwrap_or(after.len());
        let (name, after) = after.split_at(len);
        if number.is_empty() || name.is_empty() {
            return None;
        }
        parts.push((number, table::named(name)?, name));
        rest = after.trim_start().strip_prefix("and ").unwrap_or(after).trim_start();
    }
    let (_, last, name) = parts.last().filter(|_| parts.len() > 1)?.clone();
    let falling = parts.windows(2).all(|two| match two {
        [(_, larger, _), (_, smaller, _)] => {
            smaller.divided_by(larger).is_some_and(|factor| factor < RBig::ONE)
        }
        _ => true,
    });
    if !falling {
        return None;
    }
    let mut terms = Vec::new();
    for (number, unit, _) in &parts {
        terms.push(format!("{number}*({})", unit.divided_by(&last)?));
    }
    Some(Quantity { value: terms.join("+"), unit: Some(last), written: name.to_owned(), consistent: true })
}

/// Reads `(7 N)/(3 m)`.
fn quotient(text: &str) -> Option<Quantity> {
    let (above, below) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(")/(")?;
    if above.contains(['(', ')']) || below.contains(['(', ')']) {
        return None;
    }
    let (above, below) = (suffix(above)?, suffix(below)?);
    let unit = above.unit?.times(&below.unit?, -1)?;
    let written = format!("{}/({})", above.written, below.written);
    let value = format!("({})/({})", above.value, below.value);
    Some(Quantity { value, unit: Some(unit), written, consistent: true })
}

/// Splits a unit from the end of a text: the longest one that leaves a value before it.
fn suffix(text: &str) -> Option<Quantity> {
    for (at, c) in text.char_indices() {
        let (before, after) = text.split_at(at);
        let value = before.trim_end();
        let follows_value = value.ends_with(|c: char| {
            c.is_ascii_digit() || matches!(c, ')' | '}' | 'π' | '%' | '!' | '½' | '¼' | '¾')
        }) || (before.ends_with([' ', '*', '·']) || c == '°') && !value.is_empty();
        if !follows_value || !(is_unit_letter(c) || matches!(c, '°' | '(')) {
            continue;
        }
        let value = value.trim_end_matches(['*', '·']).trim_end();
        if let Some(unit) = parse(after).filter(|_| !value.is_empty()) {
            return Some(Quantity {
                value: value.to_owned(),
                unit: Some(unit),
                written: after.trim().to_owned(),
                consistent: true,
            });
        }
    }
    None
}

/// Splits a list into its elements, with the separators before them.
fn elements(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let (mut from, mut separator, mut depth) = (0, "", 0i32);
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(c) = rest.chars().next() else { break };
        let digit = |part: Option<char>| part.is_some_and(|c| c.is_ascii_digit());
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let found = match c {
            '(' | '[' | '{' => {
                depth += 1;
                None
            }
            ')' | ']' | '}' => {
                depth -= 1;
                None
            }
            // `1,200 cm` is one number.
            ',' if !(digit(before) && digit(rest.chars().nth(1))) => Some(","),
            ';' => Some(";"),
            ' ' => [" and ", " or "].into_iter().find(|word| rest.starts_with(word)),
            _ => None,
        };
        if let Some(found) = found.filter(|_| depth == 0) {
            parts.push((separator, text.get(from..at).unwrap_or_default()));
            (separator, from) = (found, at + found.len());
            at = from;
        } else {
            at += c.len_utf8();
        }
    }
    parts.push((separator, text.get(from..).unwrap_or_default()));
    parts
}

/// Splits the units of a list, and converts its values to the first unit.
fn all(text: &str, parts: &[(&str, &str)]) -> Quantity {
    let mut value = String::new();
    let mut first: Option<(Unit, String)> = None;
    let mut consistent = true;
    for (separator, part) in parts {
        value += separator;
        value.push(' ');
        let Some(quantity) = one(part) else {
            consistent = false;
            continue;
        };
        let Some(unit) = quantity.unit else { continue };
        let (known, _) = first.get_or_insert_with(|| (unit.clone(), quantity.written.clone()));
        match unit.divided_by(known) {
            Some(factor) if factor.is_one() => value += &quantity.value,
            Some(factor) => value += &format!("({})*({factor})", quantity.value),
            None => consistent = false,
        }
    }
    match first {
        Some((unit, written)) => Quantity { value, unit: Some(unit), written, consistent },
        None => Quantity { value: text.to_owned(), unit: None, written: String::new(), consistent: true },
    }
}

/// Removes the LaTeX around a unit: `5\,\mathrm{cm}` becomes `5 cm`.
fn plain(text: &str) -> String {
    let trimmed = text.trim();
    let trimmed =
        trimmed.strip_suffix('.').filter(|text| text.ends_with(char::is_alphabetic)).unwrap_or(trimmed);
    if !trimmed.contains(['\\', '~']) {
        return degrees(trimmed);
    }
    let mut text = trimmed.replace("\\%", "%").replace("\\$", "$");
    for spacing in ["\\,", "\\;", "\\:", "\\!", "\\ ", "~", "\\quad"] {
        text = text.replace(spacing, " ");
    }
    text = text.replace("\\Omega", "Ω").replace("\\mu ", "µ").replace("\\mu", "µ").replace("\\cdot", "·");
    text = text.replace("^{\\circ}", "°").replace("^\\circ", "°").replace("\\degree", "°");
    text = words::without_text_commands(text, "");
    // `5\frac{m}{s}`
    if let Some((before, fraction)) = text.split_once("\\frac{")
        && let Some((above, below)) = fraction.split_once("}{")
        && let Some(below) = below.trim_end().strip_suffix('}')
        && !above.contains(|c: char| c.is_ascii_digit())
        && let Some(unit) =
            parse(above).zip(parse(below)).map(|_| format!("{}/({})", above.trim(), below.trim()))
    {
        text = format!("{before} {unit}");
    }
    degrees(&text)
}

/// Writes degrees Celsius and Fahrenheit with the sign: `20 degrees C`, `20 ℃`.
fn degrees(text: &str) -> String {
    let mut text = text.replace('℃', "°C").replace('℉', "°F");
    for (written, sign) in [("degrees ", "°"), ("degree ", "°"), ("deg ", "°"), ("° ", "°")] {
        for scale in ["C", "F"] {
            text = text.replace(&format!("{written}{scale}"), &format!("{sign}{scale}"));
        }
    }
    text
}
