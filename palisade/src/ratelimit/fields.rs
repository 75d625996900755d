//! Which fields of a response say where the caller stands.

use std::fmt::Write;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::quota::Quotas;
use crate::refusal::seconds_up;
use crate::store::Standing;

/// Which fields of a response say where the caller stands. `Retry-After` is on every refusal whatever they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    classic: Option<[HeaderName; 3]>,
    ietf: bool,
}

impl Fields {
    /// None.
    pub fn none() -> Self {
        Self { classic: None, ietf: false }
    }

    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds since the epoch), of the tightest quota.
    pub fn classic() -> Self {
        Self::named(
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map(HeaderName::from_static),
        )
    }

    /// As [`Fields::classic`], under names of your own for limit, remaining and reset.
    pub fn named(names: [HeaderName; 3]) -> Self {
        Self { classic: Some(names), ietf: false }
    }

    /// `RateLimit-Policy` and `RateLimit`, as the IETF drafts them, beside the others.
    pub fn and_ietf(self) -> Self {
        Self { ietf: true, ..self }
    }

    /// Writes them, unless a limit further in that is tighter has.
    pub(super) fn write(
        &self,
        headers: &mut HeaderMap,
        name: &str,
        quotas: &Quotas,
        standing: Standing,
        now: Duration,
    ) {
        let Some(quota) = quotas.iter().nth(standing.quota) else { return };
        if let Some([limit, remaining, reset]) = &self.classic {
            let there = headers.get(remaining).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
            if there.is_none_or(|there| standing.remaining < there) {
                headers.insert(limit, quota.amount().into());
                headers.insert(remaining, standing.remaining.into());
                headers.insert(reset, seconds_up(now + standing.reset_after).into());
            }
        }
        if self.ietf {
            let mut policy = String::new();
            for (position, quota) in quotas.iter().enumerate() {
                let comma = if position == 0 { "" } else { ", " };
                let _ = write!(
                    policy,
                    "{comma}\"{}\";q={};w={}",
                    member(name, position),
                    quota.amount(),
                    quota.window().as_secs()
                );
            }
            let left = format!(
                "\"{}\";r={};t={}",
                member(name, standing.quota),
                standing.remaining,
                seconds_up(standing.reset_after)
            );
            for (field, text) in [("ratelimit-policy", policy), ("ratelimit", left)] {
                if let Ok(value) = HeaderValue::try_from(text) {
                    headers.append(HeaderName::from_static(field), value);
                }
            }
        }
    }
}

/// The name of one quota of a limit; quotes and backslashes, which end a structured field's string, are left out.
fn member(name: &str, position: usize) -> String {
    let plain: String = name.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect();
    if position == 0 { plain } else { format!("{plain}-{}", position + 1) }
}
