//! The trait of what a store keeps for one quota of one caller.

use super::Quota;

/// The state of one quota for one caller. All times are microseconds.
pub(crate) trait QuotaState: Default {
    /// The algorithm, for a state that serves several.
    type Algorithm: Copy;

    /// Returns the time until a request of this cost passes, or `None` if it passes now.
    fn wait(&self, algorithm: Self::Algorithm, quota: Quota, now: u64, cost: u32) -> Option<u64>;
    /// Records an allowed request.
    fn charge(&mut self, algorithm: Self::Algorithm, quota: Quota, now: u64, cost: u32);
    /// Records a rejected request.
    fn reject(&mut self, algorithm: Self::Algorithm, quota: Quota, now: u64, cost: u32);
    /// Refunds a charge made at that time, as far as it still counts. A window that began later,
    /// or a rate that has moved on, refunds nothing.
    fn refund(&mut self, algorithm: Self::Algorithm, quota: Quota, now: u64, charged_at: u64, cost: u32);
    /// Returns the remaining cost, and the time until more remains.
    fn remaining(&self, algorithm: Self::Algorithm, quota: Quota, now: u64) -> (u32, u64);
    /// Returns the time from which this state equals an empty one, so that a store may drop it.
    fn expires_at(&self) -> u64;
}

/// Returns the window in microseconds, 146,000 years at most.
#[inline]
pub(crate) fn window_micros(quota: Quota) -> u64 {
    quota.window_micros
}
