//! Cookie attributes: `Secure`, `HttpOnly` and `SameSite` on every cookie of the site.
//!
//! ```
//! use http::{Request, Response};
//! use palisade::cookies::{Cookies, SameSite};
//! use palisade::proxy::Proxies;
//! use palisade::request::{PeerAddr, Scheme};
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cookies = Cookies::new().same_site(SameSite::Strict).readable_by_scripts(["theme"]);
//! let page = tower::service_fn(async |_: Request<()>| {
//!     Response::builder().header("set-cookie", "id=7; Path=/").body(String::new())
//! });
//!
//! let site = Proxies::none().layer(cookies.layer(page)); // says if the request came over TLS
//! let peer = PeerAddr("192.0.2.7:40000".parse()?);
//! let request = Request::builder().extension(peer).extension(Scheme::Https).body(())?;
//! let response = site.oneshot(request).await?;
//! assert_eq!(response.headers()["set-cookie"], "id=7; Path=/; Secure; HttpOnly; SameSite=Strict");
//! # Ok(())
//! # }
//! ```
//!
//! [`Palisade::cookies`](crate::Palisade::cookies) takes the same value.
//!
//! # What happens, in order
//!
//! For each `Set-Cookie` line of a response, from a handler or from another layer:
//! 1. Over TLS, `Secure` is added if it is missing.
//! 2. `HttpOnly` is added if it is missing, except to the cookies of
//!    [`Cookies::readable_by_scripts`].
//! 3. `SameSite` is added if the line has none. An existing `SameSite` stays.
//!
//! # Defaults
//!
//! | attribute | default | why |
//! |---|---|---|
//! | `Secure` | over TLS | else browsers send the cookie over plain HTTP too |
//! | `Secure` | not over plain HTTP | browsers reject such a cookie there |
//! | `HttpOnly` | all cookies | an injected script cannot read them |
//! | `SameSite` | `Lax` | browsers do not send the cookie with forms of other sites |
//!
//! # What it does not do
//!
//! It changes no names or values, and removes no attributes. `SameSite=None` is not offered; a
//! handler that needs it writes it into its own line.
//!
//! # See also
//!
//! [`session`](crate::session) for the session cookie; [`csrf`](crate::csrf) for forged requests.
//!
//! References: RFC 6265bis §4.1.2; OWASP Session Management Cheat Sheet.

use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Request, Response};

use crate::core::client::{Client, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
pub use crate::core::same_site::SameSite;

/// The attributes that every cookie of the site has. See the [module page](self).
#[doc(alias = "Set-Cookie")]
#[doc(alias = "HttpOnly")]
#[doc(alias = "Secure")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Cookies(Arc<Attributes>);

#[derive(Clone, Debug)]
struct Attributes {
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
    /// Adds `Secure` over TLS, `HttpOnly`, and `SameSite=Lax`.
    pub fn new() -> Self {
        Self(Arc::new(Attributes { secure: true, same_site: Some(SameSite::Lax), readable: Vec::new() }))
    }

    /// Sets the `SameSite` of cookies that have none.
    pub fn same_site(self, same_site: SameSite) -> Self {
        self.change(|attributes| attributes.same_site = Some(same_site))
    }

    /// Adds no `SameSite`.
    ///
    /// # Security
    /// Browsers decide then, and not all of them keep a cookie from requests of other sites.
    pub fn dangerous_disable_same_site(self) -> Self {
        self.change(|attributes| attributes.same_site = None)
    }

    /// Sets the names of the cookies that scripts of the page may read.
    pub fn readable_by_scripts<T: Into<Box<str>>>(self, names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.change(|attributes| attributes.readable = names)
    }

    /// Does not add `Secure`.
    ///
    /// # Security
    /// Browsers then send the site's cookies over plain HTTP too, readable for everyone on the
    /// way.
    pub fn dangerous_disable_secure(self) -> Self {
        self.change(|attributes| attributes.secure = false)
    }

    fn change(mut self, change: impl FnOnce(&mut Attributes)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Attributes {
    /// Returns the line with the missing attributes, or `None` if nothing is missing.
    fn complete(&self, line: &HeaderValue, is_https: bool) -> Option<HeaderValue> {
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
            (self.secure && is_https && !has("secure")).then_some("; Secure"),
            (!readable && !has("httponly")).then_some("; HttpOnly"),
            same_site,
        ];
        if missing.iter().all(Option::is_none) {
            return None;
        }
        let mut completed = line.as_bytes().to_vec();
        missing.into_iter().flatten().for_each(|attribute| completed.extend_from_slice(attribute.as_bytes()));
        HeaderValue::from_bytes(&completed).ok()
    }
}

impl Guard for Cookies {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        RequestContext::begin(request.extensions_mut())
    }

    fn check<B>(&self, _: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        match context.client() {
            None if self.0.secure => Err(Client::MISSING.into()),
            _ => Ok(()),
        }
    }

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        if !response.headers().contains_key(SET_COOKIE) {
            return;
        }
        let is_https = context.client().is_some_and(|client| client.scheme == Scheme::Https);
        if let http::header::Entry::Occupied(mut lines) = response.headers_mut().entry(SET_COOKIE) {
            for line in lines.iter_mut() {
                if let Some(completed) = self.0.complete(line, is_https) {
                    *line = completed;
                }
            }
        }
    }
}

guard_layers!(Cookies);
