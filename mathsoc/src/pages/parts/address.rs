//! What the address asks for: which one, or which page of which list. It never answers with axum's plain-text refusals.
//!
//! ```
//! use mathsoc::pages::parts::address::Listing;
//!
//! let listing = Listing::parse("key_stage=KS4&page=2");
//! assert_eq!(listing.page, 2);
//! assert!(listing.key_stage.is_some());
//! assert_eq!(Listing::parse("page=second").page, 1);
//! ```
//!
//! # What passes
//!
//! 1. An id is a positive number written the one usual way: `7`, not `07`, `+7` or `7.0`. Anything else is not found.
//! 2. A page is a positive number; anything else, zero among it, is the first page.
//! 3. A key stage is one of those we know; anything else is all of them. Of a name given twice the last counts.
//!
//! # What it does not do
//!
//! It does not know how many pages there are: a page past the end is the handler's to refuse.
//!
//! # References
//!
//! [RFC 3986 §3.4](https://www.rfc-editor.org/rfc/rfc3986#section-3.4): filters live in the query, so that a filtered
//! list has an address to share.

use std::convert::Infallible;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::domain::key_stage::KeyStage;
use crate::error::Error;

/// The id in `/challenges/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(
    /// The number, at least 1.
    pub i64,
);

impl Id {
    /// Reads the one usual spelling of a positive number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| canonical).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.ok().and_then(|Path(text)| Self::parse(&text)).ok_or(Error::NotFound)
    }
}

/// Which page of a list, and of which key stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The page, from 1.
    pub page: u32,
    /// One key stage, or all.
    pub key_stage: Option<KeyStage>,
}

impl Listing {
    /// Reads a query; what it cannot read, it leaves out.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut listing = Self { page: 1, key_stage: None };
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("page", value)) => {
                    listing.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1);
                }
                Some(("key_stage", value)) => listing.key_stage = value.parse().ok(),
                _ => {}
            }
        }
        listing
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, Listing};

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!(Id::parse("7"), Some(Id(7)));
        for text in ["", "0", "07", "+7", "-7", "7.0", "7 ", "seven", "٧", "99999999999999999999"] {
            assert_eq!(Id::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_page_that_is_none_is_the_first() {
        for query in ["", "page", "page=", "page=0", "page=-1", "page=x", "page=4294967296", "pages=2"] {
            assert_eq!(Listing::parse(query).page, 1, "{query:?}");
        }
        assert_eq!(Listing::parse("page=1&page=3").page, 3);
        assert_eq!(Listing::parse("key_stage=KS9").key_stage, None);
    }
}
