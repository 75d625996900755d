//! Rich text that somebody wrote, as a page shows it: cleaned, its formulas typeset, and remembered.
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
//! What is kept in the database is what was typed; cleaning it here means that it does not matter who wrote it there, this
//! program, an import or somebody by hand. What comes out depends on the text alone, so there is nothing to invalidate.
//!
//! | default | is | because |
//! |---|---|---|
//! | what may be shown | [`Sanitizer::rich`], and the class `aside` | the style sheet knows it |
//! | remembered | texts and pages of 64 MiB together, then everything is forgotten | a school's site has less |
//! | a text that the sanitiser does not take | is shown as plain text | it is too long or too deep to be an article |

use std::sync::{Arc, LazyLock};

use palisade::Sanitizer;

use crate::text::typeset::{self, Typeset};
use crate::text::typeset_cache::TypesetCache;

static SANITIZER: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::rich().classes(["aside"]));
static SHOWN: LazyLock<TypesetCache<Typeset>> = LazyLock::new(TypesetCache::default);
static PLAIN: LazyLock<TypesetCache<Arc<str>>> = LazyLock::new(TypesetCache::default);

/// The text as a page shows it.
#[must_use]
pub fn shown(typed: &str) -> Typeset {
    SHOWN.of(typed, || match SANITIZER.clean(typed) {
        Ok(safe) => typeset::html(&safe),
        Err(_) => typeset::text(typed),
    })
}

/// The text alone, its words with one space between them; formulas as they were written.
#[must_use]
pub fn plain(typed: &str) -> Arc<str> {
    PLAIN.of(typed, || match SANITIZER.clean(typed) {
        Ok(safe) => safe.excerpt(usize::MAX).into(),
        Err(_) => typed.into(),
    })
}

/// Whether there is nothing to see in it: of a text that was deleted, an editor leaves an empty paragraph.
#[must_use]
pub fn is_blank(typed: &str) -> bool {
    plain(typed).trim().is_empty() && !shown(typed).as_str().contains("<img")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_paragraph_is_no_text_but_a_picture_and_a_formula_are() {
        for blank in ["", " ", "<p></p>", "<p> <br></p><script>steal()</script>"] {
            assert!(is_blank(blank), "{blank}");
        }
        for text in ["x", r"<p>\(x\)</p>", r#"<p><img src="/files/x.png" alt=""></p>"#, "<p>0</p>"] {
            assert!(!is_blank(text), "{text}");
        }
    }

    #[test]
    fn what_is_too_deep_to_be_cleaned_is_shown_as_text() {
        let deep = "<div>".repeat(400);
        assert!(shown(&deep).as_str().starts_with("&lt;div&gt;"));
    }
}
