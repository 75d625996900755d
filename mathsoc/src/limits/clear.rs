//! Forgets what was counted of one caller: `mathsoc limits clear KEY`.
//!
//! What a site counted in its own memory while the store was down stays there; it only matters in the next outage.

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use palisade::rate_limit::store::{Store, StoreError};
use palisade::rate_limit::{FallbackStore, RateLimitKey};

use super::{IPV6_PREFIX, LIMITS, Limits, Per};
use crate::config::RateLimits;

/// Nobody waits for a page here, and the connection has yet to be made.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// Who is counted, as it is written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An address, or the network that counts as one.
    Address(IpAddr),
    /// An account, by the name that it is counted under.
    Account(String),
}

/// Forgets what every limit of the site has counted of this caller, and says of which limits.
///
/// # Errors
/// When there is nothing that could be forgotten from here, or the store does not answer.
pub async fn clear(caller: &Caller, settings: &RateLimits) -> Result<String, ClearError> {
    if settings.storage_uri.is_memory() {
        return Err(ClearError::InMemory);
    }
    let (key, per): (RateLimitKey, Per) = match caller {
        Caller::Address(address) => ((*address).into(), Per::Address),
        Caller::Account(account) => (account.into(), Per::Account),
    };
    if !LIMITS.iter().any(|limit| limit.per.contains(&per)) {
        return Err(ClearError::NobodyCounts { per });
    }
    let store = Store::open(settings.storage_uri.as_str()).await?;
    let limits = Limits::new(settings, FallbackStore::new(store).timeout(STORE_TIMEOUT))?;
    let mut report = format!("Forgotten of {caller}, in {}:\n", settings.storage_uri.shown());
    for limit in LIMITS.iter().filter(|limit| limit.per.contains(&per)) {
        limits.of(limit).reset(key.clone()).await?;
        // Writing to a String cannot fail.
        let _ = writeln!(report, "  {}", limit.name);
        if limit.backs_off && per == Per::Account {
            limits.backoff(limit).reset(key.clone()).await?;
            let _ = writeln!(report, "  {}, the delays after failures", limit.name);
        }
    }
    Ok(report)
}

/// An address, a network such as `2001:db8::/64`, or else an account.
impl FromStr for Caller {
    type Err = CallerError;

    fn from_str(text: &str) -> Result<Self, CallerError> {
        let text = text.trim();
        let (before, bits) = text.split_once('/').map_or((text, None), |(before, bits)| (before, Some(bits)));
        let bare = before.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(before);
        let Ok(address) = bare.parse::<IpAddr>() else {
            return if text.is_empty() {
                Err(CallerError::Empty)
            } else {
                Ok(Self::Account(text.to_owned()))
            };
        };
        let address = address.to_canonical();
        let whole = if address.is_ipv4() { 32 } else { IPV6_PREFIX };
        match bits.map(str::parse::<u8>) {
            Some(Ok(128)) if address.is_ipv6() => Ok(Self::Address(address)),
            Some(bits) if bits != Ok(whole) => Err(CallerError::Network { whole }),
            _ => Ok(Self::Address(address)),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => {
                write!(f, "{address} and its network of /{IPV6_PREFIX}")
            }
            Self::Address(address) => address.fmt(f),
            Self::Account(account) => write!(f, "the account {account}"),
        }
    }
}

/// Why a text names no caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// There is none.
    #[error("nobody is named; write an address such as 192.0.2.7 or 2001:db8::/64, or an account")]
    Empty,
    /// No limit counts networks of this size.
    #[error("callers are counted by /{whole} here; write one address, or a network of /{whole}")]
    Network {
        /// The size that counts as one.
        whole: u8,
    },
}

/// Why nothing was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClearError {
    /// The counts are in another process.
    #[error(
        "RATELIMIT_STORAGE_URI is memory://, so the counts are in the memory of the serving process and there is nothing to \
         clear from outside of it; restart it to clear them all, or count in Redis, Valkey or memcached"
    )]
    InMemory,
    /// No limit tells callers apart this way.
    #[error("no limit of this site counts by {per}; write an address such as 192.0.2.7 or 2001:db8::/64")]
    NobodyCounts {
        /// By what.
        per: Per,
    },
    /// The store does not answer, or cannot count as the settings say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_an_address_a_network_that_counts_as_one_or_an_account() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7/32 ", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7 and its network of /64"),
            ("[2001:db8::7]", "2001:db8::7 and its network of /64"),
            ("2001:db8::7/128", "2001:db8::7 and its network of /64"),
            ("2001:db8::/64", "2001:db8:: and its network of /64"),
            ("ada@example.org", "the account ada@example.org"),
            ("192.0.2.999", "the account 192.0.2.999"),
        ] {
            assert_eq!(
                text.parse::<Caller>().map(|caller| caller.to_string()).as_deref(),
                Ok(shown),
                "{text}"
            );
        }
        for (text, error) in [
            ("192.0.2.0/24", CallerError::Network { whole: 32 }),
            ("2001:db8::/48", CallerError::Network { whole: 64 }),
            ("2001:db8::/x", CallerError::Network { whole: 64 }),
            ("  ", CallerError::Empty),
        ] {
            assert_eq!(text.parse::<Caller>(), Err(error), "{text}");
        }
    }
}
