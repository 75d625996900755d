//! Redirects that stay on the site, or go to sites that you named.
//!
//! ```
//! # use palisade::Redirect;
//! # use palisade::redirect::{Next, RedirectSites, SafePath};
//! // A form's hidden field `next`, which anybody can write a link with.
//! let next: Next = serde_json::from_str(r#""/articles?page=2""#)?;
//! let response: http::Response<String> = Redirect::to(next.or("/")).into_response();
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["location"], "/articles?page=2");
//!
//! let next: Next = serde_json::from_str(r#""//evil.example""#)?;
//! assert_eq!(next.or("/").as_str(), "/");
//!
//! const HOME: SafePath = SafePath::of("/"); // of("//") would not compile
//! assert_eq!(HOME.as_str(), "/");
//!
//! let sites = RedirectSites::new(["example.org", "https://partner.example:8443"])?;
//! assert!(sites.check("https://partner.example:8443/welcome").is_ok());
//! assert!(sites.check("https://partner.example@evil.example/").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What passes as a [`SafePath`](crate::SafePath), in this order:
//! 1. a text that begins with a slash;
//! 2. and has no control character, TAB, CR and LF included, which browsers drop before they read on;
//! 3. whose path, as it is written and decoded once (as a proxy on the way may do), does not begin with two slashes,
//!    has no backslash, which browsers read as a slash, no control character, and no segment `.` or `..`, behind
//!    which slashes could move to the front;
//! 4. and that is no longer than 2,048 bytes when whatever has no place in a `Location` is percent-encoded.
//!
//! What passes [`RedirectSites::check`]: such a path; or `https://`, a host and port of the list and nothing else
//! before the next `/`, `?`, `#` or end, and from there again such a path. The origin is then written as the list has it.
//!
//! | default | why |
//! |---|---|
//! | 303 | the browser comes by GET, whatever it sent; [`Redirect::temporary`], [`Redirect::permanent`] keep the method |
//! | relative paths such as `page` are refused | they go elsewhere from every page |
//! | https only | [`RedirectSites::dangerous_allow_http`] |
//! | an unsafe [`Next`] counts as none | the form was filled in by a visitor who did not write the link |
//!
//! It does not say whether there is a page at that path, nor whether this visitor may see it. A site that answers
//! `/go?to=…` with a redirect of its own must check that one too.
//!
//! References: WHATWG URL §4.4; RFC 3986; RFC 9110 §10.2.2, §15.4; OWASP Unvalidated Redirects Cheat Sheet;
//! Django's `url_has_allowed_host_and_scheme`.

mod next;
mod sites;

use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};

pub use crate::core::safe_path::{SafePath, SafePathError};
pub use next::Next;
pub use sites::{RedirectSites, RedirectSitesError, SafeRedirect, SafeRedirectError};

/// A response that sends the browser to another page of the site, or to a site that you named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    status: StatusCode,
    target: SafeRedirect,
}

impl Redirect {
    /// 303: the browser asks for the target by GET. What a form's answer wants.
    pub fn to(target: impl Into<SafeRedirect>) -> Self {
        Self { status: StatusCode::SEE_OTHER, target: target.into() }
    }

    /// 307: the same request again, method and body kept, this time only.
    pub fn temporary(target: impl Into<SafeRedirect>) -> Self {
        Self { status: StatusCode::TEMPORARY_REDIRECT, target: target.into() }
    }

    /// 308: the same request again, method and body kept; browsers remember it.
    pub fn permanent(target: impl Into<SafeRedirect>) -> Self {
        Self { status: StatusCode::PERMANENT_REDIRECT, target: target.into() }
    }

    /// The response that says it: status, `Location`, no body.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let location = HeaderValue::try_from(self.target.as_str()).expect("targets are printable ASCII");
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status;
        response.headers_mut().insert(LOCATION, location);
        response
    }
}
