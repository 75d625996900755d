//! The scan of `multipart/form-data`: parts with headers of their own, between boundary lines.
//!
//! Reference: RFC 7578, RFC 2046 §5.1.1.

use super::super::params;
use super::{MAX_VALUE_LEN, ScanResult, find};

/// The state of a scan through the parts.
#[derive(Debug)]
pub(in crate::csrf) struct MultipartScan {
    /// The line break and the boundary line before each part and after the last.
    delimiter: Box<[u8]>,
    state: State,
    /// The position at which the search continues.
    from: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In the first line, which may be a delimiter without a line break before it.
    FirstLine,
    /// In text that does not matter: the preamble, or another field.
    Skipping,
    /// After a delimiter.
    AfterDelimiter,
    /// In the headers of a part. `start` is the line break before them.
    Headers { start: usize },
    /// In the content of the token's field.
    Field { start: usize },
}

impl MultipartScan {
    /// Returns `None` for an invalid boundary: RFC 2046 allows 1 to 70 printable characters.
    pub(super) fn new(boundary: &[u8]) -> Option<Self> {
        let is_printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let is_valid = (1..=70).contains(&boundary.len()) && boundary.iter().all(is_printable);
        let delimiter = [b"\r\n--", boundary].concat().into();
        is_valid.then_some(Self { delimiter, state: State::FirstLine, from: 0 })
    }

    pub(super) fn advance(&mut self, body: &[u8], field: &str) -> ScanResult {
        loop {
            self.state = match self.state {
                State::FirstLine => {
                    let line = &self.delimiter[2..];
                    if body.len() < line.len() {
                        return ScanResult::Incomplete;
                    }
                    if body.starts_with(line) { self.after_delimiter(line.len()) } else { State::Skipping }
                }
                State::Skipping => match find(body, &mut self.from, &self.delimiter) {
                    Some(at) => self.after_delimiter(at + self.delimiter.len()),
                    None => return ScanResult::Incomplete,
                },
                State::AfterDelimiter => {
                    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
                    self.from += body[self.from..].iter().take_while(is_blank).count();
                    match body[self.from..] {
                        [b'\r', b'\n', ..] => State::Headers { start: self.from },
                        [] | [b'\r'] => return ScanResult::Incomplete,
                        // The last delimiter ends in two hyphens; no other line is valid here.
                        _ => return ScanResult::Absent,
                    }
                }
                State::Headers { start } => match find(body, &mut self.from, b"\r\n\r\n") {
                    Some(end) => {
                        // The next delimiter may share its line break with the empty line.
                        self.from = end + 2;
                        let headers = body.get(start + 2..end).unwrap_or_default();
                        if is_field(headers, field) {
                            State::Field { start: end + 4 }
                        } else {
                            State::Skipping
                        }
                    }
                    None => return ScanResult::Incomplete,
                },
                State::Field { start } => match find(body, &mut self.from, &self.delimiter) {
                    Some(end) => {
                        let content = body.get(start..end).unwrap_or_default();
                        return ScanResult::Value(content[..content.len().min(MAX_VALUE_LEN)].to_vec());
                    }
                    None => return ScanResult::Incomplete,
                },
            }
        }
    }

    fn after_delimiter(&mut self, end: usize) -> State {
        self.from = end;
        State::AfterDelimiter
    }
}

/// Returns `true` for the headers of the field; a file with this name does not count.
fn is_field(mut headers: &[u8], field: &str) -> bool {
    loop {
        let end = find(headers, &mut 0, b"\r\n").unwrap_or(headers.len());
        let line = &headers[..end];
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(end);
        if line[..colon].eq_ignore_ascii_case(b"content-disposition") {
            let (disposition, params) = params::split(line.get(colon + 1..).unwrap_or_default());
            let (name, file) = params.fold((None, false), |(name, file), (param, value)| {
                let file = file || param.to_ascii_lowercase().starts_with(b"filename");
                (name.or_else(|| param.eq_ignore_ascii_case(b"name").then_some(value)), file)
            });
            return disposition.eq_ignore_ascii_case(b"form-data")
                && !file
                && name.is_some_and(|name| *name == *field.as_bytes());
        }
        match headers.get(end + 2..) {
            Some(rest) => headers = rest,
            None => return false,
        }
    }
}
