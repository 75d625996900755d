//! Where a form says to go on, and how safe paths are read and written by serde.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::core::safe_path::{SafePath, SafePathError};

/// Where a form or a query says to go on: a safe path, or nothing.
///
/// An unsafe value is logged and counts as nothing, and so do a missing field and an empty one: the visitor who fills
/// in the form is not the one who wrote the link, and shall get in all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next(Option<SafePath>);

impl Next {
    /// The path, or else this page, which stands in the program.
    ///
    /// # Panics
    /// Whenever the page is none that [`SafePath::of`] takes, needed or not: the first request finds the mistake.
    pub fn or(self, page: &'static str) -> SafePath {
        let page = SafePath::of(page);
        self.0.unwrap_or(page)
    }

    /// The path, if there is a safe one: what the form's hidden field repeats.
    pub fn path(&self) -> Option<&SafePath> {
        self.0.as_ref()
    }

    fn read(text: &str) -> Self {
        match text.parse() {
            Ok(path) => Self(Some(path)),
            Err(_) if text.is_empty() => Self(None),
            Err(error) => {
                let start: String = text.chars().take(100).collect();
                tracing::info!(next = ?start, %error, "an unsafe address to go on to is left out");
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

        // As an option, so that a missing field needs no attribute.
        deserializer.deserialize_option(NextVisitor)
    }
}

/// Fails on an unsafe path; a form that shall pass all the same has [`Next`] for it.
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
