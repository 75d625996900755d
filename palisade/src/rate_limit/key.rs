//! The key of a rate limit: an address, a text of the application, or one key for all.
//!
//! A prefix names the source of each key, so that a visitor with the name `192.0.2.7` does not
//! share a counter with the client of that address.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderName, Method};
use unicode_normalization::UnicodeNormalization;

/// The key that identifies a caller at a limit.
///
/// An address, a text, a number and a pair of keys convert into one. An empty text and `None` are
/// a missing key; [`MissingKeyPolicy`](super::MissingKeyPolicy) applies.
///
/// ```
/// use std::net::IpAddr;
/// use palisade::rate_limit::RateLimitKey;
///
/// let address: IpAddr = [192, 0, 2, 7].into();
/// assert_ne!(RateLimitKey::from(address), RateLimitKey::from("192.0.2.7"));
///
/// let account_and_address = RateLimitKey::from(("ada@example.org", address));
/// assert!(!account_and_address.is_none());
/// assert!(RateLimitKey::from("").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateLimitKey(KeyKind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum KeyKind {
    None,
    Global,
    Address(IpAddr),
    Text(Box<[u8]>),
    Header(HeaderName, Box<[u8]>),
    #[cfg(feature = "axum")]
    Parameter(Box<str>, Box<str>),
    Pair(Box<(RateLimitKey, RateLimitKey)>),
}

impl RateLimitKey {
    /// A missing key.
    pub const NONE: Self = Self(KeyKind::None);
    /// One key for all callers.
    pub const GLOBAL: Self = Self(KeyKind::Global);

    /// Makes a key from an e-mail address as a visitor types it: without spaces around it, in
    /// Unicode's compatibility form (NFKC), in lower case.
    ///
    /// Use it wherever a form sends an address. Counted as typed, each spelling of one mailbox has
    /// a quota of its own. A part after `+` stays: it may belong to another account.
    ///
    /// ```
    /// use palisade::rate_limit::RateLimitKey;
    ///
    /// let ada = RateLimitKey::from("ada@example.org");
    /// assert_eq!(RateLimitKey::email(" Ada@Example.ORG\n"), ada);
    /// assert_ne!(RateLimitKey::email("ada+maths@example.org"), ada);
    /// assert!(RateLimitKey::email("  ").is_none());
    /// ```
    pub fn email(address: &str) -> Self {
        // Lower case may decompose a character, so the form is made again after it.
        let lower_case = address.nfkc().collect::<String>().to_lowercase();
        lower_case.nfkc().collect::<String>().trim().into()
    }

    /// Returns `true` if the key is missing. A pair is missing if either half is.
    pub fn is_none(&self) -> bool {
        match &self.0 {
            KeyKind::None => true,
            KeyKind::Pair(pair) => pair.0.is_none() || pair.1.is_none(),
            _ => false,
        }
    }

    pub(super) fn header(name: &HeaderName, value: &[u8]) -> Self {
        if value.is_empty() { Self::NONE } else { Self(KeyKind::Header(name.clone(), value.into())) }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn parameter(name: &str, value: &str) -> Self {
        if value.is_empty() { Self::NONE } else { Self(KeyKind::Parameter(name.into(), value.into())) }
    }

    /// Returns the bytes that a store counts by. An IPv6 address is cut to its prefix.
    pub(crate) fn caller(&self, method: Option<&'static str>, ipv6_prefix: u8) -> Vec<u8> {
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
            KeyKind::None => put(&[b"none"]),
            KeyKind::Global => put(&[b"all"]),
            KeyKind::Address(address) => {
                put(&[b"ip:"]);
                write_network(bytes, *address, ipv6_prefix);
            }
            KeyKind::Text(text) => put(&[b"key:", text]),
            KeyKind::Header(name, value) => put(&[b"header:", name.as_str().as_bytes(), b":", value]),
            #[cfg(feature = "axum")]
            KeyKind::Parameter(name, value) => put(&[b"path:", name.as_bytes(), b":", value.as_bytes()]),
            KeyKind::Pair(pair) => {
                let first = pair.0.caller(None, ipv6_prefix);
                // The length keeps different pairs different.
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
            write_octet(bytes, first);
            rest.into_iter().for_each(|octet| {
                bytes.push(b'.');
                write_octet(bytes, octet);
            });
        }
        IpAddr::V6(address) => {
            let prefix = u32::from(ipv6_prefix.min(128));
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            // Writing to a `Vec` cannot fail.
            let _ = write!(bytes, "{}/{prefix}", Ipv6Addr::from_bits(address.to_bits() & mask));
        }
    }
}

/// Writes an octet. The standard formatter takes ten times as long, and every counted request
/// writes four octets.
fn write_octet(bytes: &mut Vec<u8>, octet: u8) {
    if octet >= 100 {
        bytes.push(b'0' + octet / 100);
    }
    if octet >= 10 {
        bytes.push(b'0' + octet / 10 % 10);
    }
    bytes.push(b'0' + octet % 10);
}

/// Prints the key for people: an address, a text, or both halves of a pair. It may be personal data.
impl fmt::Display for RateLimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            KeyKind::None => f.write_str("nobody"),
            KeyKind::Global => f.write_str("everybody"),
            KeyKind::Address(address) => address.to_canonical().fmt(f),
            KeyKind::Text(text) => f.write_str(&String::from_utf8_lossy(text)),
            KeyKind::Header(name, value) => write!(f, "{name}: {}", String::from_utf8_lossy(value)),
            #[cfg(feature = "axum")]
            KeyKind::Parameter(name, value) => write!(f, "{name} = {value}"),
            KeyKind::Pair(pair) => write!(f, "{}, {}", pair.0, pair.1),
        }
    }
}

/// Returns the name that a method counts under. Unknown methods share one, because a client can
/// invent any number. HEAD counts as GET, because the same handler answers it.
pub(super) fn method_name(method: &Method) -> &'static str {
    let known = METHODS.iter().find(|name| **name == method.as_str());
    if *method == Method::HEAD { "GET" } else { known.copied().unwrap_or("other") }
}

/// All names that [`method_name`] returns.
pub(super) const METHODS: &[&str] =
    &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "other"];

impl From<IpAddr> for RateLimitKey {
    fn from(address: IpAddr) -> Self {
        Self(KeyKind::Address(address))
    }
}

impl From<&[u8]> for RateLimitKey {
    fn from(text: &[u8]) -> Self {
        if text.is_empty() { Self::NONE } else { Self(KeyKind::Text(text.into())) }
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
        Self(KeyKind::Pair(Box::new((one.into(), other.into()))))
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
    fn an_ipv6_address_is_cut_to_its_prefix() {
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
    fn different_keys_have_different_bytes() {
        assert_ne!(written("192.0.2.7"), written(address("192.0.2.7")));
        assert_ne!(written("all"), written(RateLimitKey::GLOBAL));
        assert_ne!(written(("a+key:b", "c")), written(("a", "b+key:c")));
        assert_ne!(written((("a", "b"), "c")), written(("a", ("b", "c"))));
    }

    #[test]
    fn keys_print_for_people() {
        let mapped = RateLimitKey::from(address("::ffff:192.0.2.7"));
        let pair = RateLimitKey::from(("ada@school.example", address("2001:db8::7")));
        assert_eq!(
            (mapped.to_string().as_str(), pair.to_string().as_str()),
            ("192.0.2.7", "ada@school.example, 2001:db8::7")
        );
        assert_eq!(format!("{} {}", RateLimitKey::NONE, RateLimitKey::GLOBAL), "nobody everybody");
    }

    #[test]
    fn empty_texts_are_missing_keys() {
        for key in
            ["".into(), RateLimitKey::from(None::<&str>), Some("").into(), ("a", "").into(), ("", 7).into()]
        {
            assert!(key.is_none(), "{key:?}");
        }
        assert!(!RateLimitKey::GLOBAL.is_none() && !RateLimitKey::from(0).is_none());
    }

    #[test]
    fn unknown_methods_share_a_counter() {
        let name = |text: &str| method_name(&Method::from_bytes(text.as_bytes()).unwrap());
        assert_eq!((name("POST"), name("HEAD"), name("X1"), name("X2")), ("POST", "GET", "other", "other"));
    }
}
