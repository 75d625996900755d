//! The redirection test and the HSTS test.

use http::header::STRICT_TRANSPORT_SECURITY;

use super::{Observation, ObservedResponse};

/// The Observatory's six months, in seconds.
const SIX_MONTHS: f64 = 15_552_000.0;

pub(super) fn hsts(observation: &Observation) -> &'static str {
    if observation.preloaded && observation.page.is_https() {
        return "hsts-preloaded";
    }
    if !observation.page.is_https() {
        return "hsts-not-implemented-no-https";
    }
    if observation.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_some()) {
        return "hsts-invalid-cert";
    }
    let Some(text) = observation.page.header(&STRICT_TRANSPORT_SECURITY) else {
        return "hsts-not-implemented";
    };
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

/// Returns `true` if HSTS protects the site, for the cookie test.
pub(super) fn hsts_passes(observation: &Observation) -> bool {
    matches!(hsts(observation), "hsts-preloaded" | "hsts-implemented-max-age-at-least-six-months")
}

/// Parses as JavaScript's `parseInt`: text without digits is `NaN`, which is never below a limit.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = &unsigned[..unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len())];
    let size: f64 = digits.parse().unwrap_or(f64::NAN);
    if text.starts_with('-') { -size } else { size }
}

pub(super) fn redirection(observation: &Observation) -> &'static str {
    let Some(chain) = observation.plain_http.as_deref().filter(|chain| !chain.is_empty()) else {
        return "redirection-not-needed-no-http";
    };
    let (first, last) = (&chain[0], &chain[chain.len() - 1]);
    let untrusted = observation.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_some());
    if untrusted && chain.iter().any(ObservedResponse::is_https) {
        return "redirection-invalid-cert";
    }
    let host = |response: &ObservedResponse| response.url.host_str().unwrap_or_default().to_owned();
    let covered = |response: &ObservedResponse| {
        host(response) == host(&observation.page)
            || host(response).ends_with(&format!(".{}", host(&observation.page)))
    };
    if observation.preloaded && chain.iter().all(covered) {
        return "redirection-all-redirects-preloaded";
    }
    match chain.get(1) {
        None => "redirection-missing",
        Some(_) if !last.is_https() => "redirection-not-to-https",
        Some(second) if !second.is_https() => "redirection-not-to-https-on-initial-redirection",
        Some(second) if !first.is_https() && host(first) != host(second) => "redirection-off-host-from-http",
        Some(_) => "redirection-to-https",
    }
}
