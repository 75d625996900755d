//! Every store with a manual clock, and the server that it needs.

use palisade::rate_limit::store::RateLimitStore;
use std::time::Duration;

use palisade::clock::{Clock, ManualClock};
use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::{
    ChargePolicy, Decision, MemcachedStore, MemoryStore, Outcome, RateLimitRequest, RedisStore, Snapshot,
    Store, StoreError,
};
use test_support::servers::Server;

/// A store and its manual clock.
pub struct TestStore {
    pub store: Store,
    pub clock: ManualClock,
    _server: Option<Server>,
}

impl TestStore {
    pub fn memory() -> Self {
        let (clock, manual) = Clock::manual();
        Self { store: MemoryStore::with_clock(clock).into(), clock: manual, _server: None }
    }

    pub fn redis() -> Self {
        let (clock, manual) = Clock::manual();
        let server = Server::redis();
        let store = RedisStore::new(&server.uri).unwrap().clock(clock).into();
        Self { store, clock: manual, _server: Some(server) }
    }

    pub fn memcached() -> Self {
        let (clock, manual) = Clock::manual();
        let server = Server::memcached();
        let store = MemcachedStore::new(&server.uri).unwrap().clock(clock).into();
        Self { store, clock: manual, _server: Some(server) }
    }

    /// Returns every store.
    pub async fn every() -> Vec<Self> {
        vec![Self::memory(), Self::redis(), Self::memcached()]
    }

    /// Returns a limit on this store.
    pub fn limit(&self, strategy: Strategy, quotas: &str) -> Limit {
        Limit {
            store: self.store.clone(),
            name: "login".to_owned(),
            caller: b"192.0.2.7".to_vec(),
            quotas: quotas.parse().unwrap(),
            strategy,
            charge: ChargePolicy::AllOrNothing,
        }
    }

    /// Returns the strategies that this store supports.
    pub fn strategies(&self) -> Vec<Strategy> {
        Strategy::ALL.into_iter().filter(|strategy| self.store.supports(*strategy).is_ok()).collect()
    }
}

/// Returns every store with every strategy that it supports.
pub async fn every() -> Vec<(TestStore, Strategy)> {
    let mut every = Vec::new();
    for strategy in Strategy::ALL {
        for tested in TestStore::every().await {
            if tested.strategies().contains(&strategy) {
                every.push((tested, strategy));
            }
        }
    }
    every
}

/// One caller of one limit.
#[derive(Clone)]
pub struct Limit {
    pub store: Store,
    pub name: String,
    pub caller: Vec<u8>,
    pub quotas: Quotas,
    pub strategy: Strategy,
    pub charge: ChargePolicy,
}

impl Limit {
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub fn caller(self, caller: impl AsRef<[u8]>) -> Self {
        Self { caller: caller.as_ref().to_vec(), ..self }
    }

    pub fn charge(self, charge: ChargePolicy) -> Self {
        Self { charge, ..self }
    }

    fn ask(&self, cost: u32) -> RateLimitRequest<'_> {
        RateLimitRequest {
            limit: &self.name,
            caller: &self.caller,
            quotas: &self.quotas,
            strategy: self.strategy,
            cost,
            charge: self.charge,
        }
    }

    pub async fn decide(&self, cost: u32) -> Result<Decision, StoreError> {
        self.store.decide(self.ask(cost)).await
    }

    /// Returns `true` if a hit passes.
    pub async fn hit(&self, cost: u32) -> bool {
        self.decide(cost).await.unwrap().outcome == Outcome::Allowed
    }

    /// Returns `T` or `F` for each of these hits.
    pub async fn hits(&self, costs: &[u32]) -> String {
        let mut answers = String::new();
        for cost in costs {
            answers.push(if self.hit(*cost).await { 'T' } else { 'F' });
        }
        answers
    }

    pub async fn peek(&self, cost: u32) -> Decision {
        self.clone().charge(ChargePolicy::Nothing).decide(cost).await.unwrap()
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.peek(0).await.snapshot
    }

    pub async fn remaining(&self) -> u32 {
        self.snapshot().await.remaining
    }

    pub async fn refund(&self, cost: u32) {
        self.store.refund(self.ask(cost), None).await.unwrap();
    }

    /// Refunds a charge of that time.
    pub async fn refund_of(&self, cost: u32, charged: u64) {
        self.store.refund(self.ask(cost), Some(charged)).await.unwrap();
    }

    pub async fn reset(&self) {
        self.store.reset(&self.name, &self.caller).await.unwrap();
    }
}

/// Returns how long a rejected request must wait.
pub fn retry_after(decision: Decision) -> Duration {
    match decision.outcome {
        Outcome::Limited { retry_after } => retry_after,
        Outcome::Allowed => panic!("it passed: {decision:?}"),
    }
}

/// Pseudo-random numbers, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
