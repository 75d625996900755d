//! Who is counted: bytes that tell callers apart.

use std::net::IpAddr;

use http::request::Parts;

use crate::exchange::Exchange;

/// Who is counted: any bytes, short ones without an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(Bytes);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bytes {
    Few { bytes: [u8; 16], length: u8 },
    Many(Box<[u8]>),
}

impl Key {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Few { bytes, length } => &bytes[..usize::from(*length)],
            Bytes::Many(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Key {
    fn from(key: &[u8]) -> Self {
        let mut bytes = [0; 16];
        match bytes.get_mut(..key.len()) {
            Some(few) => {
                few.copy_from_slice(key);
                // At most 16, which a byte holds.
                Self(Bytes::Few { bytes, length: key.len() as u8 })
            }
            None => Self(Bytes::Many(key.into())),
        }
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self::from(key.as_bytes())
    }
}

impl From<IpAddr> for Key {
    /// The whole address of IPv4, the first 64 bits of IPv6.
    fn from(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::from(ip.octets().as_slice()),
            IpAddr::V6(ip) => Self::from(&ip.octets()[..8]),
        }
    }
}

/// The client's address, where it is known.
pub(super) fn client(parts: &Parts) -> Option<Key> {
    Exchange::of(&parts.extensions)?.client().map(|client| Key::from(client.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_counts_by_household_and_ipv4_by_address() {
        let key = |ip: &str| Key::from(ip.parse::<IpAddr>().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn long_keys_are_kept_whole() {
        let long = "a".repeat(500);
        assert_eq!(Key::from(long.as_str()).as_bytes(), long.as_bytes());
        assert_eq!(Key::from("sixteen bytes ok").as_bytes(), b"sixteen bytes ok");
        assert_eq!(Key::from("").as_bytes(), b"");
    }
}
