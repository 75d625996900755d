//! What texts become, made once: markup that was cleaned, formulas that were set.
//!
//! ```
//! # use std::sync::Arc;
//! # use mathsoc::text::typeset_cache::TypesetCache;
//! let loud: Remembered<Arc<str>> = Remembered::default();
//! assert_eq!(&*loud.of("two", || "TWO".into()), "TWO");
//! assert_eq!(&*loud.of("two", || unreachable!("it is remembered")), "TWO");
//! ```
//!
//! What a text becomes must depend on nothing else: then nothing that is remembered is ever wrong.
//!
//! | bound | is | because |
//! |---|---|---|
//! | texts, and what they became | 64 MiB | a school's articles of many years are a tenth of it; when it is full, it begins anew |

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most bytes that are remembered.
const MOST: usize = 64 << 20;

/// What became of texts.
#[derive(Debug)]
pub struct TypesetCache<T>(Mutex<CachedTexts<T>>);

#[derive(Debug)]
struct CachedTexts<T> {
    texts: HashMap<Box<str>, T>,
    bytes: usize,
}

impl<T> Default for TypesetCache<T> {
    fn default() -> Self {
        Self(Mutex::new(CachedTexts { texts: HashMap::new(), bytes: 0 }))
    }
}

impl<T: Clone + AsRef<str>> TypesetCache<T> {
    /// What this text became, or is made into now.
    pub fn of(&self, text: &str, make: impl FnOnce() -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().texts.get(text) {
            return known.clone();
        }
        let made = make();
        let mut known = lock();
        let bytes = text.len() + made.as_ref().len();
        if known.bytes + bytes > MOST {
            *known = CachedTexts { texts: HashMap::new(), bytes: 0 };
        }
        if known.texts.insert(text.into(), made.clone()).is_none() {
            known.bytes += bytes;
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_remembered_stays_within_its_bound_and_is_made_anew_afterwards() {
        let twice: TypesetCache<Arc<str>> = TypesetCache::default();
        let of = |text: &str| twice.of(text, || format!("{text}{text}").into());
        assert_eq!(&*of("one"), "oneone");
        for n in 0..400 {
            assert!(of(&format!("{n} {}", "x".repeat(100_000))).len() > 200_000);
        }
        assert!(twice.0.lock().unwrap().bytes <= MOST);
        assert_eq!(&*of("one"), "oneone");
    }
}
