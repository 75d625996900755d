//! The tests of redirects and of HSTS.

use http::header::STRICT_TRANSPORT_SECURITY;

use super::{Answer, Seen};

/// What the Observatory takes for six months.
const SIX_MONTHS: f64 = 15_552_000.0;

pub(super) fn hsts(seen: &Seen) -> &'static str {
    if seen.preloaded && seen.page.is_https() {
        return "hsts-preloaded";
    }
    if !seen.page.is_https() {
        return "hsts-not-implemented-no-https";
    }
    if seen.tls.as_ref().is_some_and(|tls| tls.distrust.is_some()) {
        return "hsts-invalid-cert";
    }
    let Some(text) = seen.page.header(&STRICT_TRANSPORT_SECURITY) else { return "hsts-not-implemented" };
    let text: String = text.chars().take(1024).collect();
    let ages = text.split(';').map(|part| part.trim().to_lowercase());
    let age = ages.filter_map(|part| part.strip_prefix("max-age=").map(number)).next_back();
    match age {
        _ if text.contains(',') => "hsts-header-invalid",
        None => "hsts-header-invalid",
        Some(age) if age < SIX_MONTHS => "hsts-implemented-max-age-less-than-six-months",
        Some(_) => "hsts-implemented-max-age-at-least-six-months",
    }
}

/// Whether HSTS holds, as the cookies' test asks.
pub(super) fn hsts_passes(seen: &Seen) -> bool {
    matches!(hsts(seen), "hsts-preloaded" | "hsts-implemented-max-age-at-least-six-months")
}

/// JavaScript's `parseInt`: what is no number is neither less nor more than any.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = &unsigned[..unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len())];
    let size: f64 = digits.parse().unwrap_or(f64::NAN);
    if text.starts_with('-') { -size } else { size }
}

pub(super) fn redirection(seen: &Seen) -> &'static str {
    let Some(way) = seen.clear.as_deref().filter(|way| !way.is_empty()) else {
        return "redirection-not-needed-no-http";
    };
    let (first, last) = (&way[0], &way[way.len() - 1]);
    let distrusted = seen.tls.as_ref().is_some_and(|tls| tls.distrust.is_some());
    if distrusted && way.iter().any(Answer::is_https) {
        return "redirection-invalid-cert";
    }
    let host = |answer: &Answer| answer.url.host_str().unwrap_or_default().to_owned();
    let covered = |answer: &Answer| {
        host(answer) == host(&seen.page) || host(answer).ends_with(&format!(".{}", host(&seen.page)))
    };
    if seen.preloaded && way.iter().all(covered) {
        return "redirection-all-redirects-preloaded";
    }
    match way.get(1) {
        None => "redirection-missing",
        Some(_) if !last.is_https() => "redirection-not-to-https",
        Some(second) if !second.is_https() => "redirection-not-to-https-on-initial-redirection",
        Some(second) if !first.is_https() && host(first) != host(second) => "redirection-off-host-from-http",
        Some(_) => "redirection-to-https",
    }
}
