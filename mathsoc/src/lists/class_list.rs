//! Parses a class list: people who should get accounts, exported from a school's spreadsheet.
//!
//! ```
//! use mathsoc::lists::class_list::{LineOutcome, check, parse};
//!
//! let lines = parse("name,email,year\nAda Lovelace,ada@school.example,9\n")?;
//! let checked = check(lines, &[], &[]);
//! assert!(matches!(&checked[0].outcome, LineOutcome::New(ada) if ada.year.is_some()));
//! # Ok::<(), mathsoc::lists::class_list::ListError>(())
//! ```
//!
//! # Format
//!
//! 1. The first line names the columns in any order: `name` and `email`, and optionally `school`
//!    and `year`. Other columns are ignored.
//! 2. The separator is a comma, a semicolon or a tab, as CSV files of different locales and copied
//!    cells have it.
//! 3. Names, addresses and years follow the rules of the rest of the site; `Year 9` means 9. The
//!    `school` column holds a school's full name; if it is empty, the address's domain decides.
//! 4. Empty lines are skipped. A repeated address is an error on every line after the first.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | [`MAX_BYTES`] | 512 KiB | 500 lines take about a tenth of it |
//! | [`MAX_LINES`] | 500 | one letter each, and one transaction for all accounts |
//!
//! # Limitations
//!
//! It creates no accounts: it reports the outcome of each line.
//!
//! # References
//!
//! RFC 4180.

use std::collections::{HashMap, HashSet};

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use crate::domain::email::{EmailAddress, EmailDomain};
use crate::domain::person::{FullName, NewUser, Role, Year};
use crate::domain::school::School;

/// The largest size of a list in bytes.
pub const MAX_BYTES: usize = 512 * 1024;
/// The largest number of people on a list.
pub const MAX_LINES: usize = 500;

/// One line of the list, not yet validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line number, from 1.
    pub number: u64,
    pub name: String,
    pub email: String,
    pub school: String,
    pub year: String,
}

/// A line with its outcome.
#[derive(Clone, Debug)]
pub struct CheckedLine {
    pub line: Line,
    pub outcome: LineOutcome,
}

/// The outcome of a line.
#[derive(Clone, Debug)]
pub enum LineOutcome {
    /// The person gets a new account.
    New(NewUser),
    /// The address already has an account.
    Exists,
    /// The line is invalid; the message is shown to the person who uploaded the list.
    Invalid(String),
}

impl LineOutcome {
    /// Returns the new account, if the line creates one.
    pub fn new_user(&self) -> Option<&NewUser> {
        match self {
            Self::New(new) => Some(new),
            Self::Exists | Self::Invalid(_) => None,
        }
    }
}

/// Decodes an uploaded file as UTF-8 text.
///
/// # Errors
/// Fails if the file is too large, a workbook, or not UTF-8. The message says how to save it.
pub fn text(file: &[u8]) -> Result<&str, ListError> {
    // The first bytes of a zip archive (`.xlsx`, `.ods`) and of an OLE file (`.xls`).
    const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0"];
    if file.len() > MAX_BYTES {
        return Err(ListError::Long);
    }
    if WORKBOOKS.iter().any(|begins| file.starts_with(begins)) {
        return Err(ListError::Workbook);
    }
    // UTF-16 without a byte order mark has a zero byte beside every ASCII letter; UTF-8 text has
    // none.
    if file.starts_with(b"\xFF\xFE") || file.starts_with(b"\xFE\xFF") || file.contains(&0) {
        return Err(ListError::Utf16);
    }
    std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        let text = String::from_utf8_lossy(before).replace("\r\n", "\n").replace('\r', "\n");
        ListError::Letters { line: 1 + text.matches('\n').count() }
    })
}

/// Parses a list.
///
/// # Errors
/// Fails if the text is too long, has too many lines, or has no valid header.
pub fn parse(text: &str) -> Result<Vec<Line>, ListError> {
    if text.len() > MAX_BYTES {
        return Err(ListError::Long);
    }
    // One line ending, so that line numbers match those of a text editor.
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).ok_or(ListError::Empty)?;
    let separators = [b',', b';', b'\t'];
    let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    let separator = separators.into_iter().rev().max_by_key(count).unwrap_or(b',');
    let mut reader = ReaderBuilder::new();
    let mut reader = reader.delimiter(separator).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|_| ListError::Text)?.clone();
    let column = |name: &str| columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (name, email) = column("name").zip(column("email")).ok_or(ListError::Columns)?;
    let (school, year) = (column("school"), column("year"));
    let mut counter = LineCounter { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut lines = Vec::new();
    for record in reader.records() {
        let record: StringRecord = record.map_err(|_| ListError::Text)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() == MAX_LINES {
            return Err(ListError::Many);
        }
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        let number = counter.line(record.position().map_or(0, Position::byte));
        let (name, email) = (field(Some(name)), field(Some(email)));
        lines.push(Line { number, name, email, school: field(school), year: field(year) });
    }
    if lines.is_empty() { Err(ListError::Empty) } else { Ok(lines) }
}

/// Counts lines while it moves forward through a text.
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// Returns the line of the record that starts at `byte`, after any empty lines that start
    /// there.
    fn line(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| self.at < begin || **byte == b'\n') {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// Returns the outcome of each line, given the schools and the addresses that have accounts.
pub fn check(lines: Vec<Line>, schools: &[School], taken: &[String]) -> Vec<CheckedLine> {
    let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
    let mut seen = HashMap::new();
    let outcome = |line: &Line| {
        let new = new_user(line, schools)?;
        let key = new.email.key();
        if let Some(before) = seen.insert(key.clone(), line.number) {
            return Err(format!("This address is already in line {before}."));
        }
        Ok(if taken.contains(&*key) { LineOutcome::Exists } else { LineOutcome::New(new) })
    };
    let outcomes: Vec<LineOutcome> =
        lines.iter().map(outcome).map(|outcome| outcome.unwrap_or_else(LineOutcome::Invalid)).collect();
    lines.into_iter().zip(outcomes).map(|(line, outcome)| CheckedLine { line, outcome }).collect()
}

/// Returns the valid addresses of a list.
pub fn addresses(lines: &[Line]) -> Vec<EmailAddress> {
    lines.iter().filter_map(|line| line.email.parse().ok()).collect()
}

fn new_user(line: &Line, schools: &[School]) -> Result<NewUser, String> {
    let full_name: FullName = line.name.parse().map_err(|error| format!("Name: {error}"))?;
    let email: EmailAddress = line.email.parse().map_err(|error| format!("Address: {error}"))?;
    let school = if line.school.is_empty() {
        let is_its = |domain: &EmailDomain| domain.has(&email);
        schools.iter().find(|school| school.email_domain.as_ref().is_some_and(is_its))
    } else {
        let name = line.school.to_lowercase();
        let found = schools.iter().find(|school| school.name.to_lowercase() == name);
        Some(found.ok_or(
            "School: No school has this name. Add it first, or write its name as the list of schools has it.",
        )?)
    };
    let year = line.year.to_ascii_lowercase();
    let year = year.trim_start_matches("year").trim_start_matches('y').trim();
    let year = (!year.is_empty()).then(|| year.parse::<Year>()).transpose();
    let year = year.map_err(|_| "Year: Write one from 7 to 13, or nothing.")?;
    let school_id = school.map(|school| school.id);
    Ok(NewUser { email, full_name, role: Role::Pupil, school_id, year, email_is_verified: false })
}

/// An error for text that is not a class list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The list has no people.
    #[error(
        "There is no one on this list. Write the names of the columns on the first line, and one person on each line below."
    )]
    Empty,
    /// The list is larger than [`MAX_BYTES`].
    #[error("This list is longer than 512 KiB. Send it in parts.")]
    Long,
    /// The list has more than [`MAX_LINES`] people.
    #[error("There are more than {MAX_LINES} people on this list. Send it in parts.")]
    Many,
    /// The first line does not name the columns.
    #[error(
        "The first line does not name the columns. Write name,email,school,year there; school and year may be left out."
    )]
    Columns,
    /// The text is not CSV.
    #[error("This cannot be read as a list. Save it as CSV in UTF-8, or copy the cells and paste them.")]
    Text,
    /// The file is a workbook.
    #[error(
        "This file is a workbook, which only its own program reads. Save it there as “CSV UTF-8”, or copy the cells and paste them."
    )]
    Workbook,
    /// The file is UTF-16, as Excel's “Unicode Text” is.
    #[error(
        "This file is in UTF-16, which Excel calls Unicode Text. Save it as “CSV UTF-8” instead, or copy the cells and paste them."
    )]
    Utf16,
    /// The file is in another encoding, as Excel's plain “CSV” is.
    #[error(
        "Line {line} of this file has a letter that is not in UTF-8: Excel’s plain “CSV” spoils names with accents. Save it as “CSV UTF-8” instead, or copy the cells and paste them."
    )]
    Letters {
        /// The first line with a byte that is not UTF-8, from 1.
        line: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn school(id: i64, name: &str, domain: Option<&str>) -> School {
        School { id, name: name.to_owned(), email_domain: domain.map(|it| it.parse().unwrap()) }
    }

    fn checked(text: &str) -> Vec<CheckedLine> {
        let schools = [school(1, "Upton", Some("upton.example")), school(2, "École Łódź", None)];
        check(parse(text).unwrap(), &schools, &["known@upton.example".to_owned()])
    }

    fn reason(checked: &CheckedLine) -> &str {
        match &checked.outcome {
            LineOutcome::Invalid(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_line_has_an_outcome_and_its_number() {
        let checked = checked(
            "\u{FEFF}name,email,school,year\nAda,ada@upton.example,,9\n\nEve,eve@other.example,école łódź,Year 13\n\
             Kim,KNOWN@upton.example,,\nAda again,ADA@upton.example,,\n,x@y.example,,\nBob,bob,,\nBob,bob@b.example,Eton,\nBob,b@b.example,,14\n",
        );
        assert_eq!(checked.iter().map(|it| it.line.number).collect::<Vec<_>>(), [2, 4, 5, 6, 7, 8, 9, 10]);
        let new = |it: &CheckedLine| match &it.outcome {
            LineOutcome::New(new) => (new.school_id, new.year.map(Year::number)),
            other => panic!("{other:?}"),
        };
        assert_eq!((new(&checked[0]), new(&checked[1])), ((Some(1), Some(9)), (Some(2), Some(13))));
        assert!(matches!(checked[2].outcome, LineOutcome::Exists), "capitals do not count");
        assert_eq!(reason(&checked[3]), "This address is already in line 2.");
        for (checked, begin) in checked[4..].iter().zip(["Name:", "Address:", "School:", "Year:"]) {
            assert!(reason(checked).starts_with(begin), "{checked:?}");
        }
    }

    #[test]
    fn line_numbers_are_the_same_for_all_line_endings() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["name,email", "Ada,ada@b.example", "", "Eve,eve@b.example"].join(end);
            let numbers: Vec<_> = parse(&text).unwrap().iter().map(|line| line.number).collect();
            assert_eq!(numbers, [2, 4], "{end:?}");
        }
    }

    #[test]
    fn accepts_any_column_order_and_separator() {
        for text in [
            "Email;x;Name\nada@b.example;1;Ada\n",
            "year\tname\temail\r\n\tAda\tada@b.example",
            "name, email\n\"Ada\", ada@b.example",
        ] {
            let checked = checked(text);
            assert!(
                matches!(&checked[0].outcome, LineOutcome::New(ada) if ada.full_name.as_str() == "Ada"),
                "{text}: {checked:?}"
            );
        }
    }

    #[test]
    fn rejects_files_that_are_not_utf8_text() {
        let marked = "\u{FEFF}name,email\r\nZoë,z@b.example";
        assert_eq!(text(marked.as_bytes()), Ok(marked));
        let utf_16 =
            |bytes: fn(u16) -> [u8; 2]| "name,email".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        let little = [&b"\xFF\xFE"[..], &utf_16(u16::to_le_bytes)].concat();
        for bytes in
            [little, utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes), b"\xFE\xFF\x04\x10".to_vec()]
        {
            assert_eq!(text(&bytes), Err(ListError::Utf16), "{bytes:?}");
        }
        for end in ["\n", "\r\n", "\r"] {
            let latin =
                [b"name,email", end.as_bytes(), b"Ada,a@b.example", end.as_bytes(), b"Zo\xEB,z@b.example"];
            assert_eq!(text(&latin.concat()), Err(ListError::Letters { line: 3 }), "{end:?}");
        }
        for workbook in [&b"PK\x03\x04\x14\0"[..], b"\xD0\xCF\x11\xE0\xA1\xB1"] {
            assert_eq!(text(workbook), Err(ListError::Workbook));
        }
        assert_eq!(text(&vec![b'x'; MAX_BYTES + 1]), Err(ListError::Long));
    }

    #[test]
    fn rejects_invalid_lists_with_a_message() {
        assert_eq!(parse(" \n"), Err(ListError::Empty));
        assert_eq!(parse("name,email\n"), Err(ListError::Empty));
        assert_eq!(parse("Ada,ada@b.example\n"), Err(ListError::Columns));
        assert_eq!(parse(&"x".repeat(MAX_BYTES + 1)), Err(ListError::Long));
        let many = |lines| format!("name,email\n{}", "Ada,ada@b.example\n".repeat(lines));
        assert_eq!(parse(&many(MAX_LINES + 1)), Err(ListError::Many));
        assert_eq!(parse(&many(MAX_LINES)).unwrap().len(), MAX_LINES);
    }
}
