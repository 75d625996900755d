//! The scan of `application/x-www-form-urlencoded`: `name=value&name=value`, with `+` for a space
//! and `%XX` for any byte.

use super::{MAX_VALUE_LEN, ScanResult, find};

/// The state of a scan through the fields.
#[derive(Debug, Default)]
pub(in crate::csrf) struct UrlencodedScan {
    /// The start of the current field.
    start: usize,
    /// The position at which the search for its end continues.
    from: usize,
}

impl UrlencodedScan {
    pub(super) fn advance(&mut self, body: &[u8], name: &str, ended: bool) -> ScanResult {
        loop {
            let end = match find(body, &mut self.from, b"&") {
                Some(end) => end,
                None if ended => body.len(),
                None => return ScanResult::Incomplete,
            };
            if let Some(value) = value_of(&body[self.start..end], name) {
                return ScanResult::Value(value);
            }
            if end == body.len() {
                return ScanResult::Absent;
            }
            self.start = end + 1;
            self.from = self.start;
        }
    }
}

/// Returns the decoded value if the field has this name.
fn value_of(field: &[u8], name: &str) -> Option<Vec<u8>> {
    let equals = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
    if !decoded(&field[..equals]).eq(name.bytes()) {
        return None;
    }
    let text = field.get(equals + 1..).unwrap_or_default();
    let mut value = Vec::with_capacity(MAX_VALUE_LEN.min(text.len()));
    value.extend(decoded(text).take(MAX_VALUE_LEN));
    Some(value)
}

/// Decodes as browsers do: a percent sign without two digits stands for itself.
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
