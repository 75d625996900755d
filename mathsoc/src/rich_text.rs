//! Rich text that somebody wrote, as a page shows it: cleaned, its formulas typeset, and remembered.
//!
//! ```
//! let shown = mathsoc::rich_text::shown(r#"<p onclick="steal()">So \(x^2\)<script>steal()</script></p>"#);
//! assert!(shown.as_str().starts_with("<p>So <math>"));
//! assert!(!shown.as_str().contains("steal"));
//! ```
//!
//! What is kept in the database is what was typed; cleaning it here means that it does not matter who wrote it there, this
//! program, an import or somebody by hand. What comes out depends on the text alone, so there is nothing to invalidate.
//!
//! | default | is | because |
//! |---|---|---|
//! | what may be shown | [`Sanitizer::rich`], and the class `aside` | the style sheet knows it |
//! | remembered | texts and pages of 16 MiB together, then everything is forgotten | a school's site has less |
//! | a text that the sanitiser does not take | is shown as plain text | it is too long or too deep to be an article |

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use palisade::Sanitizer;

use crate::typeset::{self, Typeset};

/// The most bytes that are remembered.
const MOST: usize = 16 << 20;

static SANITIZER: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::rich().classes(["aside"]));
static REMEMBERED: LazyLock<Mutex<Remembered>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Remembered {
    shown: HashMap<Box<str>, Typeset>,
    bytes: usize,
}

/// The text as a page shows it.
#[must_use]
pub fn shown(typed: &str) -> Typeset {
    let lock = || REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lock().shown.get(typed) {
        return known.clone();
    }
    let shown = match SANITIZER.clean(typed) {
        Ok(safe) => typeset::html(&safe),
        Err(_) => typeset::text(typed),
    };
    let mut remembered = lock();
    let bytes = typed.len() + shown.as_str().len();
    if remembered.bytes + bytes > MOST {
        *remembered = Remembered::default();
    }
    if remembered.shown.insert(typed.into(), shown.clone()).is_none() {
        remembered.bytes += bytes;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_shown_and_stays_within_its_bound() {
        let first = shown("<p>one <b>of</b> many</p>");
        assert_eq!(first.as_str(), "<p>one <b>of</b> many</p>");
        for n in 0..200 {
            assert!(shown(&format!("<p>{n}</p>{}", "x".repeat(100_000))).as_str().starts_with("<p>"));
        }
        assert!(REMEMBERED.lock().unwrap().bytes <= MOST);
        assert_eq!(shown("<p>one <b>of</b> many</p>"), first);
    }

    #[test]
    fn what_is_too_deep_to_be_cleaned_is_shown_as_text() {
        let deep = "<div>".repeat(400);
        assert!(shown(&deep).as_str().starts_with("&lt;div&gt;"));
    }
}
