//! The session of one request: read from cookie and store at the first use.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::USER_AGENT;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, StatusCode};
use tokio::sync::OnceCell;

use super::data::{SessionChange, SessionData};
use super::event::SessionEvent;
use super::rejection::SessionRejection;
use super::settings::{SessionProtection, Sessions, Settings, Storage};
use super::store::{SessionId, StoreError};
use crate::core::client::Scheme;
use crate::core::cookie::{CookieHeaders, MAX_COOKIE_BYTES, RememberCookie};
use crate::core::request_context::RequestContext;
use crate::core::session_tag::SessionTag;
use crate::core::site_path::original_uri;

/// The session of one request, with the parts of the request that it needs.
pub(super) struct RequestSession {
    sessions: Sessions,
    pub(super) cookies: CookieHeaders,
    /// The cookies of the response are `Secure`.
    pub(super) secure: bool,
    ip: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) target: Option<PathAndQuery>,
    /// The prefix of the trusted proxy.
    pub(super) prefix: Option<Box<str>>,
    touched: AtomicBool,
    presented: OnceLock<Option<PresentedCookie>>,
    loaded: OnceCell<()>,
    state: Mutex<SessionState>,
    /// The session of a layer further out, with another cookie.
    pub(super) outer: Option<Arc<Self>>,
}

/// The content of the request's cookie.
pub(super) struct PresentedCookie {
    pub(super) id: SessionId,
    /// The cookie has the data of the session: always with cookie storage, else while it is empty.
    pub(super) has_data: bool,
    /// Sealed by a previous key, or in an earlier form.
    outdated_seal: bool,
}

/// The session as read so far, and the writes that the response needs.
#[derive(Default)]
pub(super) struct SessionState {
    /// The data from the cookie, until the store has said that the session has not ended.
    from_cookie: Option<SessionData>,
    pub(super) data: Option<SessionData>,
    /// The version in the store that `data` is based on.
    pub(super) version: Option<u64>,
    pub(super) changes: Vec<SessionChange>,
    /// The session is to be written, or its cookie deleted.
    pub(super) dirty: bool,
    /// The cookie's session does not exist, or has ended.
    pub(super) gone: bool,
    pub(super) remember: RememberCookie,
    pub(super) signed_out: bool,
    /// The handler has signed an account in.
    pub(super) new_sign_in: bool,
}

impl SessionState {
    /// Discards a sign-in whose handler has failed: the page says that something went wrong.
    pub(super) fn discard_sign_in(&mut self, status: StatusCode) {
        if std::mem::take(&mut self.new_sign_in) {
            tracing::warn!(%status, "sign-in discarded: the handler failed");
            (self.data, self.version, self.dirty) = (None, None, true);
            self.changes.clear();
            if let RememberCookie::Set(_) = self.remember {
                self.remember = RememberCookie::Clear;
            }
        }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        !self.dirty && matches!(self.remember, RememberCookie::Keep)
    }
}

impl RequestSession {
    pub(super) fn new<B>(
        sessions: &Sessions,
        request: &Request<B>,
        context: &RequestContext,
        outer: Option<Arc<Self>>,
    ) -> Self {
        let tls = || context.client().is_some_and(|client| client.scheme() == Scheme::Https);
        let headers = request.headers();
        Self {
            cookies: CookieHeaders::of(headers),
            secure: sessions.0.secure.unwrap_or_else(tls),
            user_agent: headers.get(USER_AGENT).cloned(),
            method: request.method().clone(),
            target: original_uri(request).path_and_query().cloned(),
            prefix: context.client().and_then(|client| client.prefix.clone()),
            sessions: sessions.clone(),
            ip: context.client().map(|client| client.ip()),
            touched: AtomicBool::new(false),
            presented: OnceLock::new(),
            loaded: OnceCell::new(),
            state: Mutex::default(),
            outer,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.sessions.0
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if anything has asked for the session.
    pub(super) fn touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    /// Returns `true` if the request has a session cookie or a remember cookie, valid or not.
    #[cfg(all(feature = "axum", feature = "csrf"))]
    pub(super) fn has_cookies(&self) -> bool {
        let settings = self.settings();
        [&settings.cookie, &settings.remember_cookie]
            .iter()
            .any(|cookie| cookie.is_sent(&self.cookies, self.secure))
    }

    /// Returns the content of the request's cookie, if the keyring opens it. The session may have
    /// expired.
    ///
    /// The first call locks the state: a caller that holds the lock would deadlock.
    pub(super) fn presented(&self) -> Option<&PresentedCookie> {
        self.touched.store(true, Ordering::Relaxed);
        let open = || {
            let (presented, data) = self.open_cookie()?;
            self.state().from_cookie = data;
            Some(presented)
        };
        self.presented.get_or_init(open).as_ref()
    }

    /// Returns `true` if the browser has a cookie of this id and nothing else, sealed by the
    /// current key in the current form.
    pub(super) fn is_presented(&self, id: SessionId) -> bool {
        self.presented()
            .is_some_and(|presented| presented.id == id && !presented.has_data && !presented.outdated_seal)
    }

    /// Opens the first cookie whose session has not expired, else the first one.
    fn open_cookie(&self) -> Option<(PresentedCookie, Option<SessionData>)> {
        let settings = self.settings();
        let mut opened = settings.cookie.find(&self.cookies, self.secure).filter_map(|value| {
            // A longer value is not one of ours.
            let value = Some(value).filter(|value| value.len() <= MAX_COOKIE_BYTES)?;
            let mut sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let (content, current) = settings.keys.open_in_place(&mut sealed, &settings.seal_context)?;
            let (id, rest) = content.split_first_chunk()?;
            let id = SessionId::from_bytes(*id);
            let data = match settings.storage {
                Storage::Store if rest.is_empty() => None,
                Storage::Store | Storage::Cookie => Some(SessionData::decode(id, rest)?),
            };
            let presented = PresentedCookie { id, has_data: data.is_some(), outdated_seal: !current };
            Some((presented, data))
        });
        let lives = |(_, data): &(PresentedCookie, Option<SessionData>)| {
            data.as_ref().is_none_or(|data| data.remaining(settings.timeouts, settings.now()).is_some())
        };
        let first = opened.next()?;
        if lives(&first) { Some(first) } else { opened.find(lives).or(Some(first)) }
    }

    /// Reads the session, once for each request.
    pub(super) async fn load(&self) -> Result<(), SessionRejection> {
        self.loaded.get_or_try_init(|| self.read()).await.copied().map_err(|error| store_down(&error))
    }

    async fn read(&self) -> Result<(), StoreError> {
        match self.presented() {
            Some(presented) => self.find(presented).await?,
            None => self.state().gone = true,
        }
        self.protect().await?;
        if self.state().data.as_ref().is_none_or(|data| data.login.is_none()) {
            self.restore().await?;
        }
        self.update_last_seen();
        Ok(())
    }

    /// Reads the session of the cookie, unless it has ended.
    async fn find(&self, presented: &PresentedCookie) -> Result<(), StoreError> {
        let settings = self.settings();
        let generation_id = self.generation_id_of_cookie();
        let (record, generation) = tokio::join!(async { settings.store.load(presented.id).await }, async {
            match generation_id {
                Some(id) => self.load_generation(id).await,
                None => Ok(None),
            }
        });
        let (record, generation) = (record?, generation?);
        let mut state = self.state();
        let found = match record {
            None => state.from_cookie.take().map(|data| (data, None)),
            // With cookie storage, a record says that the session has ended.
            Some(_) if settings.storage == Storage::Cookie => None,
            Some(record) => {
                SessionData::decode(presented.id, &record.bytes).map(|data| (data, Some(record.version)))
            }
        };
        let lives = |(data, _): &mut (SessionData, Option<u64>)| {
            let ended = match (generation, &mut data.login) {
                (Some(generation), Some(login)) => !generation.admits(presented.id, login),
                _ => false,
            };
            !ended && data.remaining(settings.timeouts, settings.now()).is_some()
        };
        match found.and_then(|mut found| lives(&mut found).then_some(found)) {
            Some((data, version)) => {
                (state.data, state.version) = (Some(data), version);
                state.dirty |= presented.outdated_seal;
            }
            // An earlier read that was cancelled later on may have set the data already.
            None => state.gone = state.data.is_none(),
        }
        Ok(())
    }

    /// Returns the id of the generation of the account that the cookie names, if its data is in the
    /// cookie.
    fn generation_id_of_cookie(&self) -> Option<SessionId> {
        let state = self.state();
        let login = state.from_cookie.as_ref()?.login.as_ref()?;
        Some(self.generation_id(&login.user))
    }

    /// Compares the client with the one that signed in, and reacts as the protection says.
    async fn protect(&self) -> Result<(), StoreError> {
        let settings = self.settings();
        if settings.protection == SessionProtection::None {
            return Ok(());
        }
        let user = {
            let state = self.state();
            let login = state.data.as_ref().and_then(|data| data.login.as_ref());
            login
                .filter(|login| login.fingerprint != self.fingerprint())
                .map(|login| (login.user.clone(), login.authenticated_at.is_some()))
        };
        let Some((user, authenticated)) = user else { return Ok(()) };
        match settings.protection {
            SessionProtection::Basic if authenticated => {
                self.change(SessionChange::ClearAuthentication);
                settings.emit(&SessionEvent::ClientChanged { user: &user, ended: false });
            }
            SessionProtection::Strong => {
                self.end().await?;
                settings.emit(&SessionEvent::ClientChanged { user: &user, ended: true });
            }
            SessionProtection::None | SessionProtection::Basic => {}
        }
        Ok(())
    }

    /// Updates the time of the last use if it is older than a sixteenth of the idle timeout.
    fn update_last_seen(&self) {
        let (timeouts, now) = (self.settings().timeouts, self.settings().now());
        let mut state = self.state();
        if let Some(data) = &mut state.data
            && now.saturating_sub(data.last_seen) > timeouts.idle.as_secs() / 16
        {
            data.last_seen = now;
            state.dirty = true;
        }
    }

    /// Applies a change, and notes it for newer versions. Starts a session if there is none.
    pub(super) fn change(&self, change: SessionChange) {
        let now = self.settings().now();
        let mut state = self.state();
        state.data.get_or_insert_with(|| SessionData::new(now)).apply(change.clone());
        state.changes.push(change);
        state.dirty = true;
    }

    /// Sets a value, unless the session would become too large.
    pub(super) fn set_value(&self, name: String, json: Box<str>) -> Result<(), SessionRejection> {
        let now = self.settings().now();
        let change = SessionChange::Set(name, json);
        let mut state = self.state();
        let mut data = state.data.clone().unwrap_or_else(|| SessionData::new(now));
        data.apply(change.clone());
        let (bytes, max_bytes) = (data.encode().len(), self.settings().max_data_bytes(self.secure));
        if bytes > max_bytes {
            tracing::error!(
                bytes,
                max_bytes,
                "session value rejected: store less, keep large data in a database, or use `Sessions::in_store`"
            );
            return Err(SessionRejection::TooLarge { bytes, max_bytes });
        }
        state.data = Some(data);
        state.changes.push(change);
        state.dirty = true;
        Ok(())
    }

    /// Returns a hash of the client's network and `User-Agent`.
    pub(super) fn fingerprint(&self) -> [u8; 8] {
        use sha2::{Digest, Sha256};
        let network: &[u8] = match self.ip {
            Some(IpAddr::V4(ip)) => &ip.octets()[..3],
            Some(IpAddr::V6(ip)) => &ip.octets()[..6],
            None => &[],
        };
        let user_agent = self.user_agent.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
        let digest =
            Sha256::new().chain_update([network.len() as u8]).chain_update(network).chain_update(user_agent);
        *digest.finalize().first_chunk().expect("SHA-256 has 32 bytes")
    }

    /// Returns the first 200 characters of `User-Agent`.
    pub(super) fn user_agent(&self) -> Option<String> {
        let text = self.user_agent.as_ref()?.to_str().ok()?;
        Some(text.chars().take(200).collect())
    }

    /// Returns the account that is signed in.
    pub(super) fn user(&self) -> Option<String> {
        let state = self.state();
        state.data.as_ref()?.login.as_ref().map(|login| login.user.clone())
    }

    /// Returns the ids of this session and of its remember token's series.
    pub(super) fn own_ids(&self) -> (Option<SessionId>, Option<SessionId>) {
        let state = self.state();
        let login = state.data.as_ref().and_then(|data| data.login.as_ref());
        let series = login.and_then(|login| login.series).map(SessionId::from_bytes);
        (state.data.as_ref().map(|data| data.id), series)
    }
}

/// Logs the cause and returns the rejection.
pub(super) fn store_down(error: &StoreError) -> SessionRejection {
    match error {
        // The store has logged it, at most once in ten seconds.
        StoreError::QueueFull { .. } | StoreError::Full { .. } => {
            tracing::debug!(%error, "session store is full");
        }
        _ => tracing::error!(%error, "session store is down"),
    }
    SessionRejection::StoreDown
}

impl SessionTag for RequestSession {
    /// A session that has expired keeps its tag: a form that was open for longer than the idle
    /// timeout still passes, and signs no one in.
    fn current(&self) -> Option<[u8; 16]> {
        self.presented().map(|presented| *presented.id.bytes())
    }

    fn next(&self) -> [u8; 16] {
        let presented = self.presented().map(|presented| presented.id);
        let settings = self.settings();
        let now = settings.now();
        // With a store, only the store knows.
        let has_expired = |state: &SessionState| {
            let data = state.from_cookie.as_ref().filter(|_| settings.storage == Storage::Cookie);
            data.is_some_and(|data| data.remaining(settings.timeouts, now).is_none())
        };
        let mut state = self.state();
        let id = match (&state.data, presented) {
            (Some(data), _) => data.id,
            (None, Some(id)) if !state.gone && !has_expired(&state) => id,
            (None, _) => {
                state.dirty = true;
                state.data.insert(SessionData::new(now)).id
            }
        };
        *id.bytes()
    }
}

impl fmt::Debug for RequestSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestSession(hidden)")
    }
}
