//! Networks of settings: an address, or a prefix.

use std::net::IpAddr;

use ipnet::IpNet;

/// A text that is neither an address nor a network.
///
/// ```
/// use palisade::proxy::{NetworkError, Proxies, ProxiesError};
///
/// let error = Proxies::trusted(["10.0.0.0/99"]).unwrap_err();
/// assert_eq!(error, ProxiesError::Network(NetworkError("10.0.0.0/99".to_owned())));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a network: write `10.0.0.7`, `10.0.0.0/8` or `2001:db8::/32`")]
pub struct NetworkError(pub String);

crate::core::error_text::debug_is_text!(NetworkError);

/// Parses an address, or a network with its prefix length.
pub(crate) fn network(text: &str) -> Result<IpNet, NetworkError> {
    let address = text.parse().map(|ip: IpAddr| IpNet::from(ip.to_canonical()));
    address.or_else(|_| text.parse()).map_err(|_| NetworkError(text.to_owned()))
}
