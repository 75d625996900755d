//! Callers of the rate limits: as the command line and the pages name them, and their refusals.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The prefix length by which IPv6 clients are counted.
pub const IPV6_PREFIX: u8 = 64;

/// A caller as written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An IP address; one of IPv6 stands for its network of /64.
    Address(IpAddr),
    /// An account, as the handlers key it: the e-mail address, or the number of a member.
    Account(String),
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

/// The refusals of one caller at one limit.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Refusal {
    /// The name of the limit.
    pub limit_name: String,
    /// The address, or the number of a member.
    pub caller: String,
    /// The account that the caller wanted to log in to; empty at other limits.
    pub account: String,
    /// The number of refused requests.
    pub refused: i64,
    /// The time of the last one; Unix seconds.
    pub last_at: i64,
    /// The time from which the caller passes again; Unix seconds.
    pub until: i64,
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
