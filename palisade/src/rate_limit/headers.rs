//! The response headers of a limit.
//!
//! `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds since the epoch) describe the tightest
//! quota of all limits that the request passes and that use these names. Each header appears once.
//! `RateLimit-Policy` and `RateLimit` are lists: every limit adds its own line.

use std::fmt::Write;

use http::header::HeaderMap;
use http::{Extensions, HeaderName, HeaderValue};

use super::retry_after::{epoch_seconds, seconds_rounded_up};
use super::status::RateLimitStatus;
use crate::core::clock::Clock;
use crate::rate_limit::quota::Quotas;

/// The headers that a layer sends.
#[derive(Clone, Debug, Default)]
pub(super) struct RateLimitHeaders {
    /// The names of limit, remaining and reset.
    pub(super) names: Option<[HeaderName; 3]>,
    /// `true` to send the headers of the IETF draft.
    pub(super) standard: bool,
}

impl RateLimitHeaders {
    pub(super) fn default_names() -> [HeaderName; 3] {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map(HeaderName::from_static)
    }

    pub(super) fn write(
        &self,
        quotas: &Quotas,
        status: &RateLimitStatus,
        clock: &Clock,
        headers: &mut HeaderMap,
        extensions: &mut Extensions,
    ) {
        if let Some(names) = &self.names {
            let written = extensions.get::<TightestLimit>().filter(|written| written.names == *names);
            let replaces = match written {
                Some(written) => tightness(status) < tightness(&written.status),
                // Headers that the handler wrote stay.
                None => !names.iter().any(|name| headers.contains_key(name)),
            };
            if replaces {
                let snapshot = status.snapshot;
                let reset = epoch_seconds(clock, snapshot.reset_after);
                let values = [status.quota.amount().into(), snapshot.remaining.into(), reset.into()];
                for (name, value) in names.iter().zip(values) {
                    headers.insert(name, value);
                }
                extensions.insert(TightestLimit { names: names.clone(), status: status.clone() });
            }
        }
        if self.standard {
            let (policy, state) = standard(quotas, status);
            for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
                if let Ok(value) = HeaderValue::try_from(value) {
                    headers.append(name, value);
                }
            }
        }
    }
}

/// The limit that the headers of these names describe so far, in the response's extensions.
#[derive(Clone)]
struct TightestLimit {
    names: [HeaderName; 3],
    status: RateLimitStatus,
}

/// Returns a value that is smaller for a tighter limit.
fn tightness(status: &RateLimitStatus) -> (bool, u32) {
    (!status.exceeded, status.snapshot.remaining)
}

/// Returns the two structured fields: a policy per quota, and the state of the tightest quota.
fn standard(quotas: &Quotas, status: &RateLimitStatus) -> (String, String) {
    // A string of a structured field is printable ASCII, without the two characters that it
    // escapes.
    let is_plain = |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    let name: String = status.limit.chars().filter(is_plain).collect();
    let mut policy = String::new();
    for quota in quotas {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (amount, window) = (quota.amount(), quota.window().as_secs());
        // Writing to a `String` cannot fail.
        let _ = write!(policy, "{separator}\"{name} {quota}\";q={amount};w={window}");
    }
    let snapshot = status.snapshot;
    let reset = seconds_rounded_up(snapshot.reset_after);
    (policy, format!("\"{name} {}\";r={};t={reset}", status.quota, snapshot.remaining))
}
