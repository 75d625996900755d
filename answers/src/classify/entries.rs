//! Times, dates, ranges and remainders, which look like formulas.

use dashu_int::IBig;
use dashu_ratio::RBig;

use super::infer::Sort;
use super::words;
use crate::decimal;

/// A value that is written with signs of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The seconds since midnight.
    Time(u32),
    Date {
        day: u8,
        month: u8,
        year: u16,
    },
    /// A class interval or a score: two numbers in order.
    Range(RBig, RBig),
    Remainder {
        quotient: IBig,
        remainder: IBig,
    },
}

impl Entry {
    pub(super) fn sort(&self) -> Sort {
        match self {
            Self::Time(_) => Sort::Time,
            Self::Date { .. } => Sort::Date,
            Self::Range(..) => Sort::Range,
            Self::Remainder { .. } => Sort::Remainder,
        }
    }

    /// Returns the entry as plain text that is read as the same entry.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Time(seconds) => {
                let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                if rest == 0 {
                    format!("{hours}:{minutes:02}")
                } else {
                    format!("{hours}:{minutes:02}:{rest:02}")
                }
            }
            Self::Date { day, month, year } => format!("{day}/{month}/{year}"),
            Self::Range(low, high) => format!("{}–{}", decimal::print(low), decimal::print(high)),
            Self::Remainder { quotient, remainder } => format!("{quotient} r {remainder}"),
        }
    }
}

/// Returns the sort of an expected answer that is such an entry.
pub(super) fn sort(text: &str) -> Option<Sort> {
    // Most texts end here: an entry begins with a number, and a sign or a word of its own follows.
    let rest = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let begins = rest.len() < text.trim_start().len();
    let ordinal = ["st", "nd", "th"].iter().any(|end| rest.starts_with(end));
    if !begins
        || !ordinal
            && !rest.starts_with([
                ':', '/', '-', '–', '—', '−', '‐', '‑', ' ', '~', '\\', 'r', 'R', 'a', 'A', 'p', 'P',
            ])
    {
        return None;
    }
    let text = plain(text);
    if (text.contains(':') || is_clock_word(&text)) && time(&text).is_some() {
        return Some(Sort::Time);
    }
    if date(&text).is_some() {
        return Some(Sort::Date);
    }
    if range(&text).is_some() {
        return Some(Sort::Range);
    }
    remainder(&text).map(|_| Sort::Remainder)
}

/// Reads a text as an entry of a sort.
pub(super) fn read(text: &str, sort: Sort) -> Option<Entry> {
    let text = plain(text);
    match sort {
        Sort::Time => time(&text),
        Sort::Date => date(&text),
        Sort::Range => range(&text),
        Sort::Remainder => remainder(&text),
        _ => None,
    }
}

/// Removes dollars, text commands, and LaTeX spaces; folds the case.
fn plain(text: &str) -> String {
    let mut text = text.trim().trim_matches('$').trim().trim_end_matches('.').to_lowercase();
    if text.contains('\\') {
        text = words::without_text_commands(text, " ");
        for space in ["\\,", "\\;", "\\:", "\\ ", "~", "\\quad"] {
            text = text.replace(space, " ");
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_clock_word(text: &str) -> bool {
    ["am", "pm", "a.m", "p.m", "o'clock"].iter().any(|word| text.ends_with(word))
}

fn digits(text: &str, len: std::ops::RangeInclusive<usize>) -> Option<u32> {
    (len.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Reads `4:30`, `04:30`, `4:30 pm`, `4.30pm`, `16:30:05`.
fn time(text: &str) -> Option<Entry> {
    let (mut clock, mut half) = (text, None);
    for (word, afternoon) in
        [("am", false), ("a.m", false), ("pm", true), ("p.m", true), ("o'clock", false), ("hrs", false)]
    {
        if let Some(rest) = clock.strip_suffix(word) {
            clock = rest.trim_end();
            half = (!matches!(word, "o'clock" | "hrs")).then_some(afternoon);
            break;
        }
    }
    let parts: Vec<&str> = clock.split([':', '.']).map(str::trim).collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours] if clock != text => (digits(hours, 1..=2)?, 0, 0),
        [hours, minutes] => (digits(hours, 1..=2)?, digits(minutes, 2..=2)?, 0),
        [hours, minutes, seconds] => {
            (digits(hours, 1..=2)?, digits(minutes, 2..=2)?, digits(seconds, 2..=2)?)
        }
        _ => return None,
    };
    let hours = match half {
        None if hours < 24 => hours,
        Some(false) if (1..=12).contains(&hours) => hours % 12,
        Some(true) if (1..=12).contains(&hours) => hours % 12 + 12,
        Some(true) if hours < 24 => hours,
        _ => return None,
    };
    (minutes < 60 && seconds < 60).then_some(Entry::Time(hours * 3600 + minutes * 60 + seconds))
}

/// Reads `3/4/2025`, `3.4.25`, `3 April 2025`; the day comes first.
fn date(text: &str) -> Option<Entry> {
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else { return None };
    if text.contains(' ') && second.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let (Some(year), Some(month), Some(day)) =
        (digits(first, 4..=4), digits(second, 2..=2), digits(third, 2..=2))
    {
        return day_of(day, month, year);
    }
    let day = digits(first.trim_end_matches(|c: char| c.is_ascii_alphabetic()), 1..=2)?;
    let month = digits(second, 1..=2).or_else(|| month_named(second))?;
    let year = digits(third, 4..=4).or_else(|| digits(third, 2..=2).map(|year| 2000 + year))?;
    day_of(day, month, year)
}

fn month_named(name: &str) -> Option<u32> {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = months.iter().position(|month| name.starts_with(month))?;
    u32::try_from(at + 1).ok()
}

fn day_of(day: u32, month: u32, year: u32) -> Option<Entry> {
    if !(1..=31).contains(&day) || !(1..=12).contains(&month) {
        return None;
    }
    Some(Entry::Date {
        day: day.try_into().ok()?,
        month: month.try_into().ok()?,
        year: year.try_into().ok()?,
    })
}

fn number(text: &str) -> Option<RBig> {
    let text = text.trim();
    let short = !text.is_empty() && text.len() <= 20;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.starts_with(|c: char| c.is_ascii_digit());
    (short && plain).then(|| decimal::parse(text)).flatten()
}

/// Reads `20–30`, `10-19`, `2-0`, `20 to 30`.
fn range(text: &str) -> Option<Entry> {
    let dashes = ['-', '–', '—', '−', '‐', '‑'];
    let (low, high) = text.split_once(dashes).or_else(|| text.split_once(" to "))?;
    Some(Entry::Range(number(low)?, number(high.trim_start_matches(dashes))?))
}

/// Reads `8 r 3`, `8r3`, `7 remainder 2`.
fn remainder(text: &str) -> Option<Entry> {
    let (quotient, rest) = text.split_once('r')?;
    let rest = rest.trim_start_matches("emainder").trim_start_matches("em").trim_start_matches(['.', ':']);
    let integer = |text: &str| digits(text.trim(), 1..=9).map(IBig::from);
    Some(Entry::Remainder { quotient: integer(quotient)?, remainder: integer(rest)? })
}
