//! Writes CSV that spreadsheets read as text and numbers only, never as formulas.
//!
//! ```
//! use mathsoc::lists::spreadsheet::line;
//!
//! assert_eq!(line(["7", "=1+1", "say \"x\",\ny"]), b"\"7\",\"'=1+1\",\"say \"\"x\"\",\ny\"\r\n");
//! ```
//!
//! # Rules
//!
//! 1. A field that starts with a formula character gets an apostrophe before it. These characters
//!    are `=`, `+`, `-`, `@`, a tab, a line break, and the full-width forms of the first four,
//!    which some spreadsheets treat alike.
//! 2. Every field is quoted and quotes in it are doubled, so that commas, semicolons and line
//!    breaks in a field separate nothing.
//! 3. Lines end with CRLF, as RFC 4180 requires.
//!
//! # Limitations
//!
//! It does not remove the apostrophes again. A program that reads the file finds them in the few
//! fields that need them, such as an answer `-3`.
//!
//! # References
//!
//! RFC 4180; OWASP, CSV Injection.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// The byte order mark for the start of a file, so that spreadsheets read it as UTF-8.
pub const BEGIN: &[u8] = "\u{FEFF}".as_bytes();

/// Returns one CSV line with these fields.
pub fn line<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let fields = fields.into_iter().collect::<Vec<_>>();
    let written = writer.write_record(fields.iter().map(|field| safe(field.as_ref()).into_owned()));
    written.expect("writing to a Vec cannot fail, and one record has no other length to match");
    writer.into_inner().expect("writing to a Vec cannot fail")
}

/// Returns the field, with an apostrophe in front of a formula character.
fn safe(field: &str) -> Cow<'_, str> {
    let begins =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if field.starts_with(begins) { Cow::Owned(format!("'{field}")) } else { Cow::Borrowed(field) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_an_apostrophe() {
        for field in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|'/c calc'!A0"] {
            assert_eq!(safe(field), format!("'{field}"));
        }
        for field in ["", "1", "x=1", " =1", "'=1", "Ada", "a@b.example", "2-1"] {
            assert_eq!(safe(field), field);
        }
    }

    #[test]
    fn separators_in_a_field_are_quoted() {
        let names = ["Ada, \"Countess\"", "two\r\nlines", "a;b", "Zoë"];
        let line = line(names);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*line);
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].iter().collect::<Vec<_>>(), names);
    }
}
