//! Releases: the counts of one caller are reset in every process of the site.
//!
//! Whoever releases a caller (`/admin/limits`, `mathsoc limits clear`) writes a row. Every process
//! that serves the site reads the new rows every two seconds, resets its own counts, and marks the
//! row as applied. So it works with counts in memory and in a server, and with many processes.

use std::net::IpAddr;
use std::time::Duration;

use palisade::rate_limit::RateLimitKey;
use palisade::rate_limit::store::StoreError;
use tokio::time::MissedTickBehavior;

use super::{LIMITS, Limits, Per};
use crate::db::limits::{self, Release};
use crate::db::{Db, Result};
use crate::domain::email::EmailAddress;
use crate::domain::limited::Caller;

impl Limits {
    /// Resets what this caller has counted, at every limit. `clients` are the addresses from which
    /// the account was tried.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn reset(&self, caller: &Caller, clients: &[IpAddr]) -> std::result::Result<(), StoreError> {
        let (key, per): (RateLimitKey, Per) = match caller {
            Caller::Address(address) => ((*address).into(), Per::Address),
            Caller::Account(account) => (RateLimitKey::email(account), Per::Account),
        };
        for limit in LIMITS.iter().filter(|limit| !limit.failures && limit.per().contains(&per)) {
            self.of(limit).reset(key.clone()).await?;
        }
        for login in [self.passwords(), self.codes()] {
            match caller {
                Caller::Address(address) => login.reset_client(*address).await?,
                Caller::Account(_) => {
                    login.reset_account(key.clone()).await?;
                    for client in clients {
                        login.reset_client_at(key.clone(), *client).await?;
                    }
                }
            }
        }
        if per == Per::Account {
            self.confirmations().reset(key).await?;
        }
        Ok(())
    }
}

/// Writes the refusals of this process, and applies the releases after `last`. Returns the id of
/// the newest one.
///
/// # Errors
/// If the database does not answer. What was to be written is lost then; it is only a list.
pub async fn apply_releases(db: &Db, own: &Limits, last: i64) -> Result<i64> {
    limits::add(db, &own.refusals().take()).await?;
    let mut newest = last;
    for Release { id, caller } in limits::releases_after(db, last).await? {
        newest = newest.max(id);
        let Ok(caller) = caller.parse::<Caller>() else { continue };
        let mut clients = Vec::new();
        let mut callers = vec![caller.clone()];
        if let Caller::Account(account) = &caller {
            clients =
                limits::clients_at(db, account).await?.iter().filter_map(|it| it.parse().ok()).collect();
            if let Ok(email) = account.parse::<EmailAddress>() {
                let member = crate::db::users::by_email(db, &email).await?;
                callers.extend(member.map(|user| Caller::Account(user.id.to_string())));
            }
        }
        let mut done = true;
        for caller in &callers {
            if let Err(error) = own.reset(caller, &clients).await {
                tracing::warn!(%error, "cannot release a caller from the rate limits");
                done = false;
            }
        }
        if done {
            limits::applied(db, id, &caller.key()).await?;
        }
    }
    Ok(newest)
}

/// How often a process looks for releases.
const EVERY: Duration = Duration::from_secs(2);

/// Writes refusals and applies releases every two seconds, for as long as the site is served.
pub async fn run_releases(db: Db, own: Limits) {
    let mut last = None;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let done = async {
            let since = match last {
                Some(id) => id,
                // Nothing was counted in this process before.
                None => limits::newest_release(&db).await?,
            };
            apply_releases(&db, &own, since).await
        };
        match done.await {
            Ok(newest) => last = Some(newest),
            Err(error) => tracing::debug!(%error, "cannot read the releases of rate limits"),
        }
    }
}
