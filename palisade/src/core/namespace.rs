//! The namespace of a site on a server that several sites may share.

use std::fmt;
use std::sync::Arc;

use crate::core::store_reply::StoreError;

/// A part of every key that a site writes. Its alphabet is safe in URLs, in keys of Redis and
/// memcached, and in hash tags of a cluster.
#[derive(Clone)]
pub(crate) struct Namespace(Arc<str>);

const MAX_LENGTH: usize = 40;

impl Namespace {
    pub(crate) fn new(name: &str) -> Result<Self, StoreError> {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=MAX_LENGTH).contains(&name.len()) && name.bytes().all(valid) {
            Ok(Self(name.into()))
        } else {
            Err(StoreError::Namespace("is invalid"))
        }
    }

    /// Takes `namespace=…` out of the query of an address. Returns the rest of the address.
    pub(crate) fn take_from(uri: &str) -> Result<(String, Option<Self>), StoreError> {
        let addresses = uri.rfind('@').map_or(0, |at| at + 1);
        let Some(mark) = uri[addresses..].find('?').map(|mark| mark + addresses) else {
            return Ok((uri.to_owned(), None));
        };
        let (mut name, mut rest) = (None, Vec::new());
        for pair in uri[mark + 1..].split('&') {
            match pair.strip_prefix("namespace=") {
                Some(_) if name.is_some() => return Err(StoreError::Namespace("is given twice")),
                Some(value) => name = Some(Self::new(value)?),
                None => rest.push(pair),
            }
        }
        let address = &uri[..mark];
        let uri = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        Ok((uri, name))
    }

    pub(crate) fn required(name: Option<Self>) -> Result<Self, StoreError> {
        name.ok_or(StoreError::Namespace("is missing"))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_taken_out_of_the_address() {
        for (uri, rest, name) in [
            ("redis://h/0", "redis://h/0", None),
            ("redis://h/0?namespace=forum", "redis://h/0", Some("forum")),
            ("rediss://:p%3F@h?namespace=a.b-c_1&ca=/x.pem", "rediss://:p%3F@h?ca=/x.pem", Some("a.b-c_1")),
            ("redis+unix:///s?db=2&namespace=shop", "redis+unix:///s?db=2", Some("shop")),
            ("redis://:namespace=x?@h", "redis://:namespace=x?@h", None),
        ] {
            let (address, found) = Namespace::take_from(uri).unwrap();
            assert_eq!((&*address, found.map(|it| it.to_string()).as_deref()), (rest, name));
        }
        for uri in ["m://h?namespace=", "m://h?namespace=a:b", "m://h?namespace=a&namespace=b"] {
            assert!(matches!(Namespace::take_from(uri), Err(StoreError::Namespace(_))), "{uri}");
        }
        assert!(Namespace::new(&"x".repeat(MAX_LENGTH + 1)).is_err());
        assert!(Namespace::required(None).is_err());
    }
}
