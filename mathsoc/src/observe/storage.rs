//! Checks at intervals that the database takes writes.
//!
//! A full disk, or a server that became read-only, stops log-ins and answers while pages are still
//! read. `/readyz` then says `"storage": "degraded"` with status 200, and
//! `database_writable` is 0. All machines of a site share its database, so 503 would take all of
//! them away, with the pages.
//!
//! | setting | value | reason |
//! |---|---|---|
//! | interval | 30 s | a commit of one page, and the read cache starts anew |
//!
//! A database that is only locked, such as by an import, counts as before.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::traffic::head;
use crate::db::Db;

/// The result of the last check; clones share it.
#[derive(Clone, Debug)]
pub struct StorageCheck {
    db: Db,
    failing: Arc<AtomicBool>,
}

impl StorageCheck {
    /// The time between two checks.
    pub const INTERVAL: Duration = Duration::from_secs(30);

    /// A check of this database, which passes until it has run.
    pub fn new(db: Db) -> Self {
        Self { db, failing: Arc::default() }
    }

    /// Returns `true` if the last write failed.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Writes once. Logs when writes begin to fail, and when they work again.
    pub async fn run(&self) {
        match self.db.check_writes().await {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the database takes writes again");
                }
            }
            // Nothing new is known.
            Err(error) if error.is_outage() => {}
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(error = &error as &dyn std::error::Error, "the database takes no writes");
                }
            }
        }
    }
}

/// Writes the Prometheus text format.
impl fmt::Display for StorageCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, "database_writable", "gauge", "1 if the last write to the database succeeded.")?;
        writeln!(f, "database_writable {}", u8::from(!self.is_failing()))
    }
}
