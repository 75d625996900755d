//! The values in forwarded headers: addresses, schemes, ports, prefixes.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

use crate::core::client::Scheme;

/// Iterates over the values of a list header from the right, all its lines joined. A line that is
/// not text counts as one invalid value.
pub(super) fn from_right<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().rev();
    lines
        .flat_map(|line| line.to_str().unwrap_or("?").rsplit(','))
        .map(str::trim_ascii)
        .filter(|value| !value.is_empty())
}

/// Parses an address, with or without a port, brackets or quotes.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    ip.ok().map(|ip: IpAddr| ip.to_canonical())
}

/// Parses `http` or `https`.
pub(super) fn parse_scheme(text: &str) -> Option<Scheme> {
    match text {
        _ if text.eq_ignore_ascii_case("https") => Some(Scheme::Https),
        _ if text.eq_ignore_ascii_case("http") => Some(Scheme::Http),
        _ => None,
    }
}

/// Parses a port from 1 to 65535.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// Parses a path prefix of plain segments, without the trailing slash.
pub(super) fn parse_prefix(text: &str) -> Option<Box<str>> {
    let path = text.trim_end_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let has_plain_segments = || path[1..].split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    (path.starts_with('/') && path.bytes().all(is_plain) && has_plain_segments()).then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_addresses_with_ports_brackets_and_quotes() {
        for (text, ip) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(parse_address(text).unwrap().to_string(), ip, "{text}");
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:x",
            "192.0.2.1, 192.0.2.2",
            "1.2.3.4 ",
        ] {
            assert_eq!(parse_address(text), None, "{text}");
        }
    }

    #[test]
    fn a_prefix_is_a_plain_path() {
        for (text, path) in [("/society", "/society"), ("/a/b/", "/a/b")] {
            assert_eq!(parse_prefix(text).as_deref(), Some(path));
        }
        for text in ["", "/", "society", "//evil", "/a/../b", "/a\\b", "/a?b", "/%2e", "/a//b"] {
            assert_eq!(parse_prefix(text), None, "{text}");
        }
    }
}
