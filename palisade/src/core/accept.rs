//! Content negotiation: `true` if a client asks for a page by `Accept`.
//!
//! Reference: RFC 9110 §12.5.1: the most specific range that fits a type gives its quality.

use http::HeaderMap;
use http::header::ACCEPT;

/// Returns `true` if `Accept` names `text/html` and does not prefer JSON to it.
pub(crate) fn asks_for_html(headers: &HeaderMap) -> bool {
    let (mut html, mut json, mut problem) = (Best::default(), Best::default(), Best::default());
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim_ascii);
        let Some((kind, subkind)) = parts.next().and_then(|range| range.split_once('/')) else { continue };
        let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
        let fit: &mut [&mut Best] = match (kind, subkind) {
            ("*", "*") => &mut [&mut html, &mut json, &mut problem],
            (kind, "*") if is(kind, "text") => &mut [&mut html],
            (kind, "*") if is(kind, "application") => &mut [&mut json, &mut problem],
            (kind, subkind) if is(kind, "text") && is(subkind, "html") => &mut [&mut html],
            (kind, subkind) if is(kind, "application") && is(subkind, "json") => &mut [&mut json],
            (kind, subkind) if is(kind, "application") && is(subkind, "problem+json") => &mut [&mut problem],
            _ => continue,
        };
        let specific = EXACT - u8::from(subkind == "*") - u8::from(kind == "*");
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = weight.map_or(1000, thousandths);
        fit.iter_mut().for_each(|best| best.meet(specific, quality));
    }
    html.specific == EXACT && html.quality > 0 && html.quality >= json.quality.max(problem.quality)
}

/// The precision of a range without a wildcard.
const EXACT: u8 = 3;

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

fn thousandths(weight: &str) -> u16 {
    let weight: f32 = weight.parse().unwrap_or(0.0);
    (weight.clamp(0.0, 1.0) * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_static(line));
        }
        asks_for_html(&headers)
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
        ] {
            assert_eq!(of(&[accept]), html, "{accept}");
        }
        assert!(of(&["*/*;q=0.1", "text/html"]), "the lines of a header are one list");
        assert!(!of(&[]));
    }
}
