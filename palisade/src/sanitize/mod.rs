//! HTML that somebody wrote, without what could run, track or mislead.
//!
//! ```
//! # use palisade::Sanitizer;
//! # use palisade::sanitize::SafeHtml;
//! let rich = Sanitizer::rich().classes(["note"]);
//! let html = rich.clean(r#"<p class="note big" onclick="steal()">See <a href="/a">a</a>.<script>steal()</script>"#)?;
//! assert_eq!(html.as_str(), r#"<p class="note">See <a href="/a" rel="noopener nofollow">a</a>.</p>"#);
//! assert_eq!(html.excerpt(10), "See a.");
//!
//! let formula = "<math><mfrac><mn>1</mn><mi>x</mi></mfrac></math>";
//! assert_eq!(rich.clean(formula)?.as_str(), formula);
//! assert_eq!(Sanitizer::none().clean("<b>1 &lt; 2</b>")?.as_str(), "1 &lt; 2");
//! # Ok::<(), palisade::sanitize::SanitizeError>(())
//! ```
//!
//! What passes, in this order:
//! 1. a text of at most 256 KiB that a browser's parser makes no more than 100,000 elements, attributes and texts of,
//!    at most 256 deep;
//! 2. of that, the elements that the preset lists; of the others their text alone, and nothing at all of scripts,
//!    styles, frames, embedded documents, drawings, lists of choices, and of formulas where the preset has none;
//! 3. the attributes that the element lists, with a value of the kind that it may have: a link to http, https, mailto
//!    or this site; a picture of this site; a small number; a small length; a listed word;
//! 4. and the result is cleaned again until that changes nothing, since a browser that parses it anew must see what was
//!    judged. If it never settles, its text is all that is left.
//!
//! | default | why |
//! |---|---|
//! | `rel="noopener nofollow"` on links | the other page has no hold on ours, and nobody writes here for the link's sake |
//! | ids get `user-` in front, links to them too | an id of the page's own cannot be taken, nor a name of its scripts |
//! | classes and styles are dropped | they can cover the page; [`Sanitizer::classes`] |
//! | pictures of this site only | another site learns who reads the page, and when |
//! | no `h1` | the page has its own |
//!
//! A [`SafeHtml`] is made by a sanitiser, of plain text, or by a function that says that it is dangerous; nothing is
//! deserialised into it. Keep what was written, and clean it when you show it: rules get better. To print it from
//! askama without escaping, wrap it in a type of your own that implements `askama::filters::HtmlSafe` and `Display`,
//! and let templates have no other: `|safe` then stands nowhere.
//!
//! It makes no links of addresses, mends no grammar, and does not say what a page means: `nofollow` or not, a link may
//! lead to a fraud. It takes a millisecond for ten kilobytes, and a third of a second for the worst that it takes at all:
//! where strangers may send that much, limit how often.
//!
//! References: HTML §13 (parsing); MathML Core; OWASP Cross Site Scripting Prevention Cheat Sheet; RUSTSEC-2025-0071
//! and what ammonia's change log says of mutation XSS.

mod html;
mod rules;
mod tree;

use std::fmt;
use std::sync::Arc;

use ammonia::Builder;

pub use html::SafeHtml;
use rules::{Preset, Rules};
use tree::Tree;

/// 256 KiB: a long article with a formula in every line.
const MOST_BYTES: usize = 256 * 1024;
/// How often a result is cleaned again before it is given up.
const MOST_ROUNDS: usize = 4;

/// What of somebody's HTML a page may show.
#[derive(Clone)]
pub struct Sanitizer {
    rules: Rules,
    most_bytes: usize,
    cleaner: Arc<Builder<'static>>,
}

impl Sanitizer {
    /// Rich text: headings, lists, tables, figures with pictures of this site, MathML.
    pub fn rich() -> Self {
        Self::of(Rules::new(Preset::Rich), MOST_BYTES)
    }

    /// Paragraphs, emphasis, lists, code, quotations and links.
    pub fn plain() -> Self {
        Self::of(Rules::new(Preset::Plain), MOST_BYTES)
    }

    /// The text alone, without any element.
    pub fn none() -> Self {
        Self::of(Rules::new(Preset::None), MOST_BYTES)
    }

    /// The classes that elements may have.
    pub fn classes<T: Into<Box<str>>>(self, classes: impl IntoIterator<Item = T>) -> Self {
        let mut rules = self.rules;
        rules.classes = classes.into_iter().map(Into::into).collect();
        Self::of(rules, self.most_bytes)
    }

    /// What stands in front of every id, instead of `user-`.
    pub fn id_prefix(self, prefix: &'static str) -> Self {
        let mut rules = self.rules;
        rules.id_prefix = prefix;
        Self::of(rules, self.most_bytes)
    }

    /// How many bytes a text may have, instead of 262,144. What it is made of is bounded all the same.
    pub fn most_bytes(mut self, most_bytes: usize) -> Self {
        self.most_bytes = most_bytes;
        self
    }

    /// What may be shown of this HTML.
    ///
    /// # Errors
    /// When it is too large, has too many elements, or they stand too deep in each other.
    pub fn clean(&self, html: &str) -> Result<SafeHtml, SanitizeError> {
        if html.len() > self.most_bytes {
            return Err(SanitizeError::TooLong(self.most_bytes));
        }
        Tree::bounded(html)?;
        let mut cleaned = self.cleaner.clean(html).to_string();
        for _ in 0..MOST_ROUNDS {
            let again = self.cleaner.clean(&cleaned).to_string();
            if again == cleaned {
                return Ok(SafeHtml::cleaned(cleaned));
            }
            cleaned = again;
        }
        tracing::warn!("HTML that reads otherwise each time is reduced to its text");
        Ok(SafeHtml::text(&Tree::whole(&cleaned).text()))
    }

    fn of(rules: Rules, most_bytes: usize) -> Self {
        Self { cleaner: Arc::new(rules.cleaner()), rules, most_bytes }
    }
}

impl fmt::Debug for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sanitizer")
            .field("rules", &self.rules)
            .field("most_bytes", &self.most_bytes)
            .finish_non_exhaustive()
    }
}

/// Why HTML is not even looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SanitizeError {
    /// It has more bytes than the sanitiser takes.
    #[error("the text is longer than {0} bytes: make it shorter, or two of it")]
    TooLong(usize),
    /// A parser makes too much of it.
    #[error("the text has too many elements: leave out formatting, or make two of it")]
    TooMany,
    /// Its elements stand too deep in each other.
    #[error("the text's elements stand too deep in each other: write them side by side")]
    TooDeep,
}
