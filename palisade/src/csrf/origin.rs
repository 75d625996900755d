//! Origins: scheme, host and port, as in a browser's `Origin` header.

use http::Request;

use crate::core::authority::Authority;
use crate::core::client::{Client, Scheme};

/// The origin of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: Scheme,
    /// In lower case.
    host: Box<str>,
    port: u16,
}

impl Origin {
    /// Parses an `Origin` header. Returns `None` for `null`, other schemes and invalid text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|known| scheme.eq_ignore_ascii_case(known.as_str()))?;
        let authority = Authority::parse(authority).ok()?;
        Some(Self::of(scheme, authority, authority.port().unwrap_or_else(|| scheme.default_port())))
    }

    /// Parses an origin of a setting.
    pub(super) fn trusted(text: &str) -> Result<Self, TrustedOriginError> {
        Self::parse(text).ok_or_else(|| TrustedOriginError(text.to_owned()))
    }

    fn of(scheme: Scheme, authority: Authority<'_>, port: u16) -> Self {
        Self { scheme, host: authority.host().to_ascii_lowercase().into(), port }
    }

    /// Returns `true` if this is the origin that the request was sent to.
    pub(super) fn is_own<B>(&self, request: &Request<B>, client: &Client) -> bool {
        let Ok(authority) = client.authority(request) else { return false };
        *self == Self::of(client.scheme(), authority, client.port(authority))
    }
}

/// The error for a text that is not an origin to trust.
///
/// ```
/// use palisade::csrf::{Csrf, TrustedOriginError};
///
/// let error: TrustedOriginError = Csrf::new().trusted_origins(["app.example"]).unwrap_err();
/// assert!(error.to_string().contains("write `https://app.example`"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an origin: write `https://app.example` or `http://localhost:3000`, with the scheme, without a path or a slash at the end; write each origin out, without wildcards, and a name outside ASCII in its `xn--` form"
)]
pub struct TrustedOriginError(String);

crate::core::error_text::debug_is_text!(TrustedOriginError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_origins_by_scheme_host_and_port() {
        let same = |a: &str, b: &str| Origin::parse(a).unwrap() == Origin::parse(b).unwrap();
        assert!(same("https://example.org", "HTTPS://Example.ORG:443"));
        assert!(same("http://example.org:80", "http://example.org."));
        assert!(same("http://[::1]:3000", "http://[::1]:3000"));
        assert!(!same("https://example.org", "http://example.org"));
        assert!(!same("https://example.org", "https://example.org:8443"));
        assert!(!same("https://example.org", "https://www.example.org"));
    }

    #[test]
    fn an_invalid_origin_says_what_to_write() {
        for text in [
            "",
            "null",
            "*",
            "example.org",
            "https://",
            "https://example.org/",
            "https://example.org/path",
            "https://*.example.org",
            "https://a@example.org",
            "https://exämple.org",
            "https://example.org:0",
            "https://example.org https://example.net",
            "ftp://example.org",
            "//example.org",
            "https:example.org",
            " https://example.org",
        ] {
            let error = Origin::trusted(text).unwrap_err().to_string();
            assert!(error.contains("write `https://app.example`"), "{text}: {error}");
        }
    }
}
