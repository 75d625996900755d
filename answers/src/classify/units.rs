//! Values with units: `5 cm` is `50 mm`, `36 km/h` is `10 m/s`.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// The powers of metre, kilogram, second, ampere, kelvin, mole, candela, and money.
type Dimensions = [i8; 8];

/// A unit in terms of base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    factor: RBig,
    dimensions: Dimensions,
    /// The currency. Currencies cannot be converted, since exchange rates change.
    currency: Option<char>,
}

/// Name, numerator and denominator of the factor, dimensions, and whether the unit takes prefixes.
type Row = (&'static str, u64, u64, Dimensions, bool);

const UNITS: &[Row] = &[
    ("m", 1, 1, [1, 0, 0, 0, 0, 0, 0, 0], true),
    ("g", 1, 1000, [0, 1, 0, 0, 0, 0, 0, 0], true),
    ("s", 1, 1, [0, 0, 1, 0, 0, 0, 0, 0], true),
    ("A", 1, 1, [0, 0, 0, 1, 0, 0, 0, 0], true),
    ("K", 1, 1, [0, 0, 0, 0, 1, 0, 0, 0], false),
    ("mol", 1, 1, [0, 0, 0, 0, 0, 1, 0, 0], true),
    ("cd", 1, 1, [0, 0, 0, 0, 0, 0, 1, 0], false),
    ("N", 1, 1, [1, 1, -2, 0, 0, 0, 0, 0], true),
    ("J", 1, 1, [2, 1, -2, 0, 0, 0, 0, 0], true),
    ("W", 1, 1, [2, 1, -3, 0, 0, 0, 0, 0], true),
    ("Wh", 3600, 1, [2, 1, -2, 0, 0, 0, 0, 0], true),
    ("Pa", 1, 1, [-1, 1, -2, 0, 0, 0, 0, 0], true),
    ("Hz", 1, 1, [0, 0, -1, 0, 0, 0, 0, 0], true),
    ("V", 1, 1, [2, 1, -3, -1, 0, 0, 0, 0], true),
    ("C", 1, 1, [0, 0, 1, 1, 0, 0, 0, 0], true),
    ("Ω", 1, 1, [2, 1, -3, -2, 0, 0, 0, 0], true),
    ("L", 1, 1000, [3, 0, 0, 0, 0, 0, 0, 0], true),
    ("l", 1, 1000, [3, 0, 0, 0, 0, 0, 0, 0], true),
    ("litre", 1, 1000, [3, 0, 0, 0, 0, 0, 0, 0], true),
    ("liter", 1, 1000, [3, 0, 0, 0, 0, 0, 0, 0], true),
    ("metre", 1, 1, [1, 0, 0, 0, 0, 0, 0, 0], true),
    ("meter", 1, 1, [1, 0, 0, 0, 0, 0, 0, 0], true),
    ("gram", 1, 1000, [0, 1, 0, 0, 0, 0, 0, 0], true),
    ("second", 1, 1, [0, 0, 1, 0, 0, 0, 0, 0], true),
    ("sec", 1, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("min", 60, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("minute", 60, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("h", 3600, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("hr", 3600, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("hour", 3600, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("day", 86400, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("week", 604_800, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("year", 31_557_600, 1, [0, 0, 1, 0, 0, 0, 0, 0], false),
    ("t", 1000, 1, [0, 1, 0, 0, 0, 0, 0, 0], false),
    ("tonne", 1000, 1, [0, 1, 0, 0, 0, 0, 0, 0], false),
    ("ha", 10_000, 1, [2, 0, 0, 0, 0, 0, 0, 0], false),
    ("in", 254, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("inch", 254, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("inches", 254, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("ft", 3048, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("foot", 3048, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("feet", 3048, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("yd", 9144, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("yard", 9144, 10_000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("mi", 1_609_344, 1000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("mile", 1_609_344, 1000, [1, 0, 0, 0, 0, 0, 0, 0], false),
    ("mph", 1_609_344, 3_600_000, [1, 0, -1, 0, 0, 0, 0, 0], false),
    ("lb", 45_359_237, 100_000_000, [0, 1, 0, 0, 0, 0, 0, 0], false),
    ("oz", 45_359_237, 1_600_000_000, [0, 1, 0, 0, 0, 0, 0, 0], false),
    ("eV", 1_602_176_634, 1, [2, 1, -2, 0, 0, 0, 0, 0], true),
];

const PREFIXES: &[(&str, i8)] = &[
    ("", 0),
    ("k", 3),
    ("c", -2),
    ("m", -3),
    ("d", -1),
    ("h", 2),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("µ", -6),
    ("μ", -6),
    ("n", -9),
    ("p", -12),
    ("kilo", 3),
    ("centi", -2),
    ("milli", -3),
    ("mega", 6),
    ("micro", -6),
];

/// The power of ten in the electronvolt's factor, for which its row has no column.
const ELECTRONVOLT: isize = -28;

/// Splits a text into a value and its unit; `None` if the text does not end with a unit.
pub(crate) fn split(text: &str) -> (String, Option<Unit>) {
    let text = plain(text);
    if let Some(currency) = text.trim_start().chars().next().filter(|c| is_currency(*c)) {
        let rest = text.trim_start()[currency.len_utf8()..].to_owned();
        return (rest, Some(money(currency)));
    }
    // The leftmost match is the longest unit that leaves a value before it.
    for (at, c) in text.char_indices() {
        let before = text[..at].trim_end();
        let after_value = before
            .ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | '}' | 'π' | '%' | '!'))
            || text[..at].ends_with(' ') && !before.is_empty();
        if !after_value || !(c.is_alphabetic() || is_currency(c)) {
            continue;
        }
        if let Some(unit) = parse(&text[at..]) {
            return (before.trim_end_matches(['*', '·']).to_owned(), Some(unit));
        }
    }
    (text, None)
}

impl Unit {
    /// Returns the conversion factor to another unit; `None` if the dimensions differ.
    pub(crate) fn divided_by(&self, other: &Self) -> Option<RBig> {
        (self.dimensions == other.dimensions && self.currency == other.currency)
            .then(|| &self.factor / &other.factor)
    }
}

/// Removes the LaTeX around a unit: `5\,\mathrm{cm}` becomes `5 cm`.
fn plain(text: &str) -> String {
    let mut text = text.replace("\\%", "%").replace("\\$", "$");
    for spacing in ["\\,", "\\;", "\\:", "\\!", "\\ ", "~", "\\quad"] {
        text = text.replace(spacing, " ");
    }
    text = text.replace("\\Omega", "Ω").replace("\\mu ", "µ").replace("\\mu", "µ").replace("\\cdot", "·");
    for command in ["\\text{", "\\mathrm{", "\\textrm{", "\\mbox{", "\\operatorname{"] {
        while let Some(start) = text.find(command) {
            let inside = start + command.len();
            let Some(end) = text[inside..].find('}') else { break };
            let content = text[inside..inside + end].to_owned();
            text.replace_range(start..=inside + end, &format!(" {content}"));
        }
    }
    text
}

fn is_currency(c: char) -> bool {
    matches!(c, '£' | '$' | '€' | '¥' | '₹')
}

fn money(currency: char) -> Unit {
    Unit { factor: RBig::ONE, dimensions: [0, 0, 0, 0, 0, 0, 0, 1], currency: Some(currency) }
}

/// Parses units with powers, joined by `/`, `·` or spaces: `kg m/s^2`, `m s^-1`, `cm³`.
fn parse(text: &str) -> Option<Unit> {
    let mut whole = Unit { factor: RBig::ONE, dimensions: [0; 8], currency: None };
    let mut sign = 1i8;
    let mut rest = text.trim();
    let mut count = 0;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("per ").or_else(|| rest.strip_prefix('/')) {
            (sign, rest) = (-1, after.trim_start());
        } else if let Some(after) = rest.strip_prefix(['*', '·', '⋅']) {
            rest = after.trim_start();
        }
        let len = rest.find(|c: char| !(c.is_alphabetic() || is_currency(c))).unwrap_or(rest.len());
        let (name, after) = rest.split_at(len);
        let unit = one(name)?;
        let (power, after) = exponent(after)?;
        let power = power.checked_mul(sign)?;
        whole.factor *= unit.factor.pow(isize::from(power));
        for (sum, each) in whole.dimensions.iter_mut().zip(unit.dimensions) {
            *sum = sum.checked_add(each.checked_mul(power)?)?;
        }
        whole.currency = whole.currency.or(unit.currency);
        rest = after.trim_start();
        count += 1;
        if count > 8 {
            return None;
        }
    }
    (count > 0).then_some(whole)
}

fn exponent(text: &str) -> Option<(i8, &str)> {
    let mut digits = String::new();
    let mut rest = text;
    if let Some(after) = text.strip_prefix('^') {
        let after = after.trim_start_matches(['{', '(']);
        let len =
            after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '−'))).unwrap_or(after.len());
        digits = after[..len].replace('−', "-");
        rest = after[len..].trim_start_matches(['}', ')']);
    } else {
        while let Some(c) = rest.chars().next() {
            let Some(raised) = crate::lex::vocabulary::superscript(c) else { break };
            digits.push(raised);
            rest = &rest[c.len_utf8()..];
        }
    }
    if digits.is_empty() {
        return (!text.starts_with('^')).then_some((1, text));
    }
    let power: i8 = digits.parse().ok()?;
    (power.abs() <= 12).then_some((power, rest))
}

fn one(name: &str) -> Option<Unit> {
    if let Some(currency) = name.chars().next().filter(|c| is_currency(*c) && name.len() == c.len_utf8()) {
        return Some(money(currency));
    }
    // The plural of "metres" and "hours", but not of "ms".
    let singular = name.strip_suffix('s').filter(|singular| singular.len() > 2);
    exactly(name).or_else(|| singular.and_then(exactly))
}

fn exactly(name: &str) -> Option<Unit> {
    // A unit without a prefix comes first: `min` is not a milli-inch.
    for (prefix, power) in PREFIXES {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        let found = UNITS.iter().find(|row| row.0 == rest && (prefix.is_empty() || row.4));
        let Some((unit, numerator, denominator, dimensions, _)) = found else { continue };
        let ten = RBig::from(10);
        let mut factor =
            RBig::from_parts(IBig::from(*numerator), UBig::from(*denominator)) * ten.pow(isize::from(*power));
        if *unit == "eV" {
            factor *= ten.pow(ELECTRONVOLT);
        }
        return Some(Unit { factor, dimensions: *dimensions, currency: None });
    }
    None
}
