//! Extractors for ids and list queries in URLs. None of them returns axum's plain-text rejections.
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
//! # Accepted values
//!
//! 1. An id is a positive number in canonical form: `7`, not `07`, `+7` or `7.0`. Anything else is
//!    a 404.
//! 2. A page is a positive number. Anything else, including 0, is page 1.
//! 3. A key stage is `KS3`, `KS4` or `KS5`. Anything else means all of them.
//! 4. If a parameter is given twice, the last one counts.
//!
//! The extractors do not know the number of pages: the handler rejects a page past the end.
//!
//! # References
//!
//! [RFC 3986 §3.4](https://www.rfc-editor.org/rfc/rfc3986#section-3.4): filters are in the query,
//! so that a filtered list has a URL to share.

use std::convert::Infallible;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::domain::key_stage::KeyStage;
use crate::error::Error;

/// The id in `/challenges/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(
    /// At least 1.
    pub i64,
);

impl Id {
    /// Parses a positive number in canonical form.
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
        path.ok().and_then(|Path(text)| Self::parse(&text)).ok_or_else(Error::not_found)
    }
}

/// The query of a list: a page and a key stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Starts at 1.
    pub page: u32,
    /// `None` for all key stages.
    pub key_stage: Option<KeyStage>,
}

impl Listing {
    /// Parses a query string. Ignores invalid parameters.
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
    fn accepts_only_the_canonical_form_of_an_id() {
        assert_eq!(Id::parse("7"), Some(Id(7)));
        for text in ["", "0", "07", "+7", "-7", "7.0", "7 ", "seven", "٧", "99999999999999999999"] {
            assert_eq!(Id::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_invalid_page_number_is_the_first_page() {
        for query in ["", "page", "page=", "page=0", "page=-1", "page=x", "page=4294967296", "pages=2"] {
            assert_eq!(Listing::parse(query).page, 1, "{query:?}");
        }
        assert_eq!(Listing::parse("page=1&page=3").page, 3);
        assert_eq!(Listing::parse("key_stage=KS9").key_stage, None);
    }
}
