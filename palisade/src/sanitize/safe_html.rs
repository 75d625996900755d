//! HTML that a page may show as it is.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::tree::Tree;

/// HTML that a page may show as it is: the only kind that templates should print unescaped.
///
/// There is no way back from a stored or sent text but through a [`Sanitizer`](crate::Sanitizer):
///
/// ```compile_fail
/// let html: palisade::sanitize::SafeHtml = serde_json::from_str(r#""<script>""#)?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// This very text, escaped: what looks like a tag is shown as one reads it.
    ///
    /// ```
    /// # use palisade::sanitize::SafeHtml;
    /// assert_eq!(SafeHtml::text("a < b & \"c\"").as_str(), "a &lt; b &amp; &quot;c&quot;");
    /// ```
    pub fn text(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 8);
        for char in text.chars() {
            match char {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                other => html.push(other),
            }
        }
        Self(html)
    }

    /// This HTML, whatever it does.
    ///
    /// # Danger
    /// Nothing looks at it. It is for HTML that the program itself made.
    pub fn dangerous_allow_unsanitized(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    pub(super) fn cleaned(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The HTML.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether there is nothing to show: no HTML at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The beginning of its text, at most so many characters, cut behind a word and with `…` where it is cut.
    ///
    /// It is plain text: where `&lt;script&gt;` was written, it has `<script>`. A template escapes it like any other text.
    ///
    /// ```
    /// # use palisade::sanitize::SafeHtml;
    /// let html = SafeHtml::dangerous_allow_unsanitized("<h2>On primes</h2><p>There are <i>infinitely</i> many.</p>");
    /// assert_eq!(html.excerpt(20), "On primes There are…");
    /// ```
    pub fn excerpt(&self, chars: usize) -> String {
        let text = Tree::whole(&self.0).text();
        let words: Vec<&str> = text.split_whitespace().collect();
        shorten(&words.join(" "), chars).into_owned()
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SafeHtml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A text whose words have one space between them, and no more than so many characters.
fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    if text.chars().count() <= chars {
        return Cow::Borrowed(text);
    }
    let Some(room) = chars.checked_sub(1) else { return Cow::Borrowed("") };
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    // A word that ends just there may stay.
    let end = match text[end..].starts_with(' ') {
        true => end,
        false => text[..end].rfind(' ').unwrap_or(end),
    };
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_text_is_cut_behind_a_word_and_never_longer_than_asked() {
        for (chars, cut) in [
            (0, ""),
            (1, "…"),
            (3, "äb…"),
            (4, "äbc…"),
            (6, "äbc…"),
            (8, "äbc def…"),
            (10, "äbc def…"),
            (11, "äbc def ghi"),
        ] {
            assert_eq!(shorten("äbc def ghi", chars), cut, "{chars}");
            assert!(shorten("äbc def ghi", chars).chars().count() <= chars);
        }
    }
}
