//! The table of units, by symbol and by word.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::{Dimensions, Unit};

/// Numerator, denominator and power of ten of the factor, the dimensions, and `true` if the unit
/// takes prefixes.
type Row = (u64, u64, i8, Dimensions, bool);

const LENGTH: Dimensions = [1, 0, 0, 0, 0, 0, 0, 0];
const AREA: Dimensions = [2, 0, 0, 0, 0, 0, 0, 0];
const VOLUME: Dimensions = [3, 0, 0, 0, 0, 0, 0, 0];
const MASS: Dimensions = [0, 1, 0, 0, 0, 0, 0, 0];
const TIME: Dimensions = [0, 0, 1, 0, 0, 0, 0, 0];
const FREQUENCY: Dimensions = [0, 0, -1, 0, 0, 0, 0, 0];
const SPEED: Dimensions = [1, 0, -1, 0, 0, 0, 0, 0];
const FORCE: Dimensions = [1, 1, -2, 0, 0, 0, 0, 0];
const ENERGY: Dimensions = [2, 1, -2, 0, 0, 0, 0, 0];
const POWER: Dimensions = [2, 1, -3, 0, 0, 0, 0, 0];
const PRESSURE: Dimensions = [-1, 1, -2, 0, 0, 0, 0, 0];
const MONEY: Dimensions = [0, 0, 0, 0, 0, 0, 0, 1];

/// Units by symbol. Capital and small letters differ: `mW` is not `MW`.
const SYMBOLS: &[(&str, Row)] = &[
    ("m", (1, 1, 0, LENGTH, true)),
    ("g", (1, 1, -3, MASS, true)),
    ("s", (1, 1, 0, TIME, true)),
    ("A", (1, 1, 0, [0, 0, 0, 1, 0, 0, 0, 0], true)),
    ("K", (1, 1, 0, [0, 0, 0, 0, 1, 0, 0, 0], true)),
    ("mol", (1, 1, 0, [0, 0, 0, 0, 0, 1, 0, 0], true)),
    ("cd", (1, 1, 0, [0, 0, 0, 0, 0, 0, 1, 0], false)),
    ("N", (1, 1, 0, FORCE, true)),
    ("J", (1, 1, 0, ENERGY, true)),
    ("W", (1, 1, 0, POWER, true)),
    ("VA", (1, 1, 0, POWER, true)),
    ("Wh", (3600, 1, 0, ENERGY, true)),
    ("Pa", (1, 1, 0, PRESSURE, true)),
    ("bar", (1, 1, 5, PRESSURE, true)),
    ("atm", (101_325, 1, 0, PRESSURE, false)),
    ("Hz", (1, 1, 0, FREQUENCY, true)),
    ("Bq", (1, 1, 0, FREQUENCY, true)),
    ("V", (1, 1, 0, [2, 1, -3, -1, 0, 0, 0, 0], true)),
    ("C", (1, 1, 0, [0, 0, 1, 1, 0, 0, 0, 0], true)),
    ("F", (1, 1, 0, [-2, -1, 4, 2, 0, 0, 0, 0], true)),
    ("H", (1, 1, 0, [2, 1, -2, -2, 0, 0, 0, 0], true)),
    ("T", (1, 1, 0, [0, 1, -2, -1, 0, 0, 0, 0], true)),
    ("Wb", (1, 1, 0, [2, 1, -2, -1, 0, 0, 0, 0], true)),
    ("Ω", (1, 1, 0, [2, 1, -3, -2, 0, 0, 0, 0], true)),
    ("L", (1, 1, -3, VOLUME, true)),
    ("l", (1, 1, -3, VOLUME, true)),
    ("cc", (1, 1, -6, VOLUME, false)),
    ("sec", (1, 1, 0, TIME, false)),
    ("min", (60, 1, 0, TIME, false)),
    ("h", (3600, 1, 0, TIME, false)),
    ("hr", (3600, 1, 0, TIME, false)),
    ("yr", (31_557_600, 1, 0, TIME, false)),
    ("t", (1, 1, 3, MASS, false)),
    ("ha", (1, 1, 4, AREA, false)),
    ("in", (254, 1, -4, LENGTH, false)),
    ("ft", (3048, 1, -4, LENGTH, false)),
    ("yd", (9144, 1, -4, LENGTH, false)),
    ("mi", (1_609_344, 1, -3, LENGTH, false)),
    ("mph", (1_609_344, 3600, -3, SPEED, false)),
    ("kph", (1000, 3600, 0, SPEED, false)),
    ("kmh", (1000, 3600, 0, SPEED, false)),
    ("lb", (45_359_237, 1, -8, MASS, false)),
    ("oz", (45_359_237, 16, -8, MASS, false)),
    ("cal", (4184, 1, -3, ENERGY, true)),
    ("eV", (1_602_176_634, 1, -28, ENERGY, true)),
    ("amu", (166_053_906_660, 1, -38, MASS, true)),
    ("p", (1, 1, -2, MONEY, false)),
];

/// Units by word, in any case and in the plural too.
const WORDS: &[(&str, &str)] = &[
    ("metre", "m"),
    ("meter", "m"),
    ("gram", "g"),
    ("gramme", "g"),
    ("second", "s"),
    ("ampere", "A"),
    ("amp", "A"),
    ("kelvin", "K"),
    ("mole", "mol"),
    ("newton", "N"),
    ("joule", "J"),
    ("watt", "W"),
    ("pascal", "Pa"),
    ("hertz", "Hz"),
    ("volt", "V"),
    ("coulomb", "C"),
    ("farad", "F"),
    ("henry", "H"),
    ("tesla", "T"),
    ("weber", "Wb"),
    ("ohm", "Ω"),
    ("litre", "L"),
    ("liter", "L"),
    ("minute", "min"),
    ("hour", "h"),
    ("year", "yr"),
    ("tonne", "t"),
    ("hectare", "ha"),
    ("inch", "in"),
    ("inche", "in"),
    ("foot", "ft"),
    ("feet", "ft"),
    ("yard", "yd"),
    ("mile", "mi"),
    ("ounce", "oz"),
    ("calorie", "cal"),
    ("penny", "p"),
    ("pence", "p"),
    ("micron", "μm"),
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
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
];

const WORD_PREFIXES: &[(&str, i8)] = &[
    ("", 0),
    ("kilo", 3),
    ("centi", -2),
    ("milli", -3),
    ("deci", -1),
    ("mega", 6),
    ("giga", 9),
    ("micro", -6),
    ("nano", -9),
];

/// Returns the unit that a run of letters names.
pub(super) fn named(name: &str) -> Option<Unit> {
    symbol(name).or_else(|| word(name)).or_else(|| match name.strip_suffix('s') {
        // `cms`, `hrs`, `kgs`, but not `ms` or `gs`.
        Some(singular) if singular.chars().count() > 1 => symbol(singular),
        _ => None,
    })
}

pub(super) fn symbol(name: &str) -> Option<Unit> {
    // A unit without a prefix comes first: `min` is not a milli-inch.
    PREFIXES.iter().find_map(|(prefix, power)| {
        let rest = name.strip_prefix(prefix)?;
        let (_, row) =
            SYMBOLS.iter().find(|(symbol, row)| *symbol == rest && (prefix.is_empty() || row.4))?;
        Some(of(row, *power))
    })
}

fn word(name: &str) -> Option<Unit> {
    let name = name.to_lowercase();
    let days = |count: u64| Some(of(&(86_400 * count, 1, 0, TIME, false), 0));
    match name.as_str() {
        "day" | "days" => return days(1),
        "week" | "weeks" => return days(7),
        "acre" | "acres" => return Some(of(&(40_468_564_224, 1, -7, AREA, false), 0)),
        "pint" | "pints" => return Some(of(&(56_826_125, 1, -11, VOLUME, false), 0)),
        "gallon" | "gallons" => return Some(of(&(454_609, 1, -8, VOLUME, false), 0)),
        "euro" | "euros" => return Some(Unit::money('€')),
        "dollar" | "dollars" => return Some(Unit::money('$')),
        "pound" | "pounds" => return Some(Unit::money('£')),
        "celsius" => return Some(Unit::celsius()),
        _ => {}
    }
    [name.as_str(), name.strip_suffix('s').unwrap_or_default()].into_iter().find_map(|name| {
        WORD_PREFIXES.iter().find_map(|(prefix, power)| {
            let rest = name.strip_prefix(prefix)?;
            let (_, symbol) = WORDS.iter().find(|(word, _)| *word == rest)?;
            let (_, row) = SYMBOLS.iter().find(|(known, _)| known == symbol)?;
            Some(of(row, *power))
        })
    })
}

fn of(row: &Row, prefix: i8) -> Unit {
    let (numerator, denominator, power, dimensions, _) = *row;
    let ten = RBig::from(10);
    let factor = RBig::from_parts(IBig::from(numerator), UBig::from(denominator))
        * ten.pow(isize::from(power))
        * ten.pow(isize::from(prefix));
    let currency = (dimensions == MONEY).then_some('£');
    Unit { factor, dimensions, scale: currency }
}
