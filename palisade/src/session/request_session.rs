//! One visit: the session of one request, read when it is first asked for.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::cookie::Lines;
use super::data::{Change, Record};
use super::event::SessionEvent;
use super::rejection::SessionRejection;
use super::{Place, SessionProtection, Sessions, Settings};
use crate::core::client::Scheme;
use crate::core::request_context::RequestContext;
use crate::core::session_tag::SessionTag;
use crate::core::store_reply::StoreError;
use crate::session::store::SessionId;

/// The visitor's session, for a handler; cheap to clone.
#[derive(Clone)]
pub struct Session(pub(super) Arc<Visit>);

pub(super) struct Visit {
    sessions: Sessions,
    pub(super) cookies: Lines,
    pub(super) secure: bool,
    /// Not the exchange itself, which holds the visit: neither would ever be freed.
    ip: Option<IpAddr>,
    agent: Option<HeaderValue>,
    pub(super) accept: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) target: Option<PathAndQuery>,
    touched: AtomicBool,
    presented: OnceLock<Option<Presented>>,
    loaded: OnceCell<()>,
    state: Mutex<State>,
}

/// What the request's cookie says.
pub(super) struct Presented {
    pub(super) id: SessionId,
    /// Whether the session itself lies in the cookie: by choice, or because there is nothing in it to be stored.
    pub(super) whole: bool,
    /// Whether it was sealed by a previous key.
    old_key: bool,
}

/// What is known of the session, and what is to be done when the answer goes.
#[derive(Default)]
pub(super) struct State {
    /// The session that lay in the cookie, until it is known whether it is over.
    opened: Option<Record>,
    pub(super) record: Option<Record>,
    /// The version in the store that `record` was read from.
    pub(super) version: Option<u64>,
    pub(super) changes: Vec<Change>,
    /// The session is to be written, or its cookie taken away.
    pub(super) dirty: bool,
    /// The presented cookie leads nowhere.
    pub(super) gone: bool,
    pub(super) remember: Remember,
    pub(super) signed_out: bool,
}

impl State {
    /// Whether there is nothing to be written.
    pub(super) fn is_unchanged(&self) -> bool {
        !self.dirty && matches!(self.remember, Remember::Leave)
    }
}

/// What is to become of the remember cookie.
#[derive(Default)]
pub(super) enum Remember {
    #[default]
    Leave,
    Set(String),
    Clear,
}

impl Session {
    pub(super) fn begin<B>(sessions: &Sessions, request: &mut Request<B>) -> Self {
        let exchange = RequestContext::begin(request.extensions_mut());
        let tls = || exchange.client().is_some_and(|client| client.scheme() == Scheme::Https);
        let headers = request.headers();
        let session = Self(Arc::new(Visit {
            cookies: Lines::of(headers),
            secure: sessions.0.secure.unwrap_or_else(tls),
            agent: headers.get(USER_AGENT).cloned(),
            accept: headers.get(ACCEPT).cloned(),
            method: request.method().clone(),
            target: request.uri().path_and_query().cloned(),
            sessions: sessions.clone(),
            ip: exchange.client().map(|client| client.ip()),
            touched: AtomicBool::new(false),
            presented: OnceLock::new(),
            loaded: OnceCell::new(),
            state: Mutex::default(),
        }));
        exchange.set_session_tag(Arc::<Visit>::clone(&session.0));
        request.extensions_mut().insert(session.clone());
        session
    }

    /// The value under this name.
    ///
    /// # Errors
    /// When the store does not answer. A value of another type is no value.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SessionRejection> {
        self.0.load().await?;
        let value = self.0.state().record.as_ref().and_then(|record| record.values.get(name).cloned());
        Ok(value.and_then(|value| serde_json::from_value(value).ok()))
    }

    /// Keeps a value under this name; begins a session where there is none.
    ///
    /// # Errors
    /// When the store does not answer, or the value is none that JSON can write.
    pub async fn set(&self, name: &str, value: impl Serialize) -> Result<(), SessionRejection> {
        let value = serde_json::to_value(value).map_err(|_| {
            SessionRejection::Misused(
                "A value was put into the session that JSON cannot write: a map needs texts as keys.",
            )
        })?;
        self.0.load().await?;
        self.0.change(Change::Set(name.to_owned(), value));
        Ok(())
    }

    /// Forgets the value under this name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, name: &str) -> Result<(), SessionRejection> {
        self.0.load().await?;
        let known = self.0.state().record.as_ref().is_some_and(|record| record.values.contains_key(name));
        if known {
            self.0.change(Change::Remove(name.to_owned()));
        }
        Ok(())
    }

    /// The value under this name, which is then forgotten: for what is said once.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn take<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SessionRejection> {
        let value = self.get(name).await?;
        self.remove(name).await?;
        Ok(value)
    }
}

impl Visit {
    pub(super) fn settings(&self) -> &Settings {
        &self.sessions.0
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    /// What the request's cookie says, if one of our keys has sealed it. Not to be asked for the first time by who holds the
    /// state.
    pub(super) fn presented(&self) -> Option<&Presented> {
        self.touched.store(true, Ordering::Relaxed);
        let open = || {
            let (presented, record) = self.open_cookie()?;
            self.state().opened = record;
            Some(presented)
        };
        self.presented.get_or_init(open).as_ref()
    }

    /// Whether the browser has a cookie with this name already, sealed by the current key.
    pub(super) fn is_presented(&self, id: SessionId) -> bool {
        self.presented().is_some_and(|presented| presented.id == id && !presented.old_key)
    }

    fn open_cookie(&self) -> Option<(Presented, Option<Record>)> {
        let settings = self.settings();
        settings.jar.find(&self.cookies, self.secure).find_map(|value| {
            let opened = settings.keys.open(&URL_SAFE_NO_PAD.decode(value).ok()?, &settings.context())?;
            let (id, rest) = opened.bytes().split_first_chunk()?;
            let id = SessionId::from_bytes(*id);
            let record = match settings.place {
                Place::Store if rest.is_empty() => None,
                Place::Store | Place::Cookie => Some(Record::decode(id, rest)?),
            };
            let over =
                record.as_ref().is_some_and(|record| record.lasts(settings.limits, settings.now()).is_none());
            let presented = Presented { id, whole: record.is_some(), old_key: !opened.is_current() };
            (!over).then_some((presented, record))
        })
    }

    /// Reads the session, once.
    pub(super) async fn load(&self) -> Result<(), SessionRejection> {
        self.loaded.get_or_try_init(|| self.read()).await.copied().map_err(|error| down(&error))
    }

    async fn read(&self) -> Result<(), StoreError> {
        match self.presented() {
            Some(presented) => self.find(presented).await?,
            None => self.state().gone = true,
        }
        self.protect().await?;
        if self.state().record.as_ref().is_none_or(|record| record.login.is_none()) {
            self.restore().await?;
        }
        self.see();
        Ok(())
    }

    /// Takes up the session that the cookie names, unless it is over.
    async fn find(&self, presented: &Presented) -> Result<(), StoreError> {
        let settings = self.settings();
        let kept = settings.store.load(presented.id).await?;
        let mut state = self.state();
        let found = match kept {
            None => state.opened.take().map(|record| (record, None)),
            // In the store is what says that it was ended.
            Some(_) if settings.place == Place::Cookie => None,
            Some(kept) => Record::decode(presented.id, &kept.bytes)
                .filter(|record| record.lasts(settings.limits, settings.now()).is_some())
                .map(|record| (record, Some(kept.version))),
        };
        match found {
            Some((record, version)) => {
                (state.record, state.version) = (Some(record), version);
                state.dirty |= presented.old_key;
            }
            // A reading that was broken off behind this may have taken it up already.
            None => state.gone = state.record.is_none(),
        }
        Ok(())
    }

    /// Looks whether a sign-in comes from a client that looks as before.
    async fn protect(&self) -> Result<(), StoreError> {
        let settings = self.settings();
        if settings.protection == SessionProtection::None {
            return Ok(());
        }
        let user = {
            let state = self.state();
            let login = state.record.as_ref().and_then(|record| record.login.as_ref());
            login
                .filter(|login| login.fingerprint != self.fingerprint())
                .map(|login| (login.user.clone(), login.proved.is_some()))
        };
        let Some((user, proved)) = user else { return Ok(()) };
        match settings.protection {
            SessionProtection::Basic if proved => {
                self.change(Change::Unprove);
                settings.tell(&SessionEvent::ClientChanged { user: &user, ended: false });
            }
            SessionProtection::Strong => {
                self.end().await?;
                settings.tell(&SessionEvent::ClientChanged { user: &user, ended: true });
            }
            SessionProtection::None | SessionProtection::Basic => {}
        }
        Ok(())
    }

    /// Notes that the session is in use, now and then.
    fn see(&self) {
        let (limits, now) = (self.settings().limits, self.settings().now());
        let mut state = self.state();
        if let Some(record) = &mut state.record
            && now.saturating_sub(record.seen) > limits.idle.as_secs() / 16
        {
            record.seen = now;
            state.dirty = true;
        }
    }

    pub(super) fn change(&self, change: Change) {
        let now = self.settings().now();
        let mut state = self.state();
        state.record.get_or_insert_with(|| Record::new(now)).apply(change.clone());
        state.changes.push(change);
        state.dirty = true;
    }

    /// What the client looks like: its network and its browser's name.
    pub(super) fn fingerprint(&self) -> [u8; 8] {
        use sha2::{Digest, Sha256};
        let network: &[u8] = match self.ip {
            Some(IpAddr::V4(ip)) => &ip.octets()[..3],
            Some(IpAddr::V6(ip)) => &ip.octets()[..6],
            None => &[],
        };
        let agent = self.agent.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
        let digest =
            Sha256::new().chain_update([network.len() as u8]).chain_update(network).chain_update(agent);
        *digest.finalize().first_chunk().expect("SHA-256 has 32 bytes")
    }

    /// The browser's own words, cut short.
    pub(super) fn agent(&self) -> Option<String> {
        let text = self.agent.as_ref()?.to_str().ok()?;
        Some(text.chars().take(200).collect())
    }
}

impl Settings {
    /// What a cookie is sealed in the context of: one that holds a session is no name of one, and none is one of another name.
    pub(super) fn context(&self) -> Vec<u8> {
        let kind = match self.place {
            Place::Cookie => "record",
            Place::Store => "name",
        };
        [kind.as_bytes(), b" ", self.jar.name().as_bytes()].concat()
    }
}

pub(super) fn down(error: &StoreError) -> SessionRejection {
    tracing::error!(%error, "sessions cannot be reached");
    SessionRejection::StoreDown
}

impl SessionTag for Visit {
    fn current(&self) -> Option<[u8; 16]> {
        self.presented().map(|presented| *presented.id.bytes())
    }

    fn next(&self) -> [u8; 16] {
        let presented = self.presented().map(|presented| presented.id);
        let now = self.settings().now();
        let mut state = self.state();
        let id = match (&state.record, presented) {
            (Some(record), _) => record.id,
            (None, Some(id)) if !state.gone => id,
            (None, _) => {
                state.dirty = true;
                state.record.insert(Record::new(now)).id
            }
        };
        *id.bytes()
    }
}

/// A session is the visitor's secret, and is not shown.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(hidden)")
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visit(hidden)")
    }
}
