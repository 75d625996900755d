//! Lines for a spreadsheet, as CSV that no spreadsheet takes for anything but text and numbers.
//!
//! ```
//! use mathsoc::lists::spreadsheet::line;
//!
//! assert_eq!(line(["7", "=1+1", "say \"x\",\ny"]), b"\"7\",\"'=1+1\",\"say \"\"x\"\",\ny\"\r\n");
//! ```
//!
//! # What passes
//!
//! 1. A field that begins with what begins a formula gets an apostrophe before it: `=`, `+`, `-`, `@`, a tab, a line break, and
//!    the wide forms of the first four, which some spreadsheets read as the narrow ones.
//! 2. Every field stands in quotes, and quotes in it are doubled: commas, semicolons and line breaks separate nothing.
//! 3. Lines end as RFC 4180 wants it.
//!
//! # What it does not do
//!
//! Take the apostrophes off again: a program that reads the file finds them in the few fields that have them, such as an
//! answer `-3`.
//!
//! # References
//!
//! RFC 4180; OWASP, CSV Injection.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// What a file begins with, so that spreadsheets read its letters as they are meant.
pub const BEGIN: &[u8] = "\u{FEFF}".as_bytes();

/// One line with these fields.
pub fn line<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let fields = fields.into_iter().collect::<Vec<_>>();
    let written = writer.write_record(fields.iter().map(|field| safe(field.as_ref()).into_owned()));
    written.expect("a Vec takes whatever is written, and one record is as long as itself");
    writer.into_inner().expect("a Vec takes whatever is written")
}

/// The field, with an apostrophe before what a spreadsheet would calculate.
fn safe(field: &str) -> Cow<'_, str> {
    let begins =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if field.starts_with(begins) { Cow::Owned(format!("'{field}")) } else { Cow::Borrowed(field) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b24_what_would_be_calculated_is_text() {
        for field in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|'/c calc'!A0"] {
            assert_eq!(safe(field), format!("'{field}"));
        }
        for field in ["", "1", "x=1", " =1", "'=1", "Ada", "a@b.example", "2-1"] {
            assert_eq!(safe(field), field);
        }
    }

    #[test]
    fn b24_what_separates_fields_separates_none_within_one() {
        let names = ["Ada, \"Countess\"", "two\r\nlines", "a;b", "Zoë"];
        let line = line(names);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*line);
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].iter().collect::<Vec<_>>(), names);
    }
}
