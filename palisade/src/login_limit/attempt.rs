//! An attempt: what it is counted at, and what a success takes back.

use std::net::IpAddr;

use super::counters::Counters;
use crate::rate_limit::{BackoffAttempt, RateLimit, RateLimitKey, RateLimitRejection};

/// An attempt that passed. It counts as a failure unless [`succeeded`](Self::succeeded) is called.
///
/// ```
/// use palisade::Keyring;
/// use palisade::login_limit::{KnownDevices, LoginAttempt, LoginLimit};
/// use palisade::rate_limit::RateLimitRejection;
/// use palisade::rate_limit::store::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), RateLimitRejection> {
/// let limit = LoginLimit::new("login", MemoryStore::new());
/// let stranger = KnownDevices::new(&Keyring::random()).unknown();
/// for _ in 0..50 {
///     let attempt: LoginAttempt = limit.attempt("ada", [192, 0, 2, 7].into(), &stranger).await?;
///     attempt.succeeded().await; // the password is right
/// }
/// for _ in 0..4 {
///     drop(limit.attempt("bob", [192, 0, 2, 7].into(), &stranger).await); // dropped: it has failed
/// }
/// assert!(limit.attempt("bob", [192, 0, 2, 7].into(), &stranger).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an attempt that is dropped counts as a failure"]
pub struct LoginAttempt<'a> {
    backoff: Option<BackoffAttempt<'a>>,
    charges: Charges<'a>,
    /// The client's counter of first attempts at the account, which a success deletes.
    first_of_client: Option<(&'a RateLimit, RateLimitKey)>,
}

/// The charges of an attempt at quotas.
#[derive(Debug, Default)]
struct Charges<'a>(Vec<(&'a RateLimit, RateLimitKey)>);

impl<'a> Charges<'a> {
    /// Charges a quota. If it has no room, it takes back all that was charged before.
    async fn add(&mut self, limit: &'a RateLimit, key: RateLimitKey) -> Result<(), RateLimitRejection> {
        match limit.check(key.clone()).await {
            Ok(_) => {
                self.0.push((limit, key));
                Ok(())
            }
            Err(rejection) => {
                self.refund().await;
                Err(rejection)
            }
        }
    }

    async fn refund(&mut self) {
        for (limit, key) in self.0.drain(..) {
            limit.refund(key, 1).await;
        }
    }
}

impl<'a> LoginAttempt<'a> {
    pub(super) fn uncounted() -> Self {
        Self { backoff: None, charges: Charges::default(), first_of_client: None }
    }

    pub(super) async fn of_known_browser(
        counters: &'a Counters,
        account_and_device: (RateLimitKey, RateLimitKey),
    ) -> Result<Self, RateLimitRejection> {
        let backoff = Some(counters.device.attempt(account_and_device).await?);
        Ok(Self { backoff, ..Self::uncounted() })
    }

    pub(super) async fn of_client(
        counters: &'a Counters,
        account: RateLimitKey,
        address: IpAddr,
    ) -> Result<Self, RateLimitRejection> {
        let pair = RateLimitKey::from((account.clone(), address));
        let mut charges = Charges::default();
        charges.add(counters.of_address(address), address.into()).await?;
        let first = match counters.first_of_client.check(pair.clone()).await {
            Ok(_) => true,
            Err(RateLimitRejection::LimitExceeded { .. }) => false,
            Err(rejection) => {
                charges.refund().await;
                return Err(rejection);
            }
        };
        if first {
            charges.0.push((&counters.first_of_client, pair.clone()));
        }
        charges.add(if first { &counters.first } else { &counters.further }, account).await?;
        match counters.pair.attempt(pair.clone()).await {
            Ok(attempt) => {
                let first_of_client = Some((&counters.first_of_client, pair));
                Ok(Self { backoff: Some(attempt), charges, first_of_client })
            }
            Err(rejection) => {
                charges.refund().await;
                Err(rejection)
            }
        }
    }

    /// Takes the attempt back at the quotas: the password was not checked, because the server is busy.
    /// The delays of the client at this account count it all the same, so that a busy server is no way
    /// around them.
    pub async fn withdraw(mut self) {
        self.charges.refund().await;
    }

    /// Records that the password was right: takes back what this attempt has counted, and deletes
    /// the failures of the client, or of the known browser, at this account.
    pub async fn succeeded(mut self) {
        self.charges.refund().await;
        if let Some((limit, pair)) = self.first_of_client {
            // If the store is down, the client has fewer attempts left, never more.
            let _ = limit.reset(pair).await;
        }
        if let Some(backoff) = self.backoff {
            backoff.succeeded().await;
        }
    }
}
