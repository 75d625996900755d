//! The cookies of sessions: found in a request, written to a response.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::same_site::SameSite;

/// A cookie of ours: its name and the attributes that it leaves with.
#[derive(Clone, Debug)]
pub(super) struct Jar {
    pub(super) name: Box<str>,
    pub(super) same_site: SameSite,
}

/// What every browser keeps, name and attributes included.
pub(super) const LARGEST: usize = 4096;

impl Jar {
    /// `__Host-` where the cookie is Secure: no other host and no other path can have set it.
    fn named(&self, secure: bool) -> String {
        format!("{}{}", if secure { "__Host-" } else { "" }, self.name)
    }

    /// The values under our name, as the browser sent them. Other cookies of the line may be whatever they are.
    pub(super) fn find<'a>(
        &self,
        lines: &'a [HeaderValue],
        secure: bool,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let name = self.named(secure);
        lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).filter_map(move |pair| {
            let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        })
    }

    /// Adds the cookie to the response; without a time it lasts as long as the browser is open.
    pub(super) fn set(&self, headers: &mut HeaderMap, value: &str, secure: bool, seconds: Option<u64>) {
        let (name, same_site) = (self.named(secure), self.same_site);
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if secure { "; Secure" } else { "" };
        let line = format!("{name}={value}{age}; Path=/{secure}; HttpOnly; SameSite={same_site}");
        let line = HeaderValue::try_from(line).expect("a checked name, base64 and fixed words");
        headers.append(SET_COOKIE, line);
    }

    /// Takes the cookie away, with the very attributes that it was set with.
    pub(super) fn clear(&self, headers: &mut HeaderMap, secure: bool) {
        self.set(headers, "", secure, Some(0));
    }
}

/// The `Cookie` lines of a request.
pub(super) fn lines(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(COOKIE).iter().cloned().collect()
}
