//! HTML that is safe to print.

use std::fmt;

/// HTML that is safe to print: the only type that templates should print without escaping.
///
/// It comes from a `Sanitizer`, from [`text`](SafeHtml::text), or from this library's own markup,
/// such as `CsrfToken::input`. With the features `askama` and `maud` both engines print it unescaped; in
/// axum it is a response of the type `text/html`.
///
/// It cannot be deserialized; stored text has to pass a `Sanitizer` again:
///
/// ```compile_fail
/// let html: palisade::template::SafeHtml = serde_json::from_str(r#""<script>""#)?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias("markupsafe", "mark_safe", "PreEscaped"))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Escapes plain text, so that a browser shows it unchanged.
    ///
    /// ```
    /// # use palisade::template::SafeHtml;
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
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<SafeHtml> for String {
    fn from(html: SafeHtml) -> Self {
        html.into_string()
    }
}
