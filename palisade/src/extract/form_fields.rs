//! The text fields of a form whose body was recorded: urlencoded, or multipart up to a bound.
//!
//! References: WHATWG URL (`application/x-www-form-urlencoded`), RFC 7578, RFC 2046 §5.1.1.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use percent_encoding::percent_decode;

use crate::csrf::params;

/// The encoding of a form.
#[derive(Debug)]
pub(crate) enum FormEncoding {
    Urlencoded,
    /// The line break and the boundary before each part and after the last.
    Multipart(Box<[u8]>),
}

/// The fields of a form, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FormFields {
    pub(crate) texts: Vec<(String, String)>,
    /// The form has a file, which is not among the texts.
    pub(crate) has_files: bool,
    pub(crate) is_multipart: bool,
}

impl FormEncoding {
    /// Returns `None` for a body that is not a form, or is compressed.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(CONTENT_ENCODING) {
            return None;
        }
        let (media_type, params) = params::split(headers.get(CONTENT_TYPE)?.as_bytes());
        if media_type.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Some(Self::Urlencoded);
        }
        if !media_type.eq_ignore_ascii_case(b"multipart/form-data") {
            return None;
        }
        let boundary = params.named(b"boundary").filter(|boundary| (1..=70).contains(&boundary.len()))?;
        Some(Self::Multipart([b"\r\n--", &*boundary].concat().into()))
    }

    /// Returns `true` if the beginning of a body has whole fields.
    pub(crate) fn is_readable_in_part(&self) -> bool {
        matches!(self, Self::Multipart(_))
    }

    /// Parses the body. A part of a multipart form that is cut off is left out.
    pub(crate) fn fields(&self, body: &[u8]) -> FormFields {
        match self {
            Self::Urlencoded => FormFields { texts: urlencoded(body), ..FormFields::default() },
            Self::Multipart(delimiter) => multipart(body, delimiter),
        }
    }
}

fn urlencoded(body: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| {
        let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let split = |pair: &[u8]| {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        (text(&pair[..end]), text(pair.get(end + 1..).unwrap_or_default()))
    };
    pairs.map(split).collect()
}

fn multipart(body: &[u8], delimiter: &[u8]) -> FormFields {
    let mut found = FormFields { is_multipart: true, ..FormFields::default() };
    let first = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => Some(rest),
        None => find(body, delimiter).map(|at| &body[at + delimiter.len()..]),
    };
    let mut rest = first.map(without_blanks).unwrap_or_default();
    // Two hyphens follow the last delimiter.
    while rest.starts_with(b"\r\n") {
        let Some(end) = find(rest, b"\r\n\r\n") else { break };
        let (field, is_file) = disposition(rest.get(2..end).unwrap_or_default());
        // The next delimiter may share its line break with the empty line.
        let Some(length) = find(&rest[end + 2..], delimiter) else {
            found.has_files |= is_file;
            break;
        };
        let content = rest.get(end + 4..end + 2 + length).unwrap_or_default();
        match field {
            _ if is_file => found.has_files |= !content.is_empty(),
            Some(name) => found.texts.push((name, String::from_utf8_lossy(content).into_owned())),
            None => {}
        }
        rest = without_blanks(&rest[end + 2 + length + delimiter.len()..]);
    }
    found
}

/// Returns the name of the part with these headers, and whether it is a file.
fn disposition(headers: &[u8]) -> (Option<String>, bool) {
    const NAME: &[u8] = b"content-disposition:";
    let mut lines = headers.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let is_disposition =
        |line: &&[u8]| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME);
    let Some(line) = lines.find(is_disposition) else { return (None, false) };
    let param = |name: &[u8]| params::split(&line[NAME.len()..]).1.named(name);
    let name = param(b"name").map(|name| String::from_utf8_lossy(&name).into_owned());
    (name, param(b"filename").is_some() || param(b"filename*").is_some())
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// Skips the blanks that RFC 2046 allows after a delimiter.
fn without_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[blanks..]
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn fields(content_type: &'static str, body: &str) -> FormFields {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        FormEncoding::of(&headers).expect("a form").fields(body.as_bytes())
    }

    fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const URLENCODED: &str = "application/x-www-form-urlencoded; charset=UTF-8";
    const MULTIPART: &str = "multipart/form-data; boundary=line";

    #[test]
    fn urlencoded_fields_are_decoded() {
        let found = fields(URLENCODED, "a=1+2&b=%C3%A9%26&c&=x&&a=%FF");
        assert_eq!(found.texts, texts(&[("a", "1 2"), ("b", "é&"), ("c", ""), ("", "x"), ("a", "\u{fffd}")]));
        assert!(!found.has_files);
    }

    #[test]
    fn multipart_fields_stand_before_and_after_files() {
        let body = "--line\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--line\r\n\
             content-disposition: form-data; name=\"f\"; filename=\"x.pdf\"\r\nContent-Type: application/pdf\r\n\r\n\
             %PDF\r\n--line \r\nContent-Disposition: form-data; name=\"b \\\"q\\\"\"\r\n\r\n\r\n--line--\r\n";
        let found = fields(MULTIPART, body);
        assert_eq!(found.texts, texts(&[("a", "one\r\ntwo"), ("b \"q\"", "")]));
        assert!(found.has_files);
        // Cut off at every place: no field is wrong, and nothing panics.
        for end in 0..body.len() {
            let part = fields(MULTIPART, &body[..end]);
            assert!(found.texts.starts_with(&part.texts), "{end}: {part:?}");
        }
        assert!(fields(MULTIPART, &body[..body.find("%PDF").unwrap()]).has_files);
    }

    #[test]
    fn malformed_bodies_have_no_fields() {
        for body in
            ["", "--line", "--line--", "--line\r\n\r\n", "--line\r\n\r\n\r\n--line--", "\r\n--lin", "x"]
        {
            assert_eq!(fields(MULTIPART, body).texts, [], "{body:?}");
        }
        assert!(FormEncoding::of(&HeaderMap::new()).is_none());
    }
}
