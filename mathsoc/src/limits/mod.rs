//! The rate limits of the site, in one list.
//!
//! ```
//! use mathsoc::limits::{Limit, Per};
//!
//! const LOGIN: Limit = Limit::new("login", "5/minute; 20/hour")
//!     .around(&["login"])
//!     .posts_only()
//!     .per(&[Per::Address, Per::Account])
//!     .backs_off()
//!     .closed_while_down();
//! assert_eq!(LOGIN.name(), "login");
//! ```
//!
//! To add a limit, write it as above beside [`PAGES`], and add it to [`LIMITS`]. The layers around
//! the group's routes, `mathsoc limits`, its JSON and `mathsoc limits clear` are made from that
//! list. A limit per account also needs a call in the handler, which alone knows the account:
//! `app.limits.of(&limits::LOGIN).check(email.key()).await?`, and `let attempt =
//! app.limits.backoff(&limits::LOGIN).attempt(email.key()).await?` if it backs off.
//! A group without a limit is listed in [`EXEMPT`] with a reason; a test checks that every route
//! has one of the two.
//!
//! A form that must stay usable when a class has used up its pages, such as the login, has its
//! POST in a group of its own. The page with the form stays in `public`; the router merges the
//! two.
//!
//! A request passes if, in this order:
//! 1. `RATELIMIT_ENABLED` is false, or its group is exempt;
//! 2. it is within the quotas of every limit around its group;
//! 3. while the store does not answer: it is within the quotas as counted by this process alone. A
//!    limit that is [closed](Limit::closed_while_down) during an outage rejects it with 503.
//!
//! | default | value | reason |
//! |---|---|---|
//! | [`per`](Limit::per) | address | visitors have no account |
//! | during an outage | counts in memory | pages stay readable; logins are closed |
//! | IPv6 prefix | /64 | a customer has at least a /64 |
//!
//! References: OWASP Authentication Cheat Sheet.

mod clear;
mod report;

use palisade::RateLimit;
use palisade::rate_limit::quota::Quotas;
use palisade::rate_limit::store::{RateLimitStore, StoreError};
use palisade::rate_limit::{Backoff, FallbackStore, OutagePolicy, RateLimitLayer};

pub use self::clear::{Caller, CallerError, ClearError, clear};
pub use self::report::{LimitReport, Report, RouteReport};
use crate::config::RateLimits;
use crate::web::signed_in::MemberId;

/// The groups of pages, and of POST routes without a limit per address of their own.
const READING: &[&str] = &["public", "members", "links", "submit", "search", "admin"];

/// Every page for visitors, 404s included: `RATELIMIT_DEFAULT`.
pub const PAGES: Limit =
    Limit::by_setting("pages", |settings| &settings.default).around(READING).of(Audience::Visitors);

/// Every page for members: `RATELIMIT_DEFAULT_USER`. Counted by account, since a whole class may
/// share one address.
pub const MEMBERS: Limit = Limit::by_setting("members", |settings| &settings.default_user)
    .around(READING)
    .of(Audience::Members)
    .per(&[Per::Account]);

/// Attempts to log in, with a password or a code.
pub const LOGIN: Limit = Limit::new("login", "5/minute; 20/hour")
    .around(&["login"])
    .posts_only()
    .per(&[Per::Address, Per::Account])
    .backs_off()
    .closed_while_down();

/// Registrations.
pub const REGISTER: Limit =
    Limit::new("register", "3/minute; 10/hour").around(&["register"]).posts_only().closed_while_down();

/// Requests for a letter with a link to a new password.
pub const PASSWORD_RESET: Limit = Limit::new("password_reset", "3/hour")
    .around(&["password_reset"])
    .posts_only()
    .per(&[Per::Address, Per::Account])
    .closed_while_down();

/// Answers to challenges.
pub const SUBMIT: Limit = Limit::new("submit", "10/minute")
    .around(&["submit"])
    .posts_only()
    .of(Audience::Members)
    .per(&[Per::Account]);

/// Event streams of leaderboards. A browser reconnects every minute, in each of its windows.
pub const LIVE: Limit =
    Limit::new("live", "30/minute").around(&["live"]).of(Audience::Members).per(&[Per::Account]);

/// Full-text searches, which cost more than a page.
pub const SEARCH: Limit = Limit::new("search", "30/minute").around(&["search"]);

/// Reports from browsers, which send a few together, from any number of pages.
pub const REPORTS: Limit = Limit::new("reports", "60/minute").around(&["reports"]).posts_only();

/// All limits, the innermost first.
pub const LIMITS: &[Limit] =
    &[PAGES, MEMBERS, LOGIN, REGISTER, PASSWORD_RESET, SUBMIT, SEARCH, LIVE, REPORTS];

/// The groups without a limit, with the reason.
pub const EXEMPT: &[(&str, &str)] = &[
    ("uploads", "a page has many pictures, and they are kept by browsers"),
    ("files", "a page is made of many files, and they cost little"),
    ("open", "monitoring is always answered"),
];

/// The prefix length by which IPv6 clients are counted.
const IPV6_PREFIX: u8 = 64;

/// A rate limit: its quotas, the requests that count, and what they are counted by.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limit {
    name: &'static str,
    amount: QuotaSource,
    groups: &'static [&'static str],
    posts_only: bool,
    who: Audience,
    per: &'static [Per],
    backs_off: bool,
    closed_while_down: bool,
}

/// The visitors for whom a limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    /// Visitors who are not signed in.
    Visitors,
    /// Signed-in members; the layer counts by account.
    Members,
}

#[derive(Clone, Copy, Debug)]
enum QuotaSource {
    Fixed(&'static str),
    Setting(fn(&RateLimits) -> &Quotas),
}

/// The key that a limit counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// The client address; counted by a layer.
    Address,
    /// The account; counted by the handler, or for [`Audience::Members`] by a layer.
    Account,
}

impl Limit {
    /// A limit by address with fixed quotas. The name is also its scope in the store.
    pub const fn new(name: &'static str, quotas: &'static str) -> Self {
        Self::with(name, QuotaSource::Fixed(quotas))
    }

    /// A limit whose quotas are a setting.
    pub const fn by_setting(name: &'static str, quotas: fn(&RateLimits) -> &Quotas) -> Self {
        Self::with(name, QuotaSource::Setting(quotas))
    }

    const fn with(name: &'static str, amount: QuotaSource) -> Self {
        let (groups, per): (&[_], &[_]) = (&[], &[Per::Address]);
        Self {
            name,
            amount,
            groups,
            posts_only: false,
            who: Audience::Everyone,
            per,
            backs_off: false,
            closed_while_down: false,
        }
    }

    /// Sets the groups of routes that the limit applies to.
    pub const fn around(self, groups: &'static [&'static str]) -> Self {
        Self { groups, ..self }
    }

    /// Counts POST only, so that showing the form counts as a page.
    pub const fn posts_only(self) -> Self {
        Self { posts_only: true, ..self }
    }

    /// Sets the audience.
    pub const fn of(self, who: Audience) -> Self {
        Self { who, ..self }
    }

    /// Sets the keys that the limit counts by. Each key has the full quotas.
    pub const fn per(self, per: &'static [Per]) -> Self {
        Self { per, ..self }
    }

    /// Delays an account's consecutive failures, longer each time.
    pub const fn backs_off(self) -> Self {
        Self { backs_off: true, ..self }
    }

    /// Rejects with 503 while the store does not answer, instead of counting in memory.
    pub const fn closed_while_down(self) -> Self {
        Self { closed_while_down: true, ..self }
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn quotas(&self, settings: &RateLimits) -> Quotas {
        match self.amount {
            QuotaSource::Fixed(text) => text.parse().expect("a test reads the quotas of every limit"),
            QuotaSource::Setting(quotas) => quotas(settings).clone(),
        }
    }
}

/// The limits under the current settings, over one store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    settings: RateLimits,
    store: FallbackStore,
}

impl Limits {
    /// Limits that count in this store.
    ///
    /// # Errors
    /// If the store does not support `RATELIMIT_STRATEGY`.
    pub fn new(settings: &RateLimits, store: FallbackStore) -> Result<Self, StoreError> {
        store.supports(settings.strategy)?;
        Ok(Self { settings: settings.clone(), store })
    }

    /// Returns the layers for a group of routes, the innermost first.
    pub fn layers(&self, group: &str) -> impl Iterator<Item = RateLimitLayer> {
        let around = LIMITS.iter().filter(move |limit| limit.groups.contains(&group));
        let by_layer = |limit: &&Limit| limit.per.contains(&Per::Address) || limit.who == Audience::Members;
        around.filter(by_layer).map(|limit| self.layer(limit))
    }

    /// Returns one limit as a layer: by address, or for members by account.
    pub fn layer(&self, limit: &Limit) -> RateLimitLayer {
        let layer = match limit.who {
            Audience::Everyone => self.of(limit).per_client(),
            Audience::Visitors => {
                self.of(limit).per_client().exempt_when(|parts| MemberId::of(parts).is_some())
            }
            Audience::Members => {
                let members =
                    self.of(limit).per(|parts| MemberId::of(parts).map(|MemberId(id)| id.to_string().into()));
                members.exempt_when(|parts| MemberId::of(parts).is_none())
            }
        };
        let layer = if limit.posts_only { layer.methods([http::Method::POST]) } else { layer };
        if self.settings.headers_enabled { layer.headers() } else { layer }
    }

    /// Returns one limit for calls from a handler, which knows the account.
    pub fn of(&self, limit: &Limit) -> RateLimit {
        let when_down =
            if limit.closed_while_down { OutagePolicy::Reject } else { OutagePolicy::CountLocally };
        let rate = RateLimit::by(limit.name, limit.quotas(&self.settings), self.store.clone());
        let rate = rate.strategy(self.settings.strategy).expect("`new` checked that the store supports it");
        let rate = rate.ipv6_prefix(IPV6_PREFIX).on_outage(when_down);
        if self.settings.enabled { rate } else { rate.dangerous_disable_limit() }
    }

    /// Returns the delays of a limit that [backs off](Limit::backs_off); no delays if
    /// `RATELIMIT_ENABLED` is false.
    pub fn backoff(&self, limit: &Limit) -> Backoff {
        debug_assert!(limit.backs_off, "{} does not say that it backs off", limit.name);
        let backoff = Backoff::new(limit.name, self.store.clone()).ipv6_prefix(IPV6_PREFIX);
        if self.settings.enabled { backoff } else { backoff.free_attempts(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::routes;

    #[test]
    fn quotas_parse_and_groups_exist() {
        let settings = Config::from_vars(&|_: &str| None).expect("nothing has to be set").ratelimit;
        let map = routes::map();
        for limit in LIMITS {
            assert!(!limit.quotas(&settings).to_string().is_empty());
            let exists = |group: &str| map.rows().iter().any(|row| row.group == group);
            assert!(limit.groups.iter().all(|group| exists(group)), "{limit:?}");
        }
    }

    #[test]
    fn limit_names_are_unique() {
        for (place, limit) in LIMITS.iter().enumerate() {
            assert!(LIMITS[..place].iter().all(|other| other.name != limit.name), "{limit:?}");
        }
    }
}
