//! The key of a counter on a server that operators can read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

/// memcached takes 250 bytes; prefix, namespace and strategy add fewer than 80.
const MAX_LENGTH: usize = 170;

/// Every byte but letters, digits and `._:@-`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b':').remove(b'@').remove(b'-');

/// Returns `limit/caller`, both percent-encoded; a longer key is replaced by its SHA-256. Two
/// different pairs never have the same key.
pub(super) fn counter_key(limit: &str, caller: &[u8]) -> String {
    let mut key = String::with_capacity(limit.len() + caller.len() + 1);
    key.extend(percent_encode(limit.as_bytes(), ESCAPED));
    key.push('/');
    key.extend(percent_encode(caller, ESCAPED));
    if key.len() <= MAX_LENGTH {
        return key;
    }
    // No percent-encoded text begins like this.
    format!("%sha256/{}", hex::encode(Sha256::digest(key.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_readable_short_and_distinct() {
        assert_eq!(counter_key("login", b"2001:db8::/64"), "login/2001:db8::%2F64");
        assert_eq!(counter_key("a.b_c:d@e-F 9", "ü~%\n".as_bytes()), "a.b_c:d@e-F%209/%C3%BC%7E%25%0A");
        assert_ne!(counter_key("a/b", b"c"), counter_key("a", b"b/c"));
        assert_ne!(counter_key("a", b"%2F"), counter_key("a", b"/"));
        let long = "ü".repeat(1000);
        assert_eq!(counter_key(&long, b"").len(), 72);
        assert_ne!(counter_key(&long, b"a"), counter_key(&long, b"b"));
        let hashed = counter_key(&long, b"a");
        assert_ne!(hashed, counter_key("%sha256", &hashed.as_bytes()[8..]));
        let key = counter_key("login", b"}{\r\n \0");
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'}'));
    }
}
