//! A cache from source text to its rendered form: sanitized markup or typeset formulas.
//!
//! ```
//! # use std::sync::Arc;
//! # use mathsoc::text::typeset_cache::TypesetCache;
//! let loud: TypesetCache<Arc<str>> = TypesetCache::default();
//! assert_eq!(&*loud.of("two", || "TWO".into()), "TWO");
//! assert_eq!(&*loud.of("two", || unreachable!("it is cached")), "TWO");
//! ```
//!
//! The result must depend on the text alone, so that a cache entry never becomes stale.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | source and result | 64 MiB, cleared when full | articles of many years take a tenth of it |

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The largest number of bytes that the cache holds.
const MAX_BYTES: usize = 64 << 20;

/// A bounded cache from text to its rendered form.
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
    /// Returns the cached result for `text`, or computes and stores it.
    pub fn of(&self, text: &str, make: impl FnOnce() -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = lock().texts.get(text) {
            return cached.clone();
        }
        let made = make();
        let mut cache = lock();
        let bytes = text.len() + made.as_ref().len();
        if cache.bytes + bytes > MAX_BYTES {
            *cache = CachedTexts { texts: HashMap::new(), bytes: 0 };
        }
        if cache.texts.insert(text.into(), made.clone()).is_none() {
            cache.bytes += bytes;
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_cache_stays_within_its_bound() {
        let twice: TypesetCache<Arc<str>> = TypesetCache::default();
        let of = |text: &str| twice.of(text, || format!("{text}{text}").into());
        assert_eq!(&*of("one"), "oneone");
        for n in 0..400 {
            assert!(of(&format!("{n} {}", "x".repeat(100_000))).len() > 200_000);
        }
        assert!(twice.0.lock().unwrap().bytes <= MAX_BYTES);
        assert_eq!(&*of("one"), "oneone");
    }
}
