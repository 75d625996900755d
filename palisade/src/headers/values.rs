//! Types of header values: an invalid value does not compile.

use std::fmt::Write;

use http::HeaderValue;

/// Enums of which each variant is one header value.
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
    /// `X-Frame-Options`: the pages that may frame this one, for browsers without
    /// `frame-ancestors`.
    FrameOptions {
        /// No page may frame this one.
        Deny = "DENY",
        /// Pages of the same origin.
        SameOrigin = "SAMEORIGIN",
    }
    /// `Referrer-Policy`: how much of the page's URL requests carry in `Referer`.
    ReferrerPolicy {
        /// Nothing.
        NoReferrer = "no-referrer",
        /// The URL, but nothing from https to plain HTTP.
        NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        /// The origin only.
        Origin = "origin",
        /// The URL within the origin, the origin only to other origins.
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        /// The URL within the origin, nothing to other origins.
        SameOrigin = "same-origin",
        /// The origin only, and nothing from https to plain HTTP.
        StrictOrigin = "strict-origin",
        /// The URL within the origin, the origin only to other origins, and nothing from https to
        /// plain HTTP.
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
        /// The URL to every site, with paths and queries that may be secret.
        UnsafeUrl = "unsafe-url",
    }
    /// `Cross-Origin-Opener-Policy` (COOP): the windows that share a browsing context group with
    /// this page.
    OpenerPolicy {
        /// Windows of any origin.
        UnsafeNone = "unsafe-none",
        /// Windows of this origin, and the pop-ups that this page opens.
        SameOriginAllowPopups = "same-origin-allow-popups",
        /// Windows of this origin.
        SameOrigin = "same-origin",
        /// The pop-ups that this page opens, but not the page that opened it.
        NoopenerAllowPopups = "noopener-allow-popups",
    }
    /// `Cross-Origin-Embedder-Policy` (COEP): the resources of other origins that a page may
    /// embed.
    EmbedderPolicy {
        /// Any resource.
        UnsafeNone = "unsafe-none",
        /// Resources that consent by CORP or CORS.
        RequireCorp = "require-corp",
        /// Any resource; without consent it is fetched without cookies.
        Credentialless = "credentialless",
    }
    /// `Cross-Origin-Resource-Policy` (CORP): the sites that may embed this response.
    ResourcePolicy {
        /// Pages of this origin.
        SameOrigin = "same-origin",
        /// Pages of this site: hosts under the same registrable domain.
        SameSite = "same-site",
        /// Pages of any site.
        CrossOrigin = "cross-origin",
    }
    /// `Origin-Agent-Cluster`: a request to the browser to isolate the page by origin.
    OriginAgentCluster {
        /// Isolation by origin.
        Yes = "?1",
        /// Isolation by site, the older rule.
        No = "?0",
    }
    /// `X-Content-Type-Options`: browsers do not guess the type of a response.
    ContentTypeOptions {
        /// `Content-Type` counts.
        Nosniff = "nosniff",
    }
    /// `X-XSS-Protection`, which is obsolete: no current browser has the filter. In old browsers
    /// the filter itself leaked data; OWASP recommends `Off`.
    XssProtection {
        /// The filter is off.
        Off = "0",
        /// The filter is on, and shows an empty page if it finds something.
        Block = "1; mode=block",
    }
    /// `X-Permitted-Cross-Domain-Policies`: the policy files that Flash and PDF readers may use.
    CrossDomainPolicies {
        /// No policy file.
        None = "none",
        /// The master policy file `/crossdomain.xml` only.
        MasterOnly = "master-only",
        /// Any policy file.
        All = "all",
    }
    /// `X-DNS-Prefetch-Control`: DNS lookups for links before a click.
    DnsPrefetch {
        /// Browsers look up no hosts in advance.
        Off = "off",
        /// Browsers look up the hosts of links in advance.
        On = "on",
    }
    /// `X-Download-Options`, which is obsolete: only Internet Explorer 8 to 11 read it.
    DownloadOptions {
        /// Downloads are saved, and not opened in the site's context.
        Noopen = "noopen",
    }
    /// `Cache-Control`, in the two forms that personal pages need.
    CacheControl {
        /// No cache stores the response.
        NoStore = "no-store",
        /// Only the visitor's browser stores the response, and revalidates it before each use.
        PrivateNoCache = "private, no-cache",
    }
}

/// `Clear-Site-Data`: the data of this site that the browser deletes, after a logout for example.
/// Browsers obey it over https only.
///
/// Reference: W3C Clear Site Data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearSiteData(&'static str);

impl ClearSiteData {
    /// Cookies, storage and cache.
    pub const ALL: Self = Self("\"*\"");
    /// Cookies and storage. Faster than [`ALL`](Self::ALL), and enough if the cache has no
    /// personal pages.
    pub const SESSION: Self = Self("\"cookies\", \"storage\"");
    /// The cache only.
    pub const CACHE: Self = Self("\"cache\"");
}

impl From<ClearSiteData> for HeaderValue {
    fn from(what: ClearSiteData) -> Self {
        Self::from_static(what.0)
    }
}

/// `Reporting-Endpoints`: the endpoints for `report-to`, each with its URL.
///
/// Use it for endpoints with names of your own, and write `report-to` into the policies yourself.
/// In the usual case, [`ReportsTo`](super::ReportsTo) writes this header and the directives for
/// you.
///
/// ```
/// use http::HeaderValue;
/// use palisade::headers::ReportingEndpoints;
///
/// let endpoints = ReportingEndpoints::new([("csp", "/reports")])?;
/// assert_eq!(HeaderValue::from(endpoints), "csp=\"/reports\"");
/// # Ok::<(), palisade::headers::ReportingEndpointsError>(())
/// ```
///
/// Reference: W3C Reporting API §3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingEndpoints(HeaderValue);

impl ReportingEndpoints {
    /// Makes the header from pairs of name and URL. A URL may be a path of this site.
    ///
    /// # Errors
    /// If a name is not a key of a structured field, or a URL contains an invalid character.
    pub fn new<'a>(
        endpoints: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ReportingEndpointsError> {
        let mut text = String::new();
        for (name, url) in endpoints {
            let is_key_char =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte);
            if !name.starts_with(|first: char| first.is_ascii_lowercase() || first == '*')
                || !name.bytes().all(is_key_char)
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

/// The reason why a reporting endpoint is invalid.
///
/// ```
/// use palisade::headers::{ReportingEndpoints, ReportingEndpointsError};
///
/// let error = ReportingEndpoints::new([("CSP", "/reports")]).unwrap_err();
/// assert_eq!(error, ReportingEndpointsError::Name("CSP".to_owned()));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportingEndpointsError {
    /// The name is not a key of a structured field.
    #[error(
        "`{0}` is not the name of an endpoint: write lower-case letters, digits, `_`, `-` and `.`, a letter first"
    )]
    Name(String),
    /// The text is not a URL.
    #[error("`{0}` is not a URL for reports: write `/reports` or `https://reports.example/csp`")]
    Url(String),
}

crate::core::error_text::debug_is_text!(ReportingEndpointsError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_endpoints_as_a_structured_dictionary() {
        let endpoints =
            ReportingEndpoints::new([("csp", "/reports"), ("default", "https://r.example/d")]).unwrap();
        assert_eq!(HeaderValue::from(endpoints), "csp=\"/reports\", default=\"https://r.example/d\"");
        assert!(ReportingEndpoints::new([("Csp", "/r")]).is_err());
        assert!(ReportingEndpoints::new([("csp", "/r\"")]).is_err());
        assert!(ReportingEndpoints::new([("csp", "")]).is_err());
    }
}
