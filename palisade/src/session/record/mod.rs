//! The stored form of a session, in cookies and in every store.
//!
//! | bytes | content |
//! |---|---|
//! | `b` | the form |
//! | number, number | `created_at`, `last_seen` |
//! | one byte | bits: 1 a sign-in, 2 `authenticated_at`, 4 `user_agent`, 8 `series` |
//! | text, number, number, number, 8 bytes | of a sign-in: `user`, `epoch`, `since`, `generation`, `fingerprint` |
//! | number, text, 16 bytes | of a sign-in, if the bit is set: `authenticated_at`, `user_agent`, `series` |
//! | number | how many values follow |
//! | text, text | of each value: its name, in ascending order, and its JSON |
//!
//! A number is LEB128: seven bits a byte, the lowest first; the highest bit says that more follow. A
//! text is its length as a number, then UTF-8. Nothing follows the last value.
//!
//! A value stays JSON until the handler asks for it. Nothing is compressed: the length of a cookie
//! would tell a visitor whether their text resembles a secret in the session (CRIME).

mod json;

use std::collections::BTreeMap;

use super::data::{Login, SessionData};
use super::store::SessionId;

/// The first byte of the form.
const BINARY: u8 = b'b';

const HAS_LOGIN: u8 = 1;
const HAS_AUTHENTICATED_AT: u8 = 2;
const HAS_USER_AGENT: u8 = 4;
const HAS_SERIES: u8 = 8;
const ALL_BITS: u8 = HAS_LOGIN | HAS_AUTHENTICATED_AT | HAS_USER_AGENT | HAS_SERIES;

impl SessionData {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        bytes.push(BINARY);
        put_number(&mut bytes, self.created_at);
        put_number(&mut bytes, self.last_seen);
        match &self.login {
            Some(login) => put_login(&mut bytes, login),
            None => bytes.push(0),
        }
        put_number(&mut bytes, self.values.len() as u64);
        for (name, json) in &self.values {
            put_text(&mut bytes, name);
            put_text(&mut bytes, json);
        }
        bytes
    }

    /// Returns `None` for bytes that [`encode`](Self::encode), of this or an earlier version, has
    /// not made.
    pub(super) fn decode(id: SessionId, bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&BINARY, rest) => Reader(rest).session(id),
            (&json::PLAIN, rest) => json::decode(id, rest),
            _ => None,
        }
    }
}

fn put_login(bytes: &mut Vec<u8>, login: &Login) {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    bytes.push(
        HAS_LOGIN
            | bit(login.authenticated_at.is_some(), HAS_AUTHENTICATED_AT)
            | bit(login.user_agent.is_some(), HAS_USER_AGENT)
            | bit(login.series.is_some(), HAS_SERIES),
    );
    put_text(bytes, &login.user);
    for number in [login.epoch, login.since, login.generation] {
        put_number(bytes, number);
    }
    bytes.extend_from_slice(&login.fingerprint);
    if let Some(time) = login.authenticated_at {
        put_number(bytes, time);
    }
    if let Some(text) = &login.user_agent {
        put_text(bytes, text);
    }
    if let Some(series) = &login.series {
        bytes.extend_from_slice(series);
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The rest of the bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn session(mut self, id: SessionId) -> Option<SessionData> {
        let (created_at, last_seen) = (self.number()?, self.number()?);
        let bits = self.byte()?;
        let login = match bits & HAS_LOGIN {
            0 if bits != 0 => return None,
            0 => None,
            _ => Some(self.login(bits)?),
        };
        let mut values = BTreeMap::new();
        for _ in 0..self.number()? {
            values.insert(self.text()?.to_owned(), self.text()?.into());
        }
        self.0.is_empty().then_some(SessionData { id, created_at, last_seen, login, values })
    }

    fn login(&mut self, bits: u8) -> Option<Login> {
        if bits & !ALL_BITS != 0 {
            return None;
        }
        let has = |bit: u8| bits & bit != 0;
        Some(Login {
            user: self.text()?.to_owned(),
            epoch: self.number()?,
            since: self.number()?,
            generation: self.number()?,
            fingerprint: self.array()?,
            authenticated_at: if has(HAS_AUTHENTICATED_AT) { Some(self.number()?) } else { None },
            user_agent: if has(HAS_USER_AGENT) { Some(self.text()?.to_owned()) } else { None },
            series: if has(HAS_SERIES) { Some(self.array()?) } else { None },
        })
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has the one bit that is left.
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> SessionData {
        let login = Login {
            user: "ada".into(),
            epoch: u64::MAX,
            since: 1_767_225_600,
            authenticated_at: Some(1_767_225_601),
            user_agent: Some("Mozilla/5.0".into()),
            fingerprint: [7; 8],
            generation: 0,
            series: Some([9; 16]),
        };
        let values =
            [("cart", "[1,2]"), ("theme", "\"dark\"")].map(|(name, json)| (name.into(), json.into()));
        SessionData { login: Some(login), values: values.into(), ..SessionData::new(1_767_225_600) }
    }

    /// Every combination of fields that may be missing.
    fn all() -> Vec<SessionData> {
        (0..32_u8)
            .map(|without| {
                let (mut data, without) = (full(), |bit: u8| without & bit != 0);
                if let Some(login) = &mut data.login {
                    login.authenticated_at = login.authenticated_at.filter(|_| !without(1));
                    login.user_agent = login.user_agent.take().filter(|_| !without(2));
                    login.series = login.series.filter(|_| !without(4));
                }
                data.login = data.login.filter(|_| !without(8));
                data.values = if without(16) { BTreeMap::new() } else { data.values };
                data
            })
            .collect()
    }

    #[test]
    fn decodes_what_it_encodes() {
        for data in all() {
            let decoded = SessionData::decode(data.id, &data.encode()).unwrap();
            assert_eq!(decoded, data);
        }
    }

    #[test]
    fn writes_the_documented_bytes() {
        let empty = SessionData { last_seen: 300, ..SessionData::new(5) };
        assert_eq!(empty.encode(), [b'b', 5, 0xac, 2, 0, 0]);
        let encoded = full().encode();
        let expected = [
            &b"b\x80\xf2\xd6\xca\x06\x80\xf2\xd6\xca\x06\x0f\x03ada"[..],
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x80\xf2\xd6\xca\x06\0",
            &[7; 8],
            b"\x81\xf2\xd6\xca\x06\x0bMozilla/5.0",
            &[9; 16],
            b"\x02\x04cart\x05[1,2]\x05theme\x06\"dark\"",
        ];
        assert_eq!(encoded, expected.concat());
    }

    #[test]
    fn rejects_shortened_and_continued_records() {
        for data in all() {
            let bytes = data.encode();
            for end in 0..bytes.len() {
                assert!(SessionData::decode(data.id, &bytes[..end]).is_none(), "{end} of {}", bytes.len());
            }
            assert!(SessionData::decode(data.id, &[&bytes[..], &[0]].concat()).is_none());
        }
    }

    #[test]
    fn reading_changed_bytes_never_panics() {
        let bytes = full().encode();
        for at in 0..bytes.len() {
            for value in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[at] = value;
                let decoded = SessionData::decode(SessionId::from_bytes([0; 16]), &changed);
                assert!(
                    value == bytes[at] || decoded.is_none_or(|data| data != full()),
                    "byte {at}: {value}"
                );
            }
        }
    }

    #[test]
    fn rejects_unknown_bits_and_too_large_numbers() {
        let decode = |bytes: &[u8]| SessionData::decode(SessionId::from_bytes([0; 16]), bytes);
        assert!(decode(b"b\x05\x05\0\0").is_some());
        for bits in [2, 4, 8, 16, 128] {
            assert!(decode(&[b'b', 5, 5, bits, 0]).is_none(), "{bits} without a sign-in");
        }
        let mut unknown = full().encode();
        unknown[11] |= 16;
        assert!(decode(&unknown).is_none());
        let number = |last: &[u8]| decode(&[b"b\x05", &[0xff; 9][..], last, b"\0\0"].concat());
        assert_eq!(number(&[1]).map(|data| data.last_seen), Some(u64::MAX));
        assert!(number(&[2]).is_none() && number(&[0x81, 0]).is_none());
        // A length beyond the end allocates nothing.
        assert!(decode(b"b\x05\x05\0\xff\xff\xff\xff\x0f").is_none());
    }

    #[test]
    fn the_length_reveals_no_resemblance() {
        let length = |guess: &str| {
            let mut data = full();
            data.values.insert("secret".into(), format!("\"{}\"", "correct horse".repeat(9)).into());
            data.values.insert("text".into(), format!("\"{guess}\"").into());
            data.encode().len()
        };
        assert_eq!(length("correct horse"), length("tcerroc esroh"));
    }
}
