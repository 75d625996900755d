//! `application/x-www-form-urlencoded`: `name=value&name=value`, with `+` for a space and `%XX` for any byte.

use super::{Found, LONGEST, find};

/// A search through the fields.
#[derive(Debug, Default)]
pub(in crate::csrf) struct Fields {
    /// Where the field begins that is not whole yet.
    begins: usize,
    /// Where to look on for its end.
    from: usize,
}

impl Fields {
    pub(super) fn look(&mut self, seen: &[u8], wanted: &str, ended: bool) -> Found {
        loop {
            let end = match find(seen, &mut self.from, b"&") {
                Some(end) => end,
                None if ended => seen.len(),
                None => return Found::Later,
            };
            if let Some(value) = value(&seen[self.begins..end], wanted) {
                return Found::Value(value);
            }
            if end == seen.len() {
                return Found::Absent;
            }
            self.begins = end + 1;
            self.from = self.begins;
        }
    }
}

fn value(field: &[u8], wanted: &str) -> Option<Vec<u8>> {
    let equals = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
    if !decoded(&field[..equals]).eq(wanted.bytes()) {
        return None;
    }
    let text = field.get(equals + 1..).unwrap_or_default();
    let mut value = Vec::with_capacity(LONGEST.min(text.len()));
    value.extend(decoded(text).take(LONGEST));
    Some(value)
}

/// As browsers read it: a percent sign without two digits stands for itself.
fn decoded(mut text: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (first, rest) = text.split_first()?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (byte, rest) = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => (b'%', &text[1..]),
            },
            (b'+', rest) => (b' ', rest),
            (byte, rest) => (*byte, rest),
        };
        text = rest;
        Some(byte)
    })
}
