//! The data of a session.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::store::SessionId;
use crate::core::auth_proof::AuthProof;

/// The data of a session: its times, the sign-in, the application's values. Times are in seconds
/// since the Unix epoch.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct SessionData {
    /// Not part of the stored form: stores and cookies keep it beside.
    pub(super) id: SessionId,
    pub(super) created_at: u64,
    pub(super) last_seen: u64,
    pub(super) login: Option<Login>,
    /// Names, and values as JSON.
    pub(super) values: BTreeMap<String, Box<str>>,
}

/// The sign-in of a session.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) epoch: u64,
    pub(super) since: u64,
    /// `None` if a remember token has restored the session, or the client has changed.
    pub(super) authenticated_at: Option<u64>,
    /// Cut to 200 characters, for the list of an account's sessions.
    pub(super) user_agent: Option<String>,
    /// The network and browser at the sign-in, for session protection.
    pub(super) fingerprint: [u8; 8],
    /// The account's generation at the sign-in, for sessions in cookies.
    pub(super) generation: u64,
    /// The series of this browser's remember token.
    pub(super) series: Option<[u8; 16]>,
}

/// A change of a session that can be applied again, to a newer version.
#[derive(Clone)]
pub(super) enum SessionChange {
    /// A value as JSON.
    Set(String, Box<str>),
    Remove(String),
    /// All values are removed.
    Clear,
    /// The client has changed: the sign-in no longer counts as recent authentication.
    ClearAuthentication,
    /// The browser has a remember token of this series.
    Remember([u8; 16]),
}

/// The timeouts of sessions.
#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), absolute: Duration::from_secs(12 * 60 * 60) }
    }
}

/// The tolerated difference between the clocks of two servers. A time further in the future is
/// invalid: a clock was set back, and the session would else last until the clock has caught up.
pub(super) const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Returns the seconds that are left of a limit, `None` after its end and for times in the future.
pub(super) fn seconds_left(since: u64, limit: Duration, now: u64) -> Option<u64> {
    if since > now.saturating_add(CLOCK_SKEW.as_secs()) {
        return None;
    }
    since.saturating_add(limit.as_secs()).checked_sub(now)
}

impl SessionData {
    pub(super) fn new(now: u64) -> Self {
        Self {
            id: SessionId::random(),
            created_at: now,
            last_seen: now,
            login: None,
            values: BTreeMap::new(),
        }
    }

    /// Returns a new session, without any data of an earlier one, for an account that has
    /// authenticated.
    pub(super) fn signed_in(
        now: u64,
        proof: &AuthProof,
        generation: u64,
        user_agent: Option<String>,
        fingerprint: [u8; 8],
    ) -> Self {
        let login = Login {
            user: proof.user().to_owned(),
            epoch: proof.epoch(),
            since: now,
            authenticated_at: Some(now),
            user_agent,
            fingerprint,
            generation,
            series: None,
        };
        Self { login: Some(login), ..Self::new(now) }
    }

    pub(super) fn apply(&mut self, change: SessionChange) {
        match change {
            SessionChange::Set(name, value) => {
                self.values.insert(name, value);
            }
            SessionChange::Remove(name) => {
                self.values.remove(&name);
            }
            SessionChange::Clear => self.values.clear(),
            SessionChange::ClearAuthentication => {
                if let Some(login) = &mut self.login {
                    login.authenticated_at = None;
                }
            }
            SessionChange::Remember(series) => {
                if let Some(login) = &mut self.login {
                    login.series = Some(series);
                }
            }
        }
    }

    /// Returns `true` without a sign-in and values: losing such a session loses no data.
    pub(super) fn is_empty(&self) -> bool {
        self.login.is_none() && self.values.is_empty()
    }

    /// Returns the time until the session ends by a timeout, `None` if it has ended.
    pub(super) fn remaining(&self, timeouts: Timeouts, now: u64) -> Option<Duration> {
        let absolute = seconds_left(self.created_at, timeouts.absolute, now)?;
        let left = absolute.min(seconds_left(self.last_seen, timeouts.idle, now)?);
        (left > 0).then(|| Duration::from_secs(left))
    }
}

/// Returns a name of the session that opens nothing: a hash of its id.
pub(super) fn public_key(id: SessionId) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(id.bytes())[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts { idle: Duration::from_secs(60), absolute: Duration::from_secs(600) };

    #[test]
    fn ends_by_idle_and_absolute_timeout() {
        let mut data = SessionData::new(1_000);
        assert_eq!(data.remaining(TIMEOUTS, 1_000), Some(Duration::from_secs(60)));
        assert_eq!(data.remaining(TIMEOUTS, 1_060), None);
        data.last_seen = 1_599;
        assert_eq!(data.remaining(TIMEOUTS, 1_599), Some(Duration::from_secs(1)));
        assert_eq!(data.remaining(TIMEOUTS, 1_600), None);
    }

    #[test]
    fn rejects_times_in_the_future() {
        let mut data = SessionData::new(1_000 + CLOCK_SKEW.as_secs());
        assert!(data.remaining(TIMEOUTS, 1_000).is_some(), "the clocks of two servers differ a little");
        assert_eq!(data.remaining(TIMEOUTS, 999), None);
        (data.created_at, data.last_seen) = (u64::MAX, u64::MAX);
        assert_eq!(data.remaining(TIMEOUTS, 1_000), None);
        assert_eq!(data.remaining(TIMEOUTS, u64::MAX), None, "no overflow");
    }
}
