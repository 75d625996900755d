//! Who is counted: an address, a text of the application's, or everybody together.
//!
//! Each kind of key is written with its kind before it, so that a visitor who signs in as `192.0.2.7` does not use up what
//! that address may.

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderName, Method};

/// Who is counted, as one limit tells callers apart.
///
/// Made from an address, a text, a number, or a pair of keys. An empty text and `None` are no key: see
/// [`MissingKeyPolicy`](super::MissingKeyPolicy).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateLimitKey(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    None,
    Everybody,
    Address(IpAddr),
    Text(Box<[u8]>),
    Header(HeaderName, Box<[u8]>),
    #[cfg(feature = "axum")]
    Parameter(Box<str>, Box<str>),
    Pair(Box<(RateLimitKey, RateLimitKey)>),
}

impl RateLimitKey {
    /// No key.
    pub const NONE: Self = Self(Kind::None);
    /// One key for all.
    pub const EVERYBODY: Self = Self(Kind::Everybody);

    /// Whether there is nothing to tell this caller by: of a pair, either half.
    pub fn is_none(&self) -> bool {
        match &self.0 {
            Kind::None => true,
            Kind::Pair(pair) => pair.0.is_none() || pair.1.is_none(),
            _ => false,
        }
    }

    pub(super) fn header(name: &HeaderName, value: &[u8]) -> Self {
        if value.is_empty() { Self::NONE } else { Self(Kind::Header(name.clone(), value.into())) }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn parameter(name: &str, value: &str) -> Self {
        if value.is_empty() { Self::NONE } else { Self(Kind::Parameter(name.into(), value.into())) }
    }

    /// The bytes that a store counts by. Addresses of version 6 are cut to their network.
    pub(super) fn caller(&self, method: Option<&'static str>, ipv6_prefix: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        if let Some(method) = method {
            bytes.extend_from_slice(method.as_bytes());
            bytes.push(b' ');
        }
        self.write(&mut bytes, ipv6_prefix);
        bytes
    }

    fn write(&self, bytes: &mut Vec<u8>, ipv6_prefix: u8) {
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| bytes.extend_from_slice(part));
        match &self.0 {
            Kind::None => put(&[b"none"]),
            Kind::Everybody => put(&[b"all"]),
            Kind::Address(address) => {
                put(&[b"ip:"]);
                write_network(bytes, *address, ipv6_prefix);
            }
            Kind::Text(text) => put(&[b"key:", text]),
            Kind::Header(name, value) => put(&[b"header:", name.as_str().as_bytes(), b":", value]),
            #[cfg(feature = "axum")]
            Kind::Parameter(name, value) => put(&[b"path:", name.as_bytes(), b":", value.as_bytes()]),
            Kind::Pair(pair) => {
                let first = pair.0.caller(None, ipv6_prefix);
                // The length keeps apart two pairs that would run together alike.
                put(&[b"pair:", first.len().to_string().as_bytes(), b":", &first, b"+"]);
                pair.1.write(bytes, ipv6_prefix);
            }
        }
    }
}

fn write_network(bytes: &mut Vec<u8>, address: IpAddr, ipv6_prefix: u8) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, rest @ ..] = address.octets();
            write_number(bytes, first);
            rest.into_iter().for_each(|octet| {
                bytes.push(b'.');
                write_number(bytes, octet);
            });
        }
        IpAddr::V6(address) => {
            let kept = u32::from(ipv6_prefix.min(128));
            let mask = u128::MAX.checked_shl(128 - kept).unwrap_or(0);
            // Writing to memory cannot fail.
            let _ = write!(bytes, "{}/{kept}", Ipv6Addr::from_bits(address.to_bits() & mask));
        }
    }
}

/// Every counted request writes four: the formatter of the standard library takes ten times as long.
fn write_number(bytes: &mut Vec<u8>, number: u8) {
    if number >= 100 {
        bytes.push(b'0' + number / 100);
    }
    if number >= 10 {
        bytes.push(b'0' + number / 10 % 10);
    }
    bytes.push(b'0' + number % 10);
}

/// The name that a method is counted under. Those that nobody knows share one: a client can invent as many as it likes.
/// HEAD is answered by what answers GET.
pub(super) fn method_name(method: &Method) -> &'static str {
    let known = METHODS.iter().find(|name| **name == method.as_str());
    if *method == Method::HEAD { "GET" } else { known.copied().unwrap_or("other") }
}

/// Every answer of [`method_name`].
pub(super) const METHODS: &[&str] =
    &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "other"];

impl From<IpAddr> for RateLimitKey {
    fn from(address: IpAddr) -> Self {
        Self(Kind::Address(address))
    }
}

impl From<&[u8]> for RateLimitKey {
    fn from(text: &[u8]) -> Self {
        if text.is_empty() { Self::NONE } else { Self(Kind::Text(text.into())) }
    }
}

impl From<&str> for RateLimitKey {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<&String> for RateLimitKey {
    fn from(text: &String) -> Self {
        text.as_bytes().into()
    }
}

impl From<String> for RateLimitKey {
    fn from(text: String) -> Self {
        text.as_bytes().into()
    }
}

impl From<i64> for RateLimitKey {
    fn from(number: i64) -> Self {
        number.to_string().into()
    }
}

impl<K: Into<Self>> From<Option<K>> for RateLimitKey {
    fn from(key: Option<K>) -> Self {
        key.map_or(Self::NONE, Into::into)
    }
}

impl<A: Into<Self>, B: Into<Self>> From<(A, B)> for RateLimitKey {
    fn from((one, other): (A, B)) -> Self {
        Self(Kind::Pair(Box::new((one.into(), other.into()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(key: impl Into<RateLimitKey>) -> String {
        String::from_utf8(key.into().caller(None, 64)).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_of_version_6_is_its_network() {
        assert_eq!(written(address("192.0.2.7")), "ip:192.0.2.7");
        assert_eq!(written(address("::ffff:192.0.2.7")), "ip:192.0.2.7");
        for octet in 0..=u8::MAX {
            let address = IpAddr::from([octet, 0, 9, octet]);
            assert_eq!(written(address), format!("ip:{address}"));
        }
        assert_eq!(written(address("2001:db8:1:2:3:4:5:6")), "ip:2001:db8:1:2::/64");
        let key = RateLimitKey::from(address("2001:db8::1"));
        assert_eq!(key.caller(None, 128), b"ip:2001:db8::1/128");
        assert_eq!(key.caller(None, 0), b"ip:::/0");
        assert_eq!(key.caller(None, 200), key.caller(None, 128));
    }

    #[test]
    fn keys_that_differ_are_written_differently() {
        assert_ne!(written("192.0.2.7"), written(address("192.0.2.7")));
        assert_ne!(written("all"), written(RateLimitKey::EVERYBODY));
        assert_ne!(written(("a+key:b", "c")), written(("a", "b+key:c")));
        assert_ne!(written((("a", "b"), "c")), written(("a", ("b", "c"))));
    }

    #[test]
    fn nothing_is_no_key() {
        for key in
            ["".into(), RateLimitKey::from(None::<&str>), Some("").into(), ("a", "").into(), ("", 7).into()]
        {
            assert!(key.is_none(), "{key:?}");
        }
        assert!(!RateLimitKey::EVERYBODY.is_none() && !RateLimitKey::from(0).is_none());
    }

    #[test]
    fn an_invented_method_has_no_count_of_its_own() {
        let name = |text: &str| method_name(&Method::from_bytes(text.as_bytes()).unwrap());
        assert_eq!((name("POST"), name("HEAD"), name("X1"), name("X2")), ("POST", "GET", "other", "other"));
    }
}
