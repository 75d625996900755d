//! The return path of a form, and serde support for safe paths.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::core::safe_path::{SafePath, SafePathError};

/// The return path of a form or query, such as `?next=/articles`: a safe path, or none.
///
/// A missing, empty or unsafe value is no path; an unsafe one is logged. It is not an error,
/// because the visitor who submits the form did not write the link.
///
/// ```
/// use palisade::redirect::Next;
///
/// #[derive(serde::Deserialize)]
/// struct Login {
///     next: Next, // needs no #[serde(default)]
/// }
///
/// let login: Login = serde_json::from_str(r#"{"next": "/articles"}"#)?;
/// assert_eq!(login.next.or("/").as_str(), "/articles");
/// let login: Login = serde_json::from_str(r#"{"next": "https://evil.example/"}"#)?;
/// assert_eq!(login.next.path(), None);
/// let login: Login = serde_json::from_str("{}")?;
/// assert_eq!(login.next.or("/").as_str(), "/");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[doc(alias("next", "return_to", "return URL"))]
pub struct Next(Option<SafePath>);

impl Next {
    /// Returns the path, or this default.
    ///
    /// # Panics
    /// If the default is not a valid [`SafePath`]. It is checked in every call, so that the first
    /// request finds the mistake.
    pub fn or(self, page: &'static str) -> SafePath {
        let page = SafePath::of(page);
        self.0.unwrap_or(page)
    }

    /// Returns the path if there is a safe one, for the form's hidden field.
    pub fn path(&self) -> Option<&SafePath> {
        self.0.as_ref()
    }

    fn read(text: &str) -> Self {
        match text.parse() {
            Ok(path) => Self(Some(path)),
            Err(_) if text.is_empty() => Self(None),
            Err(error) => {
                let start: String = text.chars().take(100).collect();
                tracing::info!(next = ?start, %error, "ignored an unsafe return path");
                Self(None)
            }
        }
    }
}

impl From<SafePath> for Next {
    fn from(path: SafePath) -> Self {
        Self(Some(path))
    }
}

impl<'de> Deserialize<'de> for Next {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NextVisitor;

        impl<'de> Visitor<'de> for NextVisitor {
            type Value = Next;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path on this site, or nothing")
            }

            fn visit_none<E: Error>(self) -> Result<Next, E> {
                Ok(Next(None))
            }

            fn visit_unit<E: Error>(self) -> Result<Next, E> {
                Ok(Next(None))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Next, D::Error> {
                deserializer.deserialize_str(self)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Next, E> {
                Ok(Next::read(text))
            }
        }

        // As an option, so that a missing field needs no `#[serde(default)]`.
        deserializer.deserialize_option(NextVisitor)
    }
}

/// Rejects an unsafe path. A form that should pass all the same has a [`Next`] instead.
impl<'de> Deserialize<'de> for SafePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathVisitor;

        impl Visitor<'_> for PathVisitor {
            type Value = SafePath;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path on this site")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SafePath, E> {
                text.parse().map_err(|error: SafePathError| E::custom(error))
            }
        }

        deserializer.deserialize_str(PathVisitor)
    }
}

impl Serialize for SafePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
