//! How a request's body may arrive: agreed between the layers that say it, the body that keeps it, and a layer that looks
//! at the body's beginning before the route has said it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::Extensions;

#[cfg(feature = "csrf")]
use crate::core::body_rejection::BodyRejection;

/// The limit in force for one request: in its extensions for the layers, in its body for the reading.
#[derive(Debug, Default)]
pub struct BodyPolicy {
    bytes: AtomicU64,
    millis: AtomicU64,
    peeked: AtomicBool,
    exceeded: AtomicBool,
    late: AtomicBool,
}

impl BodyPolicy {
    /// Sets the limit of this request.
    pub(crate) fn set(extensions: &mut Extensions, bytes: u64, within: Duration) -> Arc<Self> {
        let terms = extensions.get_or_insert_default::<Arc<Self>>();
        terms.bytes.store(bytes, Ordering::Relaxed);
        let millis = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        terms.millis.store(millis, Ordering::Relaxed);
        Arc::clone(terms)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn within(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }

    /// Whether only the beginning is looked at: what the whole body may be is not said yet.
    pub(crate) fn are_open(&self) -> bool {
        self.peeked.load(Ordering::Relaxed)
    }

    pub(crate) fn exceed(&self) {
        self.exceeded.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    pub(crate) fn be_late(&self) {
        self.late.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_late(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }
}

#[cfg(feature = "csrf")]
impl BodyPolicy {
    /// Says whether somebody looks at the body's beginning, ahead of the route.
    pub(crate) fn peek(extensions: &Extensions, peeked: bool) {
        if let Some(terms) = extensions.get::<Arc<Self>>() {
            terms.peeked.store(peeked, Ordering::Relaxed);
        }
    }

    /// Why the body could not be read, where these terms are the reason.
    pub(crate) fn broken(extensions: &Extensions) -> Option<BodyRejection> {
        let terms = extensions.get::<Arc<Self>>()?;
        let late = terms.is_late().then_some(BodyRejection::TooSlow);
        terms.is_exceeded().then_some(BodyRejection::TooLarge).or(late)
    }
}
