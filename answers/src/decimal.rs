//! Decimals as text: parsing and printing, for the rules and for answers.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// The most digits of a decimal in the rules.
const DIGITS: usize = 60;

/// Parses a positive decimal such as `0.01`; `None` for zero and for any other text.
pub(crate) fn parse_positive(text: &str) -> Option<RBig> {
    parse(text).filter(|value| !value.is_zero())
}

/// Parses a decimal without a sign.
pub(crate) fn parse(text: &str) -> Option<RBig> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{places}");
    if digits.is_empty() || digits.len() > DIGITS || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let numerator: IBig = digits.parse().ok()?;
    Some(RBig::from_parts(numerator, UBig::from(10u8).pow(places.len())))
}

/// Prints a number whose denominator divides a power of ten.
pub(crate) fn print(value: &RBig) -> String {
    let ten = RBig::from(10);
    let mut places = 0;
    let mut scaled = value.clone();
    while !scaled.is_int() && places < 64 {
        scaled *= &ten;
        places += 1;
    }
    let negative = *value < RBig::ZERO;
    let digits = scaled.trunc().to_string();
    let digits = format!("{:0>width$}", digits.trim_start_matches('-'), width = places + 1);
    let (whole, rest) = digits.split_at(digits.len() - places);
    let sign = if negative { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
