//! How often one may ask: every limit of the site, in one list.
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
//! To add a limit, write it as above beside [`PAGES`], and add it to [`LIMITS`]: the layers around the group's routes, both
//! forms of `mathsoc limits`, and `mathsoc limits clear` are made from that list. Only what is counted per account wants one
//! line more, in the handler, since nobody else knows the account:
//! `app.limits.of(&limits::LOGIN).check(&form.email).await?`, and
//! `let attempt = app.limits.backoff(&limits::LOGIN).attempt(&form.email).await?` where it backs off. A group without a limit
//! stands in [`EXEMPT`] with the reason; a test walks the map and looks for both.
//!
//! What must stay open when a class has used up its pages, a login say, has its POST in a group of its own, and its form,
//! which is a page, in `public`: the router puts the two together again.
//!
//! What passes, in this order:
//! 1. everything, where `RATELIMIT_ENABLED` is false, and what is asked of a group that is exempt;
//! 2. what is within the quotas of every limit around its group;
//! 3. while the store does not answer, what is within the quotas as this process alone counts them; but nothing (503) at a
//!    limit that is [closed](Limit::closed_while_down) then.
//!
//! | default | is | because |
//! |---|---|---|
//! | [`per`](Limit::per) | address | visitors have no account |
//! | while the store is down | counted in memory | nobody gains by a site that nobody can read; guessing passwords is another matter |
//! | addresses of version 6 | by /64 | one customer has at least so many |
//!
//! References: the security page of the original site; OWASP Authentication Cheat Sheet.

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

/// The groups of pages to read, and of what is sent without a limit by address of its own.
const READING: &[&str] = &["public", "members", "links", "submit", "search", "admin"];

/// Every page, and what is not found, for visitors: as `RATELIMIT_DEFAULT` says.
pub const PAGES: Limit =
    Limit::by_setting("pages", |settings| &settings.default).around(READING).of(Who::Visitors);

/// The same for who is signed in: as `RATELIMIT_DEFAULT_USER` says. A whole class may sit behind one address.
pub const MEMBERS: Limit = Limit::by_setting("members", |settings| &settings.default_user)
    .around(READING)
    .of(Who::Members)
    .per(&[Per::Account]);

/// Passwords and codes.
pub const LOGIN: Limit = Limit::new("login", "5/minute; 20/hour")
    .around(&["login"])
    .posts_only()
    .per(&[Per::Address, Per::Account])
    .backs_off()
    .closed_while_down();

/// New accounts.
pub const REGISTER: Limit =
    Limit::new("register", "3/minute; 10/hour").around(&["register"]).posts_only().closed_while_down();

/// Letters with a link to a new password.
pub const PASSWORD_RESET: Limit = Limit::new("password_reset", "3/hour")
    .around(&["password_reset"])
    .posts_only()
    .per(&[Per::Address, Per::Account])
    .closed_while_down();

/// Answers to challenges.
pub const SUBMIT: Limit =
    Limit::new("submit", "10/minute").around(&["submit"]).posts_only().of(Who::Members).per(&[Per::Account]);

/// Leaderboards that are watched: a browser comes back every minute, for each of its windows.
pub const LIVE: Limit =
    Limit::new("live", "30/minute").around(&["live"]).of(Who::Members).per(&[Per::Account]);

/// Looking through all texts, which costs more than a page.
pub const SEARCH: Limit = Limit::new("search", "30/minute").around(&["search"]);

/// What browsers report, a few at a time, from however many pages.
pub const REPORTS: Limit = Limit::new("reports", "60/minute").around(&["reports"]).posts_only();

/// All limits. Of those around one group, the first is the innermost.
pub const LIMITS: &[Limit] =
    &[PAGES, MEMBERS, LOGIN, REGISTER, PASSWORD_RESET, SUBMIT, SEARCH, LIVE, REPORTS];

/// The groups that have no limit, and why.
pub const EXEMPT: &[(&str, &str)] = &[
    ("uploads", "a page has many pictures, and they are kept by browsers"),
    ("files", "a page is made of many files, and they cost little"),
    ("open", "whoever watches over the site is always answered"),
];

/// How much of an IPv6 address tells visitors apart, in bits.
const IPV6_PREFIX: u8 = 64;

/// One limit: so many of these requests for each of those.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limit {
    name: &'static str,
    amount: Amount,
    groups: &'static [&'static str],
    posts_only: bool,
    who: Who,
    per: &'static [Per],
    backs_off: bool,
    closed_while_down: bool,
}

/// For whom a limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever asks.
    Everybody,
    /// Who is not signed in.
    Visitors,
    /// Who is signed in: the layer counts by account.
    Members,
}

#[derive(Clone, Copy, Debug)]
enum Amount {
    Written(&'static str),
    Set(fn(&RateLimits) -> &Quotas),
}

/// Whom a limit tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// By address: a layer counts.
    Address,
    /// By account: the handler counts.
    Account,
}

impl Limit {
    /// A limit of this name, which is its scope, with these quotas, per address.
    pub const fn new(name: &'static str, quotas: &'static str) -> Self {
        Self::with(name, Amount::Written(quotas))
    }

    /// A limit whose quotas are a setting.
    pub const fn by_setting(name: &'static str, quotas: fn(&RateLimits) -> &Quotas) -> Self {
        Self::with(name, Amount::Set(quotas))
    }

    const fn with(name: &'static str, amount: Amount) -> Self {
        let (groups, per): (&[_], &[_]) = (&[], &[Per::Address]);
        Self {
            name,
            amount,
            groups,
            posts_only: false,
            who: Who::Everybody,
            per,
            backs_off: false,
            closed_while_down: false,
        }
    }

    /// The groups of routes that it stands around.
    pub const fn around(self, groups: &'static [&'static str]) -> Self {
        Self { groups, ..self }
    }

    /// Only POST counts: to look at the form is a page.
    pub const fn posts_only(self) -> Self {
        Self { posts_only: true, ..self }
    }

    /// For whom it holds.
    pub const fn of(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// Whom it tells apart. Each of them has the quotas for itself.
    pub const fn per(self, per: &'static [Per]) -> Self {
        Self { per, ..self }
    }

    /// Failures in a row are delayed more and more, per account.
    pub const fn backs_off(self) -> Self {
        Self { backs_off: true, ..self }
    }

    /// Refuses (503) while the store does not answer, instead of counting in memory.
    pub const fn closed_while_down(self) -> Self {
        Self { closed_while_down: true, ..self }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn quotas(&self, settings: &RateLimits) -> Quotas {
        match self.amount {
            Amount::Written(text) => text.parse().expect("a test reads the quotas of every limit"),
            Amount::Set(quotas) => quotas(settings).clone(),
        }
    }
}

/// The limits as the settings have them, over one store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    settings: RateLimits,
    store: FallbackStore,
}

impl Limits {
    /// Limits that count in this store.
    ///
    /// # Errors
    /// When the store cannot count as `RATELIMIT_STRATEGY` says.
    pub fn new(settings: &RateLimits, store: FallbackStore) -> Result<Self, StoreError> {
        store.supports(settings.strategy)?;
        Ok(Self { settings: settings.clone(), store })
    }

    /// The layers for a group of routes; each goes around those before it.
    pub fn gates(&self, group: &str) -> impl Iterator<Item = RateLimitLayer> {
        let around = LIMITS.iter().filter(move |limit| limit.groups.contains(&group));
        let by_layer = |limit: &&Limit| limit.per.contains(&Per::Address) || limit.who == Who::Members;
        around.filter(by_layer).map(|limit| self.gate(limit))
    }

    /// One limit as a layer, by address, or by account where it is for members.
    pub fn gate(&self, limit: &Limit) -> RateLimitLayer {
        let gate = match limit.who {
            Who::Everybody => self.of(limit).per_client(),
            Who::Visitors => self.of(limit).per_client().exempt_when(|parts| MemberId::of(parts).is_some()),
            Who::Members => {
                let members =
                    self.of(limit).per(|parts| MemberId::of(parts).map(|MemberId(id)| id.to_string().into()));
                members.exempt_when(|parts| MemberId::of(parts).is_none())
            }
        };
        let gate = if limit.posts_only { gate.methods([http::Method::POST]) } else { gate };
        if self.settings.headers_enabled { gate.headers() } else { gate }
    }

    /// One limit as a call, for a handler that knows the account.
    pub fn of(&self, limit: &Limit) -> RateLimit {
        let when_down =
            if limit.closed_while_down { OutagePolicy::Reject } else { OutagePolicy::CountLocally };
        let rate = RateLimit::new(limit.name, limit.quotas(&self.settings), self.store.clone());
        let rate = rate.strategy(self.settings.strategy).expect("`new` has asked the store");
        let rate = rate.ipv6_prefix(IPV6_PREFIX).on_outage(when_down);
        if self.settings.enabled { rate } else { rate.dangerous_disable_limit() }
    }

    /// The delays of a limit that [backs off](Limit::backs_off). There are none where requests are not limited.
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
    fn the_quotas_of_every_limit_can_be_read_and_its_groups_exist() {
        let settings = Config::from_vars(&|_: &str| None).expect("nothing has to be set").ratelimit;
        let map = routes::map();
        for limit in LIMITS {
            assert!(!limit.quotas(&settings).to_string().is_empty());
            let exists = |group: &str| map.rows().iter().any(|row| row.group == group);
            assert!(limit.groups.iter().all(|group| exists(group)), "{limit:?}");
        }
    }

    #[test]
    fn names_are_scopes_so_no_two_limits_share_one() {
        for (place, limit) in LIMITS.iter().enumerate() {
            assert!(LIMITS[..place].iter().all(|other| other.name != limit.name), "{limit:?}");
        }
    }
}
