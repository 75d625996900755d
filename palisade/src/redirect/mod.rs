//! Redirects that stay on this site, or lead to sites on an allow-list: no open redirects.
//!
//! ```
//! use palisade::Redirect;
//! use palisade::redirect::{Next, RedirectSites, SafePath};
//!
//! // The hidden field `next` of a form: any link to the form can set it.
//! let next: Next = serde_json::from_str(r#""/articles?page=2""#)?;
//! let response: http::Response<String> = Redirect::to(next.or("/")).into_response();
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["location"], "/articles?page=2");
//!
//! let next: Next = serde_json::from_str(r#""//evil.example""#)?;
//! assert_eq!(next.or("/").as_str(), "/");
//!
//! const NOTES: SafePath = SafePath::of("/notes"); // of("//notes") would not compile
//! assert_eq!(NOTES.join(17)?.as_str(), "/notes/17");
//!
//! let sites = RedirectSites::new(["example.org", "https://partner.example:8443"])?;
//! assert!(sites.check("https://partner.example:8443/welcome").is_ok());
//! assert!(sites.check("https://partner.example@evil.example/").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What happens, in order
//!
//! A [`SafePath`] is accepted by these rules:
//! 1. The text begins with a slash.
//! 2. It contains no control characters. Browsers drop TAB, CR and LF before they parse a URL.
//! 3. Its path does not begin with two slashes, and has no backslash, control character, or
//!    segment `.` or `..`. That holds for the text as written and after one percent-decoding,
//!    because a proxy may decode it.
//! 4. It has at most 2,048 bytes once it is percent-encoded for `Location`.
//!
//! [`RedirectSites::check`] accepts such a path, or an absolute URL:
//! 1. The scheme, host and port are those of a site on the list. A user name before the host is
//!    rejected.
//! 2. The rest of the URL, from the first `/`, `?` or `#`, is accepted as a [`SafePath`].
//! 3. The origin is written in the list's form.
//!
//! # Defaults
//!
//! | default | why |
//! |---|---|
//! | [`Redirect::to`] is a 303 | the browser sends a GET, whatever the method was |
//! | relative paths such as `page` are rejected | they lead to a different target from every page |
//! | https only | [`RedirectSites::dangerous_allow_http`] |
//! | an unsafe [`Next`] is ignored and logged | the visitor did not write the link to the form |
//!
//! # Under a path prefix
//!
//! A proxy may serve the site under a path, such as `/society`. The layer that trusts its
//! `X-Forwarded-Prefix` ([`Proxies`](crate::proxy::Proxies)) adds the prefix to the target of a
//! [`Redirect`], if it is a path. Write targets as the site's own paths, from its root, also inside
//! of `Router::nest`. A [`Next`] is such a path too: the redirect to the login page writes it without
//! the prefix, and so do links of your own.
//!
//! # What it does not do
//!
//! - It does not check that the target exists, or that the visitor may see it.
//! - It does not follow redirects: a page of this site that redirects to a parameter needs a check
//!   of its own.
//!
//! # See also
//!
//! - [`session`](crate::session): redirects to the login page, with the path to return to.
//! - [`https`](crate::https): redirects from http to https.
//!
//! References: WHATWG URL section 4.4; RFC 3986; RFC 9110 sections 10.2.2 and 15.4; OWASP
//! Unvalidated Redirects and Forwards Cheat Sheet; Django's `url_has_allowed_host_and_scheme`;
//! CWE-601.

mod next;
mod sites;

use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};

use crate::core::site_path::SiteLocation;

pub use crate::core::safe_path::{SafePath, SafePathError};
pub use next::Next;
pub use sites::{RedirectSites, RedirectSitesError, RedirectTarget, SafeRedirect, SafeRedirectError};

/// A redirect to a path on this site, or to a checked URL. It is a response in axum.
///
/// ```
/// use palisade::Redirect;
/// use palisade::redirect::SafePath;
///
/// const HOME: SafePath = SafePath::of("/");
/// let status = |redirect: Redirect| redirect.into_response::<String>().status().as_u16();
/// assert_eq!(status(Redirect::to(HOME)), 303);
/// assert_eq!(status(Redirect::temporary(HOME)), 307);
/// assert_eq!(status(Redirect::permanent(HOME)), 308);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias("open redirect", "url_has_allowed_host_and_scheme"))]
pub struct Redirect {
    status: StatusCode,
    target: SafeRedirect,
}

impl Redirect {
    /// Makes a 303: the browser requests the target by GET. Use it after a form
    /// (POST/redirect/GET).
    pub fn to(target: impl RedirectTarget) -> Self {
        Self { status: StatusCode::SEE_OTHER, target: target.into() }
    }

    /// Makes a 307: the browser repeats the request at the target, with the same method and body.
    pub fn temporary(target: impl RedirectTarget) -> Self {
        Self { status: StatusCode::TEMPORARY_REDIRECT, target: target.into() }
    }

    /// Makes a 308: as 307, but browsers cache it without an end.
    pub fn permanent(target: impl RedirectTarget) -> Self {
        Self { status: StatusCode::PERMANENT_REDIRECT, target: target.into() }
    }

    /// Converts into a response with a status, `Location` and an empty body.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let location = HeaderValue::try_from(self.target.as_str()).expect("a target is printable ASCII");
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status;
        if self.target.as_str().starts_with('/') {
            response.extensions_mut().insert(SiteLocation);
        }
        response.headers_mut().insert(LOCATION, location);
        response
    }
}
