//! What a caller's counts are called on a server that others can read: one text for each limit and caller, no two alike.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// memcached takes 250 bytes; what is put around this is well under 60.
const LONGEST: usize = 190;

/// The limit and the caller, with every byte but letters, digits and `._:@-` written as `%XX`, and `/` between them. What
/// is too long is written as its SHA-256.
pub(super) fn key(limit: &str, caller: &[u8]) -> String {
    let mut text = String::with_capacity(limit.len() + caller.len() + 1);
    escape(&mut text, limit.as_bytes());
    text.push('/');
    escape(&mut text, caller);
    if text.len() <= LONGEST {
        return text;
    }
    // No escaped text begins like this.
    let mut short = String::from("%sha256/");
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(short, "{byte:02x}");
    }
    short
}

fn escape(text: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'@' | b'-' => {
                text.push(char::from(byte))
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_readable_short_and_never_alike() {
        assert_eq!(key("login", b"2001:db8::/64"), "login/2001:db8::%2F64");
        assert_ne!(key("a/b", b"c"), key("a", b"b/c"));
        assert_ne!(key("a", b"%2F"), key("a", b"/"));
        let long = "ü".repeat(1000);
        assert_eq!(key(&long, b"").len(), 72);
        assert_ne!(key(&long, b"a"), key(&long, b"b"));
        assert_ne!(key(&long, b"a"), key("%sha256", &key(&long, b"a").as_bytes()[8..]));
        assert!(key("login", b"}{\r\n \0").bytes().all(|byte| byte.is_ascii_graphic() && byte != b'}'));
    }
}
