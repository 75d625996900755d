//! The responses of a website that the rules check: pages, redirects, TLS, CORS and security.txt.
//!
//! ```
//! # use std::time::SystemTime;
//! # use http::{HeaderMap, HeaderValue, StatusCode, header};
//! use palisade_audit::{Observation, ObservedResponse, findings};
//!
//! let to_https = HeaderValue::from_static("https://example.org/");
//! let redirect = HeaderMap::from_iter([(header::LOCATION, to_https)]);
//! let redirect = ObservedResponse::new("http://example.org/", StatusCode::FOUND, redirect)?;
//! assert_eq!(redirect.redirect_target().as_deref(), Some("https://example.org/"));
//!
//! let url = "https://example.org/";
//! let page = ObservedResponse::new(url, StatusCode::OK, HeaderMap::new())?.body("<p>Hello</p>");
//! let observation =
//!     Observation::new(page.clone(), SystemTime::now()).plain_http(vec![redirect, page]);
//! assert!(findings(&observation).iter().all(|finding| finding.id != "redirect-missing"));
//! # Ok::<(), palisade_audit::AddressError>(())
//! ```
//!
//! # What happens, in order
//! 1. [`Observation::new`] takes the page at the end of all redirects, and the time of the audit.
//! 2. Each setter adds a further response or fact. A rule that needs one is silent without it.
//! 3. [`ObservedResponse::body`] reads the body if it is HTML: see [`page`](crate::page).
//!
//! # Defaults
//!
//! | part | if you leave it out |
//! |---|---|
//! | [`redirects`](Observation::redirects) | the first request returned the page |
//! | [`more_pages`](Observation::more_pages) | one page is checked |
//! | [`second_response`](Observation::second_response) | a reused nonce is not found |
//! | [`plain_http`](Observation::plain_http) | redirects from `http://` are not checked |
//! | [`tls`](Observation::tls) | certificate and TLS version are not checked |
//! | [`preflight`](Observation::preflight) | CORS with credentials is not checked |
//! | [`cross_origin`](Observation::cross_origin) | CORS without a preflight is not checked |
//! | [`security_txt`](Observation::security_txt) | security.txt is not checked |
//! | [`preloaded`](Observation::preloaded) | the host is not on the preload list |
//!
//! # What it does not do
//! It sends no request, and decodes no body: pass text without a `Content-Encoding`.
//!
//! # References
//! RFC 9110 (HTTP), RFC 9116 (security.txt), the Fetch standard (CORS).

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, StatusCode};
use url::Url;

use crate::cookie::Cookie;
use crate::page::Page;

/// One HTTP response of a site.
#[derive(Clone, Debug)]
#[must_use]
pub struct ObservedResponse {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) page: Option<Page>,
}

impl ObservedResponse {
    /// Creates a response of this URL, without a body.
    ///
    /// # Errors
    /// Fails if the URL is not an absolute `http` or `https` URL.
    pub fn new(url: &str, status: StatusCode, headers: HeaderMap) -> Result<Self, AddressError> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = parsed.filter(Url::has_host).ok_or_else(|| AddressError(url.to_owned()))?;
        Ok(Self { url, status, headers, page: None })
    }

    /// Reads the body if the `Content-Type` is HTML or missing; ignores it otherwise.
    pub fn body(mut self, text: &str) -> Self {
        let is_html = |media_type: String| matches!(&*media_type, "text/html" | "application/xhtml+xml");
        if self.media_type().is_none_or(is_html) {
            self.page = Some(Page::parse(text));
        }
        self
    }

    /// Returns the URL, normalised.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the contents of the body if it was read as HTML.
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Returns the URLs of the same origin that the page links to, each once, without fragments.
    pub fn links(&self) -> Vec<String> {
        let Some(page) = &self.page else { return Vec::new() };
        let mut links: Vec<String> = Vec::new();
        for link in &page.links {
            let Some(mut url) = self.resolve(link) else { continue };
            url.set_fragment(None);
            if url.origin() == self.url.origin() && !links.iter().any(|known| known == url.as_str()) {
                links.push(url.into());
            }
        }
        links
    }

    /// Returns the URL in `Location`, without its fragment, if the status is a redirect.
    pub fn redirect_target(&self) -> Option<String> {
        let moved = matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = self.header(&http::header::LOCATION).filter(|_| moved)?;
        let mut target = self.url.join(&location).ok()?;
        target.set_fragment(None);
        Some(target.into())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns `true` for a potentially trustworthy origin: https, or this machine itself.
    pub(crate) fn is_trustworthy(&self) -> bool {
        let local = match self.url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        local || self.is_https()
    }

    /// Resolves a URL of the page as a browser does, with its `<base>`.
    pub(crate) fn resolve(&self, link: &str) -> Option<Url> {
        let base = self.page.as_ref().and_then(|page| page.base.as_deref());
        let base = base.and_then(|base| self.url.join(base).ok());
        base.as_ref().unwrap_or(&self.url).join(link.trim()).ok()
    }

    /// Returns all values of the header, joined by commas.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<String> {
        let values: Vec<String> = self.values(name).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn named(&self, name: &'static str) -> Option<String> {
        self.header(&HeaderName::from_static(name))
    }

    /// Returns each value of the header; control characters become `?`.
    pub(crate) fn values(&self, name: &HeaderName) -> impl Iterator<Item = String> {
        self.headers.get_all(name).iter().map(|value| match value.to_str() {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(value.as_bytes()).replace(|c: char| c.is_control(), "?"),
        })
    }

    /// Returns the media type in lower case, without parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.values(&http::header::CONTENT_TYPE).next()?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    pub(crate) fn cookies(&self) -> Vec<Cookie> {
        self.values(&http::header::SET_COOKIE).filter_map(|line| Cookie::parse(&line)).collect()
    }
}

/// The TLS connection of a site.
///
/// ```
/// # use std::time::SystemTime;
/// # use http::{HeaderMap, StatusCode};
/// use palisade_audit::{Observation, ObservedResponse, Tls, findings};
///
/// let page = ObservedResponse::new("https://example.org/", StatusCode::OK, HeaderMap::new())?;
/// let tls = Tls { version: "TLSv1.1".to_owned(), certificate_error: None, not_after: None };
/// let observation = Observation::new(page, SystemTime::now()).tls(tls);
/// assert!(findings(&observation).iter().any(|finding| finding.id == "tls-old"));
/// # Ok::<(), palisade_audit::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The negotiated version, such as `TLSv1.3`.
    pub version: String,
    /// The reason why the certificate is not trusted, if it is not.
    pub certificate_error: Option<String>,
    /// The time when the certificate expires, in seconds since 1970.
    pub not_after: Option<i64>,
}

/// The responses of one site, and facts about its host.
#[derive(Clone, Debug)]
#[must_use]
pub struct Observation {
    pub(crate) page: ObservedResponse,
    pub(crate) redirects: Vec<ObservedResponse>,
    pub(crate) more_pages: Vec<ObservedResponse>,
    pub(crate) second_response: Option<ObservedResponse>,
    pub(crate) plain_http: Option<Vec<ObservedResponse>>,
    pub(crate) tls: Option<Tls>,
    pub(crate) preflight: Option<ObservedResponse>,
    pub(crate) cross_origin: Option<ObservedResponse>,
    pub(crate) security_txt: Option<(ObservedResponse, String)>,
    pub(crate) preloaded: bool,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Observation {
    /// The `Origin` to send with the requests of [`preflight`](Self::preflight) and
    /// [`cross_origin`](Self::cross_origin).
    pub const FOREIGN_ORIGIN: &'static str = "https://stranger.example";

    /// Creates an observation of this page at this time.
    pub fn new(page: ObservedResponse, at: SystemTime) -> Self {
        let now = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            page,
            redirects: Vec::new(),
            more_pages: Vec::new(),
            second_response: None,
            plain_http: None,
            tls: None,
            preflight: None,
            cross_origin: None,
            security_txt: None,
            preloaded: false,
            now: i64::try_from(now).unwrap_or(i64::MAX),
        }
    }

    /// Adds the redirects that led to the page, the first one first.
    pub fn redirects(mut self, redirects: Vec<ObservedResponse>) -> Self {
        self.redirects = redirects;
        self
    }

    /// Adds more pages of the site.
    pub fn more_pages(mut self, pages: Vec<ObservedResponse>) -> Self {
        self.more_pages = pages;
        self
    }

    /// Adds a second response of the same page, which must have another nonce.
    pub fn second_response(mut self, response: ObservedResponse) -> Self {
        self.second_response = Some(response);
        self
    }

    /// Adds the responses from the `http://` URL on: redirects, then the last response.
    ///
    /// Pass an empty list if the site does not listen for plain HTTP.
    pub fn plain_http(mut self, responses: Vec<ObservedResponse>) -> Self {
        self.plain_http = Some(responses);
        self
    }

    /// Adds the TLS version and the state of the certificate.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Adds the response of a preflight: an `OPTIONS` request with [`Self::FOREIGN_ORIGIN`] and
    /// `Access-Control-Request-Method: GET`.
    pub fn preflight(mut self, response: ObservedResponse) -> Self {
        self.preflight = Some(response);
        self
    }

    /// Adds the response of a `GET` of the page with [`Self::FOREIGN_ORIGIN`].
    pub fn cross_origin(mut self, response: ObservedResponse) -> Self {
        self.cross_origin = Some(response);
        self
    }

    /// Adds the response of `/.well-known/security.txt`, and its text.
    pub fn security_txt(mut self, response: ObservedResponse, text: &str) -> Self {
        self.security_txt = Some((response, text.to_owned()));
        self
    }

    /// Declares that the host is on the HSTS preload list of browsers.
    pub fn preloaded(mut self) -> Self {
        self.preloaded = true;
        self
    }

    /// Returns every response, redirects included, each URL once.
    pub(crate) fn responses(&self) -> Vec<&ObservedResponse> {
        let mut responses: Vec<&ObservedResponse> = Vec::new();
        for response in self.pages().chain(&self.redirects).chain(self.plain_http_chain()) {
            if !responses.iter().any(|known| known.url == response.url) {
                responses.push(response);
            }
        }
        responses
    }

    /// Returns the responses that [`plain_http`](Self::plain_http) added.
    pub fn plain_http_chain(&self) -> impl Iterator<Item = &ObservedResponse> {
        self.plain_http.iter().flatten()
    }

    /// Returns the TLS connection that [`tls`](Self::tls) added.
    pub fn tls_connection(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Returns the days until the certificate expires; negative if it has expired.
    pub fn certificate_days_left(&self) -> Option<i64> {
        let not_after = self.tls.as_ref()?.not_after?;
        Some(not_after.saturating_sub(self.now).div_euclid(86_400))
    }

    /// Returns every page, the first one first.
    pub fn pages(&self) -> impl Iterator<Item = &ObservedResponse> {
        std::iter::once(&self.page).chain(&self.more_pages)
    }

    /// Returns the redirects and the page that they led to.
    pub fn redirect_chain(&self) -> impl Iterator<Item = &ObservedResponse> {
        self.redirects.iter().chain(std::iter::once(&self.page))
    }
}

/// The error for a URL that is not an absolute `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an http or https URL: write one such as `https://example.org/`")]
pub struct AddressError(String);
