//! What a limit decides about one request, whoever asks: the layer or the handler.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::fields::RetryAfter;
use super::key::RateLimitKey;
use super::metrics::{Decided, Decisions};
use super::rejection::RateLimitRejection;
use super::steady::FallbackStore;
use super::{MissingKeyPolicy, OutagePolicy, RateLimit};
use crate::core::clock::Clock;
use crate::core::store_reply::StoreReply;
use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Quota, Quotas, Snapshot, Strategy};
use crate::rate_limit::store::{RateLimitRequest, RateLimitStore};

/// The settings of a limit.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) name: Arc<str>,
    pub(super) quotas: Quotas,
    pub(super) store: FallbackStore,
    pub(super) strategy: Strategy,
    pub(super) charge: ChargePolicy,
    pub(super) unkeyed: MissingKeyPolicy,
    pub(super) on_outage: OutagePolicy,
    pub(super) ipv6_prefix: u8,
    pub(super) meta: Option<RateLimit>,
    pub(super) on_breach: Option<Arc<OnBreach>>,
    pub(super) message: Option<Cow<'static, str>>,
    pub(super) retry_after: RetryAfter,
    pub(super) report_only: bool,
    pub(super) disabled: bool,
    pub(super) clock: Clock,
    pub(super) decisions: Arc<Decisions>,
}

type OnBreach = dyn Fn(&LimitExceeded<'_>) + Send + Sync;

/// A request that is over a limit, as [`RateLimit::on_breach`] is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LimitExceeded<'a> {
    /// The limit's name.
    pub limit: &'a str,
    /// Who asked. It may be personal: think before writing it down.
    pub key: &'a RateLimitKey,
    /// The quota that refused.
    pub quota: Quota,
    /// When the same request passes, from now.
    pub retry_after: Duration,
    /// Whether the request passes nevertheless, because the limit only reports.
    pub reported_only: bool,
}

/// Where the caller of this request stands at one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// The limit's name.
    pub limit: Arc<str>,
    /// The quota that refused, else the one with the least remaining.
    pub quota: Quota,
    /// Where the caller stands at it.
    pub standing: Snapshot,
    /// Whether the quota refused; with a limit that only reports, the request passed nevertheless.
    pub breached: bool,
}

/// What the limits on the way to the handler have counted, the outermost first: in the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimitStatuses(pub Vec<RateLimitStatus>);

/// Whether whoever asks can wait for a server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    Yes,
    /// Only what is known at once; a question to a server is not even sent.
    No,
}

/// What was decided about one request.
#[derive(Debug)]
pub(super) struct Ruling {
    pub(super) verdict: Result<(), RateLimitRejection>,
    pub(super) counted: Option<RateLimitStatus>,
    pub(super) policy: Policy,
    pub(super) place: Place,
}

/// Whose quotas have decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// The request's, or the limit's.
    Own,
    /// Those for while the store is down.
    Meanwhile,
    /// The meta limit's; its own or its meanwhile.
    Meta { meanwhile: bool },
}

/// Where a request was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    /// At that time of the store's.
    Store {
        at: u64,
    },
    /// In memory, meanwhile, at that time.
    StandIn {
        at: u64,
    },
}

/// What counting came to.
enum Count {
    Told { verdict: Decision, quota: Quota, place: Place, meanwhile: bool },
    Uncounted,
    Cannot,
}

impl Count {
    fn is_over(&self) -> bool {
        match self {
            Self::Told { verdict, .. } => verdict.outcome != Outcome::Allow,
            Self::Uncounted => false,
            Self::Cannot => true,
        }
    }
}

impl Rules {
    pub(super) fn new(name: Arc<str>, quotas: Quotas, store: FallbackStore) -> Self {
        let decisions = store.metrics().limit(&name);
        Self {
            name,
            quotas,
            store,
            strategy: Strategy::default(),
            charge: ChargePolicy::default(),
            unkeyed: MissingKeyPolicy::default(),
            on_outage: OutagePolicy::default(),
            ipv6_prefix: 64,
            meta: None,
            on_breach: None,
            message: None,
            retry_after: RetryAfter::default(),
            report_only: false,
            disabled: false,
            clock: Clock::system(),
            decisions,
        }
    }

    /// The key to count by, or the refusal of who has none.
    pub(super) fn known(&self, key: RateLimitKey) -> Result<RateLimitKey, RateLimitRejection> {
        match (key.is_none(), self.unkeyed) {
            (false, _) => Ok(key),
            (true, MissingKeyPolicy::Share) => Ok(RateLimitKey::NONE),
            (true, MissingKeyPolicy::Reject) => {
                self.decisions.add(Decided::MissingKeyPolicy);
                tracing::debug!(limit = &*self.name, "there is nothing to tell the caller by");
                if self.report_only { Ok(RateLimitKey::NONE) } else { Err(RateLimitRejection::MissingKey) }
            }
        }
    }

    /// Where somebody stands who has not been counted.
    pub(super) fn untouched(&self) -> Snapshot {
        Snapshot { quota: 0, remaining: quota(&self.quotas, 0).amount(), reset_after: Duration::ZERO }
    }

    pub(super) fn ask<'a>(
        &'a self,
        caller: &'a [u8],
        quotas: &'a Quotas,
        cost: u32,
        charge: ChargePolicy,
    ) -> RateLimitRequest<'a> {
        RateLimitRequest { limit: &self.name, caller, quotas, strategy: self.strategy, cost, charge }
    }

    /// Decides about one request. `None`: whoever asks cannot wait, and a server must be asked; nothing was sent to it.
    pub(super) async fn decide(
        &self,
        key: &RateLimitKey,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        waits: Waits,
    ) -> Option<Ruling> {
        let meta = self.meta.as_ref().map(|meta| &*meta.0).filter(|meta| !meta.disabled && !self.report_only);
        if let Some(meta) = meta {
            let caller = key.caller(None, meta.ipv6_prefix);
            let count = meta.count(&caller, &meta.quotas, 1, ChargePolicy::Nothing, waits).await?;
            // A look that finds room is no decision.
            if count.is_over() {
                let decision = meta.judge(key, count);
                if decision.verdict.is_err() {
                    let meanwhile = decision.policy == Policy::Meanwhile;
                    return Some(Ruling { policy: Policy::Meta { meanwhile }, ..decision });
                }
            }
        }
        let count = self.count(caller, quotas, cost, self.charge, waits).await?;
        let decision = self.judge(key, count);
        if let (Some(meta), Err(RateLimitRejection::LimitExceeded { .. })) = (meta, &decision.verdict) {
            let caller = key.caller(None, meta.ipv6_prefix);
            // Where the store's rest has ended since the look, the breach is not worth asking everything twice.
            let _ = meta.count(&caller, &meta.quotas, 1, meta.charge, waits).await;
        }
        Some(decision)
    }

    /// Gives back what an allowed request was charged.
    pub(super) async fn refund(
        &self,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        place: Place,
        waits: Waits,
    ) -> Option<()> {
        let answer = match place {
            Place::Nowhere => return Some(()),
            Place::StandIn { at } => {
                let ask = self.ask(caller, self.meanwhile(quotas), cost, self.charge);
                self.store.stand_in().refund(ask, Some(at))
            }
            Place::Store { at } => {
                let ask = self.ask(caller, quotas, cost, self.charge);
                self.store.ask(move |store| store.refund(ask, Some(at)))
            }
        };
        // A refund that does not arrive errs on the side of fewer requests.
        match (answer, waits) {
            (StoreReply::Ready(_), _) => Some(()),
            (StoreReply::Pending(_), Waits::No) => None,
            (StoreReply::Pending(answer), Waits::Yes) => answer.await.map_or(Some(()), Some),
        }
    }

    async fn count(
        &self,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        charge: ChargePolicy,
        waits: Waits,
    ) -> Option<Count> {
        let ask = self.ask(caller, quotas, cost, charge);
        let answer = match self.store.ask(move |store| store.decide(ask)) {
            StoreReply::Ready(answer) => answer,
            StoreReply::Pending(_) if waits == Waits::No => return None,
            StoreReply::Pending(answer) => answer.await,
        };
        let told = |verdict: Decision, quotas, charged| {
            let place = if verdict.outcome == Outcome::Allow { charged } else { Place::Nowhere };
            let quota = quota(quotas, verdict.standing.quota);
            Count::Told { verdict, quota, place, meanwhile: matches!(charged, Place::StandIn { .. }) }
        };
        Some(match (answer, &self.on_outage) {
            (Ok(verdict), _) => told(verdict, quotas, Place::Store { at: verdict.at }),
            (Err(_), OutagePolicy::Reject) => Count::Cannot,
            (Err(_), OutagePolicy::Allow) => Count::Uncounted,
            (Err(_), OutagePolicy::CountLocally | OutagePolicy::CountLocallyBy(_)) => {
                let quotas = self.meanwhile(quotas);
                if charge != ChargePolicy::Nothing {
                    self.decisions.counted_in_memory();
                }
                match self.store.stand_in().decide(RateLimitRequest { quotas, ..ask }).await {
                    Ok(verdict) => told(verdict, quotas, Place::StandIn { at: verdict.at }),
                    Err(_) => Count::Cannot,
                }
            }
        })
    }

    /// The quotas while the store is down.
    fn meanwhile<'a>(&'a self, quotas: &'a Quotas) -> &'a Quotas {
        if let OutagePolicy::CountLocallyBy(quotas) = &self.on_outage { quotas } else { quotas }
    }

    /// The quotas that have decided, where `own` are those of the request.
    pub(super) fn quotas_of<'a>(&'a self, policy: Policy, own: &'a Quotas) -> &'a Quotas {
        match (policy, &self.meta) {
            (Policy::Meanwhile, _) => self.meanwhile(own),
            (Policy::Meta { meanwhile: true }, Some(meta)) => meta.0.meanwhile(&meta.0.quotas),
            (Policy::Meta { meanwhile: false }, Some(meta)) => &meta.0.quotas,
            _ => own,
        }
    }

    /// Gives back what a call was charged just now, wherever that was.
    pub(super) async fn give_back(&self, caller: &[u8], cost: u32) {
        let ask = self.ask(caller, &self.quotas, cost, self.charge);
        // A refund that does not arrive errs on the side of fewer requests.
        if self.store.ask(move |store| store.refund(ask, None)).await.is_err() {
            let ask = RateLimitRequest { quotas: self.meanwhile(&self.quotas), ..ask };
            let _ = self.store.stand_in().refund(ask, None).await;
        }
    }

    /// What counting means for the request, said to whoever wants to know.
    fn judge(&self, key: &RateLimitKey, count: Count) -> Ruling {
        let limit = &*self.name;
        let uncounted =
            |verdict| Ruling { verdict, counted: None, policy: Policy::Own, place: Place::Nowhere };
        let (verdict, quota, place, meanwhile) = match count {
            Count::Told { verdict, quota, place, meanwhile } => (verdict, quota, place, meanwhile),
            Count::Cannot if self.report_only => {
                tracing::info!(limit, reported_only = true, "it cannot be counted");
                self.decisions.add(Decided::AllowedUncounted);
                return uncounted(Ok(()));
            }
            Count::Uncounted => {
                self.decisions.add(Decided::AllowedUncounted);
                return uncounted(Ok(()));
            }
            Count::Cannot => {
                self.decisions.add(Decided::RefusedUncounted);
                tracing::debug!(limit, "refused: it cannot be counted");
                return uncounted(Err(RateLimitRejection::StoreDown { retry_after: Duration::from_secs(5) }));
            }
        };
        let breached = matches!(verdict.outcome, Outcome::Refuse { .. });
        let standing = verdict.standing;
        let counted = Some(RateLimitStatus { limit: Arc::clone(&self.name), quota, standing, breached });
        let policy = if meanwhile { Policy::Meanwhile } else { Policy::Own };
        let decision = |verdict, place| Ruling { verdict, counted, policy, place };
        let Outcome::Refuse { retry_after } = verdict.outcome else {
            self.decisions.add(Decided::Allowed);
            return decision(Ok(()), place);
        };
        let reported_only = self.report_only;
        tracing::info!(limit, %quota, ?retry_after, reported_only, "over the limit");
        if let Some(told) = &self.on_breach {
            told(&LimitExceeded { limit, key, quota, retry_after, reported_only });
        }
        if reported_only {
            self.decisions.add(Decided::Reported);
            return decision(Ok(()), Place::Nowhere);
        }
        self.decisions.add(Decided::Refused);
        let header = self.retry_after.date(&self.clock, retry_after);
        let message = self.message.clone();
        decision(Err(RateLimitRejection::LimitExceeded { retry_after, header, message }), Place::Nowhere)
    }
}

/// Quotas are never empty.
fn quota(quotas: &Quotas, at: usize) -> Quota {
    let last = quotas.iter().next_back().expect("quotas are never empty");
    *quotas.iter().nth(at).unwrap_or(last)
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("name", &self.name)
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}
