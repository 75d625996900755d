//! `multipart/form-data`: parts with headers of their own, between lines that begin with the boundary.
//!
//! Reference: RFC 7578, RFC 2046 §5.1.1.

use super::super::params;
use super::{Found, LONGEST, find};

/// A search through the parts.
#[derive(Debug)]
pub(in crate::csrf) struct Parts {
    /// The line break and the line that stand before each part and after the last.
    delimiter: Box<[u8]>,
    at: At,
    /// Where to look on.
    from: usize,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// The first line, which may be a delimiter without a line break before it.
    Beginning,
    /// Text that nobody reads: before the first part, or a part that is not ours.
    OtherSession,
    /// Just behind a delimiter.
    Delimiter,
    /// The headers of a part, with the line break before them.
    Headers { begin: usize },
    /// The content of our part.
    Ours { begins: usize },
}

impl Parts {
    /// What no boundary is, is none: RFC 2046 has 1 to 70 printable characters.
    pub(super) fn between(boundary: &[u8]) -> Option<Self> {
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let fits = (1..=70).contains(&boundary.len()) && boundary.iter().all(printable);
        let delimiter = [b"\r\n--", boundary].concat().into();
        fits.then_some(Self { delimiter, at: At::Beginning, from: 0 })
    }

    pub(super) fn look(&mut self, seen: &[u8], wanted: &str) -> Found {
        loop {
            self.at = match self.at {
                At::Beginning => {
                    let line = &self.delimiter[2..];
                    if seen.len() < line.len() {
                        return Found::Later;
                    }
                    if seen.starts_with(line) { self.past(line.len()) } else { At::OtherSession }
                }
                At::OtherSession => match find(seen, &mut self.from, &self.delimiter) {
                    Some(at) => self.past(at + self.delimiter.len()),
                    None => return Found::Later,
                },
                At::Delimiter => {
                    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
                    self.from += seen[self.from..].iter().take_while(blank).count();
                    match seen[self.from..] {
                        [b'\r', b'\n', ..] => At::Headers { begin: self.from },
                        [] | [b'\r'] => return Found::Later,
                        // The last one has two hyphens more; any other line is no delimiter of a form's.
                        _ => return Found::Absent,
                    }
                }
                At::Headers { begin } => match find(seen, &mut self.from, b"\r\n\r\n") {
                    Some(end) => {
                        // A part without content may have no empty line of its own.
                        self.from = end + 2;
                        let headers = seen.get(begin + 2..end).unwrap_or_default();
                        if is_named(headers, wanted) {
                            At::Ours { begins: end + 4 }
                        } else {
                            At::OtherSession
                        }
                    }
                    None => return Found::Later,
                },
                At::Ours { begins } => match find(seen, &mut self.from, &self.delimiter) {
                    Some(end) => {
                        let content = seen.get(begins..end).unwrap_or_default();
                        return Found::Value(content[..content.len().min(LONGEST)].to_vec());
                    }
                    None => return Found::Later,
                },
            }
        }
    }

    fn past(&mut self, delimiter: usize) -> At {
        self.from = delimiter;
        At::Delimiter
    }
}

/// Whether the headers are those of the field; a file of its name is not.
fn is_named(mut headers: &[u8], wanted: &str) -> bool {
    loop {
        let end = find(headers, &mut 0, b"\r\n").unwrap_or(headers.len());
        let line = &headers[..end];
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(end);
        if line[..colon].eq_ignore_ascii_case(b"content-disposition") {
            let (kind, params) = params::split(line.get(colon + 1..).unwrap_or_default());
            let (name, file) = params.fold((None, false), |(name, file), (param, value)| {
                let file = file || param.to_ascii_lowercase().starts_with(b"filename");
                (name.or_else(|| param.eq_ignore_ascii_case(b"name").then_some(value)), file)
            });
            return kind.eq_ignore_ascii_case(b"form-data")
                && !file
                && name.is_some_and(|name| *name == *wanted.as_bytes());
        }
        match headers.get(end + 2..) {
            Some(rest) => headers = rest,
            None => return false,
        }
    }
}
