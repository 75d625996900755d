//! Keyed hashes of limit, caller, strategy and quotas: 64 bits that a client cannot predict.

use std::hash::{BuildHasher, RandomState};

use siphasher::sip::SipHasher13;

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
    /// SipHash, because clients choose the callers. Unlike the standard library's hasher, this one
    /// hashes a text in one step, without a buffer.
    callers: SipHasher13,
    /// The keys of a cheaper hash for limits and plans, which programmers choose.
    keys: [u64; 2],
}

impl CounterHasher {
    /// Makes a hasher with new keys.
    pub(super) fn new() -> Self {
        let key = || RandomState::new().hash_one(0);
        Self { callers: SipHasher13::new_with_keys(key(), key()), keys: [key(), key()] }
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
        self.callers.hash(caller) ^ self.limit(limit)
    }

    #[inline]
    fn limit(&self, limit: &str) -> u64 {
        let [first, second] = self.keys;
        let start = second ^ limit.len() as u64;
        let (words, rest) = limit.as_bytes().as_chunks();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mixed = words.fold(start, |mixed, word| folded_multiply(mixed ^ word, first));
        folded_multiply(mixed ^ short_word(rest), first)
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

/// Returns up to seven bytes as a number. Texts of the same length have different numbers.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    match *bytes {
        [] => 0,
        [one] => one.into(),
        [one, two] => u16::from_le_bytes([one, two]).into(),
        [one, two, three] => u32::from_le_bytes([one, two, three, 0]).into(),
        // Two halves, which overlap.
        [one, two, three, four, ref rest @ ..] => {
            let first = u32::from_le_bytes([one, two, three, four]);
            let last = bytes.last_chunk().map_or(0, |last| u32::from_le_bytes(*last));
            u64::from(first) << 32 | u64::from(if rest.is_empty() { 0 } else { last })
        }
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
