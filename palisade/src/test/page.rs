//! A response as a browser shows it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode};
use scraper::{Html, Selector};
use serde::de::DeserializeOwned;
use url::Url;

use crate::core::rejection::Rejection;

/// A response, read to its end.
///
/// ```
/// use axum::{Router, response::Html, routing::get};
/// use palisade::Palisade;
/// use palisade::test::{Browser, Element, Page};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let html = Html("<h1>Notes</h1><ul><li class=done><a href=/notes/7>Milk</a></ul>");
/// let app = Palisade::development().protect(Router::new().route("/", get(html)));
///
/// let page: Page = Browser::new(app).get("/").await;
/// assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
/// assert_eq!(page.texts("h1"), ["Notes"]);
/// let links: Vec<Element> = page.select("li.done > a");
/// assert_eq!((&*links[0].text, links[0].attribute("href")), ("Milk", Some("/notes/7")));
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The status code.
    pub status: StatusCode,
    /// Path and query of the URL, after redirects.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The body.
    pub bytes: Bytes,
    /// The extensions, with the [`Rejection`] if a layer has answered.
    pub extensions: Extensions,
    pub(super) url: Url,
}

/// An element of a [`Page`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Element {
    /// The name of the tag, in lower case.
    pub name: String,
    /// The text of the element and its descendants. Runs of white space are one space.
    pub text: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    /// Returns the value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl Page {
    /// Returns the value of a header.
    ///
    /// # Panics
    /// If the header was sent more than once, or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.get_all(name).iter();
        let line = lines.next()?;
        assert!(lines.next().is_none(), "{}: the header {name} was sent more than once", self.path);
        Some(line.to_str().unwrap_or_else(|_| panic!("{}: the header {name} is not text", self.path)))
    }

    /// Reads the body as JSON.
    ///
    /// # Panics
    /// If the body is not JSON for this type.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| {
            panic!("{} ({}) is not this JSON: {error}: {}", self.path, self.status, self.text)
        })
    }

    /// Returns the elements that a CSS selector matches, such as `h1`, `.error` or `#menu a[href]`.
    ///
    /// # Panics
    /// If the text is not a selector.
    pub fn select(&self, selector: &str) -> Vec<Element> {
        let parsed = Selector::parse(selector)
            .unwrap_or_else(|error| panic!("`{selector}` is not a CSS selector: {error:?}"));
        let html = Html::parse_document(&self.text);
        let element = |found: scraper::ElementRef<'_>| Element {
            name: found.value().name().to_owned(),
            text: found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "),
            attributes: found
                .value()
                .attrs()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        html.select(&parsed).map(element).collect()
    }

    /// Returns the texts of the elements that a CSS selector matches.
    ///
    /// # Panics
    /// If the text is not a selector.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector).into_iter().map(|element| element.text).collect()
    }

    /// Returns the rejection, if a layer of this library has answered instead of the application.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.extensions.get()
    }
}
