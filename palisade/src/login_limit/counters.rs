//! The counters of a limit.

use std::net::IpAddr;

use crate::core::peers::PeerList;
use crate::rate_limit::{Backoff, RateLimit};

#[derive(Clone, Debug)]
pub(super) struct Counters {
    /// Failures of a client, at all accounts.
    pub(super) client: RateLimit,
    /// The same, in the wide networks.
    pub(super) wide: RateLimit,
    pub(super) networks: Option<PeerList>,
    /// The first attempts of a client at an account.
    pub(super) first_of_client: RateLimit,
    /// The first attempts of all clients at an account.
    pub(super) first: RateLimit,
    /// The further attempts of all clients at an account.
    pub(super) further: RateLimit,
    /// The delays of a client at an account.
    pub(super) pair: Backoff,
    /// The delays of a known browser at an account.
    pub(super) device: Backoff,
    pub(super) enabled: bool,
}

impl Counters {
    /// Returns the limit on the failures of a client at this address.
    pub(super) fn of_address(&self, address: IpAddr) -> &RateLimit {
        let wide = self.networks.as_ref().is_some_and(|list| list.contains_ip(address.to_canonical()));
        if wide { &self.wide } else { &self.client }
    }
}
