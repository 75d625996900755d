//! A cookie of the library: read from a request, written to a response.

use std::io::BufRead;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::core::same_site::SameSite;

/// The name and the attributes of a cookie.
#[derive(Clone, Debug)]
pub(crate) struct CookieConfig {
    name: Box<str>,
    /// The name of a `Secure` cookie, with its prefix.
    secure_name: Box<str>,
    same_site: SameSite,
    domain: Option<Box<str>>,
    path: Box<str>,
}

/// The prefix of a `Secure` cookie: no other host and no other path can have set it.
const HOST_PREFIX: &str = "__Host-";
/// The prefix of a `Secure` cookie with a domain or a path, for which browsers reject `__Host-`.
const SECURE_PREFIX: &str = "__Secure-";

/// The size of a cookie that every browser accepts, name and attributes included.
pub(crate) const MAX_COOKIE_BYTES: usize = 4096;

impl CookieConfig {
    pub(crate) fn new(name: &str) -> Self {
        let (name, path) = (Box::from(name), Box::from("/"));
        Self { name, secure_name: Box::default(), same_site: SameSite::Lax, domain: None, path }.prefixed()
    }

    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }.prefixed()
    }

    pub(crate) fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }

    pub(crate) fn domain(self, domain: &str) -> Self {
        Self { domain: Some(domain.into()), ..self }.prefixed()
    }

    pub(crate) fn path(self, path: &str) -> Self {
        Self { path: path.into(), ..self }.prefixed()
    }

    fn prefixed(self) -> Self {
        let host_only = self.domain.is_none() && &*self.path == "/";
        let prefix = if host_only { HOST_PREFIX } else { SECURE_PREFIX };
        Self { secure_name: format!("{prefix}{}", self.name).into(), ..self }
    }

    /// Returns the name without the prefix, as the application has configured it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn sent_name(&self, secure: bool) -> &str {
        if secure { &self.secure_name } else { &self.name }
    }

    /// Returns `true` if the request has a cookie of this name.
    pub(crate) fn is_sent(&self, headers: &CookieHeaders, secure: bool) -> bool {
        self.find(headers, secure).next().is_some()
    }

    /// Returns the longest value that every browser accepts, in bytes.
    pub(crate) fn max_value_bytes(&self, secure: bool) -> usize {
        MAX_COOKIE_BYTES.saturating_sub(self.set("", secure, None).len())
    }

    /// Returns the values of the cookies with this name. Other cookies may have any bytes.
    pub(crate) fn find<'a>(
        &'a self,
        headers: &'a CookieHeaders,
        secure: bool,
    ) -> impl Iterator<Item = &'a [u8]> {
        let name = self.sent_name(secure).as_bytes();
        headers
            .iter()
            .flat_map(|line| pairs(line.as_bytes()))
            .filter_map(move |pair| pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"="))
    }

    /// Returns the `Set-Cookie` value. Without `max_age`, in seconds, it is a cookie for as long
    /// as the browser is open.
    pub(crate) fn set(&self, value: &str, secure: bool, max_age: Option<u64>) -> HeaderValue {
        let (name, same_site) = (self.sent_name(secure), self.same_site);
        let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let domain = self.domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let (path, secure) = (&self.path, if secure { "; Secure" } else { "" });
        let line =
            format!("{name}={value}{age}{domain}; Path={path}{secure}; HttpOnly; SameSite={same_site}");
        HeaderValue::try_from(line).expect("validated settings, base64 and constants are a header value")
    }

    /// Returns the `Set-Cookie` value that deletes the cookie. It has the attributes of
    /// [`set`](Self::set): browsers ignore it otherwise.
    pub(crate) fn clear(&self, secure: bool) -> HeaderValue {
        self.set("", secure, Some(0))
    }
}

/// The `Cookie` headers of a request. One header or none, the usual case, needs no allocation.
pub(crate) struct CookieHeaders {
    first: Option<HeaderValue>,
    others: Vec<HeaderValue>,
}

impl CookieHeaders {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(COOKIE).iter().cloned();
        Self { first: lines.next(), others: lines.collect() }
    }

    fn iter(&self) -> impl Iterator<Item = &HeaderValue> {
        self.first.iter().chain(&self.others)
    }
}

/// Splits a header at its semicolons. The standard library's reader searches many bytes at a time,
/// which counts here: a header may have four thousand.
fn pairs(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let rest = line;
        let read = line.skip_until(b';').expect("reading from memory cannot fail");
        let pair = rest.split_at_checked(read)?.0;
        (read > 0).then(|| pair.strip_suffix(b";").unwrap_or(pair))
    })
}

/// The change of the remember cookie in the response.
#[derive(Default)]
pub(crate) enum RememberCookie {
    #[default]
    Keep,
    Set(String),
    Clear,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_cookie_among_others() {
        let cookie = CookieConfig::new("session");
        for (line, found) in [
            (&b"session=a"[..], &["a"][..]),
            (b"theme=dark; session=a;session=b ; other", &["a", "b"]),
            (b";;session=a;", &["a"]),
            (b"\xff\xfe=\xc3; session=", &[""]),
            (b"__Host-session=a; Session=a; session; sessions=a; x=session=a", &[]),
            (b"", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
            headers.append(COOKIE, HeaderValue::from_static("theme=dark"));
            let found: Vec<_> = found.iter().map(|value| value.as_bytes()).collect();
            let headers = CookieHeaders::of(&headers);
            assert_eq!(cookie.find(&headers, false).collect::<Vec<_>>(), found, "{line:?}");
        }
    }
}
