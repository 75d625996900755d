//! HTML sanitizing: keeps the formatting that people write, and removes scripts, tracking and
//! spoofing.
//!
//! ```
//! use palisade::Sanitizer;
//! use palisade::sanitize::SafeHtml;
//!
//! let rich = Sanitizer::rich().classes(["note"]);
//! let html: SafeHtml = rich.clean(
//!     r#"<p class="note big" onclick="steal()">See <a href="/a">a</a>.<script>steal()</script>"#,
//! )?;
//! let cleaned = r#"<p class="note">See <a href="/a" rel="noopener nofollow">a</a>.</p>"#;
//! assert_eq!(html.as_str(), cleaned);
//! assert_eq!(html.excerpt(10), "See a.");
//!
//! let formula = "<math><mfrac><mn>1</mn><mi>x</mi></mfrac></math>";
//! assert_eq!(rich.clean(formula)?.as_str(), formula);
//! assert_eq!(Sanitizer::text_only().clean("<b>1 &lt; 2</b>")?.as_str(), "1 &lt; 2");
//! # Ok::<(), palisade::sanitize::SanitizeError>(())
//! ```
//!
//! # What happens, in order
//!
//! 1. A text of more than 256 KiB is rejected, and one that a browser's parser turns into more
//!    than 100,000 nodes and attributes, or more than 256 levels.
//! 2. Elements on the preset's allow-list are kept. Of other elements the text remains. Scripts,
//!    styles, frames, embedded media, drawings, drop-down lists, and formulas that the preset does
//!    not allow are removed with their content.
//! 3. Attributes are kept if the element allows them and the value is valid: a link to http,
//!    https, mailto or this site; an image of this site; a small number; a small length; a listed
//!    word.
//! 4. The result is cleaned again until it does not change, because a browser parses it again
//!    (mutation XSS). A text that still changes after four rounds is reduced to plain text.
//!
//! # Defaults
//!
//! | default | why |
//! |---|---|
//! | `rel="noopener nofollow"` on links | the target cannot control the opener; spam has no benefit |
//! | ids, and links to them, begin with `user-` | no collision with the page's ids, no DOM clobbering |
//! | classes and styles are removed | they can cover the page; see [`Sanitizer::classes`] |
//! | images of this site only | another site would learn who reads the page, and when |
//! | no `h1` | the page has its own |
//!
//! # Security
//!
//! A [`SafeHtml`] comes from a sanitizer, from plain text, or from a function whose name says that
//! it is dangerous. It cannot be deserialized. Store the original text, and sanitize it when you
//! show it: the rules improve with each release.
//!
//! askama and maud print it unescaped: see [`template`](crate::template).
//!
//! # An allow-list of your own
//!
//! Start from the preset that is nearest, and add or remove:
//!
//! ```
//! use palisade::Sanitizer;
//!
//! let comments = Sanitizer::text_only()
//!     .allow_elements(["p", "em", "a", "blockquote"])?
//!     .allow_attributes("blockquote", ["cite"])?
//!     .allow_link_schemes(["tel"])?;
//! let html = comments.clean("<p><b>a</b> <em>b</em></p><blockquote cite='/c'>d</blockquote>")?;
//! assert_eq!(html.as_str(), r#"<p>a <em>b</em></p><blockquote cite="/c">d</blockquote>"#);
//!
//! let articles = Sanitizer::rich().without_elements(["img"])?;
//! assert_eq!(articles.clean("<h2>a<img src='/b'></h2>")?.as_str(), "<h2>a</h2>");
//!
//! let error = Sanitizer::rich().allow_elements(["iframe"]).unwrap_err();
//! assert!(error.to_string().starts_with("`<iframe>` cannot be allowed"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Elements that run code, load other sites, take input or cover the page cannot be added, and
//! neither can event handlers, `style` and `javascript:`: that is an [`AllowListError`].
//!
//! # What it does not do
//!
//! - It does not convert addresses into links, and does not repair grammar.
//! - It does not judge the text: a link may lead to a fraud.
//! - It does not limit the rate. Ten kilobytes take a millisecond, the worst accepted text a third
//!   of a second. Use a [rate limit](crate::rate_limit) for strangers.
//!
//! # See also
//!
//! - [`csp`](crate::csp): the second line of defence against XSS.
//! - [`upload`](crate::upload): images and documents.
//!
//! References: HTML section 13 (parsing); MathML Core; OWASP Cross Site Scripting Prevention Cheat
//! Sheet; RUSTSEC-2025-0071, and ammonia's change log on mutation XSS.

mod allow_list;
mod attribute_value;
mod custom;
mod dom;
mod error;
mod excerpt;
mod tables;

use std::fmt;
use std::sync::Arc;

use ammonia::Builder;

use allow_list::AllowList;
use dom::Dom;
pub use error::{AllowListError, SanitizeError};

pub use crate::core::safe_html::SafeHtml;

/// A long article with a formula in every line.
const MAX_BYTES: usize = 256 * 1024;
/// The number of times that a changing result is cleaned again.
const MAX_ROUNDS: usize = 4;

/// Sanitizes HTML by an allow-list. Cheap to clone; make it once. See the [module page](self).
#[derive(Clone)]
#[doc(alias("XSS", "bleach", "nh3", "ammonia", "DOMPurify"))]
#[must_use]
pub struct Sanitizer {
    allow_list: AllowList,
    max_bytes: usize,
    cleaner: Arc<Builder<'static>>,
}

impl Sanitizer {
    /// Allows rich text: headings, lists, tables, figures with images of this site, MathML.
    pub fn rich() -> Self {
        Self::new(AllowList::rich(), MAX_BYTES)
    }

    /// Allows paragraphs, emphasis, lists, code, quotations and links.
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let html = Sanitizer::plain().clean("<h2>Primes</h2><p>See <b>below</b>.</p>")?;
    /// assert_eq!(html.as_str(), "Primes<p>See <b>below</b>.</p>");
    /// # Ok::<(), palisade::sanitize::SanitizeError>(())
    /// ```
    pub fn plain() -> Self {
        Self::new(AllowList::plain(), MAX_BYTES)
    }

    /// Allows no element: only the text remains.
    pub fn text_only() -> Self {
        Self::new(AllowList::text_only(), MAX_BYTES)
    }

    /// Sets the allowed classes. The default is none.
    pub fn classes<T: Into<Box<str>>>(self, classes: impl IntoIterator<Item = T>) -> Self {
        let mut allow_list = self.allow_list;
        allow_list.classes = classes.into_iter().map(Into::into).collect();
        Self::new(allow_list, self.max_bytes)
    }

    /// Sets the prefix of ids. The default is `user-`.
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let sanitizer = Sanitizer::rich().id_prefix("post-");
    /// let html = sanitizer.clean(r##"<h2 id="a">A</h2><a href="#a">up</a>"##)?;
    /// assert!(html.as_str().starts_with(r##"<h2 id="post-a">A</h2><a href="#post-a""##));
    /// # Ok::<(), palisade::sanitize::SanitizeError>(())
    /// ```
    #[doc(alias = "DOM clobbering")]
    pub fn id_prefix(self, prefix: &'static str) -> Self {
        let mut allow_list = self.allow_list;
        allow_list.id_prefix = prefix;
        Self::new(allow_list, self.max_bytes)
    }

    /// Sets the maximum length of a text. The default is 262,144. The limits on nodes and levels
    /// stay.
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Sanitizes HTML.
    ///
    /// # Errors
    /// If the text is too long, has too many elements, or is nested too deeply.
    pub fn clean(&self, html: &str) -> Result<SafeHtml, SanitizeError> {
        if html.len() > self.max_bytes {
            return Err(SanitizeError::TooLong(self.max_bytes));
        }
        Dom::parse_bounded(html)?;
        let mut cleaned = self.cleaner.clean(html).to_string();
        for _ in 0..MAX_ROUNDS {
            let again = self.cleaner.clean(&cleaned).to_string();
            if again == cleaned {
                return Ok(SafeHtml::dangerous_allow_unsanitized(cleaned));
            }
            cleaned = again;
        }
        tracing::warn!("HTML that changes with every sanitizing round is reduced to plain text");
        Ok(SafeHtml::text(&Dom::parse(&cleaned).text()))
    }

    fn new(allow_list: AllowList, max_bytes: usize) -> Self {
        Self { cleaner: Arc::new(allow_list.cleaner()), allow_list, max_bytes }
    }
}

impl fmt::Debug for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sanitizer")
            .field("allow_list", &self.allow_list)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}
