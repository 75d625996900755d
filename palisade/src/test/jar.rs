//! The cookies of a browser (RFC 6265bis §5).

use std::time::Duration;

use cookie::time::OffsetDateTime;
use cookie::{Cookie, SameSite};
use url::Url;

/// The size of name and value that every browser stores.
const MAX_BYTES: usize = 4096;

#[derive(Clone, Debug, Default)]
pub(super) struct Jar {
    cookies: Vec<StoredCookie>,
    /// The time that has passed beside that of the clock.
    elapsed: Duration,
}

#[derive(Clone, Debug)]
struct StoredCookie {
    name: String,
    value: String,
    host: String,
    /// Hosts under `host` get the cookie too.
    with_subdomains: bool,
    path: String,
    secure: bool,
    /// `None` until the browser is closed.
    expires: Option<OffsetDateTime>,
}

impl Jar {
    /// Stores the cookie of a `Set-Cookie` line, or deletes it if the line says so.
    ///
    /// # Errors
    /// If browsers ignore the line: the reason.
    pub(super) fn store(&mut self, line: &str, url: &Url) -> Result<(), String> {
        let cookie = Cookie::parse(line).map_err(|error| error.to_string())?;
        let cookie = StoredCookie::new(&cookie, url, self.now())?;
        let is_same = |known: &StoredCookie| {
            (&known.name, &known.host, &known.path) == (&cookie.name, &cookie.host, &cookie.path)
        };
        if url.scheme() == "http" && self.cookies.iter().any(|known| known.secure && is_same(known)) {
            return Err("over plain HTTP, it cannot replace a Secure cookie".into());
        }
        self.cookies.retain(|known| !is_same(known));
        self.cookies.push(cookie);
        self.drop_expired();
        Ok(())
    }

    /// Returns the `Cookie` header for a URL: longer paths first.
    pub(super) fn header(&mut self, url: &Url) -> Option<String> {
        self.drop_expired();
        let mut sent: Vec<_> = self.cookies.iter().filter(|cookie| cookie.is_sent_to(url)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns the value of a cookie of this URL's host.
    pub(super) fn get(&self, name: &str, url: &Url) -> Option<&str> {
        let mut found = self.cookies.iter().filter(|cookie| cookie.name == name && cookie.is_of_host(url));
        found.next().map(|cookie| &*cookie.value)
    }

    /// Deletes the cookies of this name.
    pub(super) fn remove(&mut self, name: &str) {
        self.cookies.retain(|cookie| cookie.name != name);
    }

    /// Deletes the cookies that last until the browser is closed.
    pub(super) fn close(&mut self) {
        self.cookies.retain(|cookie| cookie.expires.is_some());
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, time: Duration) {
        self.elapsed += time;
        self.drop_expired();
    }

    fn drop_expired(&mut self) {
        let now = self.now();
        self.cookies.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.elapsed
    }
}

impl StoredCookie {
    fn new(cookie: &Cookie<'_>, url: &Url, now: OffsetDateTime) -> Result<Self, String> {
        let (name, value) = cookie.name_value();
        let (secure, host) = (cookie.secure() == Some(true), url.host_str().unwrap_or_default());
        if name.len() + value.len() > MAX_BYTES {
            return Err(format!("name and value have more than {MAX_BYTES} bytes"));
        }
        if secure && url.scheme() != "https" {
            return Err("a Secure cookie was set over plain HTTP: ask with `.at(\"https://…\")`".into());
        }
        if cookie.same_site() == Some(SameSite::None) && !secure {
            return Err("`SameSite=None` needs `Secure`".into());
        }
        let prefixed =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
        let domain = cookie.domain().map(str::to_ascii_lowercase);
        if prefixed("__Secure-") && !secure {
            return Err("a name with `__Secure-` needs `Secure`".into());
        }
        if prefixed("__Host-") && (!secure || domain.is_some() || cookie.path() != Some("/")) {
            return Err("a name with `__Host-` needs `Secure`, `Path=/` and no `Domain`".into());
        }
        if let Some(domain) = &domain
            && !covers(domain, host)
        {
            return Err(format!("`Domain={domain}` does not cover the host {host}"));
        }
        // "/a/b" sets cookies for "/a", and "/a" for "/".
        let folder = url.path().rsplit_once('/').map_or("/", |(folder, _)| folder);
        let default_path = if folder.is_empty() { "/" } else { folder };
        let path = cookie.path().filter(|path| path.starts_with('/')).unwrap_or(default_path);
        let expires = match (cookie.max_age(), cookie.expires_datetime()) {
            (Some(age), _) => Some(now.saturating_add(age)),
            (None, expires) => expires,
        };
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            with_subdomains: domain.is_some(),
            host: domain.unwrap_or_else(|| host.to_owned()),
            path: path.to_owned(),
            secure,
            expires,
        })
    }

    fn is_of_host(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        host == self.host || (self.with_subdomains && covers(&self.host, host))
    }

    fn is_sent_to(&self, url: &Url) -> bool {
        let under = url.path().strip_prefix(&*self.path);
        let in_path =
            under.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        self.is_of_host(url) && in_path && (!self.secure || url.scheme() == "https")
    }
}

/// Returns `true` if the domain is the host, or a domain above it with at least two labels.
fn covers(domain: &str, host: &str) -> bool {
    let under = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && domain.contains('.'));
    host == domain || under && host.parse::<std::net::IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn sends_cookies_by_host_path_and_scheme() {
        let mut jar = Jar::default();
        for line in
            ["host=1; Path=/", "folder=2", "secure=3; Secure; Path=/", "all=4; Domain=example.org; Path=/a"]
        {
            jar.store(line, &url("https://www.example.org/a/b")).unwrap();
        }
        for (target, sent) in [
            ("https://www.example.org/a/c", Some("folder=2; all=4; host=1; secure=3")),
            ("https://www.example.org/a", Some("folder=2; all=4; host=1; secure=3")),
            ("https://www.example.org/ab", Some("host=1; secure=3")),
            ("http://www.example.org/", Some("host=1")),
            ("https://other.example.org/a", Some("all=4")),
            ("https://badexample.org/a", None),
        ] {
            assert_eq!(jar.header(&url(target)).as_deref(), sent, "{target}");
        }
    }

    #[test]
    fn names_the_reason_why_browsers_ignore_a_line() {
        for (line, reason) in [
            ("a=1; Secure", "a Secure cookie was set over plain HTTP"),
            ("__Host-a=1; Path=/", "`__Host-`"),
            ("__secure-a=1", "`__Secure-`"),
            ("a=1; Domain=other.example", "does not cover"),
            ("a=1; Domain=org", "does not cover"),
            ("a=1; SameSite=None", "needs `Secure`"),
            ("=1", "name"),
        ] {
            let error = Jar::default().store(line, &url("http://example.org/")).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn drops_expired_and_deleted_cookies() {
        let (mut jar, here) = (Jar::default(), url("https://example.org/"));
        jar.store("hour=1; Max-Age=3600", &here).unwrap();
        jar.store("session=2", &here).unwrap();
        jar.store("past=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT", &here).unwrap();
        assert_eq!(jar.header(&here).as_deref(), Some("hour=1; session=2"));
        jar.advance(Duration::from_secs(3600));
        assert_eq!(jar.header(&here).as_deref(), Some("session=2"));
        jar.store("session=; Max-Age=0", &here).unwrap();
        assert_eq!(jar.header(&here), None);
    }
}
