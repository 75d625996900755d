//! Template engines: HTML from this library that askama, maud and minijinja print without escaping
//! it again.
//!
//! With the feature `askama`, a template needs no `|safe`. A field of any other type is escaped:
//!
//! ```
//! # #[cfg(feature = "askama")] {
//! use askama::Template;
//! use palisade::CspNonce;
//! use palisade::template::SafeHtml;
//!
//! #[derive(Template)]
//! #[template(
//!     source = r#"<script nonce="{{ nonce }}"></script>{{ name }}{{ text }}"#,
//!     ext = "html"
//! )]
//! struct Page<'a> {
//!     nonce: &'a CspNonce,
//!     name: &'a str,
//!     text: SafeHtml, // from a `Sanitizer`, or `csrf_token.input()`
//! }
//!
//! let nonce = CspNonce::default();
//! let text = SafeHtml::dangerous_allow_unsanitized("<p>1 &lt; 2</p>");
//! let page = Page { nonce: &nonce, name: "<Ada>", text }.render().expect("a String has room");
//! assert_eq!(page, format!(r#"<script nonce="{nonce}"></script>&#60;Ada&#62;<p>1 &lt; 2</p>"#));
//! # }
//! ```
//!
//! With the feature `maud`, the same values are written in parentheses:
//!
//! ```
//! # #[cfg(feature = "maud")] {
//! use maud::{PreEscaped, Render};
//! use palisade::template::SafeHtml;
//!
//! let text = SafeHtml::dangerous_allow_unsanitized("<p>1 &lt; 2</p>");
//! let PreEscaped(page) = maud::html! { div { (text) "<Ada>" } };
//! assert_eq!(page, "<div><p>1 &lt; 2</p>&lt;Ada&gt;</div>");
//! assert_eq!(text.render().into_string(), "<p>1 &lt; 2</p>");
//! # }
//! ```
//!
//! minijinja has a type of its own: `minijinja::Value::from_safe_string(html.into_string())`.
//! An engine that is not listed takes [`SafeHtml::as_str`] through its own marker for safe HTML.
//!
//! # What is printed
//!
//! | value | askama | maud | why it is safe |
//! |---|---|---|---|
//! | [`SafeHtml`] | unescaped | unescaped | a sanitizer or this library has made it |
//! | [`CspNonce`](crate::CspNonce) | unescaped | unescaped | letters, digits, `-` and `_` |
//! | [`CsrfToken`](crate::CsrfToken) | unescaped | unescaped | letters, digits, `-` and `_` |
//! | [`SafePath`](crate::redirect::SafePath) | escaped | escaped | a path may contain `&` and `'` |
//!
//! `CsrfToken::input` and `CsrfToken::meta` return [`SafeHtml`], as `Sanitizer::clean` does. In
//! axum, [`SafeHtml`] is a response of the type `text/html`, alone or in axum's `Html`.
//!
//! # What it does not do
//!
//! - It does not escape anything itself: escaping is the engine's work. Name askama's templates
//!   `.html`; it does not escape in templates with the extension `.txt`.
//! - It does not make a value safe inside of `<script>` or `<style>`, or in an attribute without
//!   quotes. Write attributes with quotes, and give data to scripts in `data-` attributes.
//!
//! References: OWASP Cross Site Scripting Prevention Cheat Sheet; askama's `HtmlSafe`; maud's
//! `Render`; MarkupSafe.

pub use crate::core::safe_html::SafeHtml;

#[cfg(feature = "askama")]
mod askama_impls {
    use askama::filters::HtmlSafe;

    impl HtmlSafe for super::SafeHtml {}

    impl HtmlSafe for crate::CspNonce {}

    #[cfg(feature = "csrf")]
    impl HtmlSafe for crate::CsrfToken {}
}

#[cfg(feature = "maud")]
mod maud_impls {
    use maud::Render;

    impl Render for super::SafeHtml {
        fn render_to(&self, page: &mut String) {
            page.push_str(self.as_str());
        }
    }

    impl Render for crate::CspNonce {
        fn render_to(&self, page: &mut String) {
            page.push_str(self.as_str());
        }
    }

    #[cfg(feature = "csrf")]
    impl Render for crate::CsrfToken {
        fn render_to(&self, page: &mut String) {
            page.push_str(self.as_str());
        }
    }

    #[cfg(feature = "redirect")]
    impl Render for crate::redirect::SafePath {
        fn render_to(&self, page: &mut String) {
            self.as_str().render_to(page);
        }
    }
}
