//! The limits of a request's body, shared by the layers that set them, the body that enforces them, and
//! the layer that reads the body's beginning before the route has set its limit.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Extensions;
use tokio::time::Instant;

#[cfg(feature = "csrf")]
use crate::core::body_rejection::BodyRejection;

/// The limits of one request's body: in the extensions for layers, in the body for reading.
#[derive(Debug, Default)]
pub struct BodyPolicy {
    bytes: AtomicU64,
    millis: AtomicU64,
    peeked: AtomicBool,
    exceeded: AtomicBool,
    late: AtomicBool,
    /// `true` while a reader waits for the client.
    awaits_client: AtomicBool,
    /// The time at which the client last ended a wait.
    received_at: Mutex<Option<Instant>>,
}

impl BodyPolicy {
    /// Sets the limits of this request.
    pub(crate) fn set(extensions: &mut Extensions, bytes: u64, within: Duration) -> Arc<Self> {
        let policy = extensions.get_or_insert_default::<Arc<Self>>();
        policy.bytes.store(bytes, Ordering::Relaxed);
        let millis = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        policy.millis.store(millis, Ordering::Relaxed);
        Arc::clone(policy)
    }

    /// Returns `true` if this request's body has limits.
    pub(crate) fn is_set(extensions: &Extensions) -> bool {
        extensions.get::<Arc<Self>>().is_some()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn within(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }

    /// Returns `true` while a layer reads only the beginning: the route has not set its limit yet.
    pub(crate) fn is_peeked(&self) -> bool {
        self.peeked.load(Ordering::Relaxed)
    }

    pub(crate) fn set_exceeded(&self) {
        self.exceeded.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Returns the policy of this request, which is there if it has a body.
    pub(crate) fn of(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }

    /// Records that a reader waits for the client.
    pub(crate) fn set_awaits_client(&self) {
        self.awaits_client.store(true, Ordering::Relaxed);
    }

    /// Records that the client has sent a part of the body, or that nothing reads the body any more.
    /// Only the end of a wait reads the clock.
    pub(crate) fn end_wait(&self) {
        if self.awaits_client.load(Ordering::Relaxed) {
            *self.received_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            self.awaits_client.store(false, Ordering::Relaxed);
        }
    }

    /// Returns the time since which the application has not waited for the client: `now` if it does
    /// wait, `None` if it never had to.
    pub(crate) fn working_since(&self, now: Instant) -> Option<Instant> {
        if self.awaits_client.load(Ordering::Relaxed) {
            return Some(now);
        }
        *self.received_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_late(&self) {
        self.late.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_late(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }
}

#[cfg(feature = "csrf")]
impl BodyPolicy {
    /// Marks the time in which a layer reads the body's beginning, ahead of the route.
    pub(crate) fn peek(extensions: &Extensions, peeked: bool) {
        if let Some(policy) = extensions.get::<Arc<Self>>() {
            policy.peeked.store(peeked, Ordering::Relaxed);
        }
    }

    /// Returns the reason why the body could not be read, if a limit is the reason.
    pub(crate) fn broken(extensions: &Extensions) -> Option<BodyRejection> {
        let policy = extensions.get::<Arc<Self>>()?;
        let late = policy.is_late().then_some(BodyRejection::TooSlow);
        policy.is_exceeded().then_some(BodyRejection::TooLarge).or(late)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_applications_time_begins_when_the_client_has_sent() {
        let policy = BodyPolicy::default();
        assert_eq!(policy.working_since(Instant::now()), None, "it never had to wait");
        policy.end_wait();
        assert_eq!(policy.working_since(Instant::now()), None);
        policy.set_awaits_client();
        advance(Duration::from_secs(5)).await;
        let now = Instant::now();
        assert_eq!(policy.working_since(now), Some(now), "it waits");
        policy.end_wait();
        advance(Duration::from_secs(5)).await;
        policy.end_wait();
        assert_eq!(policy.working_since(Instant::now()), Some(now), "it has worked for five seconds");
    }

    #[test]
    fn a_policy_has_its_limits() {
        let mut extensions = Extensions::new();
        assert!(!BodyPolicy::is_set(&extensions) && BodyPolicy::of(&extensions).is_none());
        let policy = BodyPolicy::set(&mut extensions, 7, Duration::from_millis(1_500));
        assert!(BodyPolicy::is_set(&extensions));
        assert_eq!((policy.bytes(), policy.within()), (7, Duration::from_millis(1_500)));
        let same = BodyPolicy::set(&mut extensions, 8, Duration::MAX);
        assert!(Arc::ptr_eq(&policy, &same));
        assert_eq!((policy.bytes(), policy.within()), (8, Duration::from_millis(u64::MAX)));
        assert!(!policy.is_exceeded() && !policy.is_late() && !policy.is_peeked());
        policy.set_exceeded();
        assert!(policy.is_exceeded() && !policy.is_late());
        policy.set_late();
        assert!(policy.is_late());
    }
}
