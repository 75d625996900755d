//! Whether a client likes JSON better than HTML.
//!
//! Reference: RFC 9110 §12.5.1: the most specific range that fits a type gives its quality.

use http::HeaderValue;

pub(crate) fn prefers_json(accept: &HeaderValue) -> bool {
    let json = quality(accept, "application", "json").max(quality(accept, "application", "problem+json"));
    json > quality(accept, "text", "html")
}

/// In thousandths; 0 where no range fits.
fn quality(accept: &HeaderValue, kind: &str, subkind: &str) -> u16 {
    let mut best = (0, 0);
    for range in accept.to_str().unwrap_or_default().split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((named, subnamed)) = parts.next().and_then(|range| range.split_once('/')) else { continue };
        let specific = match (named, subnamed) {
            ("*", "*") => 1,
            (named, "*") if named.eq_ignore_ascii_case(kind) => 2,
            (named, subnamed)
                if named.eq_ignore_ascii_case(kind) && subnamed.eq_ignore_ascii_case(subkind) =>
            {
                3
            }
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        best = best.max((specific, weight.map_or(1000, thousandths)));
    }
    best.1
}

fn thousandths(weight: &str) -> u16 {
    let weight: f32 = weight.parse().unwrap_or(0.0);
    (weight.clamp(0.0, 1.0) * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_for_those_who_like_it_better() {
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
