//! Resets the counts of one caller: `mathsoc limits clear KEY`.
//!
//! Counts in a server are reset at once. Counts in the memory of the site are reset by the site
//! itself: see [`release`](super::release).

use std::time::Duration;

use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::{Store, StoreError};

use super::{Limits, apply_releases};
use crate::config::RateLimits;
use crate::db::admin_log::Actor;
use crate::db::{Db, DbError, limits};
use crate::domain::limited::Caller;

/// Longer than the timeout of requests: no visitor waits, and the connection is not open yet.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the site has to reset its own counts; it looks every two seconds.
const SITE_TIMEOUT: Duration = Duration::from_secs(6);

/// Resets the counts of every limit for this caller. Returns the sentence for the operator.
///
/// # Errors
/// If the store or the database does not answer, or no site with counts in memory is running.
pub async fn clear(caller: &Caller, settings: &RateLimits, db: &Db) -> Result<String, ClearError> {
    let before = limits::newest_release(db).await?;
    let release = limits::release(db, &Actor::command_line(), caller).await?;
    let place = settings.storage_uri.shown();
    if settings.storage_uri.is_memory() {
        let applied = async {
            while !limits::is_applied(db, release).await? {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<_, DbError>(())
        };
        tokio::time::timeout(SITE_TIMEOUT, applied).await.map_err(|_| ClearError::NoSite)??;
    } else {
        let store = Store::open(settings.storage_uri.as_str()).await?;
        let own = Limits::new(settings, FallbackStore::new(store).timeout(STORE_TIMEOUT))?;
        own.ping().await?;
        apply_releases(db, &own, before).await?;
    }
    Ok(format!("Reset for {caller}, in {place}: every limit, and the delays after failures.\n"))
}

/// A reason why the counts were not reset.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClearError {
    /// The counts are in the memory of the site, and no site has reset them in time.
    #[error(
        "RATELIMIT_STORAGE_URI is memory://, so the site itself resets the counts; none did within 6 seconds. \
         Is it running, with this database? A site that starts later begins without counts"
    )]
    NoSite,
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The store does not answer, or does not support the strategy.
    #[error(transparent)]
    Store(#[from] StoreError),
}
