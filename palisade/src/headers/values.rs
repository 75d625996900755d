//! The values of the headers, typed: what cannot be sent cannot be written.

use std::fmt::Write;

use http::HeaderValue;

/// Enums whose every variant is one header value.
macro_rules! header_words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_doc])* $variant),+ }

        impl From<$name> for HeaderValue {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::from_static($text)),+ }
            }
        }
    )+};
}

header_words! {
    /// `X-Frame-Options`: who may frame the page, for browsers that do not know `frame-ancestors`.
    FrameOptions {
        /// Nobody.
        Deny = "DENY",
        /// Pages of the same origin.
        SameOrigin = "SAMEORIGIN",
    }
    /// `Referrer-Policy`: what the next site learns of where the visitor came from.
    ReferrerPolicy {
        /// Nothing.
        NoReferrer = "no-referrer",
        /// The URL, unless the next site is in the clear.
        NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        /// The origin.
        Origin = "origin",
        /// The URL on this origin, else the origin.
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        /// The URL on this origin, else nothing.
        SameOrigin = "same-origin",
        /// The origin, unless the next site is in the clear.
        StrictOrigin = "strict-origin",
        /// The URL on this origin, else the origin, and nothing to a site in the clear.
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
        /// The whole URL, to everybody.
        UnsafeUrl = "unsafe-url",
    }
    /// `Cross-Origin-Opener-Policy`: which windows share a process with this page.
    OpenerPolicy {
        /// Those of any origin.
        UnsafeNone = "unsafe-none",
        /// Those of this origin, and the pop-ups that this page opens.
        SameOriginAllowPopups = "same-origin-allow-popups",
        /// Those of this origin.
        SameOrigin = "same-origin",
        /// As `SameOriginAllowPopups`, isolated from the opener in turn.
        NoopenerAllowPopups = "noopener-allow-popups",
    }
    /// `Cross-Origin-Embedder-Policy`: what the page may embed.
    EmbedderPolicy {
        /// Anything.
        UnsafeNone = "unsafe-none",
        /// What consents to it by CORP or CORS.
        RequireCorp = "require-corp",
        /// Anything, fetched without cookies where it does not consent.
        Credentialless = "credentialless",
    }
    /// `Cross-Origin-Resource-Policy`: who may embed this response.
    ResourcePolicy {
        /// This origin.
        SameOrigin = "same-origin",
        /// This site: hosts under the same registrable domain.
        SameSite = "same-site",
        /// Everybody.
        CrossOrigin = "cross-origin",
    }
    /// `Origin-Agent-Cluster`: whether the browser keys the page's process by origin.
    OriginAgentCluster {
        /// By origin.
        Yes = "?1",
        /// By site, the older way.
        No = "?0",
    }
    /// `X-Content-Type-Options`: browsers do not guess what a response is.
    ContentTypeOptions {
        /// No guessing.
        Nosniff = "nosniff",
    }
    /// `X-XSS-Protection`: the filter of old browsers, which itself leaked; `Off` is what OWASP recommends.
    XssProtection {
        /// No filter.
        Off = "0",
        /// The filter, showing nothing when it finds something.
        Block = "1; mode=block",
    }
    /// `X-Permitted-Cross-Domain-Policies`: whether Flash and PDF readers look for policy files.
    CrossDomainPolicies {
        /// They look for none.
        None = "none",
        /// Only the master file counts.
        MasterOnly = "master-only",
        /// Any policy file counts.
        All = "all",
    }
    /// `X-DNS-Prefetch-Control`: whether browsers look up the hosts of links ahead of a click.
    DnsPrefetch {
        /// They do not.
        Off = "off",
        /// They do.
        On = "on",
    }
    /// `X-Download-Options`: old Internet Explorer does not open downloads in the site's context.
    DownloadOptions {
        /// Save first.
        Noopen = "noopen",
    }
    /// `Cache-Control`, in the two forms that a page with something personal in it needs.
    CacheControl {
        /// Nobody keeps it.
        NoStore = "no-store",
        /// The visitor's browser keeps it and asks before showing it again.
        PrivateNoCache = "private, no-cache",
    }
}

/// `Clear-Site-Data`: what the browser forgets of this site, on signing out for example.
///
/// Reference: W3C Clear Site Data. Browsers obey it over https only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearSiteData(&'static str);

impl ClearSiteData {
    /// Cookies, storage and cache: everything that a signed-out visitor leaves behind.
    pub const ALL: Self = Self("\"*\"");
    /// What the site stored and its cookies, not the cache: quick, where the cache holds nothing personal.
    pub const SESSION: Self = Self("\"cookies\", \"storage\"");
    /// The cache.
    pub const CACHE: Self = Self("\"cache\"");
}

impl From<ClearSiteData> for HeaderValue {
    fn from(what: ClearSiteData) -> Self {
        Self::from_static(what.0)
    }
}

/// `Reporting-Endpoints`: the names that `report-to` refers to, each with its URL.
///
/// ```
/// # use palisade::headers::ReportingEndpoints;
/// let endpoints = ReportingEndpoints::new([("csp", "/reports")])?;
/// # Ok::<(), palisade::headers::ReportingEndpointsError>(())
/// ```
///
/// Reference: W3C Reporting API §3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingEndpoints(HeaderValue);

impl ReportingEndpoints {
    /// Endpoints by name; a URL may be a path of this site.
    ///
    /// # Errors
    /// When a name is no key of a structured field, or a URL has characters that no URL has.
    pub fn new<'a>(
        endpoints: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ReportingEndpointsError> {
        let mut text = String::new();
        for (name, url) in endpoints {
            let key =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte);
            if !name.starts_with(|first: char| first.is_ascii_lowercase() || first == '*')
                || !name.bytes().all(key)
            {
                return Err(ReportingEndpointsError::Name(name.to_owned()));
            }
            if url.is_empty() || !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
            {
                return Err(ReportingEndpointsError::Url(url.to_owned()));
            }
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{name}=\"{url}\"");
        }
        Ok(Self(HeaderValue::try_from(text).expect("checked to be visible ASCII")))
    }
}

impl From<ReportingEndpoints> for HeaderValue {
    fn from(endpoints: ReportingEndpoints) -> Self {
        endpoints.0
    }
}

/// Why reporting endpoints cannot be named so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportingEndpointsError {
    /// The name is no key.
    #[error(
        "`{0}` is no endpoint's name: write small letters, digits, `_`, `-`, `.`, beginning with a letter"
    )]
    Name(String),
    /// The URL is none.
    #[error("`{0}` is no URL to report to: write `/reports` or `https://reports.example/csp`")]
    Url(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_a_dictionary_of_strings() {
        let endpoints =
            ReportingEndpoints::new([("csp", "/reports"), ("default", "https://r.example/d")]).unwrap();
        assert_eq!(HeaderValue::from(endpoints), "csp=\"/reports\", default=\"https://r.example/d\"");
        assert!(ReportingEndpoints::new([("Csp", "/r")]).is_err());
        assert!(ReportingEndpoints::new([("csp", "/r\"")]).is_err());
        assert!(ReportingEndpoints::new([("csp", "")]).is_err());
    }
}
