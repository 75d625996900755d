//! The rate limits of the site, in one list.
//!
//! ```
//! use mathsoc::limits::{Audience, Limit};
//!
//! const PAGES: Limit = Limit::new("pages", |settings| &settings.pages).around(&["public"]).of(Audience::Visitors);
//! assert_eq!(PAGES.name(), "pages");
//! ```
//!
//! # Who is counted by what
//!
//! | request | counted by | at the quota |
//! |---|---|---|
//! | of a member | the account | 429 |
//! | of a visitor | the address; one in `RATELIMIT_SCHOOL_NETWORKS` has ten times the quota | 429 |
//! | an attempt to log in | failures of the address, of the account, of a known browser: [`LoginLimit`] | 429 |
//! | the password of a member, asked again | failures of the account | 429 |
//! | a letter that a visitor's form sends | the mailbox | the same page, and no letter |
//!
//! To add a limit, write it as above beside [`PAGES`], with a setting for its quotas, and add it to
//! [`LIMITS`]. The layers around the group's routes, `mathsoc limits`, its JSON and
//! `mathsoc limits clear` are made from that list. A group without a limit is listed in [`EXEMPT`]
//! with a reason; a test checks that every route has one of the two.
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
//! Whoever is refused is listed at `/admin/limits` for a day ([`Refusals`]), where an admin lets
//! them in again, as `mathsoc limits clear` does.
//!
//! | default | value | reason |
//! |---|---|---|
//! | during an outage | counts in memory | pages stay readable; logins are closed |
//! | IPv6 prefix | /64 | a customer has at least a /64 |
//!
//! References: OWASP Authentication Cheat Sheet; docs/decisions/0069-a-class-behind-one-address.md.

mod clear;
mod limit;
mod refusals;
mod release;
mod report;

use std::net::IpAddr;

use http::request::Parts;
use palisade::RateLimit;
use palisade::login_limit::LoginLimit;
use palisade::rate_limit::quota::Quotas;
use palisade::rate_limit::store::{RateLimitStore, StoreError};
use palisade::rate_limit::{
    Backoff, FallbackStore, LimitExceeded, OutagePolicy, RateLimitKey, RateLimitLayer,
};
use palisade::request::Client;

pub use self::clear::{ClearError, clear};
pub use self::limit::{Audience, Limit, Per};
pub use self::refusals::Refusals;
pub use self::release::{apply_releases, run_releases};
pub use self::report::{LimitReport, Report, RouteReport};
use crate::config::RateLimits;
use crate::domain::limited::IPV6_PREFIX;
pub use crate::domain::limited::{Caller, CallerError, Refusal};
use crate::web::signed_in::MemberId;

/// The groups of pages, and of POST routes without a limit per address of their own.
const READING: &[&str] = &["public", "members", "links", "submit", "search", "admin"];

/// Every page for visitors, 404s included.
pub const PAGES: Limit =
    Limit::new("pages", |settings| &settings.pages).around(READING).of(Audience::Visitors);

/// Every page for members.
pub const MEMBERS: Limit =
    Limit::new("members", |settings| &settings.members).around(READING).of(Audience::Members);

/// Attempts to log in, with a password or a code: the failures. The handler counts them.
pub const LOGIN: Limit =
    Limit::new("login", |settings| &settings.login).around(&["login"]).failures().closed_while_down();

/// The password of a member, asked again: the failures. The handler counts them.
pub const CONFIRM: Limit = Limit::new("confirm", |settings| &settings.login)
    .around(&["confirm"])
    .of(Audience::Members)
    .failures()
    .closed_while_down();

/// Registrations.
pub const REGISTER: Limit = Limit::new("register", |settings| &settings.register)
    .around(&["register"])
    .posts_only()
    .closed_while_down();

/// Requests for a letter with a link to a new password.
pub const PASSWORD_RESET: Limit = Limit::new("password_reset", |settings| &settings.password_reset)
    .around(&["password_reset"])
    .posts_only()
    .closed_while_down();

/// Letters that the forms for visitors send to one mailbox. The handler counts them; over the
/// quota nobody is refused.
pub const LETTERS: Limit =
    Limit::new("letters", |settings| &settings.letters).of(Audience::Mailboxes).closed_while_down();

/// Answers to challenges.
pub const ANSWERS: Limit = Limit::new("answers", |settings| &settings.answers)
    .around(&["submit"])
    .posts_only()
    .of(Audience::Members);

/// Event streams of leaderboards.
pub const LIVE: Limit = Limit::new("live", |settings| &settings.live).around(&["live"]).of(Audience::Members);

/// Pages with a form that was rejected, which cost up to two pages. Everyone's, since a class may be
/// logged out at the same time.
pub const UNSENT: Limit = Limit::new("unsent", |settings| &settings.unsent).around(&["unsent"]);

/// Drafts of forms: a form that is typed into sends three a minute.
pub const DRAFTS: Limit =
    Limit::new("drafts", |settings| &settings.drafts).around(&["drafts"]).of(Audience::Members);

/// Full-text searches, which cost more than a page.
pub const SEARCH: Limit = Limit::new("search", |settings| &settings.search).around(&["search"]);

/// Reports from browsers.
pub const REPORTS: Limit =
    Limit::new("reports", |settings| &settings.reports).around(&["reports"]).posts_only();

/// All limits, the innermost first.
pub const LIMITS: &[Limit] = &[
    PAGES,
    MEMBERS,
    LOGIN,
    CONFIRM,
    REGISTER,
    PASSWORD_RESET,
    LETTERS,
    ANSWERS,
    UNSENT,
    DRAFTS,
    SEARCH,
    LIVE,
    REPORTS,
];

/// The groups without a limit, with the reason.
pub const EXEMPT: &[(&str, &str)] = &[
    ("uploads", "a page has many pictures, and they are kept by browsers"),
    ("files", "a page is made of many files, and they cost little"),
    ("open", "monitoring is always answered"),
];

/// A school's address has this many times the quotas that count by address.
const SCHOOL_FACTOR: u32 = 10;

/// The limits under the current settings, over one store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    settings: RateLimits,
    store: FallbackStore,
    passwords: LoginLimit,
    codes: LoginLimit,
    refusals: Refusals,
}

impl Limits {
    /// Limits that count in this store.
    ///
    /// # Errors
    /// If the store does not support `RATELIMIT_STRATEGY`.
    pub fn new(settings: &RateLimits, store: FallbackStore) -> Result<Self, StoreError> {
        store.supports(settings.strategy)?;
        let (passwords, codes) =
            (login_limit(settings, &store, "login")?, login_limit(settings, &store, "code")?);
        let [few, fewer] = [CODES_FIRST, CODES_FURTHER].map(|text| text.parse().expect("a test reads them"));
        let codes = codes.first_attempts(few).further_attempts(fewer);
        Ok(Self { settings: settings.clone(), store, passwords, codes, refusals: Refusals::default() })
    }

    /// Returns the layers for a group of routes, the innermost first.
    pub fn layers(&self, group: &str) -> impl Iterator<Item = RateLimitLayer> {
        let around = LIMITS.iter().filter(move |limit| limit.groups.contains(&group));
        around.filter(|limit| !limit.failures).map(|limit| self.layer(limit))
    }

    /// Returns one limit as a layer.
    pub fn layer(&self, limit: &Limit) -> RateLimitLayer {
        let rate = self.of(limit).on_breach({
            let refusals = self.refusals.clone();
            move |breach: &LimitExceeded<'_>| {
                refusals.note(breach.limit, &breach.key.to_string(), "", breach.retry_after);
            }
        });
        let layer = match limit.who {
            Audience::Everyone => rate.per(|parts| account(parts).or_else(|| address(parts).map(Into::into))),
            Audience::Visitors => rate.per_client().exempt_when(|parts| account(parts).is_some()),
            Audience::Members => rate.per(account).exempt_when(|parts| account(parts).is_none()),
            Audience::Mailboxes => rate.global(),
        };
        let layer = self.with_schools(limit, layer);
        let layer = if limit.posts_only { layer.methods([http::Method::POST]) } else { layer };
        if self.settings.headers_enabled { layer.headers() } else { layer }
    }

    /// Gives a school's address ten times the quotas.
    fn with_schools(&self, limit: &Limit, layer: RateLimitLayer) -> RateLimitLayer {
        let networks = &self.settings.school_networks;
        if networks.is_empty() || !limit.per().contains(&Per::Address) {
            return layer;
        }
        let (networks, large) = (networks.clone(), times(limit.quotas(&self.settings), SCHOOL_FACTOR));
        layer.quotas_by(move |parts| {
            let school = account(parts).is_none() && address(parts).is_some_and(|ip| networks.contain(ip));
            school.then(|| large.clone())
        })
    }

    /// Returns one limit for calls from a handler, which knows the account.
    pub fn of(&self, limit: &Limit) -> RateLimit {
        let when_down =
            if limit.closed_while_down { OutagePolicy::Reject } else { OutagePolicy::CountLocally };
        let rate = RateLimit::by(limit.name, limit.quotas(&self.settings).clone(), self.store.clone());
        let rate = rate.strategy(self.settings.strategy).expect("`new` checked that the store supports it");
        let rate = rate.ipv6_prefix(IPV6_PREFIX).on_outage(when_down);
        if self.settings.enabled { rate } else { rate.dangerous_disable_limit() }
    }

    /// Returns the limit on attempts to log in with a password.
    pub fn passwords(&self) -> &LoginLimit {
        &self.passwords
    }

    /// Returns the limit on one-time codes, after the right password.
    pub fn codes(&self) -> &LoginLimit {
        &self.codes
    }

    /// Returns the delays after a member's wrong passwords, when the password is asked again.
    pub fn confirmations(&self) -> Backoff {
        let backoff = Backoff::new(CONFIRM.name, self.store.clone());
        if self.settings.enabled { backoff } else { backoff.free_attempts(u32::MAX) }
    }

    /// Checks that the store answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Returns who was refused lately.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }
}

/// One-time codes have a million values, so an account takes fewer than passwords.
const CODES_FIRST: &str = "100 per day";
const CODES_FURTHER: &str = "20 per day";

fn login_limit(settings: &RateLimits, store: &FallbackStore, name: &str) -> Result<LoginLimit, StoreError> {
    let schools = times(&settings.login, SCHOOL_FACTOR);
    let limit = LoginLimit::new(name, store.clone())
        .failures_per_client(settings.login.clone())
        .strategy(settings.strategy)?;
    let limit = match settings.school_networks.is_empty() {
        true => limit,
        false => {
            let networks = settings.school_networks.texts();
            limit.wide_networks(networks, schools).expect("the setting was read as networks")
        }
    };
    Ok(if settings.enabled { limit } else { limit.dangerous_disable_limit() })
}

/// Returns the quotas with larger amounts.
fn times(quotas: &Quotas, factor: u32) -> Quotas {
    let larger = quotas.iter().map(|quota| {
        format!("{} per {} seconds", quota.amount().saturating_mul(factor), quota.window().as_secs())
    });
    let text = larger.collect::<Vec<_>>().join("; ");
    text.parse().unwrap_or_else(|_| quotas.clone())
}

fn account(parts: &Parts) -> Option<RateLimitKey> {
    MemberId::of(parts).map(|MemberId(id)| id.to_string().into())
}

fn address(parts: &Parts) -> Option<IpAddr> {
    Client::of(&parts.extensions).map(|client| client.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn a_school_has_ten_times_the_quotas() {
        let quotas: Quotas = "3000 per minute; 5 per 2 days".parse().expect("quotas");
        assert_eq!(times(&quotas, 10).to_string(), "30000 per 60 seconds; 50 per 172800 seconds");
        assert!([CODES_FIRST, CODES_FURTHER].iter().all(|text| text.parse::<Quotas>().is_ok()));
    }

    #[test]
    fn groups_exist() {
        let map = routes::map();
        for limit in LIMITS {
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
