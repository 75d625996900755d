//! Keyed hashes of limit, caller, strategy and quotas: 64 bits that a client cannot predict.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::rate_limit::quota::{Quotas, Strategy};

/// The hash of a counter, in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CounterHash {
    /// The caller at the limit.
    pub(super) caller: u64,
    /// The strategy and the quotas.
    pub(super) plan: u64,
}

impl CounterHash {
    /// Returns the hash of the counter itself. It is never zero.
    pub(super) fn counter(self) -> u64 {
        (self.caller ^ self.plan).max(1)
    }
}

/// Makes hashes with random keys.
#[derive(Clone)]
pub(super) struct CounterHasher {
    /// SipHash, because clients choose the callers.
    callers: RandomState,
    /// The keys of a cheaper hash for limits and plans, which programmers choose.
    keys: [u64; 2],
}

impl CounterHasher {
    /// Makes a hasher with new keys.
    pub(super) fn new() -> Self {
        let key = || RandomState::new().hash_one(0);
        Self { callers: RandomState::new(), keys: [key(), key()] }
    }

    /// Returns the hash of a caller's counter.
    #[inline]
    pub(super) fn hash(
        &self,
        limit: &str,
        caller: &[u8],
        strategy: Strategy,
        quotas: &Quotas,
    ) -> CounterHash {
        CounterHash { caller: self.caller(limit, caller), plan: self.plan(strategy, quotas) }
    }

    /// Returns the hash of a caller at a limit.
    #[inline]
    pub(super) fn caller(&self, limit: &str, caller: &[u8]) -> u64 {
        let mut hasher = self.callers.build_hasher();
        hasher.write(caller);
        hasher.finish() ^ self.limit(limit)
    }

    #[inline]
    fn limit(&self, limit: &str) -> u64 {
        let [first, second] = self.keys;
        let (words, rest) = limit.as_bytes().as_chunks();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mixed =
            words.fold(second ^ limit.len() as u64, |mixed, word| folded_multiply(mixed ^ word, first));
        let mixed = rest.iter().fold(mixed, |mixed, byte| mixed.rotate_left(8) ^ u64::from(*byte));
        folded_multiply(mixed, first)
    }

    #[inline]
    fn plan(&self, strategy: Strategy, quotas: &Quotas) -> u64 {
        let [first, second] = self.keys;
        // Above the 32 bits of an amount, so that a strategy never cancels out an amount.
        quotas.iter().fold(first ^ (strategy as u64) << 32, |plan, quota| {
            folded_multiply(plan ^ u64::from(quota.amount()), second ^ quota.window().as_secs())
        })
    }
}

/// Multiplies to 128 bits and combines both halves.
#[inline]
fn folded_multiply(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_counters_have_different_hashes() {
        let hasher = CounterHasher::new();
        let hash = |limit, caller: &str, strategy, quotas: &str| {
            hasher.hash(limit, caller.as_bytes(), strategy, &quotas.parse().unwrap()).counter()
        };
        let mut hashes = Vec::new();
        for (limit, caller) in [
            ("a", "bc"),
            ("ab", "c"),
            ("abc", ""),
            ("", "abc"),
            ("a\0", "bc"),
            ("an application's", ""),
            ("an application'", ""),
        ] {
            for strategy in Strategy::ALL {
                for quotas in ["1/hour", "2/hour", "1/day", "1/hour;2/hour", "2/hour;1/hour", "1/hour;1/hour"]
                {
                    hashes.push(hash(limit, caller, strategy, quotas));
                }
            }
        }
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        assert_eq!(
            hash("a", "b", Strategy::Gcra, "60/60 seconds"),
            hash("a", "b", Strategy::Gcra, "60/minute"),
            "two spellings of one quota",
        );
    }
}
