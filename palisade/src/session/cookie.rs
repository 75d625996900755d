//! The cookies of sessions: found in a request, written to a response.

use std::io::BufRead;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::core::same_site::SameSite;

/// A cookie of ours: its name and the attributes that it leaves with.
#[derive(Clone, Debug)]
pub(super) struct Jar {
    /// With the prefix.
    name: Box<str>,
    pub(super) same_site: SameSite,
}

/// Before the name where the cookie is Secure: no other host and no other path can have set it.
const PREFIX: &str = "__Host-";

/// What every browser keeps, name and attributes included.
pub(super) const LARGEST: usize = 4096;

impl Jar {
    pub(super) fn new(name: &str, same_site: SameSite) -> Self {
        Self { name: format!("{PREFIX}{name}").into(), same_site }
    }

    /// The name that the application has given it.
    pub(super) fn name(&self) -> &str {
        &self.name[PREFIX.len()..]
    }

    fn named(&self, secure: bool) -> &str {
        if secure { &self.name } else { self.name() }
    }

    /// The values under our name, as the browser sent them. Other cookies of the line may be whatever they are.
    pub(super) fn find<'a>(&'a self, lines: &'a Lines, secure: bool) -> impl Iterator<Item = &'a [u8]> {
        let name = self.named(secure).as_bytes();
        lines
            .iter()
            .flat_map(|line| pairs(line.as_bytes()))
            .filter_map(move |pair| pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"="))
    }

    /// The line that sets the cookie; without a time it lasts as long as the browser is open.
    pub(super) fn set(&self, value: &str, secure: bool, seconds: Option<u64>) -> HeaderValue {
        let (name, same_site) = (self.named(secure), self.same_site);
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if secure { "; Secure" } else { "" };
        let line = format!("{name}={value}{age}; Path=/{secure}; HttpOnly; SameSite={same_site}");
        HeaderValue::try_from(line).expect("a checked name, base64 and fixed words")
    }

    /// The line that takes the cookie away, with the very attributes that it was set with.
    pub(super) fn clear(&self, secure: bool) -> HeaderValue {
        self.set("", secure, Some(0))
    }
}

/// The `Cookie` lines of a request: mostly none or one, for which nothing is allocated.
pub(super) struct Lines {
    first: Option<HeaderValue>,
    others: Vec<HeaderValue>,
}

impl Lines {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(COOKIE).iter().cloned();
        Self { first: lines.next(), others: lines.collect() }
    }

    fn iter(&self) -> impl Iterator<Item = &HeaderValue> {
        self.first.iter().chain(&self.others)
    }
}

/// What stands between the semicolons. Each is looked for by the standard library's reader, which goes by many bytes at a
/// time: a line may have four thousand.
fn pairs(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let rest = line;
        let read = line.skip_until(b';').expect("nothing fails that lies in memory");
        let pair = rest.split_at_checked(read)?.0;
        (read > 0).then(|| pair.strip_suffix(b";").unwrap_or(pair))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_whatever_those_are() {
        let jar = Jar::new("session", SameSite::Lax);
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
            assert_eq!(jar.find(&Lines::of(&headers), false).collect::<Vec<_>>(), found, "{line:?}");
        }
    }
}
