//! Sanitized HTML.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::dom::Dom;

/// Sanitized HTML: the only type that templates should print without escaping.
///
/// It cannot be deserialized; stored text has to pass a [`Sanitizer`](crate::Sanitizer) again:
///
/// ```compile_fail
/// let html: palisade::sanitize::SafeHtml = serde_json::from_str(r#""<script>""#)?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Escapes plain text, so that a browser shows it unchanged.
    ///
    /// ```
    /// # use palisade::sanitize::SafeHtml;
    /// assert_eq!(SafeHtml::text("a < b & \"c\"").as_str(), "a &lt; b &amp; &quot;c&quot;");
    /// ```
    #[doc(alias = "escape")]
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

    /// Wraps HTML without sanitizing it.
    ///
    /// # Security
    /// Use it only for HTML that the program itself has produced.
    pub fn dangerous_allow_unsanitized(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    pub(super) fn cleaned(html: String) -> Self {
        Self(html)
    }

    /// Returns the HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the HTML.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Returns `true` if there is no HTML at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the beginning of the text: at most `chars` characters, cut after a word and marked
    /// with `…`.
    ///
    /// # Security
    /// The result is plain text: `&lt;script&gt;` becomes `<script>`. Escape it as any other text.
    ///
    /// ```
    /// # use palisade::sanitize::SafeHtml;
    /// let article = "<h2>On primes</h2><p>There are <i>infinitely</i> many.</p>";
    /// let html = SafeHtml::dangerous_allow_unsanitized(article);
    /// assert_eq!(html.excerpt(20), "On primes There are…");
    /// ```
    pub fn excerpt(&self, chars: usize) -> String {
        let text = Dom::parse(&self.0).text();
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

/// Shortens a text whose words are separated by single spaces.
fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    if text.chars().count() <= chars {
        return Cow::Borrowed(text);
    }
    let Some(room) = chars.checked_sub(1) else { return Cow::Borrowed("") };
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    // A word that ends exactly there stays.
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
    fn an_excerpt_ends_after_a_word() {
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
