//! Where a page came from: scheme, host and port, as a browser's `Origin` header names them.

use http::Request;

use crate::core::authority::Authority;
use crate::core::client::{Client, Scheme};

/// A site, as browsers tell sites apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: Scheme,
    /// In lower case.
    host: Box<str>,
    port: u16,
}

impl Origin {
    /// What a request's `Origin` header names; nothing for `null`, for other schemes, and for what is no origin.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, site) = text.split_once("://")?;
        let scheme = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|known| scheme.eq_ignore_ascii_case(known.as_str()))?;
        let site = Authority::parse(site).ok()?;
        Some(Self::of(scheme, site, site.port().unwrap_or(scheme.default_port())))
    }

    /// The same from a list of the site's own, with an error that says what to write.
    pub(super) fn trusted(text: &str) -> Result<Self, TrustError> {
        Self::parse(text).ok_or_else(|| TrustError(text.to_owned()))
    }

    fn of(scheme: Scheme, site: Authority<'_>, port: u16) -> Self {
        Self { scheme, host: site.host().to_ascii_lowercase().into(), port }
    }

    /// Whether it is the site that this request is for.
    pub(super) fn is_own<B>(&self, request: &Request<B>, client: &Client) -> bool {
        let Ok(site) = client.authority(request) else { return false };
        *self == Self::of(client.scheme(), site, client.port(site))
    }
}

/// Why a text names no site to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a site to trust: write `https://app.example` or `http://localhost:3000`, with the scheme and without a path or a slash at the end; each site by itself, for there are no wildcards, and a name outside ASCII in its `xn--` form"
)]
pub struct TrustError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_the_same_by_scheme_host_and_port() {
        let same = |a: &str, b: &str| Origin::parse(a).unwrap() == Origin::parse(b).unwrap();
        assert!(same("https://example.org", "HTTPS://Example.ORG:443"));
        assert!(same("http://example.org:80", "http://example.org."));
        assert!(same("http://[::1]:3000", "http://[::1]:3000"));
        assert!(!same("https://example.org", "http://example.org"));
        assert!(!same("https://example.org", "https://example.org:8443"));
        assert!(!same("https://example.org", "https://www.example.org"));
    }

    #[test]
    fn what_is_no_site_to_trust_says_what_to_write() {
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
