//! The settings of a limit, and the policies among them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::fallback::FallbackStore;
use super::metrics::LimitCounters;
use super::retry_after::RetryAfter;
use super::status::LimitExceeded;
use crate::core::clock::Clock;
use crate::rate_limit::quota::{ChargePolicy, Quotas, Strategy};

/// The policy for requests without a key.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{MissingKeyPolicy, RateLimit, RateLimitRejection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limit = RateLimit::new("api", "5/minute", MemoryStore::new())?;
/// assert_eq!(limit.check(None::<&str>).await, Err(RateLimitRejection::MissingKey));
///
/// let limit = limit.on_missing_key(MissingKeyPolicy::Share);
/// assert!(limit.check(None::<&str>).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingKeyPolicy {
    /// Rejects the request: 400.
    #[default]
    Reject,
    /// Counts all requests without a key under one shared key.
    Share,
}

/// The policy for requests that the store cannot count: it is down, or too many requests of all
/// callers wait for it ([`StoreError::QueueFull`](super::store::StoreError::QueueFull)).
///
/// # Security
///
/// `Allow` fails open: without the store, every request passes, so an attacker who can take the
/// store down has no limit. `Reject` fails closed: without the store, no request passes, so the
/// same attacker can close the page. The default, `CountLocally`, does neither: each process
/// counts by itself. Use `Reject` or `CountLocally` where a limit protects passwords.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{OutagePolicy, RateLimit};
///
/// let limit = RateLimit::new("login", "20/hour", MemoryStore::new())?
///     .on_outage(OutagePolicy::CountLocallyBy("5/hour".parse()?));
/// assert_eq!(limit.name(), "login");
/// assert_eq!(OutagePolicy::default(), OutagePolicy::CountLocally);
/// # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[doc(alias = "in_memory_fallback")]
#[doc(alias = "fail open")]
pub enum OutagePolicy {
    /// Counts in this program's memory, by the limit's own quotas.
    #[default]
    CountLocally,
    /// Counts in this program's memory, by these quotas. If several programs share the store,
    /// write smaller ones.
    CountLocallyBy(Quotas),
    /// Rejects the request: 503.
    Reject,
    /// Allows the request, uncounted.
    Allow,
}

/// The settings of a limit.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) name: Arc<str>,
    pub(super) quotas: Quotas,
    pub(super) store: FallbackStore,
    pub(super) strategy: Strategy,
    pub(super) charge: ChargePolicy,
    pub(super) on_missing_key: MissingKeyPolicy,
    pub(super) on_outage: OutagePolicy,
    pub(super) ipv6_prefix: u8,
    pub(super) meta: Option<Arc<Settings>>,
    pub(super) on_breach: Option<Arc<OnBreach>>,
    pub(super) message: Option<Cow<'static, str>>,
    pub(super) retry_after: RetryAfter,
    pub(super) report_only: bool,
    pub(super) disabled: bool,
    pub(super) clock: Clock,
    pub(super) counters: Arc<LimitCounters>,
}

type OnBreach = dyn Fn(&LimitExceeded<'_>) + Send + Sync;

impl Settings {
    pub(super) fn new(name: Arc<str>, quotas: Quotas, store: FallbackStore) -> Self {
        let counters = store.metrics().limit(&name);
        Self {
            name,
            quotas,
            store,
            strategy: Strategy::default(),
            charge: ChargePolicy::default(),
            on_missing_key: MissingKeyPolicy::default(),
            on_outage: OutagePolicy::default(),
            ipv6_prefix: 64,
            meta: None,
            on_breach: None,
            message: None,
            retry_after: RetryAfter::default(),
            report_only: false,
            disabled: false,
            clock: Clock::system(),
            counters,
        }
    }

    /// Returns the quotas that apply during an outage, where `own` are those of the request.
    pub(super) fn outage_quotas<'a>(&'a self, own: &'a Quotas) -> &'a Quotas {
        if let OutagePolicy::CountLocallyBy(quotas) = &self.on_outage { quotas } else { own }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}
