//! Who was refused lately: kept in memory until the database has it, for `/admin/limits`.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::now;
use crate::domain::limited::Refusal;

/// The number of callers that are kept between two writes. Further ones are refused all the same,
/// and not listed.
const MAX_CALLERS: usize = 1_000;

/// A limit's name, a caller and an account.
type Key = (String, String, String);

/// Collects refusals; clones share the collection.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<BTreeMap<Key, Refusal>>>);

impl Refusals {
    /// Notes that a caller was refused.
    pub fn note(&self, limit: &str, caller: &str, account: &str, retry_after: Duration) {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (limit.to_owned(), caller.to_owned(), account.to_owned());
        if callers.len() >= MAX_CALLERS && !callers.contains_key(&key) {
            return;
        }
        let now = now();
        let until = now.saturating_add(i64::try_from(retry_after.as_secs()).unwrap_or(i64::MAX));
        let (limit_name, caller, account) = key.clone();
        let refusal = Refusal { limit_name, caller, account, refused: 0, last_at: now, until };
        let refusal = callers.entry(key).or_insert(refusal);
        refusal.refused += 1;
        (refusal.last_at, refusal.until) = (now, until);
    }

    /// Takes what was noted since the last call.
    pub fn take(&self) -> Vec<Refusal> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_caller_are_one_line_and_callers_are_bounded() {
        let refusals = Refusals::default();
        for _ in 0..3 {
            refusals.note("login", "192.0.2.7", "ada@school.example", Duration::from_secs(60));
        }
        let taken = refusals.take();
        assert_eq!((taken.len(), taken[0].refused, taken[0].until - taken[0].last_at), (1, 3, 60));
        assert!(refusals.take().is_empty());
        for caller in 0..2 * MAX_CALLERS {
            refusals.note("pages", &caller.to_string(), "", Duration::MAX);
        }
        assert_eq!(refusals.take().len(), MAX_CALLERS);
    }
}
