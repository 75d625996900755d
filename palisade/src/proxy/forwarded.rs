//! The parser of `Forwarded` (RFC 7239), from the right.
//!
//! Each line is parsed on its own, the last line first. Of a line with a syntax error, only the
//! rightmost element counts, and the walk ends there: a proxy may have joined its own element to a
//! client's line, and a client's open quote must not swallow it.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::FORWARDED;

/// The parameters of one element that matter here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) client: Option<Cow<'a, str>>,
    pub(super) proto: Option<Cow<'a, str>>,
    pub(super) host: Option<Cow<'a, str>>,
}

/// Returns the elements of all lines from the right, up to a syntax error.
pub(super) fn from_right(headers: &HeaderMap) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    for line in headers.get_all(FORWARDED).iter().rev() {
        let Ok(line) = line.to_str() else { break };
        match elements(line) {
            Some(elements) => found.extend(elements.into_iter().rev()),
            None => {
                found.extend(last_element(line));
                break;
            }
        }
    }
    found
}

/// Returns the rightmost element of a line with a syntax error further left. A quoted value may
/// contain a few commas.
fn last_element(line: &str) -> Option<Element<'_>> {
    let commas = line.rmatch_indices(',').map(|(at, _)| at).take(4);
    commas.filter_map(|at| elements(&line[at + 1..])).find_map(|mut elements| elements.pop())
}

/// Parses the elements of a line; returns `None` for a syntax error.
fn elements(line: &str) -> Option<Vec<Element<'_>>> {
    let mut elements = vec![Element::default()];
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        let element = elements.last_mut().expect("the list starts with one element");
        let slot = match name {
            _ if name.eq_ignore_ascii_case("for") => Some(&mut element.client),
            _ if name.eq_ignore_ascii_case("proto") => Some(&mut element.proto),
            _ if name.eq_ignore_ascii_case("host") => Some(&mut element.host),
            _ if !name.is_empty() && name.bytes().all(is_token) => None,
            _ => return None,
        };
        if let Some(slot) = slot
            && slot.replace(value).is_some()
        {
            return None;
        }
        let after = after.trim_ascii_start();
        rest = match after.as_bytes().first() {
            None => return Some(elements),
            Some(b';') => after[1..].trim_ascii_start(),
            Some(b',') => {
                elements.push(Element::default());
                after[1..].trim_ascii_start()
            }
            Some(_) => return None,
        };
    }
    None
}

/// Parses a token or a quoted string. Returns its value and the rest of the text.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
        return (end > 0).then(|| (Cow::Borrowed(&text[..end]), &text[end..]));
    };
    let end = quoted.find(['"', '\\'])?;
    if quoted.as_bytes()[end] == b'"' {
        return Some((Cow::Borrowed(&quoted[..end]), &quoted[end + 1..]));
    }
    let mut unescaped = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(unescaped), &quoted[at + 1..])),
            '\\' => unescaped.push(characters.next()?.1),
            _ => unescaped.push(character),
        }
    }
    None
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(line: &str) -> Option<Vec<String>> {
        let elements = elements(line)?;
        Some(elements.into_iter().map(|element| element.client.unwrap_or_default().into_owned()).collect())
    }

    #[test]
    fn parses_quotes_and_escapes() {
        let line =
            r#"For="[2001:db8:cafe::17]:4711";proto=https, for=192.0.2.60; by=203.0.113.43;host="a\"b""#;
        let parsed = elements(line).unwrap();
        assert_eq!(parsed[0].client.as_deref(), Some("[2001:db8:cafe::17]:4711"));
        assert_eq!(parsed[0].proto.as_deref(), Some("https"));
        assert_eq!(parsed[1].client.as_deref(), Some("192.0.2.60"));
        assert_eq!(parsed[1].host.as_deref(), Some("a\"b"));
    }

    #[test]
    fn an_open_quote_swallows_no_element() {
        assert_eq!(clients(r#"for=6.6.6.6, for=", for=192.0.2.1"#), None);
        assert_eq!(clients(r#"for=6.6.6.6, for=", for="[2001:db8::1]:80""#), None);
        for (line, client) in [
            (r#"for=6.6.6.6, for=", for=192.0.2.1;proto=https"#, Some("192.0.2.1")),
            (r#"for=6.6.6.6;x=", for="[2001:db8::1]:80""#, Some("[2001:db8::1]:80")),
            (r#"for=", for=192.0.2.1;host="a,b""#, Some("192.0.2.1")),
            (r#"for=6.6.6.6, for="192.0.2.1"#, None),
            (r#"for=6.6.6.6"#, None),
        ] {
            let last = last_element(line).and_then(|element| element.client);
            assert_eq!(last.as_deref(), client, "{line}");
        }
    }

    #[test]
    fn rejects_lines_with_syntax_errors() {
        for line in
            ["", "for", "for=", "for=a b", "for=a;for=b", "for=a,", ";for=a", "=a", "for=\"a\"b", "for=[::1]"]
        {
            assert_eq!(clients(line), None, "{line}");
        }
    }
}
