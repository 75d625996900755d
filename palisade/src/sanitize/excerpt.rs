//! Excerpts of HTML, and its serialization.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::dom::Dom;
use crate::core::safe_html::SafeHtml;

impl SafeHtml {
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
        let text = Dom::parse(self.as_str()).text();
        let words: Vec<&str> = text.split_whitespace().collect();
        shorten(&words.join(" "), chars).into_owned()
    }
}

impl Serialize for SafeHtml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
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
