//! A list of people who are to have accounts, as it comes out of a school's own spreadsheet.
//!
//! ```
//! use mathsoc::lists::class_list::{Fate, judge, read};
//!
//! let lines = read("name,email,year\nAda Lovelace,ada@school.example,9\n")?;
//! let judged = judge(lines, &[], &[]);
//! assert!(matches!(&judged[0].fate, Fate::New(ada) if ada.year.is_some()));
//! # Ok::<(), mathsoc::lists::class_list::ListError>(())
//! ```
//!
//! # What passes
//!
//! 1. The first line names the columns, in any order: `name` and `email`, and if they are there `school` and `year`. Others are
//!    left alone.
//! 2. Columns are separated by commas, semicolons or tabs: as files are saved here and elsewhere, or cells are copied.
//! 3. A name, an address and a year pass as everywhere on the site; `Year 9` is 9. A school is meant by its whole name, and
//!    where there is none by the end of the address.
//! 4. Empty lines are left out. An address that stands there twice is wrong the second time.
//!
//! | bound | is | why |
//! |---|---|---|
//! | [`MOST_BYTES`] | 512 KiB | five hundred lines are a tenth of it |
//! | [`MOST_LINES`] | 500 | each gets a letter, and all are made in one transaction |
//!
//! # What it does not do
//!
//! It makes no accounts: it says what would become of each line.
//!
//! # References
//!
//! RFC 4180.

use std::collections::{HashMap, HashSet};

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use crate::domain::email::{EmailAddress, EmailDomain};
use crate::domain::person::{FullName, NewUser, Role, Year};
use crate::domain::school::School;

/// The most bytes of a list.
pub const MOST_BYTES: usize = 512 * 1024;
/// The most people on a list.
pub const MOST_LINES: usize = 500;

/// A line, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands, from 1.
    pub number: u64,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The school.
    pub school: String,
    /// The year.
    pub year: String,
}

/// A line, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The line.
    pub line: Line,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a line.
#[derive(Clone, Debug)]
pub enum Fate {
    /// They get an account.
    New(NewUser),
    /// Their address has an account.
    There,
    /// It cannot be done, in words for whoever wrote the list.
    Wrong(String),
}

impl Fate {
    /// The account that is made.
    pub fn new_user(&self) -> Option<&NewUser> {
        match self {
            Self::New(new) => Some(new),
            Self::There | Self::Wrong(_) => None,
        }
    }
}

/// The text of a file, which is UTF-8.
///
/// # Errors
/// When it is too long, a workbook, or text in letters of another kind: with how to save it.
pub fn text(file: &[u8]) -> Result<&str, ListError> {
    // What a zip archive begins with, and what the workbooks before it began with.
    const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0"];
    if file.len() > MOST_BYTES {
        return Err(ListError::Long);
    }
    if WORKBOOKS.iter().any(|begins| file.starts_with(begins)) {
        return Err(ListError::Workbook);
    }
    // Without its mark too: every letter of plain English has a zero beside it there, and no list has one.
    if file.starts_with(b"\xFF\xFE") || file.starts_with(b"\xFE\xFF") || file.contains(&0) {
        return Err(ListError::Utf16);
    }
    std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        let text = String::from_utf8_lossy(before).replace("\r\n", "\n").replace('\r', "\n");
        ListError::Letters { line: 1 + text.matches('\n').count() }
    })
}

/// Reads a list.
///
/// # Errors
/// When it is too long, or no list.
pub fn read(text: &str) -> Result<Vec<Line>, ListError> {
    if text.len() > MOST_BYTES {
        return Err(ListError::Long);
    }
    // One sign for the end of a line, so that lines are counted as people count them.
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
    let mut counted = Counted { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut lines = Vec::new();
    for record in reader.records() {
        let record: StringRecord = record.map_err(|_| ListError::Text)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() == MOST_LINES {
            return Err(ListError::Many);
        }
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        let number = counted.line(record.position().map_or(0, Position::byte));
        let (name, email) = (field(Some(name)), field(Some(email)));
        lines.push(Line { number, name, email, school: field(school), year: field(year) });
    }
    if lines.is_empty() { Err(ListError::Empty) } else { Ok(lines) }
}

/// Counts the lines of a text on the way through it.
struct Counted<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Counted<'_> {
    /// In which line the record stands that begins there, or after the empty lines that begin there.
    fn line(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| self.at < begin || **byte == b'\n') {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// What becomes of each line, where these are the schools, and these addresses have accounts already.
pub fn judge(lines: Vec<Line>, schools: &[School], taken: &[String]) -> Vec<Judged> {
    let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
    let mut seen = HashMap::new();
    let fate = |line: &Line| {
        let new = new_user(line, schools)?;
        let key = new.email.key();
        if let Some(before) = seen.insert(key.clone(), line.number) {
            return Err(format!("This address stands in line {before} already."));
        }
        Ok(if taken.contains(&*key) { Fate::There } else { Fate::New(new) })
    };
    let fates: Vec<Fate> = lines.iter().map(fate).map(|fate| fate.unwrap_or_else(Fate::Wrong)).collect();
    lines.into_iter().zip(fates).map(|(line, fate)| Judged { line, fate }).collect()
}

/// The addresses of a list, as far as they are some.
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
            "School: There is none of this name. Add it first, or write its name as it stands there.",
        )?)
    };
    let year = line.year.to_ascii_lowercase();
    let year = year.trim_start_matches("year").trim_start_matches('y').trim();
    let year = (!year.is_empty()).then(|| year.parse::<Year>()).transpose();
    let year = year.map_err(|_| "Year: Write one from 7 to 13, or nothing.")?;
    let school_id = school.map(|school| school.id);
    Ok(NewUser { email, full_name, role: Role::Pupil, school_id, year, email_is_verified: false })
}

/// Why a text is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// There is nobody on it.
    #[error(
        "There is nobody on this list. Write the names of the columns on the first line, and one person on each line below."
    )]
    Empty,
    /// It has more bytes than are read.
    #[error("This list is longer than 512 KiB. Send it in parts.")]
    Long,
    /// It has more lines than are read.
    #[error("There are more than {MOST_LINES} people on this list. Send it in parts.")]
    Many,
    /// The columns have no names.
    #[error(
        "The first line does not name the columns. Write name,email,school,year there; school and year may be left out."
    )]
    Columns,
    /// It is not text in columns.
    #[error("This cannot be read as a list. Save it as CSV in UTF-8, or copy the cells and paste them.")]
    Text,
    /// The file is a workbook.
    #[error(
        "This file is a workbook, which only its own program reads. Save it there as “CSV UTF-8”, or copy the cells and paste them."
    )]
    Workbook,
    /// The file is in UTF-16, as Excel's “Unicode Text” is.
    #[error(
        "This file is in UTF-16, which Excel calls Unicode Text. Save it as “CSV UTF-8” instead, or copy the cells and paste them."
    )]
    Utf16,
    /// The file is in letters of another kind, as Excel's “CSV” is on its own.
    #[error(
        "Line {line} of this file has a letter that is not in UTF-8: Excel’s plain “CSV” spoils names with accents. Save it as “CSV UTF-8” instead, or copy the cells and paste them."
    )]
    Letters {
        /// Where the first of them stands, from 1.
        line: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn school(id: i64, name: &str, domain: Option<&str>) -> School {
        School { id, name: name.to_owned(), email_domain: domain.map(|it| it.parse().unwrap()) }
    }

    fn judged(text: &str) -> Vec<Judged> {
        let schools = [school(1, "Upton", Some("upton.example")), school(2, "École Łódź", None)];
        judge(read(text).unwrap(), &schools, &["known@upton.example".to_owned()])
    }

    fn wrong(judged: &Judged) -> &str {
        match &judged.fate {
            Fate::Wrong(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_line_is_judged_by_itself_with_its_number() {
        let judged = judged(
            "\u{FEFF}name,email,school,year\nAda,ada@upton.example,,9\n\nEve,eve@other.example,école łódź,Year 13\n\
             Kim,KNOWN@upton.example,,\nAda again,ADA@upton.example,,\n,x@y.example,,\nBob,bob,,\nBob,bob@b.example,Eton,\nBob,b@b.example,,14\n",
        );
        assert_eq!(judged.iter().map(|it| it.line.number).collect::<Vec<_>>(), [2, 4, 5, 6, 7, 8, 9, 10]);
        let new = |it: &Judged| match &it.fate {
            Fate::New(new) => (new.school_id, new.year.map(Year::number)),
            other => panic!("{other:?}"),
        };
        assert_eq!((new(&judged[0]), new(&judged[1])), ((Some(1), Some(9)), (Some(2), Some(13))));
        assert!(matches!(judged[2].fate, Fate::There), "capitals do not count");
        assert_eq!(wrong(&judged[3]), "This address stands in line 2 already.");
        for (judged, begin) in judged[4..].iter().zip(["Name:", "Address:", "School:", "Year:"]) {
            assert!(wrong(judged).starts_with(begin), "{judged:?}");
        }
    }

    #[test]
    fn lines_are_counted_alike_however_they_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["name,email", "Ada,ada@b.example", "", "Eve,eve@b.example"].join(end);
            let numbers: Vec<_> = read(&text).unwrap().iter().map(|line| line.number).collect();
            assert_eq!(numbers, [2, 4], "{end:?}");
        }
    }

    #[test]
    fn columns_come_in_any_order_and_with_any_separator() {
        for text in [
            "Email;x;Name\nada@b.example;1;Ada\n",
            "year\tname\temail\r\n\tAda\tada@b.example",
            "name, email\n\"Ada\", ada@b.example",
        ] {
            let judged = judged(text);
            assert!(
                matches!(&judged[0].fate, Fate::New(ada) if ada.full_name.as_str() == "Ada"),
                "{text}: {judged:?}"
            );
        }
    }

    #[test]
    fn a_file_is_text_or_says_how_to_save_it() {
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
        assert_eq!(text(&vec![b'x'; MOST_BYTES + 1]), Err(ListError::Long));
    }

    #[test]
    fn what_is_no_list_is_refused_with_what_to_write() {
        assert_eq!(read(" \n"), Err(ListError::Empty));
        assert_eq!(read("name,email\n"), Err(ListError::Empty));
        assert_eq!(read("Ada,ada@b.example\n"), Err(ListError::Columns));
        assert_eq!(read(&"x".repeat(MOST_BYTES + 1)), Err(ListError::Long));
        let many = |lines| format!("name,email\n{}", "Ada,ada@b.example\n".repeat(lines));
        assert_eq!(read(&many(MOST_LINES + 1)), Err(ListError::Many));
        assert_eq!(read(&many(MOST_LINES)).unwrap().len(), MOST_LINES);
    }
}
