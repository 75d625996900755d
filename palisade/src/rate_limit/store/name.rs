//! The names of counts: from the limit, the caller, the strategy and the quotas to 64 bits that nobody can aim at.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::rate_limit::quota::{Quotas, Strategy};

/// What one caller of one limit is counted as, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The caller of the limit.
    pub(super) caller: u64,
    /// The strategy and the quotas.
    pub(super) plan: u64,
}

impl Name {
    /// The name of the count itself; never zero.
    pub(super) fn count(self) -> u64 {
        (self.caller ^ self.plan).max(1)
    }
}

/// Makes names with keys that nobody outside knows.
pub(super) struct Namer {
    /// SipHash: callers are what strangers send.
    callers: RandomState,
    /// Limits and plans are what programmers write, and hashed more cheaply.
    written: [u64; 2],
}

impl Namer {
    /// With keys of its own.
    pub(super) fn new() -> Self {
        let key = || RandomState::new().hash_one(0);
        Self { callers: RandomState::new(), written: [key(), key()] }
    }

    /// The name of a caller's count.
    #[inline]
    pub(super) fn name(&self, limit: &str, caller: &[u8], strategy: Strategy, quotas: &Quotas) -> Name {
        Name { caller: self.caller(limit, caller), plan: self.plan(strategy, quotas) }
    }

    /// The caller of a limit.
    #[inline]
    pub(super) fn caller(&self, limit: &str, caller: &[u8]) -> u64 {
        let mut hasher = self.callers.build_hasher();
        hasher.write(caller);
        hasher.finish() ^ self.limit(limit)
    }

    #[inline]
    fn limit(&self, limit: &str) -> u64 {
        let [first, second] = self.written;
        let (words, rest) = limit.as_bytes().as_chunks();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mixed = words.fold(second ^ limit.len() as u64, |mixed, word| folded(mixed ^ word, first));
        folded(rest.iter().fold(mixed, |mixed, byte| mixed.rotate_left(8) ^ u64::from(*byte)), first)
    }

    #[inline]
    fn plan(&self, strategy: Strategy, quotas: &Quotas) -> u64 {
        let [first, second] = self.written;
        // Above the 32 bits of an amount, so that no strategy makes up for another amount.
        quotas.iter().fold(first ^ (strategy as u64) << 32, |plan, quota| {
            folded(plan ^ u64::from(quota.amount()), second ^ quota.window().as_secs())
        })
    }
}

/// Both halves of the product.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_has_another_name() {
        let namer = Namer::new();
        let name = |limit, caller: &str, strategy, quotas: &str| {
            namer.name(limit, caller.as_bytes(), strategy, &quotas.parse().unwrap()).count()
        };
        let mut names = Vec::new();
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
                    names.push(name(limit, caller, strategy, quotas));
                }
            }
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(
            name("a", "b", Strategy::Gcra, "60/60 seconds"),
            name("a", "b", Strategy::Gcra, "60/minute"),
            "the same quota, written differently",
        );
    }
}
