//! Resets the counts of one caller: `mathsoc limits clear KEY`.
//!
//! Counts in a server are reset at once. Counts in the memory of the site are reset by the site
//! itself: see [`release`](super::release).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::{Store, StoreError};

use super::{IPV6_PREFIX, Limits, apply_releases};
use crate::config::RateLimits;
use crate::db::admin_log::Actor;
use crate::db::{Db, DbError, limits};

/// Longer than the timeout of requests: no visitor waits, and the connection is not open yet.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the site has to reset its own counts; it looks every two seconds.
const SITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A caller as written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An IP address; one of IPv6 stands for its network of /64.
    Address(IpAddr),
    /// An account, as the handlers key it: the e-mail address, or the number of a member.
    Account(String),
}

/// Resets the counts of every limit for this caller. Returns the sentence for the operator.
///
/// # Errors
/// If the store or the database does not answer, or no site with counts in memory is running.
pub async fn clear(caller: &Caller, settings: &RateLimits, db: &Db) -> Result<String, ClearError> {
    let before = limits::newest_release(db).await?;
    let release = limits::release(db, &Actor::command_line(), caller).await?;
    let place = settings.storage_uri.shown();
    if settings.storage_uri.is_memory() {
        let applied = async {
            while !limits::is_applied(db, release).await? {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<_, DbError>(())
        };
        tokio::time::timeout(SITE_TIMEOUT, applied).await.map_err(|_| ClearError::NoSite)??;
    } else {
        let store = Store::open(settings.storage_uri.as_str()).await?;
        let own = Limits::new(settings, FallbackStore::new(store).timeout(STORE_TIMEOUT))?;
        own.ping().await?;
        apply_releases(db, &own, before).await?;
    }
    Ok(format!("Reset for {caller}, in {place}: every limit, and the delays after failures.\n"))
}

impl Caller {
    /// Returns the text by which refusals and releases name the caller.
    pub fn key(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Account(account) => account.trim().to_lowercase(),
        }
    }
}

/// Parses an address, a network such as `2001:db8::/64`, or an account.
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

/// A reason why a text is not a caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// The text is empty.
    #[error("the caller is missing; write an address such as 192.0.2.7 or 2001:db8::/64, or an account")]
    Empty,
    /// No limit counts by networks of this size.
    #[error("callers are counted by /{whole} here; write one address, or a network of /{whole}")]
    Network {
        /// The prefix length that limits count by.
        whole: u8,
    },
}

/// A reason why the counts were not reset.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClearError {
    /// The counts are in the memory of the site, and no site has reset them in time.
    #[error(
        "RATELIMIT_STORAGE_URI is memory://, so the site itself resets the counts; none did within 10 seconds. \
         Is it running, with this database? A site that starts later begins without counts"
    )]
    NoSite,
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The store does not answer, or does not support the strategy.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_addresses_networks_and_accounts() {
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
