//! The flags that every cookie leaves with.
//!
//! ```
//! # use palisade::cookies::{Cookies, SameSite};
//! let cookies = Cookies::new().same_site(SameSite::Strict).readable_by_scripts(["theme"]);
//! ```
//!
//! What happens to each `Set-Cookie` line, whoever wrote it:
//! 1. over TLS, `Secure` is added where it is missing;
//! 2. `HttpOnly` is added where it is missing, but for the cookies named readable;
//! 3. `SameSite` is added where the line says nothing of it; a `SameSite` that is there stays.
//!
//! | default | why |
//! |---|---|
//! | Secure over TLS | a cookie without it is sent in the clear to whoever asks; in the clear, browsers drop one with it |
//! | HttpOnly | a script that should not run cannot read it |
//! | SameSite=Lax | other sites cannot send it along with a form |
//!
//! It changes neither names nor values, and it removes nothing.
//!
//! References: RFC 6265bis §4.1.2; OWASP Session Management Cheat Sheet.

use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Request, Response};

use crate::core::client::Scheme;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
pub use crate::core::same_site::SameSite;

/// The flags that every cookie leaves with.
#[derive(Clone, Debug)]
pub struct Cookies(Arc<Flags>);

#[derive(Clone, Debug)]
struct Flags {
    secure: bool,
    same_site: Option<SameSite>,
    readable: Vec<Box<str>>,
}

impl Default for Cookies {
    fn default() -> Self {
        Self::new()
    }
}

impl Cookies {
    /// `Secure` over TLS, `HttpOnly`, `SameSite=Lax`.
    pub fn new() -> Self {
        Self(Arc::new(Flags { secure: true, same_site: Some(SameSite::Lax), readable: Vec::new() }))
    }

    /// What to add where a cookie says nothing of it; `None` adds nothing.
    pub fn same_site(self, same_site: impl Into<Option<SameSite>>) -> Self {
        let same_site = same_site.into();
        self.change(|flags| flags.same_site = same_site)
    }

    /// The cookies that scripts of the page may read.
    pub fn readable_by_scripts<T: Into<Box<str>>>(self, names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.change(|flags| flags.readable = names)
    }

    /// Adds no `Secure`.
    ///
    /// # Danger
    /// The cookies of this site are then sent in the clear too.
    pub fn dangerous_disable_secure(self) -> Self {
        self.change(|flags| flags.secure = false)
    }

    fn change(mut self, change: impl FnOnce(&mut Flags)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Flags {
    /// The line with what it lacks, or `None` where it lacks nothing.
    fn complete(&self, line: &HeaderValue, tls: bool) -> Option<HeaderValue> {
        let mut parts = line.as_bytes().split(|byte| *byte == b';');
        let name = parts.next()?.split(|byte| *byte == b'=').next()?.trim_ascii();
        let has = |attribute: &str| {
            parts.clone().any(|part| {
                let named = part.split(|byte| *byte == b'=').next().unwrap_or(part);
                named.trim_ascii().eq_ignore_ascii_case(attribute.as_bytes())
            })
        };
        let readable = self.readable.iter().any(|known| known.as_bytes() == name);
        let same_site = self.same_site.filter(|_| !has("samesite")).map(|same_site| match same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
        });
        let missing = [
            (self.secure && tls && !has("secure")).then_some("; Secure"),
            (!readable && !has("httponly")).then_some("; HttpOnly"),
            same_site,
        ];
        if missing.iter().all(Option::is_none) {
            return None;
        }
        let mut whole = line.as_bytes().to_vec();
        missing.into_iter().flatten().for_each(|flag| whole.extend_from_slice(flag.as_bytes()));
        HeaderValue::from_bytes(&whole).ok()
    }
}

impl Guard for Cookies {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        RequestContext::begin(request.extensions_mut())
    }

    fn check<B>(&self, _: &Request<B>, _: &RequestContext) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, exchange: &RequestContext, response: &mut Response<B>) {
        if !response.headers().contains_key(SET_COOKIE) {
            return;
        }
        let tls = exchange.client().is_some_and(|client| client.scheme == Scheme::Https);
        if let http::header::Entry::Occupied(mut lines) = response.headers_mut().entry(SET_COOKIE) {
            for line in lines.iter_mut() {
                if let Some(whole) = self.0.complete(line, tls) {
                    *line = whole;
                }
            }
        }
    }
}

guard_layers!(Cookies);
