//! The host and port that a request names.
//!
//! ```
//! # use palisade::request::Authority;
//! let site = Authority::parse("Example.org.:8443")?;
//! assert!(site.is("example.org"));
//! assert_eq!(site.port(), Some(8443));
//! assert!(Authority::parse("example.org/..").is_err());
//! # Ok::<(), palisade::request::AuthorityError>(())
//! ```
//!
//! The parser accepts, in this order:
//! 1. an IPv6 address in brackets, or a name of letters, digits, `-`, `_` and `.` (this includes IPv4 addresses);
//! 2. then nothing, or `:` alone, or `:` and a port from 1 to 65535.
//!
//! Names compare case-insensitively and ignore one trailing dot. Underscores are accepted because
//! internal names contain them. Nothing is resolved or decoded: a name outside ASCII must arrive as
//! `xn--…`.
//!
//! References: RFC 3986 §3.2.2, RFC 9110 §7.2.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::StatusCode;

use super::rejection::Rejection;

/// A host and an optional port, borrowed from the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Parses `host`, `host:port`, `[v6]` or `[v6]:port`.
    ///
    /// # Errors
    /// If the host is empty or has an invalid character, or the port is not within 1–65535.
    pub fn parse(text: &'a str) -> Result<Self, AuthorityError> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(inner) => {
                let end = inner.find(']').ok_or(AuthorityError::Host)?;
                inner[..end].parse::<Ipv6Addr>().map_err(|_| AuthorityError::Host)?;
                text.split_at(end + 2)
            }
            None => text.split_at(text.bytes().position(|byte| byte == b':').unwrap_or(text.len())),
        };
        if !host.starts_with('[') && !is_name(host) {
            return Err(AuthorityError::Host);
        }
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            None => return Err(AuthorityError::Host),
            Some("") => None,
            Some(digits) => Some(port(digits)?),
        };
        Ok(Self { host, port })
    }

    /// The host as written, without the trailing dot of a fully qualified name; IPv6 in brackets.
    pub fn host(self) -> &'a str {
        match self.host.strip_suffix('.') {
            Some(name) if !name.is_empty() => name,
            _ => self.host,
        }
    }

    /// The port, if one was written.
    pub fn port(self) -> Option<u16> {
        self.port
    }

    /// Returns `true` if the host is `name`; ignores the port.
    pub fn is(self, name: &str) -> bool {
        self.host().eq_ignore_ascii_case(name)
    }

    /// Returns `true` for `localhost`, names under it, and loopback addresses.
    pub fn is_loopback(self) -> bool {
        let host = self.host();
        match self.ip() {
            Some(ip) => ip.is_loopback(),
            None => {
                self.is("localhost")
                    || host.len() > 10
                        && host.as_bytes()[host.len() - 10..].eq_ignore_ascii_case(b".localhost")
            }
        }
    }

    /// The IP address, if the host is one.
    pub fn ip(self) -> Option<IpAddr> {
        let host = self.host();
        match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(|ip| IpAddr::V6(ip).to_canonical()),
            None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        }
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.host())?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// The reason why a text is not an authority.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The host is empty or has an invalid character.
    #[error(
        "not a host: write a name such as `example.org`, an IPv4 address, or an IPv6 address in brackets"
    )]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("not a port: write a number from 1 to 65535 after the colon, or leave the colon out")]
    Port,
}

fn is_name(host: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !host.is_empty() && host.len() <= 254 && !host.starts_with('.') && host.bytes().all(known)
}

fn port(digits: &str) -> Result<u16, AuthorityError> {
    match digits.parse() {
        Ok(port) if port != 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(AuthorityError::Port),
    }
}

/// A request without a well-formed host is rejected with 400.
impl From<AuthorityError> for Rejection {
    fn from(_: AuthorityError) -> Self {
        let message = "The request does not say clearly which site it is for.";
        Self::new(StatusCode::BAD_REQUEST, "host_malformed", message)
    }
}

crate::core::error_text::debug_is_text!(AuthorityError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_host_and_port() {
        for (text, host, port) in [
            ("example.org", "example.org", None),
            ("example.org.", "example.org", None),
            ("example.org:80", "example.org", Some(80)),
            ("example.org:", "example.org", None),
            ("[::1]", "[::1]", None),
            ("[2001:db8::1]:8080", "[2001:db8::1]", Some(8080)),
            ("10.0.0.1:65535", "10.0.0.1", Some(65535)),
            ("a_b.internal", "a_b.internal", None),
        ] {
            let site = Authority::parse(text).unwrap();
            assert_eq!((site.host(), site.port()), (host, port), "{text}");
        }
    }

    #[test]
    fn rejects_invalid_hosts() {
        for text in [
            "",
            ":80",
            ".",
            ".example.org",
            "a b",
            "a/b",
            "a@b",
            "a\\b",
            "é.org",
            "a,b",
            "a?b",
            "a#b",
            "[::1",
            "[::1]x",
            "[1.2.3.4]",
            "::1",
            "a:0",
            "a:65536",
            "a:8 0",
            "a:+80",
            "a:80:80",
            "[fe80::1%25eth0]",
        ] {
            assert!(Authority::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn recognises_loopback_names_and_addresses() {
        for text in [
            "localhost",
            "LOCALHOST:3000",
            "site.localhost",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(Authority::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["example.org", "notlocalhost", "localhost.example.org", "128.0.0.1", "[::2]"] {
            assert!(!Authority::parse(text).unwrap().is_loopback(), "{text}");
        }
    }
}
