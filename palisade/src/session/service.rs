//! The service of [`Sessions`]: attaches a session to the request, and writes it when the response
//! leaves.
//!
//! A session that the request never asked for costs nothing more. Only a session that is written
//! is finished in a boxed future.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as poll_ready};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::data::{SessionChange, SessionData};
use super::handle::Session;
use super::request_session::{RequestSession, SessionState, store_down};
use super::settings::{Sessions, Storage};
use super::store::{SaveOutcome, SessionId, SessionRecord, StoreError};
use crate::core::cache::is_private;
use crate::core::cookie::{MAX_COOKIE_BYTES, RememberCookie};
use crate::core::internal_error::InternalError;
use crate::core::rejection::Rejection;

/// The service that [`Sessions`] puts around another one.
///
/// ```
/// use http::{Request, Response};
/// use palisade::Keyring;
/// use palisade::session::store::MemorySessions;
/// use palisade::session::{Session, SessionRejection, SessionService, Sessions};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = Keyring::random();
/// // Without axum, the session is in the request's extensions.
/// let handler = service_fn(async |request: Request<()>| {
///     let session = request.extensions().get::<Session>().expect("the layer is around this service");
///     session.set("theme", "dark").await?;
///     Ok::<_, SessionRejection>(Response::new(String::new()))
/// });
/// let sessions = Sessions::in_store(MemorySessions::new(), &keyring).secure(true);
/// let service: SessionService<_> = sessions.layer(handler);
/// let response = service.oneshot(Request::new(())).await.map_err(|rejection| format!("{rejection:?}"))?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    sessions: Sessions,
    inner: S,
}

impl<S> tower_layer::Layer<S> for Sessions {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { sessions: self.clone(), inner }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match Session::begin(&self.sessions, &mut request) {
            Ok(session) => SessionFuture {
                future: Some(self.inner.call(request)),
                session: Some(session),
                writing: None,
            },
            Err(missing) => {
                let response = Rejection::from(missing).into_response();
                SessionFuture { future: None, session: None, writing: Some(Box::pin(ready(response))) }
            }
        }
    }
}

type WriteFuture<B> = Pin<Box<dyn Future<Output = Response<B>> + Send>>;

pin_project! {
    /// The future of a [`SessionService`]: the inner response, then the write of the session.
    pub struct SessionFuture<F, B> {
        // `None` if the request was rejected.
        #[pin]
        future: Option<F>,
        session: Option<Session>,
        writing: Option<WriteFuture<B>>,
    }
}

impl<F, B, E> Future for SessionFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default + Send + 'static,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.writing.is_none() {
            let future = this.future.as_pin_mut().expect("a rejected request has a response");
            let response = poll_ready!(future.poll(cx))?;
            let Session(session) = this.session.take().expect("a future is not polled after it was ready");
            if !session.touched() {
                return Poll::Ready(Ok(response));
            }
            let mut state = std::mem::take(&mut *session.state());
            if response.status().is_server_error() {
                state.discard_sign_in(response.status());
            }
            if state.is_unchanged() {
                return Poll::Ready(Ok(ResponseHeaders::of(&state).apply(response, Vec::new())));
            }
            *this.writing = Some(Box::pin(finish(session, state, response)));
        }
        let writing = this.writing.as_mut().expect("the lines above have set it");
        writing.as_mut().poll(cx).map(Ok)
    }
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Writes the session's changes, and completes the response.
async fn finish<B: Default>(
    session: Arc<RequestSession>,
    state: SessionState,
    response: Response<B>,
) -> Response<B> {
    let (headers, mut cookies) = (ResponseHeaders::of(&state), Vec::new());
    let written = write(&session, state, &mut cookies).await;
    headers.apply(written.err().unwrap_or(response), cookies)
}

/// The parts of the session's state that decide the response headers.
struct ResponseHeaders {
    signed_in: bool,
    has_content: bool,
    signed_out: bool,
    has_session: bool,
}

impl ResponseHeaders {
    fn of(state: &SessionState) -> Self {
        Self {
            signed_in: state.data.as_ref().is_some_and(|data| data.login.is_some()),
            has_content: state.data.as_ref().is_some_and(|data| !data.is_empty()),
            signed_out: state.signed_out,
            has_session: state.data.is_some(),
        }
    }

    /// Adds `Vary`, `Cache-Control`, `Set-Cookie` and `Clear-Site-Data`.
    fn apply<B>(&self, mut response: Response<B>, cookies: Vec<HeaderValue>) -> Response<B> {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("cookie"));
        if (self.has_content || self.signed_out || !cookies.is_empty()) && !is_private(headers) {
            let control = if self.signed_in || self.signed_out { "no-store" } else { "private, no-cache" };
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(control));
        }
        for line in cookies {
            headers.append(SET_COOKIE, line);
        }
        if self.signed_out && !headers.contains_key(CLEAR_SITE_DATA) {
            // A session that this request has started after the log-out keeps its cookie.
            let data = if self.has_session { "\"storage\"" } else { "\"cookies\", \"storage\"" };
            headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(data));
        }
        response
    }
}

/// Writes the session and adds the cookies to set. Fails with the response to send instead.
async fn write<B: Default>(
    session: &RequestSession,
    mut state: SessionState,
    cookies: &mut Vec<HeaderValue>,
) -> Result<(), Response<B>> {
    let (settings, secure) = (session.settings(), session.secure);
    match std::mem::take(&mut state.remember) {
        RememberCookie::Keep => {}
        RememberCookie::Set(value) => {
            cookies.push(settings.remember_cookie.set(&value, secure, Some(session.remember_max_age())));
        }
        RememberCookie::Clear => cookies.push(settings.remember_cookie.clear(secure)),
    }
    if !state.dirty {
        return Ok(());
    }
    let Some(data) = state.data else {
        if session.presented().is_some() {
            cookies.push(settings.cookie.clear(secure));
        }
        return Ok(());
    };
    let id = data.id;
    let bytes = match settings.storage {
        Storage::Cookie if is_superseded(session, id).await.map_err(down_response)? => return Ok(()),
        Storage::Cookie => data.encode(),
        // An empty session, which a form has started for its token, takes no room in the store.
        Storage::Store if state.version.is_none() && data.is_empty() => {
            if is_superseded(session, id).await.map_err(down_response)? {
                return Ok(());
            }
            data.encode()
        }
        // Only the time of the last use has changed.
        Storage::Store if state.changes.is_empty() && session.is_presented(id) && state.version.is_some() => {
            touch(session, &data, state.version.unwrap_or_default()).await;
            return Ok(());
        }
        Storage::Store => {
            let saved = save(session, data, state.version, state.changes).await?;
            if saved == SaveOutcome::Conflict || session.is_presented(id) {
                return Ok(());
            }
            Vec::new()
        }
    };
    let sealed = settings.keys.seal(&[&id.bytes()[..], &bytes].concat(), &settings.seal_context);
    cookies.push(settings.cookie.set(&URL_SAFE_NO_PAD.encode(sealed), secure, None));
    let size = cookies.iter().map(HeaderValue::len).max().unwrap_or(0);
    if size > MAX_COOKIE_BYTES {
        cookies.clear();
        return Err(internal_error(format!(
            "the session cookie has {size} bytes, and browsers accept {MAX_COOKIE_BYTES}: store less in the \
             session, or keep sessions in a store with `Sessions::in_store`"
        )));
    }
    Ok(())
}

/// Returns `true` if another request has ended a session in a cookie, or has moved it to the
/// store, since it was read. The cookie must not replace that request's cookie then.
async fn is_superseded(session: &RequestSession, id: SessionId) -> Result<bool, StoreError> {
    let presented = session.presented().is_some_and(|presented| presented.id == id);
    Ok(presented && session.settings().store.load(id).await?.is_some())
}

/// Writes the time of the last use. The response does not depend on it.
async fn touch(session: &RequestSession, data: &SessionData, version: u64) {
    let settings = session.settings();
    if let Some(ttl) = data.remaining(settings.timeouts, settings.now()) {
        let user = data.login.as_ref().map(|login| login.user.clone());
        let record = SessionRecord { version: version + 1, user, bytes: data.encode() };
        settings.touches.save(&settings.store, data.id, version, record, ttl).await;
    }
}

/// Saves the session in the store, with optimistic locking. After a conflict, the changes are
/// applied to the newer version; a session that another request has ended stays ended.
async fn save<B: Default>(
    session: &RequestSession,
    mut data: SessionData,
    mut version: Option<u64>,
    changes: Vec<SessionChange>,
) -> Result<SaveOutcome, Response<B>> {
    let (settings, id) = (session.settings(), data.id);
    for _ in 0..8 {
        let Some(ttl) = data.remaining(settings.timeouts, settings.now()) else {
            return Ok(SaveOutcome::Conflict);
        };
        let bytes = data.encode();
        let max = settings.max_data_bytes(session.secure);
        if bytes.len() > max {
            // Each change fitted by itself; together with another request's they do not.
            let cause = format!("the session has {} bytes, and the limit is {max}: store less", bytes.len());
            return Err(internal_error(cause));
        }
        let record = SessionRecord {
            version: version.unwrap_or(0) + 1,
            user: data.login.as_ref().map(|login| login.user.clone()),
            bytes,
        };
        let saved = settings.store.save(id, version, record, ttl).await.map_err(down_response)?;
        if saved == SaveOutcome::Saved {
            return Ok(SaveOutcome::Saved);
        }
        let newer = settings.store.load(id).await.map_err(down_response)?;
        let decoded =
            newer.and_then(|record| Some((SessionData::decode(id, &record.bytes)?, record.version)));
        let Some((newer, newer_version)) = decoded else { return Ok(SaveOutcome::Conflict) };
        let last_seen = data.last_seen.max(newer.last_seen);
        data = SessionData { last_seen, ..newer };
        version = Some(newer_version);
        changes.iter().cloned().for_each(|change| data.apply(change));
    }
    tracing::warn!("session change lost: 8 saves in a row conflicted with other requests");
    Ok(SaveOutcome::Conflict)
}

fn down_response<B: Default>(error: StoreError) -> Response<B> {
    Rejection::from(store_down(&error)).into_response()
}

fn internal_error<B: Default>(cause: String) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(InternalError::new(cause));
    response
}
