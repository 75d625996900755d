//! The security layers of a web platform, for any tower service and first of all for axum.

mod authority;
mod client;
mod exchange;
mod fault;
mod guard;
mod host;
mod https;
mod nonce;
mod proxy;
mod refusal;
mod request_id;

pub use authority::{Authority, AuthorityError};
pub use client::{Client, ClientIp, Peer, Scheme};
pub use exchange::Exchange;
pub use fault::Fault;
pub use guard::{Guard, GuardFuture, Guarded};
pub use host::{Hosts, HostsError};
pub use https::{Hsts, HstsError, Https, HttpsHostError};
pub use nonce::CspNonce;
pub use proxy::{Hops, Proxies, ProxiesError};
pub use refusal::Refusal;
pub use request_id::RequestId;
