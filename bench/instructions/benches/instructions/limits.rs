//! Rate limits: a decision of the memory store about a known caller, a check, and a layer.
//!
//! The numbers exclude reading the clock, which the kernel does and valgrind does not count. They
//! also exclude the removal of expired counts, which every 32nd decision does.

use std::convert::Infallible;

use http::{Request, Response};
use palisade::RateLimit;
use palisade::clock::Clock;
use palisade::guard::Guard;
use palisade::proxy::Proxies;
use palisade::rate_limit::quota::{Quotas, Strategy};
use palisade::rate_limit::store::RateLimitStore;
use palisade::rate_limit::store::{ChargePolicy, MemoryStore, RateLimitRequest, Store, StoreReply};
use tower::{Layer, service_fn};

use crate::work::{Body, Work, answered, now, prepared, request};

/// One quota, and two.
pub const ONE: &str = "40000/year";
pub const TWO: &str = "40000/year; 40000/month";

pub fn decided(strategy: Strategy, quotas: &str) -> impl Work {
    let quotas: Quotas = quotas.parse().expect("quotas");
    let store: Store = MemoryStore::with_clock(Clock::manual().0).into();
    prepared(
        || [7; 16],
        move |caller: [u8; 16]| {
            let charge = ChargePolicy::AllOrNothing;
            let ask = RateLimitRequest {
                limit: "page",
                caller: &caller,
                quotas: &quotas,
                strategy,
                cost: 1,
                charge,
            };
            match store.decide(ask) {
                StoreReply::Ready(decision) => decision.expect("memory answers"),
                StoreReply::Pending(_) | StoreReply::Queued(_) => panic!("memory answers at once"),
            }
        },
    )
}

fn limit(quotas: &str) -> RateLimit {
    let clock = Clock::manual().0;
    let store = MemoryStore::with_clock(clock.clone());
    RateLimit::new("page", quotas, store).expect("quotas").clock(clock)
}

pub fn checked() -> impl Work {
    let limit = limit(TWO);
    prepared(|| "somebody@example.org", move |who| now(limit.check(who)).expect("within the quota"))
}

fn client_request() -> Request<Body> {
    let mut request = request();
    Proxies::none().begin(&mut request);
    request
}

pub fn layer(quotas: &str) -> impl Work {
    let inner = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::default())) });
    answered(limit(quotas).per_client().layer(inner), client_request)
}
