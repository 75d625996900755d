//! The names of counts: from the limit, the caller, the strategy and the quotas to 128 bits that nobody can aim at.

use std::hash::{BuildHasher, Hasher, RandomState};

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::quota::{Quotas, Strategy};

/// The name of what one caller is counted by: 128 bits, of which the first half is the caller's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The same for all that is counted of one caller of one limit.
    pub(super) caller: u64,
    /// What is counted, and of whom.
    pub(super) count: u64,
}

/// Hashes names with keys that nobody outside knows. Every part is preceded by its length, so that no two lists of parts
/// are written alike.
#[derive(Clone, Copy)]
pub(super) struct Namer(u64, u64);

impl Namer {
    /// With keys of its own.
    pub(super) fn new() -> Self {
        let key = || RandomState::new().hash_one(0);
        Self(key(), key())
    }

    /// The name of a caller's count.
    pub(super) fn name(self, limit: &str, caller: &[u8], strategy: Strategy, quotas: &Quotas) -> Name {
        let [first, second] = self.caller(limit, caller);
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write_u64(second);
        hasher.write_u64(strategy as u64);
        for quota in quotas {
            hasher.write_u64(u64::from(quota.amount()));
            hasher.write_u64(quota.window().as_secs());
        }
        Name { caller: first, count: hasher.finish() }
    }

    /// The caller of a limit, in two halves.
    pub(super) fn caller(self, limit: &str, caller: &[u8]) -> [u64; 2] {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        for part in [limit.as_bytes(), caller] {
            hasher.write_u64(part.len() as u64);
            hasher.write(part);
        }
        let hash = hasher.finish128();
        [hash.h1, hash.h2]
    }
}
