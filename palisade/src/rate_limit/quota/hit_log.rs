//! The state of the moving window: the times of all hits.

use std::collections::VecDeque;

use super::Quota;
use super::state::{QuotaState, window_micros};

/// The time and cost of every allowed hit, oldest first. Hits at the same time share an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct HitLog {
    hits: VecDeque<(u64, u32)>,
    total: u32,
    until: u64,
}

impl HitLog {
    /// Returns the number of hits that fit into the memory of this log.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.hits.capacity()
    }

    /// Returns the hits within the window, oldest first. Times in the future become `now`.
    fn live(&self, quota: Quota, now: u64) -> impl Iterator<Item = (u64, u32)> {
        let window = window_micros(quota);
        self.hits
            .iter()
            .map(move |&(at, count)| (at.min(now), count))
            .skip_while(move |(at, _)| now - at >= window)
    }

    fn used(&self, quota: Quota, now: u64) -> u32 {
        let expired = self.hits.iter().take_while(|(at, _)| now - (*at).min(now) >= window_micros(quota));
        self.total - expired.map(|(_, count)| count).sum::<u32>()
    }

    /// Drops the hits that have left the window, and moves hits of the future to `now`.
    fn prune(&mut self, quota: Quota, now: u64) {
        while let Some(&(at, count)) = self.hits.front()
            && now - at.min(now) >= window_micros(quota)
        {
            self.total -= count;
            self.hits.pop_front();
        }
        for hit in self.hits.iter_mut().rev().take_while(|(at, _)| *at > now) {
            hit.0 = now;
        }
        if self.hits.capacity() > 64 && self.hits.len() < self.hits.capacity() / 4 {
            self.hits.shrink_to(self.hits.len() * 2);
        }
        self.until = self.hits.back().map_or(0, |(at, _)| at.saturating_add(window_micros(quota)));
    }
}

impl QuotaState for HitLog {
    type Algorithm = ();

    fn wait(&self, (): (), quota: Quota, now: u64, cost: u32) -> Option<u64> {
        if cost > quota.amount() {
            return Some(window_micros(quota));
        }
        let mut over =
            (u64::from(self.used(quota, now)) + u64::from(cost)).saturating_sub(u64::from(quota.amount()));
        if over == 0 {
            return None;
        }
        let last = self.live(quota, now).find(|(_, count)| {
            over = over.saturating_sub(u64::from(*count));
            over == 0
        });
        Some(last.map_or(0, |(at, _)| at.saturating_add(window_micros(quota)) - now))
    }

    fn charge(&mut self, (): (), quota: Quota, now: u64, cost: u32) {
        self.prune(quota, now);
        if cost == 0 {
            return;
        }
        match self.hits.back_mut() {
            Some((at, count)) if *at == now => *count += cost,
            _ => self.hits.push_back((now, cost)),
        }
        self.total += cost;
        self.until = now.saturating_add(window_micros(quota));
    }

    fn reject(&mut self, (): (), quota: Quota, now: u64, _cost: u32) {
        self.prune(quota, now);
    }

    fn refund(&mut self, (): (), quota: Quota, now: u64, charged_at: u64, cost: u32) {
        self.prune(quota, now);
        let mut rest = cost;
        let mut index = self.hits.partition_point(|(time, _)| *time <= charged_at);
        while index > 0 && rest > 0 {
            index -= 1;
            let part = self.hits[index].1.min(rest);
            self.hits[index].1 -= part;
            rest -= part;
            self.total -= part;
            if self.hits[index].1 == 0 {
                self.hits.remove(index);
            }
        }
        self.prune(quota, now);
    }

    fn remaining(&self, (): (), quota: Quota, now: u64) -> (u32, u64) {
        let oldest = self.live(quota, now).next().map_or(now, |(at, _)| at);
        let remaining = quota.amount().saturating_sub(self.used(quota, now));
        (remaining, oldest.saturating_add(window_micros(quota)) - now)
    }

    fn expires_at(&self) -> u64 {
        self.until
    }
}
