//! Content negotiation: `true` if a client asks for a page by `Accept`.
//!
//! Reference: RFC 9110 §12.5.1: the most specific range that fits a type gives its quality.

use http::HeaderValue;

/// Returns `true` if the lines of `Accept` name `text/html` and do not prefer JSON to it.
pub(crate) fn asks_for_html<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> bool {
    let (mut html, mut json, mut problem) = (Best::default(), Best::default(), Best::default());
    // Bytes are split faster than text: the parts are a few bytes long.
    for range in lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')) {
        let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let range = parts.next().unwrap_or_default();
        let (specific, fit): (u8, &mut [&mut Best]) = match range {
            b"*/*" => (0, &mut [&mut html, &mut json, &mut problem]),
            range if range.eq_ignore_ascii_case(b"text/*") => (1, &mut [&mut html]),
            range if range.eq_ignore_ascii_case(b"application/*") => (1, &mut [&mut json, &mut problem]),
            range if range.eq_ignore_ascii_case(b"text/html") => (EXACT, &mut [&mut html]),
            range if range.eq_ignore_ascii_case(b"application/json") => (EXACT, &mut [&mut json]),
            range if range.eq_ignore_ascii_case(b"application/problem+json") => (EXACT, &mut [&mut problem]),
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix(b"q=").or_else(|| part.strip_prefix(b"Q=")));
        let quality = weight.map_or(1000, thousandths);
        fit.iter_mut().for_each(|best| best.meet(specific, quality));
    }
    html.specific == EXACT && html.quality > 0 && html.quality >= json.quality.max(problem.quality)
}

/// The precision of a range without a wildcard.
const EXACT: u8 = 2;

/// The quality of a media type in thousandths, by the most specific range so far; 0 if no range fits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Best {
    specific: u8,
    quality: u16,
}

impl Best {
    fn meet(&mut self, specific: u8, quality: u16) {
        *self = (*self).max(Self { specific, quality });
    }
}

/// Reads `0.85` as 850. Java's `.2` is a number too, and more than three decimals are cut. Any other
/// text than a number from 0 to 1 is 0.
fn thousandths(weight: &[u8]) -> u16 {
    let (whole, decimals) = match weight {
        [whole @ (b'0' | b'1')] => (whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', decimals @ ..] => (whole, decimals),
        [b'.', decimals @ ..] if !decimals.is_empty() => (&b'0', decimals),
        _ => return 0,
    };
    if !decimals.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let digit = |at: usize| u16::from(decimals.get(at).map_or(0, |digit| digit - b'0'));
    (u16::from(whole - b'0') * 1000 + digit(0) * 100 + digit(1) * 10 + digit(2)).min(1000)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&'static str]) -> bool {
        let lines: Vec<_> = lines.iter().map(|line| HeaderValue::from_static(line)).collect();
        asks_for_html(lines.iter())
    }

    #[test]
    fn html_goes_to_clients_that_name_it() {
        for (accept, html) in [
            ("", false),
            ("*/*", false),
            ("text/*", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json", false),
            ("application/problem+json", false),
            ("application/json, text/plain, */*", false),
            ("application/json;q=0.9, text/html;q=0.8", false),
            ("application/*, text/html;q=0.9", false),
            ("text/html, application/json", true),
            ("TEXT/HTML", true),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("text/html;q=wrong", false),
            ("text/html;q=0.001", true),
            ("text/html;q=0.0001", false),
            ("text/html;q=2", false),
            ("text/html;q=.2, */*;q=.1", true),
            ("text/html;q=0.85714, application/json;q=0.8", true),
            ("text/html;q=.", false),
            ("text/html ; level=1; Q=0.8, application/json;q=0.75", true),
            ("text/html;q=0.85, application/json;q=0.9", false),
            ("text/html;q=1.0, application/json;q=1", true),
        ] {
            assert_eq!(of(&[accept]), html, "{accept}");
        }
        assert!(of(&["*/*;q=0.1", "text/html"]), "the lines of a header are one list");
        assert!(!of(&[]));
    }
}
