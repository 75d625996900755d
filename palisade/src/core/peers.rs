//! A list of peers: addresses, networks, and the peers of unix sockets.

use std::net::IpAddr;

use ipnet::IpNet;

use super::client::PeerAddr;

/// Peers that a setting names.
#[derive(Clone, Debug)]
pub(crate) struct PeerList {
    networks: Vec<IpNet>,
    unix: bool,
}

/// The reason why a list of peers is invalid.
///
/// ```
/// use palisade::serve::{PeerListError, Serve};
///
/// let error: PeerListError = Serve::new().proxy_protocol(["balancer.internal"]).unwrap_err();
/// assert!(error.to_string().contains("write `10.0.0.7`"));
/// assert_eq!(Serve::new().proxy_protocol([""; 0]).unwrap_err(), PeerListError::Empty);
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerListError {
    /// The text is not a peer.
    #[error(
        "`{0}` is neither an address nor a network: write `10.0.0.7`, `10.0.0.0/8` or `2001:db8::/32`; for the \
         peers of a unix socket, `unix`"
    )]
    Peer(String),
    /// The list is empty.
    #[error("the list of peers is empty: write the addresses from which they connect")]
    Empty,
}

super::error_text::debug_is_text!(PeerListError);

impl PeerList {
    /// Parses addresses, networks in CIDR notation, and `unix`.
    pub(crate) fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, PeerListError> {
        let mut list = Self { networks: Vec::new(), unix: false };
        for text in texts {
            match text.as_ref() {
                "unix" => list.unix = true,
                text => list.networks.push(network(text)?),
            }
        }
        if list.networks.is_empty() && !list.unix { Err(PeerListError::Empty) } else { Ok(list) }
    }

    /// Returns the list of one network.
    pub(crate) fn network(network: IpNet) -> Self {
        Self { networks: vec![network], unix: false }
    }

    /// Returns `true` if the list names this peer. An IPv4-mapped IPv6 address counts as IPv4.
    pub(crate) fn contains(&self, peer: PeerAddr) -> bool {
        if peer.is_unix() { self.unix } else { self.contains_ip(peer.0.ip().to_canonical()) }
    }

    /// Returns `true` if one of the networks contains this address.
    pub(crate) fn contains_ip(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

fn network(text: &str) -> Result<IpNet, PeerListError> {
    let address = text.parse().map(|ip: IpAddr| IpNet::from(ip.to_canonical()));
    address.or_else(|_| text.parse()).map_err(|_| PeerListError::Peer(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unix_socket_is_named_as_such() {
        let peer = |text: &str| PeerAddr(text.parse().unwrap());
        let addresses = PeerList::parse(["127.0.0.0/8", "2001:db8::1"]).unwrap();
        assert!(addresses.contains(peer("127.0.0.1:1")) && addresses.contains(peer("[::ffff:127.0.0.1]:1")));
        assert!(addresses.contains(peer("[2001:db8::1]:9")) && !addresses.contains(peer("[2001:db8::2]:9")));
        assert!(!addresses.contains(PeerAddr::local()));
        let unix = PeerList::parse(["unix"]).unwrap();
        assert!(unix.contains(PeerAddr::local()) && !unix.contains(peer("127.0.0.1:1")));
        assert!(PeerList::parse(["Unix"]).is_err() && PeerList::parse([""; 0]).is_err());
    }
}
