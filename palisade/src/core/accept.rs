//! Content negotiation: `true` if a client prefers JSON to HTML.
//!
//! Reference: RFC 9110 §12.5.1: the most specific range that fits a type gives its quality.

use http::HeaderValue;

pub(crate) fn prefers_json(accept: &HeaderValue) -> bool {
    let Ok(accept) = accept.to_str() else { return false };
    let (mut html, mut json, mut problem) = (Best::default(), Best::default(), Best::default());
    for range in accept.split(',') {
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
        let specific = 3 - u8::from(subkind == "*") - u8::from(kind == "*");
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = weight.map_or(1000, thousandths);
        fit.iter_mut().for_each(|best| best.meet(specific, quality));
    }
    json.quality.max(problem.quality) > html.quality
}

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
    use super::*;

    #[test]
    fn json_goes_to_clients_that_prefer_it() {
        for (accept, json) in [
            ("", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("application/json", true),
            ("application/problem+json", true),
            ("application/json, text/plain, */*", false),
            ("application/json, */*;q=0.5", true),
            ("application/json;q=0.9, text/html;q=0.8", true),
            ("text/html, application/json", false),
            ("application/*", true),
            ("application/json;q=0", false),
            ("APPLICATION/JSON", true),
            ("application/json;q=wrong", false),
        ] {
            assert_eq!(prefers_json(&HeaderValue::from_static(accept)), json, "{accept}");
        }
    }
}
