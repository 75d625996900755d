//! The mode of a check, and the count of what report-only mode lets pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;

use super::rejection::CsrfRejection;
use crate::core::rejection::Rejection;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Enforce,
    ReportOnly,
    Off,
}

/// The number of requests that report-only mode let pass. Clones of a layer share it.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportCounter(Arc<AtomicU64>);

impl ReportCounter {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Rejects the request, or logs and counts it in report-only mode.
    pub(super) fn reject_or_report(
        &self,
        mode: Mode,
        method: &Method,
        path: &str,
        reason: CsrfRejection,
    ) -> Result<(), Rejection> {
        let rejection = Rejection::from(reason);
        if mode == Mode::Enforce {
            return Err(rejection);
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(reason = rejection.code(), %method, path, "CSRF check would reject the request");
        Ok(())
    }
}
