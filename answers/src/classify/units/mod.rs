//! Values with units: `5 cm` is `50 mm`, `36 km/h` is `10 m/s`.
//!
//! A unit is read into one meaning, a factor and dimensions, by names in which capital and small
//! letters differ. The order of units in a product does not matter: `N m` is `m N`.

use dashu_ratio::RBig;

mod elements;
mod table;

pub(crate) use self::elements::{is_quantity, split, unknown_unit};

/// The powers of metre, kilogram, second, ampere, kelvin, mole, candela, and money.
type Dimensions = [i8; 8];

/// A unit in terms of base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    factor: RBig,
    dimensions: Dimensions,
    /// The currency or the scale of temperature, which cannot be converted by a factor.
    scale: Option<char>,
}

impl Unit {
    /// Returns the conversion factor to another unit; `None` if the dimensions differ.
    pub(crate) fn divided_by(&self, other: &Self) -> Option<RBig> {
        (self.dimensions == other.dimensions && self.scale == other.scale)
            .then(|| &self.factor / &other.factor)
    }

    fn none() -> Self {
        Self { factor: RBig::ONE, dimensions: [0; 8], scale: None }
    }

    fn money(currency: char) -> Self {
        Self { dimensions: [0, 0, 0, 0, 0, 0, 0, 1], scale: Some(currency), ..Self::none() }
    }

    fn celsius() -> Self {
        Self { dimensions: [0, 0, 0, 0, 1, 0, 0, 0], scale: Some('℃'), ..Self::none() }
    }

    fn fahrenheit() -> Self {
        Self { scale: Some('℉'), ..Self::celsius() }
    }

    /// Multiplies by a power of another unit; `None` if a power is too large.
    fn times(mut self, other: &Self, power: i8) -> Option<Self> {
        self.factor *= other.factor.pow(isize::from(power));
        for (sum, each) in self.dimensions.iter_mut().zip(other.dimensions) {
            *sum = sum.checked_add(each.checked_mul(power)?)?;
        }
        self.scale = self.scale.or(other.scale);
        Some(self)
    }
}

fn is_currency(c: char) -> bool {
    matches!(c, '£' | '$' | '€' | '¥' | '₹')
}

fn is_unit_letter(c: char) -> bool {
    c.is_alphabetic() || is_currency(c)
}

/// Parses units with powers, joined by `/`, `·` or spaces: `kg m/s^2`, `m s^-1`, `cm³`.
fn parse(text: &str) -> Option<Unit> {
    let mut whole = Unit::none();
    let mut sign = 1i8;
    let mut power_before = 1i8;
    let mut rest = text.trim();
    let mut count = 0;
    while !rest.is_empty() {
        let mut joined = false;
        if let Some(after) = rest.strip_prefix("per ").or_else(|| rest.strip_prefix('/')) {
            (sign, rest, joined) = (-1, after.trim_start(), true);
        } else if let Some(after) = rest.strip_prefix(['*', '·', '⋅', '×', '.']) {
            (rest, joined) = (after.trim_start(), true);
        }
        if let Some((inside, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            let (power, after) = exponent(after)?;
            whole = whole.times(&parse(inside)?, power.checked_mul(sign)?)?;
            (rest, count) = (after.trim_start(), count + 1);
            continue;
        }
        if joined && rest.starts_with(|c: char| c.is_ascii_digit()) {
            // `Mg/10^6`
            let (value, after) = literal(rest)?;
            whole.factor *= value.pow(isize::from(sign));
            rest = after.trim_start();
            continue;
        }
        let len = rest.find(|c: char| !is_unit_letter(c)).unwrap_or(rest.len());
        let (name, after) = match rest.strip_prefix('°') {
            Some(scale) => {
                (rest.get(..'°'.len_utf8() + 1).unwrap_or_default(), scale.get(1..).unwrap_or_default())
            }
            None => rest.split_at(len),
        };
        // "square cm", "cubic metres", "cm squared"
        match name {
            "square" | "sq" | "cubic" if count == 0 || sign < 0 || joined => {
                power_before = if name == "cubic" { 3 } else { 2 };
                rest = after.trim_start();
                continue;
            }
            _ => {}
        }
        let (mut power, mut after) = exponent(after)?;
        for (word, by) in [("squared", 2), ("cubed", 3)] {
            if let Some(rest) = after.trim_start().strip_prefix(word) {
                (power, after) = (by, rest);
            }
        }
        let power = power.checked_mul(power_before)?;
        power_before = 1;
        for (unit, power) in factors(name, power)? {
            whole = whole.times(&unit, power.checked_mul(sign)?)?;
        }
        rest = after.trim_start();
        count += 1;
        if count > 8 {
            return None;
        }
    }
    (count > 0).then_some(whole)
}

/// Returns the units of a run of letters. A power belongs to the last one: `ms^-1` is m/s.
fn factors(name: &str, power: i8) -> Option<Vec<(Unit, i8)>> {
    if let Some(scale) = name.strip_prefix('°') {
        return match scale {
            "C" => Some(vec![(Unit::celsius(), power)]),
            "F" => Some(vec![(Unit::fahrenheit(), power)]),
            _ => None,
        };
    }
    let mut chars = name.chars();
    if let (Some(currency), "") = (chars.next().filter(|c| is_currency(*c)), chars.as_str()) {
        return Some(vec![(Unit::money(currency), power)]);
    }
    let two = || {
        name.char_indices().skip(1).find_map(|(at, _)| {
            let (first, last) = name.split_at(at);
            Some(vec![(table::symbol(first)?, 1), (table::symbol(last)?, power)])
        })
    };
    // `ms^-1` and `cms⁻²` are speeds and accelerations, not frequencies.
    if power < 0
        && let Some(both) = two()
    {
        return Some(both);
    }
    table::named(name).map(|unit| vec![(unit, power)]).or_else(two)
}

fn exponent(text: &str) -> Option<(i8, &str)> {
    let mut digits = String::new();
    let mut rest = text;
    if let Some(after) = text.strip_prefix('^') {
        let after = after.trim_start_matches(['{', '(']);
        let len =
            after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '−'))).unwrap_or(after.len());
        let (power, after) = after.split_at(len);
        digits = power.replace('−', "-");
        rest = after.trim_start_matches(['}', ')']);
    } else if let Some(digit) = text.chars().next().filter(|c| matches!(c, '2' | '3'))
        && !text.chars().nth(1).is_some_and(|c| c.is_ascii_digit() || c == '.')
    {
        // `cm2`
        digits.push(digit);
        rest = text.get(1..)?;
    } else {
        while let Some(c) = rest.chars().next() {
            let Some(raised) = crate::lex::vocabulary::superscript(c) else { break };
            digits.push(raised);
            rest = rest.get(c.len_utf8()..)?;
        }
    }
    if digits.is_empty() {
        return (!text.starts_with('^')).then_some((1, text));
    }
    let power: i8 = digits.parse().ok()?;
    (power.abs() <= 12).then_some((power, rest))
}

/// Parses an integer, or a power of one such as `10^6`.
fn literal(text: &str) -> Option<(RBig, &str)> {
    let len = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, after) = text.split_at(len);
    let base: u64 = digits.parse().ok()?;
    let (power, after) = if after.starts_with('^') { exponent(after)? } else { (1, after) };
    (base > 0).then(|| (RBig::from(base).pow(isize::from(power)), after))
}
