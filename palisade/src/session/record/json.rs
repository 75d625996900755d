//! The form of earlier versions: `p`, then JSON. It is read, and no longer written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::session::data::{Login, SessionData};
use crate::session::store::SessionId;

/// The first byte of the form.
pub(super) const PLAIN: u8 = b'p';

#[derive(Deserialize)]
struct JsonSession {
    #[serde(rename = "m")]
    created_at: u64,
    #[serde(rename = "s")]
    last_seen: u64,
    #[serde(rename = "l")]
    login: Option<JsonLogin>,
    #[serde(rename = "v", default)]
    values: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct JsonLogin {
    #[serde(rename = "u")]
    user: String,
    #[serde(rename = "e")]
    epoch: u64,
    #[serde(rename = "s")]
    since: u64,
    #[serde(rename = "p")]
    authenticated_at: Option<u64>,
    #[serde(rename = "a")]
    user_agent: Option<String>,
    #[serde(rename = "f", default)]
    fingerprint: [u8; 8],
    #[serde(rename = "g", default)]
    generation: u64,
    #[serde(rename = "r")]
    series: Option<[u8; 16]>,
}

pub(super) fn decode(id: SessionId, json: &[u8]) -> Option<SessionData> {
    let JsonSession { created_at, last_seen, login, values } = serde_json::from_slice(json).ok()?;
    let login = login.map(|login| Login {
        user: login.user,
        epoch: login.epoch,
        since: login.since,
        authenticated_at: login.authenticated_at,
        user_agent: login.user_agent,
        fingerprint: login.fingerprint,
        generation: login.generation,
        series: login.series,
    });
    let values = values.into_iter().map(|(name, value)| (name, value.to_string().into())).collect();
    Some(SessionData { id, created_at, last_seen, login, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by the version before the binary form.
    const RECORD: &str = r#"p{"m":1767225600,"s":1767225660,"l":{"u":"ada","e":3,"s":1767225601,"p":1767225602,"a":"Mozilla/5.0","f":[1,2,3,4,5,6,7,8],"g":9,"r":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]},"v":{"cart":[1,"\u0001"],"theme":"dark"}}"#;

    #[test]
    fn reads_every_field_of_an_earlier_record() {
        let id = SessionId::from_bytes([0; 16]);
        let data = SessionData::decode(id, RECORD.as_bytes()).unwrap();
        assert_eq!((data.created_at, data.last_seen), (1_767_225_600, 1_767_225_660));
        let login = data.login.as_ref().unwrap();
        assert_eq!((&*login.user, login.epoch, login.since), ("ada", 3, 1_767_225_601));
        assert_eq!((login.authenticated_at, login.generation), (Some(1_767_225_602), 9));
        assert_eq!(login.user_agent.as_deref(), Some("Mozilla/5.0"));
        assert_eq!(login.fingerprint, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(login.series.map(|series| series[15]), Some(16));
        assert_eq!((&*data.values["cart"], &*data.values["theme"]), ("[1,\"\\u0001\"]", "\"dark\""));
        assert_eq!(SessionData::decode(id, &data.encode()), Some(data));
    }

    #[test]
    fn optional_fields_may_be_missing() {
        let decode = |json: &str| SessionData::decode(SessionId::from_bytes([0; 16]), json.as_bytes());
        assert!(decode(r#"p{"m":1,"s":2}"#).unwrap().is_empty());
        assert_eq!(
            decode(r#"p{"m":1,"s":2,"l":{"u":"a","e":0,"s":1}}"#).unwrap().login.unwrap().series,
            None
        );
        for wrong in ["p", "p{}", r#"p{"m":1}"#, r#"x{"m":1,"s":2}"#, r#"{"m":1,"s":2}"#] {
            assert!(decode(wrong).is_none(), "{wrong}");
        }
    }
}
