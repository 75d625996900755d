//! The parameters of a header's value: `; name=value; name="quoted value"`.

use std::borrow::Cow;

/// Iterates over the parameters; ends at the first syntax error.
pub(crate) struct Params<'a>(&'a [u8]);

/// Splits a header into its value and its parameters.
pub(crate) fn split(value: &[u8]) -> (&[u8], Params<'_>) {
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    (value[..end].trim_ascii(), Params(&value[end..]))
}

impl<'a> Params<'a> {
    /// The value of the first parameter of this name.
    pub(crate) fn named(mut self, wanted: &[u8]) -> Option<Cow<'a, [u8]>> {
        self.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a [u8], Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_ascii_start().strip_prefix(b";")?;
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (rest[..equals].trim_ascii(), &rest[equals + 1..]);
        let (value, rest) = match value.trim_ascii_start().strip_prefix(b"\"") {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
                (Cow::Borrowed(value[..end].trim_ascii()), &value[end..])
            }
        };
        self.0 = rest;
        Some((name, value))
    }
}

/// Parses a quoted string. Returns its value and the text after the closing quote.
fn unquoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    let plain = text.iter().position(is_special)?;
    if text[plain] == b'"' {
        return Some((Cow::Borrowed(&text[..plain]), &text[plain + 1..]));
    }
    let (mut value, mut bytes) = (text[..plain].to_vec(), text[plain..].iter().enumerate());
    loop {
        match bytes.next()? {
            (at, b'"') => return Some((Cow::Owned(value), &text[plain + at + 1..])),
            (_, b'\\') => value.push(*bytes.next()?.1),
            (_, byte) => value.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str, name: &str) -> Option<String> {
        let value = split(value.as_bytes()).1.named(name.as_bytes())?;
        Some(String::from_utf8(value.into_owned()).unwrap())
    }

    #[test]
    fn parses_plain_and_quoted_parameters() {
        assert_eq!(split(b" multipart/form-data ; boundary=x").0, b"multipart/form-data");
        for (value, expected) in [
            ("a; boundary=x", Some("x")),
            ("a;BOUNDARY = x ; c=d", Some("x")),
            ("a; c=\"; boundary=no\"; boundary=x", Some("x")),
            ("a; boundary=\"x y\";c", Some("x y")),
            (r#"a; boundary="x\"y\\z""#, Some("x\"y\\z")),
            ("a; boundary=x; boundary=y", Some("x")),
            ("a; boundary=", Some("")),
            ("a; boundary=\"x", None),
            ("a; boundary", None),
            ("a; c=\"\\", None),
            ("a", None),
        ] {
            assert_eq!(named(value, "boundary").as_deref(), expected, "{value}");
        }
    }
}
