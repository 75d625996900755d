//! What a session is, and the bytes it is kept as.

use std::collections::BTreeMap;
use std::time::Duration;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::auth_proof::AuthProof;
use crate::session::store::SessionId;

/// A session: when it began, who is signed in, and what the application keeps. Times are seconds since the Unix epoch.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(skip, default = "unnamed")]
    pub(super) id: SessionId,
    #[serde(rename = "m")]
    pub(super) made: u64,
    #[serde(rename = "s")]
    pub(super) seen: u64,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(super) login: Option<Login>,
    #[serde(rename = "v", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) values: BTreeMap<String, Value>,
}

/// Who is signed in, since when, and how sure we are.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Login {
    #[serde(rename = "u")]
    pub(super) user: String,
    #[serde(rename = "e")]
    pub(super) epoch: u64,
    #[serde(rename = "s")]
    pub(super) since: u64,
    /// When a password or the like was last given; nothing for a session that a remember cookie has restored.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) proved: Option<u64>,
    /// The browser's own words, cut short, for the list of one's sessions.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) agent: Option<String>,
    /// What the client looked like, for session protection.
    #[serde(rename = "f", default)]
    pub(super) fingerprint: [u8; 8],
    /// The remember token that belongs to this browser.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(super) series: Option<[u8; 16]>,
}

/// The name is kept beside the bytes; drawing one here would ask the kernel, only to be written over.
fn unnamed() -> SessionId {
    SessionId::from_bytes([0; 16])
}

/// What the application did to a session, to be done again to a newer version of it.
#[derive(Clone)]
pub(super) enum Change {
    Set(String, Value),
    Remove(String),
    /// The client has changed: ask for the password before anything grave.
    Unprove,
    /// This remember token belongs to the browser.
    Remember([u8; 16]),
}

/// How long a session lasts.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
}

/// How far the clocks of two servers may be apart, in seconds. What was made later than that was made by a clock that was
/// wrong, and would otherwise last until the right one has caught up.
pub(super) const SKEW: Duration = Duration::from_secs(300);

/// How many seconds are left of what began then.
pub(super) fn left(since: u64, limit: Duration, now: u64) -> Option<u64> {
    if since > now.saturating_add(SKEW.as_secs()) {
        return None;
    }
    since.saturating_add(limit.as_secs()).checked_sub(now)
}

/// The largest session that is read back: what cannot have been ours is not unpacked.
const LARGEST: usize = 1 << 20;
/// Smaller ones gain nothing by being compressed.
const WORTH_COMPRESSING: usize = 200;
/// Before a session's bytes: as they are, or compressed.
const PLAIN: u8 = b'p';
const COMPRESSED: u8 = b'c';

impl Record {
    pub(super) fn new(now: u64) -> Self {
        Self { id: SessionId::random(), made: now, seen: now, login: None, values: BTreeMap::new() }
    }

    /// A session for somebody who has just proved who they are; nothing of an earlier session is in it.
    pub(super) fn signed_in(
        now: u64,
        proof: &AuthProof,
        agent: Option<String>,
        fingerprint: [u8; 8],
    ) -> Self {
        let login = Login {
            user: proof.user().to_owned(),
            epoch: proof.epoch(),
            since: now,
            proved: Some(now),
            agent,
            fingerprint,
            series: None,
        };
        Self { login: Some(login), ..Self::new(now) }
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Set(name, value) => {
                self.values.insert(name, value);
            }
            Change::Remove(name) => {
                self.values.remove(&name);
            }
            Change::Unprove => {
                if let Some(login) = &mut self.login {
                    login.proved = None;
                }
            }
            Change::Remember(series) => {
                if let Some(login) = &mut self.login {
                    login.series = Some(series);
                }
            }
        }
    }

    /// Whether nothing is in it that anybody would miss.
    pub(super) fn is_empty(&self) -> bool {
        self.login.is_none() && self.values.is_empty()
    }

    /// How long it lasts from now on, if it does.
    pub(super) fn lasts(&self, limits: Limits, now: u64) -> Option<Duration> {
        let left = left(self.made, limits.absolute, now)?.min(left(self.seen, limits.idle, now)?);
        (left > 0).then(|| Duration::from_secs(left))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let plain = serde_json::to_vec(self).expect("texts, numbers and JSON values are JSON");
        if plain.len() > WORTH_COMPRESSING {
            let compressed = compress_to_vec(&plain, 6);
            if compressed.len() < plain.len() {
                return [&[COMPRESSED], &compressed[..]].concat();
            }
        }
        [&[PLAIN], &plain[..]].concat()
    }

    pub(super) fn decode(id: SessionId, bytes: &[u8]) -> Option<Self> {
        let read = |plain: &[u8]| serde_json::from_slice::<Self>(plain).ok();
        let record = match bytes.split_first()? {
            (&PLAIN, plain) => read(plain),
            (&COMPRESSED, bytes) => read(&decompress_to_vec_with_limit(bytes, LARGEST).ok()?),
            _ => None,
        };
        record.map(|record| Self { id, ..record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { idle: Duration::from_secs(60), absolute: Duration::from_secs(600) };

    #[test]
    fn it_is_read_back_as_it_was_and_compressed_when_that_helps() {
        let mut record = Record::new(1_000);
        let small = record.encode();
        assert_eq!(small[0], PLAIN);
        record.apply(Change::Set("draft".into(), "la ".repeat(500).into()));
        let bytes = record.encode();
        assert!(bytes[0] == COMPRESSED && bytes.len() < 200, "{} bytes", bytes.len());
        let read = Record::decode(record.id, &bytes).unwrap();
        assert!(read.values == record.values && read.made == 1_000);
        assert!(Record::decode(record.id, b"").is_none() && Record::decode(record.id, b"x{}").is_none());
    }

    #[test]
    fn a_session_that_unpacks_without_end_is_not_unpacked() {
        let bomb = [&[COMPRESSED], &compress_to_vec(&vec![b' '; 8 << 20], 9)[..]].concat();
        assert!(bomb.len() < 10_000 && Record::decode(SessionId::random(), &bomb).is_none());
    }

    #[test]
    fn it_ends_when_it_was_idle_and_when_it_is_old() {
        let mut record = Record::new(1_000);
        assert_eq!(record.lasts(LIMITS, 1_000), Some(Duration::from_secs(60)));
        assert_eq!(record.lasts(LIMITS, 1_060), None);
        record.seen = 1_599;
        assert_eq!(record.lasts(LIMITS, 1_599), Some(Duration::from_secs(1)));
        assert_eq!(record.lasts(LIMITS, 1_600), None);
    }

    #[test]
    fn one_that_was_made_by_a_clock_ahead_is_over_and_near_the_end_of_time_nothing_overflows() {
        let mut record = Record::new(1_000 + SKEW.as_secs());
        assert!(record.lasts(LIMITS, 1_000).is_some(), "two servers are never quite of one mind");
        assert_eq!(record.lasts(LIMITS, 999), None);
        (record.made, record.seen) = (u64::MAX, u64::MAX);
        assert_eq!(record.lasts(LIMITS, 1_000), None);
        assert_eq!(record.lasts(LIMITS, u64::MAX), None);
    }
}
