//! What was seen of a site: addresses, answers, pages, TLS. Nothing here asks; somebody else did.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, StatusCode};
use url::Url;

use super::cookie::Cookie;
use super::page::Page;

/// One answer of a site.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) page: Option<Page>,
}

impl Answer {
    /// An answer from this address.
    ///
    /// # Errors
    /// When the address is none of http or https.
    pub fn new(url: &str, status: StatusCode, headers: HeaderMap) -> Result<Self, AddressError> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = parsed.filter(Url::has_host).ok_or_else(|| AddressError(url.to_owned()))?;
        Ok(Self { url, status, headers, page: None })
    }

    /// Reads the body, where it is HTML by its content type or by having none.
    pub fn body(mut self, text: &str) -> Self {
        if self.media_type().is_none_or(|kind| matches!(&*kind, "text/html" | "application/xhtml+xml")) {
            self.page = Some(Page::read(text));
        }
        self
    }

    /// Its address, without a fragment.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What its HTML holds, where it is HTML.
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// The pages of the same origin that its HTML links to, each once, without fragments.
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

    /// Where it redirects to.
    pub fn redirects_to(&self) -> Option<String> {
        let moved = matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = self.header(&http::header::LOCATION).filter(|_| moved)?;
        let mut target = self.url.join(&location).ok()?;
        target.set_fragment(None);
        Some(target.into())
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether what it says could not be read on the way: it came by https, or from this very machine.
    pub(super) fn is_trustworthy(&self) -> bool {
        let local = match self.url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        local || self.is_https()
    }

    /// An address in its HTML, as a browser resolves it.
    pub(super) fn resolve(&self, link: &str) -> Option<Url> {
        let base = self.page.as_ref().and_then(|page| page.base.as_deref());
        let base = base.and_then(|base| self.url.join(base).ok());
        base.as_ref().unwrap_or(&self.url).join(link.trim()).ok()
    }

    /// All values of the header in one, as most readers see it. Bytes that are no text become `?`.
    pub(super) fn header(&self, name: &HeaderName) -> Option<String> {
        let values: Vec<String> = self.values(name).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(super) fn named(&self, name: &'static str) -> Option<String> {
        self.header(&HeaderName::from_static(name))
    }

    pub(super) fn values(&self, name: &HeaderName) -> impl Iterator<Item = String> {
        self.headers.get_all(name).iter().map(|value| match value.to_str() {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(value.as_bytes()).replace(|c: char| c.is_control(), "?"),
        })
    }

    /// `text/html` of `Text/HTML; charset=utf-8`.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.values(&http::header::CONTENT_TYPE).next()?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    pub(super) fn cookies(&self) -> Vec<Cookie> {
        self.values(&http::header::SET_COOKIE).filter_map(|line| Cookie::read(&line)).collect()
    }
}

/// What the TLS of a site is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The version that was agreed on, such as `TLSv1.3`.
    pub version: String,
    /// Why the certificate is not believed, if it is not.
    pub distrust: Option<String>,
    /// When the certificate ends, in seconds since 1970.
    pub not_after: Option<i64>,
}

/// What was seen of a site: one page at least, and what else somebody asked for.
#[derive(Clone, Debug)]
pub struct Seen {
    pub(super) page: Answer,
    pub(super) hops: Vec<Answer>,
    pub(super) more: Vec<Answer>,
    pub(super) again: Option<Answer>,
    pub(super) clear: Option<Vec<Answer>>,
    pub(super) tls: Option<Tls>,
    pub(super) preflight: Option<Answer>,
    pub(super) foreign: Option<Answer>,
    pub(super) security_txt: Option<(Answer, String)>,
    pub(super) preloaded: bool,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Seen {
    /// Another site's origin, as which [`Seen::preflight`] and [`Seen::foreign`] are to be asked for.
    pub const STRANGER: &'static str = "https://stranger.example";

    /// Of this page, seen at that time.
    pub fn new(page: Answer, at: SystemTime) -> Self {
        let now = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            page,
            hops: Vec::new(),
            more: Vec::new(),
            again: None,
            clear: None,
            tls: None,
            preflight: None,
            foreign: None,
            security_txt: None,
            preloaded: false,
            now: i64::try_from(now).unwrap_or(i64::MAX),
        }
    }

    /// The redirects that led to the page, the first one first.
    pub fn hops(mut self, hops: Vec<Answer>) -> Self {
        self.hops = hops;
        self
    }

    /// More pages of the site.
    pub fn more(mut self, pages: Vec<Answer>) -> Self {
        self.more = pages;
        self
    }

    /// The same page, asked for once more.
    pub fn again(mut self, again: Answer) -> Self {
        self.again = Some(again);
        self
    }

    /// Where `http://` leads: redirects and the last answer; empty where nobody answers.
    pub fn clear(mut self, way: Vec<Answer>) -> Self {
        self.clear = Some(way);
        self
    }

    /// What the TLS is like.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What a preflight of [`Seen::STRANGER`] is told: an OPTIONS request with `Access-Control-Request-Method: GET`.
    pub fn preflight(mut self, answer: Answer) -> Self {
        self.preflight = Some(answer);
        self
    }

    /// The page, asked for by [`Seen::STRANGER`].
    pub fn foreign(mut self, answer: Answer) -> Self {
        self.foreign = Some(answer);
        self
    }

    /// What `/.well-known/security.txt` says.
    pub fn security_txt(mut self, answer: Answer, text: &str) -> Self {
        self.security_txt = Some((answer, text.to_owned()));
        self
    }

    /// The host is on the browsers' preload list.
    pub fn preloaded(mut self) -> Self {
        self.preloaded = true;
        self
    }

    /// Every answer, redirects included, each address once.
    pub(super) fn answers(&self) -> Vec<&Answer> {
        let mut answers: Vec<&Answer> = Vec::new();
        for answer in self.pages().chain(&self.hops).chain(self.clear_way()) {
            if !answers.iter().any(|known| known.url == answer.url) {
                answers.push(answer);
            }
        }
        answers
    }

    /// Where `http://` leads, if that was asked for.
    pub fn clear_way(&self) -> impl Iterator<Item = &Answer> {
        self.clear.iter().flatten()
    }

    /// What the TLS is like, if that was seen.
    pub fn tls_facts(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// For how many days the certificate holds; negative when it has ended.
    pub fn days_left(&self) -> Option<i64> {
        let not_after = self.tls.as_ref()?.not_after?;
        Some(not_after.saturating_sub(self.now).div_euclid(86_400))
    }

    /// Every page, the first one first.
    pub fn pages(&self) -> impl Iterator<Item = &Answer> {
        std::iter::once(&self.page).chain(&self.more)
    }

    /// Redirects and the page they led to.
    pub fn way(&self) -> impl Iterator<Item = &Answer> {
        self.hops.iter().chain(std::iter::once(&self.page))
    }
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of a site: write one such as `https://example.org/`")]
pub struct AddressError(String);
