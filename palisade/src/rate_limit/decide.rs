//! The decision of a limit about one request, for the layer and for calls.

use std::sync::Arc;
use std::time::Duration;

use super::key::RateLimitKey;
use super::metrics::MetricOutcome;
use super::rejection::RateLimitRejection;
use super::settings::{MissingKeyPolicy, OutagePolicy, Settings};
use super::status::{LimitExceeded, RateLimitStatus};
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Quota, Quotas, Snapshot};
use crate::rate_limit::store::{RateLimitRequest, RateLimitStore};

/// The choice to wait for a server, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerWait {
    Wait,
    /// Only a reply that is ready at once counts. No request is sent to a server.
    DontWait,
}

/// The decision of a limit about one request.
#[derive(Debug)]
pub(super) struct LimitDecision {
    pub(super) result: Result<(), RateLimitRejection>,
    /// The state of the caller, if the request was counted.
    pub(super) status: Option<RateLimitStatus>,
    pub(super) quota_source: QuotaSource,
    pub(super) charge: ChargeRecord,
}

/// The origin of the quotas that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuotaSource {
    /// The request, or the limit.
    Own,
    /// The limit's quotas for an outage.
    Outage,
    /// The meta limit, or its quotas for an outage.
    Meta { outage: bool },
}

/// The place and time of a charge, for the refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChargeRecord {
    NotCharged,
    /// Charged in the store, at this time of the store.
    Store {
        at: u64,
    },
    /// Charged in memory during an outage.
    Local {
        at: u64,
    },
}

/// The result of counting a request.
enum CountResult {
    Counted {
        decision: Decision,
        quota: Quota,
        charge: ChargeRecord,
        outage: bool,
    },
    /// Too many requests of this caller wait for the store.
    CallerQueueFull {
        retry_after: Duration,
    },
    /// The store is down, and the limit allows the request.
    Uncounted,
    /// The store is down, and the limit rejects the request.
    Unavailable,
}

impl CountResult {
    fn is_rejection(&self) -> bool {
        match self {
            Self::Counted { decision, .. } => decision.outcome != Outcome::Allowed,
            Self::Uncounted => false,
            Self::CallerQueueFull { .. } | Self::Unavailable => true,
        }
    }

    /// Returns `true` if the request is over a quota.
    fn is_breach(&self) -> bool {
        matches!(self, Self::Counted { decision, .. } if decision.outcome != Outcome::Allowed)
    }
}

impl Settings {
    /// Returns the key to count by. Applies the policy for a missing key.
    pub(super) fn required_key(&self, key: RateLimitKey) -> Result<RateLimitKey, RateLimitRejection> {
        match (key.is_none(), self.on_missing_key) {
            (false, _) => Ok(key),
            (true, MissingKeyPolicy::Share) => Ok(RateLimitKey::NONE),
            (true, MissingKeyPolicy::Reject) => {
                self.counters.add(MetricOutcome::MissingKey);
                tracing::debug!(limit = &*self.name, "the request has no key to count by");
                if self.report_only { Ok(RateLimitKey::NONE) } else { Err(RateLimitRejection::MissingKey) }
            }
        }
    }

    /// Returns the state of a caller without requests.
    pub(super) fn unused(&self) -> Snapshot {
        let remaining = quota_at(&self.quotas, 0).amount();
        Snapshot { quota_index: 0, remaining, reset_after: Duration::ZERO }
    }

    fn request<'a>(
        &'a self,
        caller: &'a [u8],
        quotas: &'a Quotas,
        cost: u32,
        charge: ChargePolicy,
    ) -> RateLimitRequest<'a> {
        RateLimitRequest { limit: &self.name, caller, quotas, strategy: self.strategy, cost, charge }
    }

    /// Decides about one request. Returns `None` if a server must be asked and `wait` forbids it.
    pub(super) async fn decide(
        &self,
        key: &RateLimitKey,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        wait: ServerWait,
    ) -> Option<LimitDecision> {
        let meta = self.meta.as_deref().filter(|meta| !meta.disabled && !self.report_only);
        if let Some(meta) = meta {
            let caller = key.caller(None, meta.ipv6_prefix);
            let count = meta.count(&caller, &meta.quotas, 1, ChargePolicy::Nothing, wait).await?;
            // Metrics count the meta limit only if it rejects.
            if count.is_rejection() {
                let decision = meta.conclude(key, count);
                if decision.result.is_err() {
                    let outage = decision.quota_source == QuotaSource::Outage;
                    return Some(LimitDecision { quota_source: QuotaSource::Meta { outage }, ..decision });
                }
            }
        }
        let count = self.count(caller, quotas, cost, self.charge, wait).await?;
        // A full queue is no breach: the caller may be within its quotas.
        let is_breach = count.is_breach();
        let decision = self.conclude(key, count);
        if let (Some(meta), true, Err(_)) = (meta, is_breach, &decision.result) {
            let caller = key.caller(None, meta.ipv6_prefix);
            // The breaker may have become half-open since the first call. The decision stands
            // then, and this breach stays uncounted.
            let _ = meta.count(&caller, &meta.quotas, 1, meta.charge, wait).await;
        }
        Some(decision)
    }

    /// Refunds the charge of an allowed request. Returns `None` if a server must be asked and
    /// `wait` forbids it.
    pub(super) async fn refund(
        &self,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        charge: ChargeRecord,
        wait: ServerWait,
    ) -> Option<()> {
        let reply = match charge {
            ChargeRecord::NotCharged => return Some(()),
            ChargeRecord::Local { at } => {
                let request = self.request(caller, self.outage_quotas(quotas), cost, self.charge);
                self.store.local_store().refund(request, Some(at))
            }
            ChargeRecord::Store { at } => {
                let request = self.request(caller, quotas, cost, self.charge);
                self.store.call(move |store| store.refund(request, Some(at)))
            }
        };
        // A lost refund leaves the client fewer requests, never more.
        match (reply, wait) {
            (StoreReply::Ready(_), _) => Some(()),
            (_, ServerWait::DontWait) => None,
            (reply, ServerWait::Wait) => reply.await.map_or(Some(()), Some),
        }
    }

    /// Refunds a charge that a call has just made, in the store or in memory.
    pub(super) async fn refund_now(&self, caller: &[u8], cost: u32) {
        let request = self.request(caller, &self.quotas, cost, self.charge);
        // A lost refund leaves the client fewer requests, never more.
        if self.store.call(move |store| store.refund(request, None)).await.is_err() {
            let request = RateLimitRequest { quotas: self.outage_quotas(&self.quotas), ..request };
            let _ = self.store.local_store().refund(request, None).await;
        }
    }

    async fn count(
        &self,
        caller: &[u8],
        quotas: &Quotas,
        cost: u32,
        charge: ChargePolicy,
        wait: ServerWait,
    ) -> Option<CountResult> {
        let request = self.request(caller, quotas, cost, charge);
        let reply = match self.store.call(move |store| store.decide(request)) {
            StoreReply::Ready(reply) => reply,
            _ if wait == ServerWait::DontWait => return None,
            reply => reply.await,
        };
        let counted = |decision: Decision, quotas, record| {
            let charge = if decision.outcome == Outcome::Allowed { record } else { ChargeRecord::NotCharged };
            let quota = quota_at(quotas, decision.snapshot.quota_index);
            let outage = matches!(record, ChargeRecord::Local { .. });
            CountResult::Counted { decision, quota, charge, outage }
        };
        Some(match (reply, &self.on_outage) {
            (Ok(decision), _) => counted(decision, quotas, ChargeRecord::Store { at: decision.decided_at }),
            (Err(StoreError::CallerQueueFull { retry_after, .. }), _) => {
                CountResult::CallerQueueFull { retry_after }
            }
            (Err(_), OutagePolicy::Reject) => CountResult::Unavailable,
            (Err(_), OutagePolicy::Allow) => CountResult::Uncounted,
            (Err(_), OutagePolicy::CountLocally | OutagePolicy::CountLocallyBy(_)) => {
                let quotas = self.outage_quotas(quotas);
                if charge != ChargePolicy::Nothing {
                    self.counters.counted_locally();
                }
                match self.store.local_store().decide(RateLimitRequest { quotas, ..request }).await {
                    Ok(decision) => {
                        counted(decision, quotas, ChargeRecord::Local { at: decision.decided_at })
                    }
                    Err(_) => CountResult::Unavailable,
                }
            }
        })
    }

    /// Returns the quotas that decided, where `own` are those of the request.
    pub(super) fn deciding_quotas<'a>(&'a self, source: QuotaSource, own: &'a Quotas) -> &'a Quotas {
        match (source, &self.meta) {
            (QuotaSource::Outage, _) => self.outage_quotas(own),
            (QuotaSource::Meta { outage: true }, Some(meta)) => meta.outage_quotas(&meta.quotas),
            (QuotaSource::Meta { outage: false }, Some(meta)) => &meta.quotas,
            _ => own,
        }
    }

    /// Turns a count into the decision. Updates the metrics, writes the log, calls `on_breach`.
    fn conclude(&self, key: &RateLimitKey, count: CountResult) -> LimitDecision {
        let limit = &*self.name;
        let uncounted = |result| LimitDecision {
            result,
            status: None,
            quota_source: QuotaSource::Own,
            charge: ChargeRecord::NotCharged,
        };
        let (decision, quota, charge, outage) = match count {
            CountResult::Counted { decision, quota, charge, outage } => (decision, quota, charge, outage),
            CountResult::CallerQueueFull { .. } | CountResult::Unavailable if self.report_only => {
                tracing::info!(limit, reported_only = true, "the store cannot count the request: it passes");
                self.counters.add(MetricOutcome::AllowedUncounted);
                return uncounted(Ok(()));
            }
            CountResult::CallerQueueFull { retry_after } => {
                self.counters.add(MetricOutcome::Rejected);
                tracing::info!(
                    limit,
                    ?retry_after,
                    "rejected: too many requests of this caller wait for the store"
                );
                return uncounted(Err(self.limit_exceeded(retry_after)));
            }
            CountResult::Uncounted => {
                self.counters.add(MetricOutcome::AllowedUncounted);
                return uncounted(Ok(()));
            }
            CountResult::Unavailable => {
                self.counters.add(MetricOutcome::RejectedUncounted);
                tracing::debug!(limit, "rejected: the store is down");
                return uncounted(Err(RateLimitRejection::StoreDown { retry_after: Duration::from_secs(5) }));
            }
        };
        let exceeded = matches!(decision.outcome, Outcome::Limited { .. });
        let snapshot = decision.snapshot;
        let status = Some(RateLimitStatus { limit: Arc::clone(&self.name), quota, snapshot, exceeded });
        let quota_source = if outage { QuotaSource::Outage } else { QuotaSource::Own };
        let conclusion = |result, charge| LimitDecision { result, status, quota_source, charge };
        let Outcome::Limited { retry_after } = decision.outcome else {
            self.counters.add(MetricOutcome::Allowed);
            return conclusion(Ok(()), charge);
        };
        let reported_only = self.report_only;
        tracing::info!(limit, %quota, ?retry_after, reported_only, "over the limit");
        if let Some(on_breach) = &self.on_breach {
            on_breach(&LimitExceeded { limit, key, quota, retry_after, reported_only });
        }
        if reported_only {
            self.counters.add(MetricOutcome::Reported);
            return conclusion(Ok(()), ChargeRecord::NotCharged);
        }
        self.counters.add(MetricOutcome::Rejected);
        conclusion(Err(self.limit_exceeded(retry_after)), ChargeRecord::NotCharged)
    }

    fn limit_exceeded(&self, retry_after: Duration) -> RateLimitRejection {
        let header = self.retry_after.header_value(&self.clock, retry_after);
        RateLimitRejection::LimitExceeded { retry_after, header, message: self.message.clone() }
    }
}

/// Returns the quota at the index, or the last one.
fn quota_at(quotas: &Quotas, index: usize) -> Quota {
    let last = quotas.iter().next_back().expect("quotas are never empty");
    *quotas.iter().nth(index).unwrap_or(last)
}
