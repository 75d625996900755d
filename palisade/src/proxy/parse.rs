//! Parses the text of a setting: `none`, `hops=1`, networks, `forwarded=…`, `header=…`.

use std::str::FromStr;

use super::resolve::Peers;
use super::{Hops, Proxies};
use crate::core::peers::{PeerList, PeerListError};

/// The reason why trusted proxies are invalid.
///
/// ```
/// use palisade::proxy::{Proxies, ProxiesError};
///
/// let error = "hops=one".parse::<Proxies>().unwrap_err();
/// assert_eq!(error, ProxiesError::Hops("one".to_owned()));
/// assert_eq!(Proxies::trusted([""; 0]).unwrap_err(), ProxiesError::Empty);
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxiesError {
    /// The text is neither an address nor a network.
    #[error(
        "`{0}` is neither an address nor a network: write `10.0.0.7`, `10.0.0.0/8` or `2001:db8::/32`; for a proxy \
         on a unix socket, `unix`"
    )]
    Network(String),
    /// The text is not a number of proxies.
    #[error(
        "`{0}` is not a number of proxies: write `hops=1`, and headers with another number after it: \
         `hops=2 proto=1 host=1`"
    )]
    Hops(String),
    /// The text is not a header's name.
    #[error("`{0}` is not a header's name: write `header=cf-connecting-ip@173.245.48.0/20`")]
    HeaderName(String),
    /// The list of proxies is empty.
    #[error("the list of proxies is empty: write `none` to trust no proxy, or the addresses of the proxies")]
    Empty,
}

/// Parses the text of a setting:
///
/// | text | meaning |
/// |---|---|
/// | `none` | [`Proxies::none`] |
/// | `hops=1` | [`Proxies::hops(1)`](Proxies::hops): one proxy, trusted for address and scheme |
/// | `hops=2 proto=1 host=1` | another number for `proto`, `host`, `port` or `prefix` |
/// | `hops=1@203.0.113.0/24` | one proxy, which connects from there |
/// | `hops=1@any` | [`Proxies::dangerous_allow_any_peer`] |
/// | `10.0.0.0/8, 192.0.2.7` | [`Proxies::trusted`] |
/// | `unix` | [`Proxies::trusted`]: a proxy on a unix socket |
/// | `forwarded=10.0.0.0/8` | [`Proxies::forwarded`] |
/// | `header=cf-connecting-ip@173.245.48.0/20` | [`Proxies::header`] |
impl FromStr for Proxies {
    type Err = ProxiesError;

    fn from_str(text: &str) -> Result<Self, ProxiesError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::none());
        }
        match text.split_once('=') {
            None => Self::trusted(entries(text)),
            Some(("forwarded", networks)) => Self::forwarded(entries(networks)),
            Some(("header", setting)) => {
                let (name, networks) =
                    setting.split_once('@').ok_or_else(|| ProxiesError::HeaderName(setting.to_owned()))?;
                Self::header(name.trim(), entries(networks))
            }
            Some(("hops", setting)) => {
                let (counts, peers) =
                    setting.split_once('@').map_or((setting, None), |(counts, peers)| (counts, Some(peers)));
                let proxies = Self::hops(hops(counts.trim())?);
                match peers.map(str::trim) {
                    None => Ok(proxies),
                    Some("any") => Ok(proxies.dangerous_allow_any_peer()),
                    Some(peers) => proxies.peers(entries(peers)),
                }
            }
            Some(_) => Err(ProxiesError::Network(text.to_owned())),
        }
    }
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Parses a list of proxies.
pub(super) fn peers<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Peers, ProxiesError> {
    match PeerList::parse(texts) {
        Ok(list) => Ok(Peers::Listed(list)),
        Err(PeerListError::Peer(text)) => Err(ProxiesError::Network(text)),
        Err(PeerListError::Empty) => Err(ProxiesError::Empty),
    }
}

fn hops(text: &str) -> Result<Hops, ProxiesError> {
    let invalid = || ProxiesError::Hops(text.to_owned());
    let number = |text: &str| text.parse().map_err(|_| invalid());
    let mut parts = text.split_ascii_whitespace();
    let mut hops = Hops::from(number(parts.next().unwrap_or(""))?);
    for part in parts {
        let (name, count) = part.split_once('=').ok_or_else(invalid)?;
        let count = number(count)?;
        match name {
            "proto" => hops.x_proto = count,
            "host" => hops.x_host = count,
            "port" => hops.x_port = count,
            "prefix" => hops.x_prefix = count,
            _ => return Err(invalid()),
        }
    }
    Ok(hops)
}

crate::core::error_text::debug_is_text!(ProxiesError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_form_of_setting() {
        for text in [
            "none",
            "NONE",
            "hops=1",
            "hops=2 proto=1",
            "hops=1 host=1 port=1 prefix=1@10.0.0.5",
            "hops=1@203.0.113.0/24,::1",
            "hops=1@any",
            "10.0.0.0/8, ::1",
            "192.0.2.7",
            "unix",
            "hops=1@unix, 10.0.0.5",
            "forwarded=10.0.0.0/8",
            "header=cf-connecting-ip@173.245.48.0/20",
        ] {
            assert!(text.parse::<Proxies>().is_ok(), "{text}");
        }
    }

    #[test]
    fn one_proxy_has_one_meaning() {
        let one = Hops { x_for: 1, x_proto: 1, x_host: 0, x_port: 0, x_prefix: 0 };
        assert_eq!([hops("1").unwrap(), Hops::from(1), Hops::default()], [one; 3]);
        assert_eq!(hops("1 host=1").unwrap(), Hops { x_host: 1, ..one });
        assert_eq!(hops("2 proto=1 prefix=1").unwrap(), Hops { x_for: 2, x_prefix: 1, ..one });
    }

    #[test]
    fn an_invalid_setting_says_what_to_write() {
        for (text, advice) in [
            ("", "write `none`"),
            ("yes", "write `10.0.0.7`"),
            ("10.0.0.0/40", "write `10.0.0.7`"),
            ("hops=one", "write `hops=1`"),
            ("hops=1 by=1", "write `hops=1`"),
            ("hops=1 host", "write `hops=1`"),
            ("hops=", "write `hops=1`"),
            ("hops=for:1,proto:1", "write `hops=1`"),
            ("header=cf-connecting-ip", "write `header="),
            ("header=a b@::1", "write `header="),
            ("forwarded=", "write `none`"),
            ("proxies=1", "write `10.0.0.7`"),
        ] {
            let error = text.parse::<Proxies>().unwrap_err().to_string();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }
}
