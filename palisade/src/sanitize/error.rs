//! Errors: HTML that is rejected, and names that the allow-list does not take.

use std::fmt;

use super::tables::{ATTRIBUTES, ATTRIBUTES_ON_REQUEST, ON_REQUEST, SCHEMES_ON_REQUEST};

/// The reason why HTML is rejected before it is sanitized.
///
/// ```
/// use palisade::Sanitizer;
/// use palisade::sanitize::SanitizeError;
///
/// let error = Sanitizer::plain().max_bytes(100).clean(&"a".repeat(101)).unwrap_err();
/// assert_eq!(error, SanitizeError::TooLong(100));
/// assert!(error.to_string().starts_with("the text is longer than 100 bytes"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SanitizeError {
    /// The text is longer than [`Sanitizer::max_bytes`](crate::Sanitizer::max_bytes).
    #[error("the text is longer than {0} bytes: shorten it, or split it in two")]
    TooLong(usize),
    /// The text has more than 100,000 nodes and attributes, a tag of more than about 10,000
    /// attributes, or is too costly to parse.
    #[error("the text has too many elements: split it, or remove formatting")]
    TooManyNodes,
    /// The elements have more than 256 levels.
    #[error("the text's elements are nested more than 256 levels deep: write them side by side")]
    TooDeep,
}

/// The reason why a name cannot be put on the allow-list, or removed from it.
///
/// ```
/// use palisade::Sanitizer;
/// use palisade::sanitize::AllowListError;
///
/// let error = Sanitizer::plain().allow_attributes("p", ["style"]).unwrap_err();
/// assert!(matches!(error, AllowListError::Attribute { .. }));
/// let error = Sanitizer::plain().without_elements(["img"]).unwrap_err();
/// assert_eq!(error, AllowListError::NotOnTheList("img".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowListError {
    /// The element may run code, load other sites, take input or cover the page.
    Element(Box<str>),
    /// The element is not on the list of this sanitizer.
    NotOnTheList(Box<str>),
    /// The attribute may run code, load other sites or cover the page, or means nothing on this
    /// element.
    Attribute {
        /// The element.
        element: Box<str>,
        /// The attribute.
        name: Box<str>,
    },
    /// The scheme of a link may run code.
    Scheme(Box<str>),
}

impl fmt::Display for AllowListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(name) => write!(
                f,
                "`<{name}>` cannot be allowed in sanitized HTML: the sanitizer adds only elements that structure \
                 text, which are those of `Sanitizer::rich()`, `math` and {}",
                ON_REQUEST.join(", ")
            ),
            Self::NotOnTheList(name) => write!(
                f,
                "`<{name}>` is not on the allow-list of this sanitizer: correct the name, or write \
                 `.allow_elements([\"{name}\"])?` before"
            ),
            Self::Attribute { name, .. } if &**name == "class" => {
                f.write_str("the classes are allowed one by one: write `.classes([\"note\"])`")
            }
            Self::Attribute { element, name } => {
                let listed = ATTRIBUTES.iter().chain(ATTRIBUTES_ON_REQUEST);
                let safe: Vec<&str> = listed
                    .filter(|(_, on, _)| on.is_empty() || on.contains(&&**element))
                    .map(|(name, ..)| *name)
                    .collect();
                write!(
                    f,
                    "`{name}` cannot be allowed on `<{element}>` in sanitized HTML: the sanitizer knows safe values \
                     for {} only",
                    safe.join(", ")
                )
            }
            Self::Scheme(name) => write!(
                f,
                "`{name}:` links cannot be allowed in sanitized HTML: http, https and mailto are, and {} can be \
                 added",
                SCHEMES_ON_REQUEST.join(", ")
            ),
        }
    }
}

impl std::error::Error for AllowListError {}

crate::core::error_text::debug_is_text!(SanitizeError);
