//! The limit: its settings, and the order in which an attempt is counted.

use std::net::IpAddr;
use std::sync::Arc;

use super::attempt::LoginAttempt;
use super::counters::Counters;
use super::known_devices::KnownDevice;
use crate::core::peers::{PeerList, PeerListError};

use crate::rate_limit::quota::{Quotas, Strategy};
use crate::rate_limit::store::{RateLimitStore, StoreError};
use crate::rate_limit::{Backoff, FallbackStore, OutagePolicy, RateLimit, RateLimitKey, RateLimitRejection};

/// The IPv6 prefix of a client: strangers get a whole /48 for nothing.
const IPV6_PREFIX: u8 = 48;

const ACCOUNT_MESSAGE: &str = "Too many wrong passwords were tried at this account, in browsers that it does not know. \
                               Use a browser in which you have logged in before, or ask for a new password by mail.";

/// Limits attempts to log in, by client, account and known browser. The
/// [module page](crate::login_limit) has an example, the order and the defaults.
///
/// Clones share the counters.
#[derive(Clone, Debug)]
#[doc(alias("brute force", "account lockout", "axes", "credential stuffing"))]
#[must_use]
pub struct LoginLimit(Arc<Counters>);

impl LoginLimit {
    /// Makes a limit with the defaults. Its name is its scope: limits with the same name and store
    /// share their counters.
    ///
    /// # Panics
    /// Never: the default quotas are read by a test.
    pub fn new(name: &str, store: impl Into<FallbackStore>) -> Self {
        let store = store.into();
        let limit = |part: &str, quotas: &str| {
            RateLimit::new(format!("{name} {part}"), quotas, store.clone())
                .expect("the quotas are constants that a test reads")
                .ipv6_prefix(IPV6_PREFIX)
                .on_outage(OutagePolicy::Reject)
        };
        let backoff =
            |part: &str| Backoff::new(&format!("{name} {part}"), store.clone()).ipv6_prefix(IPV6_PREFIX);
        Self(Arc::new(Counters {
            client: limit("failures of a client", "100/hour; 500/day"),
            wide: limit("failures of a wide network", "1000/hour; 5000/day"),
            networks: None,
            first_of_client: limit("first of a client", "3/day"),
            first: limit("first attempts", "6000/day").message(ACCOUNT_MESSAGE),
            further: limit("further attempts", "100/day").message(ACCOUNT_MESSAGE),
            pair: backoff("of a client"),
            device: backoff("of a browser"),
            enabled: true,
        }))
    }

    /// Sets how often one client may fail, at all accounts together.
    pub fn failures_per_client(self, quotas: Quotas) -> Self {
        self.with(|counters| counters.client = counters.client.clone().quotas(quotas))
    }

    /// Sets the networks whose clients are many people behind one address, such as a school, and
    /// how often one such address may fail. Each network is an address or a prefix:
    /// `198.51.100.7` or `2001:db8::/32`.
    ///
    /// # Errors
    /// A text that is not a network, or no network at all.
    pub fn wide_networks<T: AsRef<str>>(
        self,
        networks: impl IntoIterator<Item = T>,
        quotas: Quotas,
    ) -> Result<Self, PeerListError> {
        let networks = PeerList::parse(networks)?;
        Ok(self.with(|counters| {
            counters.networks = Some(networks);
            counters.wide = counters.wide.clone().quotas(quotas);
        }))
    }

    /// Sets how many first attempts an account takes from all clients together. The first three
    /// attempts of each client in a day are first attempts.
    pub fn first_attempts(self, quotas: Quotas) -> Self {
        self.with(|counters| counters.first = counters.first.clone().quotas(quotas))
    }

    /// Sets how many further attempts an account takes from all clients together.
    pub fn further_attempts(self, quotas: Quotas) -> Self {
        self.with(|counters| counters.further = counters.further.clone().quotas(quotas))
    }

    /// Sets the policy while the store is down. The delays are counted in memory in any case.
    pub fn on_outage(self, policy: OutagePolicy) -> Self {
        self.each(|limit| limit.on_outage(policy.clone()))
    }

    /// Sets the strategy of the quotas.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if the store does not support it.
    pub fn strategy(self, strategy: Strategy) -> Result<Self, StoreError> {
        self.0.client.store().supports(strategy)?;
        Ok(self.each(|limit| limit.strategy(strategy).expect("the store was asked")))
    }

    /// Allows every attempt, uncounted, for tests of something else.
    ///
    /// # Security
    ///
    /// Passwords can be guessed without an end.
    pub fn dangerous_disable_limit(self) -> Self {
        self.each(RateLimit::dangerous_disable_limit).with(|counters| counters.enabled = false)
    }

    /// Makes an attempt to log in to an account. The account's key is what the visitor has typed:
    /// [`RateLimitKey::email`]. The address is [`ClientIp`](crate::request::ClientIp), or
    /// [`Client::ip`](crate::request::Client::ip).
    ///
    /// # Errors
    /// The rejection: too many failures (429), an empty account (400), or the store is down (503).
    pub async fn attempt(
        &self,
        account: impl Into<RateLimitKey>,
        address: IpAddr,
        device: &KnownDevice,
    ) -> Result<LoginAttempt<'_>, RateLimitRejection> {
        let (account, counters) = (account.into(), &*self.0);
        if account.is_none() {
            return Err(RateLimitRejection::MissingKey);
        }
        if !counters.enabled {
            return Ok(LoginAttempt::uncounted());
        }
        match device.id_at(&account) {
            Some(id) => {
                LoginAttempt::of_known_browser(counters, (account, RateLimitKey::from(&id[..]))).await
            }
            None => LoginAttempt::of_client(counters, account, address).await,
        }
    }

    /// Deletes the failures of this client at all accounts.
    ///
    /// # Errors
    /// If the store does not answer in time.
    pub async fn reset_client(&self, address: IpAddr) -> Result<(), StoreError> {
        self.0.of_address(address).reset(address).await
    }

    /// Deletes what strangers have counted at this account.
    ///
    /// # Errors
    /// If the store does not answer in time.
    pub async fn reset_account(&self, account: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let account = account.into();
        self.0.first.reset(account.clone()).await?;
        self.0.further.reset(account).await
    }

    /// Deletes the failures and the delays of this client at this account.
    ///
    /// # Errors
    /// If the store does not answer in time.
    pub async fn reset_client_at(
        &self,
        account: impl Into<RateLimitKey>,
        address: IpAddr,
    ) -> Result<(), StoreError> {
        let pair = RateLimitKey::from((account.into(), address));
        self.0.first_of_client.reset(pair.clone()).await?;
        self.0.pair.reset(pair).await
    }

    fn with(mut self, change: impl FnOnce(&mut Counters)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    fn each(self, change: impl Fn(RateLimit) -> RateLimit) -> Self {
        self.with(|counters| {
            let Counters { client, wide, first_of_client, first, further, .. } = counters;
            for limit in [client, wide, first_of_client, first, further] {
                *limit = change(limit.clone());
            }
        })
    }
}
