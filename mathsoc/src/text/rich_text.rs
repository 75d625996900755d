//! Rich text as a page shows it: sanitized, with its formulas typeset, and cached.
//!
//! ```
//! use mathsoc::text::rich_text::{plain, shown};
//!
//! let typed = r#"<p onclick="steal()">So \(x^2\)<script>steal()</script></p>"#;
//! assert!(shown(typed).as_str().starts_with("<p>So <math>"));
//! assert!(!shown(typed).as_str().contains("steal"));
//! assert_eq!(&*plain(typed), r"So \(x^2\)");
//! ```
//!
//! The database stores the text as it was typed. Sanitizing at output protects readers no matter
//! who wrote the row: this program, an import, or a person with database access. The output
//! depends on the text alone, so no cache entry ever needs invalidation.
//!
//! | default | value | reason |
//! |---|---|---|
//! | allowed HTML | [`Sanitizer::rich`] and the class `aside` | the style sheet has rules for it |
//! | cache | 64 MiB of input and output; cleared when full | a school's site has less text |
//! | rejected by the sanitizer | shown as plain text | too long or too deep for an article |

use std::sync::{Arc, LazyLock};

use palisade::Sanitizer;

use crate::text::typeset::{self, Typeset};
use crate::text::typeset_cache::TypesetCache;

static SANITIZER: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::rich().classes(["aside"]));
static SHOWN: LazyLock<TypesetCache<Typeset>> = LazyLock::new(TypesetCache::default);
static PLAIN: LazyLock<TypesetCache<Arc<str>>> = LazyLock::new(TypesetCache::default);

/// Returns the text as safe HTML with its formulas typeset.
#[must_use]
pub fn shown(typed: &str) -> Typeset {
    SHOWN.of(typed, || match SANITIZER.clean(typed) {
        Ok(safe) => typeset::html(&safe),
        Err(_) => typeset::text(typed),
    })
}

/// Returns the text without markup, its words separated by one space. Formulas stay in LaTeX.
#[must_use]
pub fn plain(typed: &str) -> Arc<str> {
    PLAIN.of(typed, || match SANITIZER.clean(typed) {
        Ok(safe) => safe.excerpt(usize::MAX).into(),
        Err(_) => typed.into(),
    })
}

/// Returns `true` if the text has nothing visible. An editor leaves an empty paragraph behind when
/// its text is deleted.
#[must_use]
pub fn is_blank(typed: &str) -> bool {
    plain(typed).trim().is_empty() && !shown(typed).as_str().contains("<img")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_paragraph_is_blank() {
        for blank in ["", " ", "<p></p>", "<p> <br></p><script>steal()</script>"] {
            assert!(is_blank(blank), "{blank}");
        }
        for text in ["x", r"<p>\(x\)</p>", r#"<p><img src="/files/x.png" alt=""></p>"#, "<p>0</p>"] {
            assert!(!is_blank(text), "{text}");
        }
    }

    #[test]
    fn shows_deeply_nested_html_as_text() {
        let deep = "<div>".repeat(400);
        assert!(shown(&deep).as_str().starts_with("&lt;div&gt;"));
    }
}
