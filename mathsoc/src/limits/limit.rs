//! A rate limit, as a value.

use palisade::rate_limit::quota::Quotas;

use crate::config::RateLimits;

/// A rate limit: its quotas, the requests that count, and what they are counted by.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limit {
    pub(super) name: &'static str,
    quotas: fn(&RateLimits) -> &Quotas,
    pub(super) groups: &'static [&'static str],
    pub(super) posts_only: bool,
    pub(super) who: Audience,
    pub(super) failures: bool,
    pub(super) closed_while_down: bool,
}

/// The callers that a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Members by account, visitors by address.
    Everyone,
    /// Visitors, by address; members do not count.
    Visitors,
    /// Members, by account; visitors do not count.
    Members,
    /// Mailboxes to which a form sends a letter.
    Mailboxes,
}

/// The key that a limit counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// The client's address.
    Address,
    /// The account, or the mailbox.
    Account,
}

impl Limit {
    /// A limit with the quotas of a setting. The name is also its scope in the store.
    pub const fn new(name: &'static str, quotas: fn(&RateLimits) -> &Quotas) -> Self {
        let who = Audience::Everyone;
        Self { name, quotas, groups: &[], posts_only: false, who, failures: false, closed_while_down: false }
    }

    /// Sets the groups of routes that the limit applies to.
    pub const fn around(self, groups: &'static [&'static str]) -> Self {
        Self { groups, ..self }
    }

    /// Counts POST only, so that showing the form counts as a page.
    pub const fn posts_only(self) -> Self {
        Self { posts_only: true, ..self }
    }

    /// Sets the callers that count.
    pub const fn of(self, who: Audience) -> Self {
        Self { who, ..self }
    }

    /// Counts failures, which only the handler knows, and delays the next attempt after them.
    pub const fn failures(self) -> Self {
        Self { failures: true, posts_only: true, ..self }
    }

    /// Rejects with 503 while the store does not answer, instead of counting in memory.
    pub const fn closed_while_down(self) -> Self {
        Self { closed_while_down: true, ..self }
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the keys that the limit counts by.
    pub const fn per(&self) -> &'static [Per] {
        match self.who {
            Audience::Everyone => &[Per::Address, Per::Account],
            Audience::Visitors => &[Per::Address],
            Audience::Members | Audience::Mailboxes => &[Per::Account],
        }
    }

    pub(super) fn quotas<'a>(&self, settings: &'a RateLimits) -> &'a Quotas {
        (self.quotas)(settings)
    }
}
